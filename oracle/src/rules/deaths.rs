//! A partition that dies: who waits for it is told, and it owes nobody anything.

use hal::cpu::GuestRegisters;

use super::turns::{begins, leaves, runs, work, wrong};
use crate::calls::{ABORTED, ERROR, Words};
use crate::oracle::Oracle;
use crate::pending::Pending;
use crate::state::{Model, RunState, Who};

/// True where a virtual CPU of the partition `id` died.
pub(super) fn is_dead(oracle: &mut Oracle, id: u16) -> bool {
    oracle.state.vcpu(Who { id, vcpu: 0 }).is_some_and(|vcpu| vcpu.state == RunState::Dead)
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
    leaves(oracle, pending, RunState::Dead);
    if let Some(endpoint) = oracle.state.endpoint(pending.who.id) {
        endpoint.holds_rx = false;
        endpoint.buffers = None;
    }
    if let Some((_, giver)) = work {
        let vcpus = oracle.state.partitions.iter_mut().flat_map(|partition| &mut partition.vcpus);
        let orphans = vcpus.filter(|vcpu| {
            matches!(vcpu.state, RunState::Preempted | RunState::Yielded) && vcpu.owes == Some(pending.who)
        });
        orphans.for_each(|orphan| orphan.owes = giver);
    }
    for transaction in oracle.state.transactions.values_mut() {
        transaction.retrieved.remove(&pending.who.id);
    }
    match work {
        Some((Model::Init, _)) => begins(oracle, core, to, registers),
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
