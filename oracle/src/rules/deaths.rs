//! A partition that dies: who waits for it is told, and it owes nobody anything.

use hal::cpu::GuestRegisters;

use super::interrupts;
use super::turns::{begins, leaves, runs, work, wrong};
use crate::calls::{ABORTED, Call, ERROR, Words};
use crate::oracle::Oracle;
use crate::pending::{Cause, Pending};
use crate::state::{Model, NORMAL_WORLD, RunState, Who};

/// True where the partition `id` died.
pub(super) fn is_dead(oracle: &mut Oracle, id: u16) -> bool {
    oracle.state.partition(id).is_some_and(|partition| partition.is_dead)
}

/// True where the caller of `pending` stops now, because another virtual CPU of its partition died: it must where that
/// was before its exit, and may where another core's monitor is at it, which shows in what `to` is told by `x`.
pub(super) fn stops(oracle: &mut Oracle, pending: &Pending, to: Who, x: &Words) -> bool {
    let who = pending.who;
    if who.is_normal_world() || to == who {
        return false;
    }
    let told = match work(oracle, pending) {
        // Who waits leaves the core as well, and nobody can tell which it was.
        Some((Model::Init, _)) => !matches!(pending.cause, Cause::Call(Call::Wait { .. })),
        // Who was interrupted is told nothing.
        Some((Model::SecureInterrupt, _)) => !pending.call().is_some_and(|call| call.names(to)),
        Some((_, giver)) => giver == Some(to) && [x[0], x[2]] == [ERROR, ABORTED],
        None => false,
    };
    pending.dead.contains(&who.id) || told && (may_die(oracle, who.id) || is_dead(oracle, who.id))
}

/// True where a core's monitor may be about to end the partition `id`.
fn may_die(oracle: &mut Oracle, id: u16) -> bool {
    let ends = |oracle: &mut Oracle, core, who, cause| match cause {
        Cause::Call(Call::Dies) | Cause::Fetch => true,
        Cause::Deadline => is_watched(oracle, core, who),
        _ => false,
    };
    (0..oracle.pending.len()).any(|core| {
        let own = oracle.pending[core].as_ref();
        let put_off = oracle.handling[core].as_ref().map(|handling| &handling.due);
        let at_work = [own, put_off].map(|pending| pending.map(|pending| (pending.who, pending.cause)));
        at_work.into_iter().flatten().any(|(who, cause)| who.id == id && ends(oracle, core, who, cause))
    })
}

/// True where `who` may die at a deadline of `core`: it, or one that it works for, initialises itself or has an interrupt of
/// the normal world wait, or it works for one that handles a secure interrupt there.
pub(super) fn is_watched(oracle: &mut Oracle, core: usize, mut who: Who) -> bool {
    let handler =
        oracle.handling[core].as_ref().map(|handling| handling.handler).filter(|handler| *handler != who);
    for _ in 0..oracle.state.partitions.len() {
        match oracle.state.vcpu(who).map(|vcpu| (vcpu.model, vcpu.holds_up, vcpu.owes)) {
            Some((Model::Init, ..) | (_, true, _)) => return true,
            Some(_) if handler == Some(who) => return true,
            Some((.., Some(giver))) => who = giver,
            _ => return false,
        }
    }
    false
}

/// The caller of `pending` died, and its partition with it.
pub(super) fn ends(oracle: &mut Oracle, core: usize, pending: &Pending) {
    let work = work(oracle, pending);
    leaves(oracle, pending, RunState::Dead);
    if let Some(partition) = oracle.state.partition(pending.who.id) {
        partition.is_dead = true;
        partition.endpoint.holds_rx = false;
        partition.endpoint.buffers = None;
    }
    oracle.forgets_notifications(pending.who.id);
    if let Some((_, giver)) = work {
        // Nobody gave the core to who initialised itself, and EL3 runs nobody on: the normal world runs its orphans on.
        let heir =
            giver.filter(|giver| !giver.is_logical()).unwrap_or(Who { id: NORMAL_WORLD, vcpu: core as u16 });
        let vcpus = oracle.state.partitions.iter_mut().flat_map(|partition| &mut partition.vcpus);
        let orphans = vcpus.filter(|vcpu| {
            matches!(vcpu.state, RunState::Preempted | RunState::Yielded) && vcpu.owes == Some(pending.who)
        });
        orphans.for_each(|orphan| orphan.owes = Some(heir));
    }
    for transaction in oracle.state.transactions.values_mut() {
        transaction.retrieved.remove(&pending.who.id);
    }
}

/// The caller of `pending` died: who waits for it is told, or the next one begins.
pub(super) fn dies(
    oracle: &mut Oracle,
    core: usize,
    pending: &Pending,
    to: Who,
    x: &Words,
    registers: Option<&GuestRegisters>,
) {
    let work = work(oracle, pending);
    ends(oracle, core, pending);
    match work {
        Some((Model::Init, _)) => begins(oracle, core, to, registers),
        Some((Model::SecureInterrupt, _)) => interrupts::is_given_up(oracle, core, to),
        Some((_, Some(giver))) if giver == to => {
            if [x[0], x[2]] != [ERROR, ABORTED] {
                let name = oracle.state.name(to.id);
                let when = pending.when(&oracle.state);
                oracle.find(format!("{name} is not told ABORTED {when}"));
            }
            runs(oracle, core, to);
        }
        _ => wrong(oracle, core, pending, to, "it is not the one who gave the core"),
    }
}
