//! Who runs next, and with which registers.

use hal::cpu::GuestRegisters;

use super::deaths::{dies, is_dead, is_watched, stops};
use super::interrupts::runs_on;
use super::registers::{arrives, first_kept, kept};
use crate::calls::{Call, Subject, Words};
use crate::oracle::Oracle;
use crate::pending::{Cause, Pending};
use crate::state::{Model, RunState, Who};
use crate::words;

const INTERRUPT: u64 = 0x8400_0062;
const MSG_WAIT: u64 = 0x8400_006b;
const YIELD: u64 = 0x8400_006c;

/// The caller of `pending` has the core again, with the answer to its call.
pub fn goes_on(oracle: &mut Oracle, core: usize, pending: &Pending, registers: Option<&GuestRegisters>) {
    kept(oracle, pending.who, registers, 18);
    runs(oracle, core, pending.who);
}

/// The monitor gives the core to `to` with `x`, because of `pending`, which is not its own call.
pub fn switched(
    oracle: &mut Oracle,
    core: usize,
    pending: &Pending,
    to: Who,
    x: &Words,
    registers: Option<&GuestRegisters>,
) {
    let who = pending.who;
    if stops(oracle, pending, to, x) {
        return dies(oracle, core, pending, to, x, registers);
    }
    match pending.cause {
        Cause::Boot => begins(oracle, core, to, registers),
        Cause::Interrupt | Cause::Deadline if to == who => {
            if let Some(vcpu) = oracle.state.vcpu(who).filter(|_| pending.cause == Cause::Interrupt) {
                vcpu.holds_up = true;
            }
            kept(oracle, who, registers, 0);
            runs(oracle, core, who);
        }
        // The monitor may have done in the guest's registers what a trapped instruction asked for.
        Cause::Fetch if to != who => dies(oracle, core, pending, to, x, registers),
        Cause::Fetch | Cause::Other if to == who => runs(oracle, core, who),
        // An answer of EL3's to the monitor itself says nothing of who is next.
        Cause::Other if who.is_normal_world() => runs(oracle, core, to),
        Cause::Deadline if is_watched(oracle, core, who) => dies(oracle, core, pending, to, x, registers),
        Cause::Fetch | Cause::Other | Cause::Deadline => {
            wrong(oracle, core, pending, to, "an exception gives the core to nobody else")
        }
        Cause::Interrupt => {
            leaves(oracle, pending, RunState::Preempted);
            hands_back(oracle, core, pending, to, x, INTERRUPT);
        }
        Cause::Call(call) => called(oracle, core, pending, &call, to, x, registers),
    }
}

/// The call gave the core to another.
fn called(
    oracle: &mut Oracle,
    core: usize,
    pending: &Pending,
    call: &Call,
    to: Who,
    x: &Words,
    registers: Option<&GuestRegisters>,
) {
    let who = pending.who;
    if let Some(endpoint) = oracle.state.endpoint(who.id) {
        endpoint.version_fixed = true;
    }
    match *call {
        Call::Request { from, to: receiver, about } if receiver == to.id && who.speaks_for(from) => {
            arrives(oracle, pending, to, x, about);
            offers(oracle, pending, to, about);
            leaves(oracle, pending, RunState::Blocked);
            takes_work(oracle, core, pending, to, Model::Request(about, from));
            kept(oracle, to, registers, first_kept(about));
        }
        Call::Response { from, to: receiver, about } if to.speaks_for(receiver) && from == who.id => {
            arrives(oracle, pending, to, x, about);
            if work(oracle, pending) != Some((Model::Request(about, receiver), Some(to))) {
                wrong(oracle, core, pending, to, "no request of it is owed an answer of this kind");
            }
            leaves(oracle, pending, RunState::Waiting);
            kept(oracle, to, registers, first_kept(about));
            runs(oracle, core, to);
        }
        // Who asked died: where it gets the answer it stops, unless another ran its callee on instead.
        Call::Response { from, to: dead, .. } if from == who.id && is_dead(oracle, dead) => {
            let asker = work(oracle, pending).and_then(|(_, owes)| owes).filter(|asker| asker.id == dead);
            leaves(oracle, pending, RunState::Waiting);
            match asker {
                Some(who) => {
                    let stopped = Pending { who, left: None, ..pending.clone() };
                    dies(oracle, core, &stopped, to, x, registers);
                }
                None => hands_back(oracle, core, pending, to, x, MSG_WAIT),
            }
        }
        Call::Run(target) if target == to => {
            leaves(oracle, pending, RunState::Blocked);
            match oracle.state.vcpu(to).map(|vcpu| (vcpu.state, vcpu.owes)) {
                Some((stopped @ (RunState::Preempted | RunState::Yielded), Some(giver)))
                    if giver == who
                        || who.is_normal_world() && giver.is_normal_world() && migrates(oracle, to) =>
                {
                    runs_on(oracle, pending, to, stopped, x, registers);
                    runs(oracle, core, to);
                    // The normal world schedules on all cores: who runs it on gets its answer.
                    if let Some(vcpu) = oracle.state.vcpu(to) {
                        vcpu.owes = Some(who);
                    }
                }
                Some((RunState::Preempted | RunState::Yielded, _)) => {
                    wrong(oracle, core, pending, to, "it was stopped in another's call chain");
                }
                _ => takes_work(oracle, core, pending, to, Model::Run),
            }
        }
        Call::Wait { keep_rx } => {
            let model = work(oracle, pending).map(|(model, _)| model);
            if matches!(model, Some(Model::Request(..))) {
                wrong(oracle, core, pending, to, "FFA_MSG_WAIT is no answer to a direct request");
            }
            leaves(oracle, pending, RunState::Waiting);
            if !keep_rx {
                // An empty buffer has nothing to release.
                oracle.wait_releases_rx(who.id, pending);
            }
            if model == Some(Model::Init) {
                begins(oracle, core, to, registers);
            } else {
                hands_back(oracle, core, pending, to, x, MSG_WAIT);
            }
        }
        Call::Yield => {
            leaves(oracle, pending, RunState::Yielded);
            hands_back(oracle, core, pending, to, x, YIELD);
            if x[2..4] != [pending.x[2] & 0xffff_ffff, pending.x[3] & 0xffff_ffff] {
                let (name, when) = (oracle.state.name(to.id), pending.when(&oracle.state));
                oracle.find(format!("{name} gets another timeout {when}: {:#x}, {:#x}", x[2], x[3]));
            }
        }
        Call::Dies => dies(oracle, core, pending, to, x, registers),
        _ => wrong(oracle, core, pending, to, "the call names another, or nobody"),
    }
}

/// True where `who` is the only virtual CPU of its partition, which any core may run.
fn migrates(oracle: &mut Oracle, who: Who) -> bool {
    oracle.state.partition(who.id).is_some_and(|partition| partition.vcpus.len() == 1)
}

/// The core goes off, and with it the virtual CPUs that are nowhere else.
pub fn goes_off(oracle: &mut Oracle, core: usize) {
    for partition in oracle.state.partitions.iter_mut().filter(|partition| partition.vcpus.len() > 1) {
        if let Some(vcpu) = partition.vcpus.get_mut(core) {
            vcpu.state = RunState::Off;
            vcpu.owes = None;
            vcpu.unseen = None;
        }
    }
}

/// A partition begins, or the normal world does.
pub(super) fn begins(oracle: &mut Oracle, core: usize, to: Who, registers: Option<&GuestRegisters>) {
    let name = oracle.state.name(to.id);
    let entry = oracle.state.partition(to.id).map(|partition| match to.vcpu {
        0 => partition.spec.entry,
        _ => partition.secondary_entry,
    });
    let Some(vcpu) = oracle.state.vcpu(to) else {
        return;
    };
    let state = vcpu.state;
    vcpu.model = Model::Init;
    vcpu.owes = None;
    vcpu.unseen = None;
    if state != RunState::Off {
        oracle.find(format!("{name} begins again, and it is {state:?}"));
    } else if registers.map(|registers| registers.pc) != entry {
        oracle.find(format!("{name} does not begin at its entry point"));
    }
    runs(oracle, core, to);
}

/// `to` gets a request or cycles from the caller of `pending`.
pub(super) fn takes_work(oracle: &mut Oracle, core: usize, pending: &Pending, to: Who, model: Model) {
    let work = oracle.state.vcpu(to).map(|vcpu| (vcpu.model, vcpu.owes));
    let gave_up = oracle.at_work().find(|other| {
        other.who == to && (other.call().is_some_and(Call::gives_core) || other.cause == Cause::Interrupt)
    });
    let gave_up = gave_up.map(|other| other.left = work).is_some();
    let state = oracle.state.vcpu(to).map(|vcpu| vcpu.state);
    match state {
        Some(RunState::Waiting) => {}
        Some(RunState::Running(_)) if gave_up => {}
        Some(RunState::Running(other)) if other != core => on_two_cores(oracle, to, core, other),
        Some(RunState::Blocked) => {
            let why = "it is blocked itself, so the call chain has a cycle";
            wrong(oracle, core, pending, to, why);
        }
        Some(state) => {
            let why = format!("it is not waiting but {state:?}");
            wrong(oracle, core, pending, to, &why);
        }
        None => {}
    }
    if let Some(vcpu) = oracle.state.vcpu(to) {
        vcpu.state = RunState::Running(core);
        vcpu.model = model;
        vcpu.owes = Some(pending.who);
    }
}

/// `to` gets the core back with `function`, about the caller of `pending`, who owes it the core.
fn hands_back(oracle: &mut Oracle, core: usize, pending: &Pending, to: Who, x: &Words, function: u64) {
    let who = pending.who;
    if work(oracle, pending).and_then(|(_, owes)| owes) != Some(to) {
        wrong(oracle, core, pending, to, "it is not the one who gave the core");
    }
    if [x[0], x[1]] != [function, who.word()] {
        let (name, due) = (oracle.state.name(to.id), words::function(function));
        let when = pending.when(&oracle.state);
        oracle.find(format!(
            "{name} goes on with {:#x}, {:#x} {when}, where {due}, {:#x} is due",
            x[0],
            x[1],
            who.word()
        ));
    }
    runs(oracle, core, to);
}

/// Why the caller of `pending` had the core, and whom it owes it.
pub(super) fn work(oracle: &mut Oracle, pending: &Pending) -> Option<(Model, Option<Who>)> {
    pending.left.or_else(|| oracle.state.vcpu(pending.who).map(|vcpu| (vcpu.model, vcpu.owes)))
}

/// The caller of `pending` is without the core and in `state`, unless another core saw more of it since.
pub(super) fn leaves(oracle: &mut Oracle, pending: &Pending, state: RunState) {
    if let Some(vcpu) = oracle.state.vcpu(pending.who).filter(|_| pending.left.is_none()) {
        vcpu.state = state;
        vcpu.holds_up &= state == RunState::Blocked;
        if state == RunState::Waiting {
            vcpu.timer.is_done();
        }
    }
}

/// `who` runs on `core`, and on no other.
pub(super) fn runs(oracle: &mut Oracle, core: usize, who: Who) {
    let Some(vcpu) = oracle.state.vcpu(who) else {
        return;
    };
    let before = std::mem::replace(&mut vcpu.state, RunState::Running(core));
    if before == RunState::Dead {
        let name = oracle.state.name(who.id);
        oracle.find(format!("{name} runs, and it died"));
        return;
    }
    if let RunState::Running(other) = before
        && other != core
    {
        on_two_cores(oracle, who, core, other);
    }
}

/// `who` runs on `core`, and on the `other` core too.
fn on_two_cores(oracle: &mut Oracle, who: Who, core: usize, other: usize) {
    let name = oracle.state.name(who.id);
    oracle.find(format!("virtual CPU {} of {name} runs on core {core} and on core {other}", who.vcpu));
}

/// Finds a request for a service that `to` has not.
fn offers(oracle: &mut Oracle, pending: &Pending, to: Who, about: Subject) {
    let asked = [pending.x[2], pending.x[3]];
    let named = about == Subject::Service && asked != [0, 0];
    let has = |partition: &mut crate::state::Partition| partition.spec.services.contains(&asked);
    if named && !oracle.state.partition(to.id).is_some_and(has) {
        let (name, when) = (oracle.state.name(to.id), pending.when(&oracle.state));
        oracle.find(format!(
            "{name} runs {when}: it has no service with UUID {:#x}, {:#x}",
            asked[0], asked[1]
        ));
    }
}

/// The core goes to the wrong one; the oracle follows all the same.
pub(super) fn wrong(oracle: &mut Oracle, core: usize, pending: &Pending, to: Who, why: &str) {
    let name = oracle.state.name(to.id);
    let when = pending.when(&oracle.state);
    oracle.find(format!("{name} runs {when}: {why}"));
    if let Some(vcpu) = oracle.state.vcpu(to) {
        vcpu.state = RunState::Running(core);
    }
}
