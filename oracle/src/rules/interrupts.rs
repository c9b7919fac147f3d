//! Secure interrupts: who gets the core to handle one, and that all goes on afterwards as if nothing had been.
//!
//! What the monitor was about to do when it gave the core to a handler is put off: it is looked at when the handler
//! has waited, with who runs then and what that gets.

use hal::cpu::GuestRegisters;
use hal_sim::View;

use super::deaths;
use super::registers::{kept, succeeds};
use super::timers;
use super::turns::{leaves, runs, takes_work, work};
use crate::calls::{Call, Words};
use crate::oracle::Oracle;
use crate::pending::{Cause, Pending};
use crate::state::{Model, Partition, RunState, Who};

const SUCCESS: u64 = 0x8400_0061;
const INTERRUPT: u64 = 0x8400_0062;
/// The interrupts that each partition has: the virtual timer, the managed exit, the pending notification, and the one
/// from another virtual CPU.
const GIVEN: [u64; 4] = [3, 4, 5, 9];

/// What a virtual CPU that was stopped has not seen yet: it gets that when it is run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unseen {
    /// FFA_INTERRUPT, about the virtual CPU that it called.
    Interrupted(Who),
    /// Its message, or the answer to its call.
    Message,
}

/// A core that a virtual CPU has to handle a secure interrupt.
pub struct Handling {
    /// The virtual CPU.
    pub handler: Who,
    /// What the monitor was busy with before.
    pub due: Pending,
}

/// The monitor gives the core to `to`, which waits, to handle a secure interrupt before what `pending` asks for. False
/// where it does something else.
pub fn handles(
    oracle: &mut Oracle,
    view: &View<'_>,
    pending: &Pending,
    to: Who,
    x: &Words,
    registers: Option<&GuestRegisters>,
) -> bool {
    let core = view.core;
    let is_told = !to.is_normal_world() && x[..2] == [INTERRUPT, 0];
    if !is_told || oracle.handling[core].is_some() || !waits(oracle, pending, to) || !leaves_room(pending) {
        return false;
    }
    // Nobody is interrupted to handle one while it initialises itself: whose deadline it was is dead.
    let initialises = oracle.state.vcpu(pending.who).is_some_and(|vcpu| vcpu.model == Model::Init);
    let is_late = pending.cause == Cause::Deadline && initialises;
    if is_late || matches!(pending.cause, Cause::Call(Call::Dies) | Cause::Fetch) {
        deaths::ends(oracle, core, pending);
    }
    let name = oracle.state.name(to.id);
    let has = |partition: &mut Partition| GIVEN.contains(&x[2]) || partition.spec.interrupts.contains(&x[2]);
    if !oracle.state.partition(to.id).is_some_and(has) {
        let when = pending.when(&oracle.state);
        oracle.find(format!("{name} is told {when} of interrupt {}, which it has not", x[2]));
    }
    if let Some(index) = (3..8).find(|&index| x[index] != 0) {
        let when = pending.when(&oracle.state);
        oracle.find(format!("{name} is told of an interrupt {when} with x{index} = {:#x}", x[index]));
    }
    timers::is_told(oracle, view, to, x[2]);
    oracle.handling[core] = Some(Handling { handler: to, due: pending.clone() });
    takes_work(oracle, core, pending, to, Model::SecureInterrupt);
    if let Some(vcpu) = oracle.state.vcpu(to) {
        vcpu.owes = None;
    }
    kept(oracle, to, registers, 8);
    true
}

/// True where `to` waits for a message, or is about to.
fn waits(oracle: &mut Oracle, pending: &Pending, to: Who) -> bool {
    let begins = |other: &Pending| other.who == to && other.call().is_some_and(Call::begins_to_wait);
    oracle.state.vcpu(to).is_some_and(|vcpu| vcpu.state == RunState::Waiting)
        || begins(pending)
        || oracle.at_work().any(|other| begins(other))
}

/// True where somebody may handle an interrupt before what `pending` asks for.
fn leaves_room(pending: &Pending) -> bool {
    match pending.cause {
        Cause::Call(call) => call == Call::Interrupt || call.gives_core(),
        Cause::Deadline | Cause::Interrupt | Cause::Fetch => true,
        Cause::Boot | Cause::Other => false,
    }
}

/// The caller of `pending` handled an interrupt, and is done with it, as `to` runs next: returns what was put off.
pub fn ends(oracle: &mut Oracle, core: usize, pending: &Pending, to: Who, x: &Words) -> Option<Pending> {
    oracle.handling[core].as_ref().filter(|handling| handling.handler == pending.who)?;
    let goes_on = to == pending.who && x[..2] != [INTERRUPT, 0];
    match pending.cause {
        _ if goes_on => return None,
        Cause::Call(Call::Wait { keep_rx }) => {
            leaves(oracle, pending, RunState::Waiting);
            if !keep_rx {
                // An empty buffer has nothing to release.
                oracle.wait_releases_rx(pending.who.id, pending);
            }
        }
        Cause::Call(Call::Dies) | Cause::Fetch => deaths::ends(oracle, core, pending),
        // Its time was over.
        Cause::Deadline if to != pending.who && x[..2] != [INTERRUPT, 0] => {
            deaths::ends(oracle, core, pending)
        }
        _ if deaths::stops(oracle, pending, to, x) => deaths::ends(oracle, core, pending),
        _ => return None,
    }
    let Handling { due, .. } = oracle.handling[core].take()?;
    Some(Pending { dead: pending.dead.clone(), ..due })
}

/// A handler died while it waited for an answer: `to` has the core, and what was put off is not followed.
pub fn is_given_up(oracle: &mut Oracle, core: usize, to: Who) {
    oracle.handling[core] = None;
    runs(oracle, core, to);
}

/// True where FFA_YIELD of the caller of `pending` has no effect, and `x` says so.
pub fn yields_nothing(oracle: &mut Oracle, pending: &Pending, x: &Words) -> bool {
    // Neither who was interrupted nor EL3 would run it on.
    let keeps = work(oracle, pending)
        .is_some_and(|(model, owes)| model == Model::SecureInterrupt || owes.is_some_and(Who::is_logical));
    keeps && pending.call() == Some(&Call::Yield) && x[0] == SUCCESS
}

/// The monitor gives the core to `to`, which asked for the one that `pending` gives it to, or for one between: each of
/// these is preempted, and finds when it is run on that the one that it called was. False where it does something else.
pub fn unwinds(
    oracle: &mut Oracle,
    core: usize,
    pending: &Pending,
    to: Who,
    x: &Words,
    registers: Option<&GuestRegisters>,
) -> bool {
    let blocked = oracle.state.vcpu(to).is_some_and(|vcpu| vcpu.state == RunState::Blocked);
    if x[0] != INTERRUPT || !(blocked || to == pending.who) || oracle.handling[core].is_some() {
        return false;
    }
    let Some((mut callee, unseen)) = was_next(oracle, core, pending) else { return false };
    let called = pending.call().filter(|call| matches!(call, Call::Request { .. } | Call::Run(_)));
    let from = if called.is_some() { pending.who } else { callee };
    if to != from && !is_above(oracle, from, to) || called.is_none() && to == callee {
        return false;
    }
    if let Some(endpoint) = oracle.state.endpoint(pending.who.id).filter(|_| pending.call().is_some()) {
        endpoint.version_fixed = true;
    }
    match pending.cause {
        Cause::Call(Call::Request { from, about, .. }) => {
            takes_work(oracle, core, pending, callee, Model::Request(about, from));
            leaves(oracle, pending, RunState::Blocked);
        }
        Cause::Call(Call::Run(_)) => {
            let waits = oracle.state.vcpu(callee).is_some_and(|vcpu| vcpu.state == RunState::Waiting);
            if waits {
                takes_work(oracle, core, pending, callee, Model::Run);
            }
            leaves(oracle, pending, RunState::Blocked);
        }
        Cause::Call(Call::Wait { keep_rx }) => {
            leaves(oracle, pending, RunState::Waiting);
            if !keep_rx {
                // An empty buffer has nothing to release.
                oracle.wait_releases_rx(pending.who.id, pending);
            }
        }
        Cause::Call(Call::Response { .. }) => leaves(oracle, pending, RunState::Waiting),
        Cause::Call(Call::Yield) => leaves(oracle, pending, RunState::Yielded),
        Cause::Call(Call::Dies) | Cause::Fetch => deaths::ends(oracle, core, pending),
        _ => leaves(oracle, pending, RunState::Preempted),
    }
    let mut finds = unseen;
    for _ in 0..oracle.state.partitions.len() {
        let Some(vcpu) = oracle.state.vcpu(callee) else { break };
        vcpu.state = RunState::Preempted;
        vcpu.unseen = finds.or(vcpu.unseen);
        let Some(giver) = vcpu.owes.filter(|giver| *giver != to) else { break };
        finds = Some(Unseen::Interrupted(callee));
        callee = giver;
    }
    if x[1] != callee.word() {
        let (name, when) = (oracle.state.name(to.id), pending.when(&oracle.state));
        let due = callee.word();
        oracle
            .find(format!("{name} goes on with FFA_INTERRUPT of {:#x} {when}, where {due:#x} is due", x[1]));
    }
    kept(oracle, to, registers, 18);
    runs(oracle, core, to);
    true
}

/// Who would be next after `pending`, and what that one has not seen then.
fn was_next(oracle: &mut Oracle, core: usize, pending: &Pending) -> Option<(Who, Option<Unseen>)> {
    let message = Some(Unseen::Message);
    match pending.cause {
        Cause::Deadline => Some((pending.who, None)),
        Cause::Interrupt | Cause::Fetch => Some((work(oracle, pending)?.1?, message)),
        Cause::Call(Call::Request { to, .. }) => {
            let pinned = oracle.state.partition(to)?.vcpus.len() > 1;
            let callee = Who { id: to, vcpu: if pinned { core as u16 } else { 0 } };
            let waits = oracle.state.vcpu(callee)?.state == RunState::Waiting;
            waits.then_some((callee, message))
        }
        Cause::Call(Call::Run(target)) => match oracle.state.vcpu(target)?.state {
            RunState::Waiting | RunState::Yielded => Some((target, message)),
            RunState::Preempted => Some((target, None)),
            _ => None,
        },
        Cause::Call(call) if call.gives_core() => Some((work(oracle, pending)?.1?, message)),
        _ => None,
    }
}

/// True where `vcpu` has the core from `giver`, or from one that has it from `giver`.
fn is_above(oracle: &mut Oracle, mut vcpu: Who, giver: Who) -> bool {
    for _ in 0..oracle.state.partitions.len() {
        match oracle.state.vcpu(vcpu).and_then(|vcpu| vcpu.owes) {
            Some(before) if before == giver => return true,
            Some(before) => vcpu = before,
            None => return false,
        }
    }
    false
}

/// `to`, which was `stopped`, is run on: it gets what it has not seen, and else goes on as it was.
pub fn runs_on(
    oracle: &mut Oracle,
    pending: &Pending,
    to: Who,
    stopped: RunState,
    x: &Words,
    registers: Option<&GuestRegisters>,
) {
    match oracle.state.vcpu(to).and_then(|vcpu| vcpu.unseen.take()) {
        Some(unseen) => {
            if let Unseen::Interrupted(callee) = unseen
                && x[..2] != [INTERRUPT, callee.word()]
            {
                let (name, when) = (oracle.state.name(to.id), pending.when(&oracle.state));
                let callee = callee.word();
                oracle.find(format!(
                    "{name} goes on with {:#x}, {:#x} {when}, where FFA_INTERRUPT, {callee:#x} is due",
                    x[0], x[1]
                ));
            }
            kept(oracle, to, registers, 18);
        }
        None if stopped == RunState::Yielded => {
            succeeds(oracle, pending, to, x);
            kept(oracle, to, registers, 8);
        }
        None => kept(oracle, to, registers, 0),
    }
}
