//! A call that its own caller gets the answer of: its form, its error code, and what it changes.

use hal::cpu::GuestRegisters;
use hal_sim::View;

use crate::calls::{Call, ERROR, Words};
use crate::oracle::Oracle;
use crate::pending::{Cause, Pending};
use crate::rules::{interrupts, turns};
use crate::words;

const SUCCESS: u64 = 0x8400_0061;
const INTERRUPT: u64 = 0x8400_0062;
const YIELD: u64 = 0x8400_006c;
const DIRECT_RESP: u64 = 0x8400_0070;
const RETRIEVE_RESP: u64 = 0x8400_0075;
const FRAG_RX: u64 = 0x8400_007a;
const NORMAL_WORLD_RESUME: u64 = 0x8400_007c;
const SMC64: u64 = 0x4000_0000;

/// FFA_VERSION's answer to a version that does not fit.
const NO_VERSION: u32 = u32::MAX;

/// The caller of `pending` goes on with `x`: checks the answer and follows what it changed. Returns the name of the
/// error code where the call was refused.
pub fn answered(
    oracle: &mut Oracle,
    view: &View<'_>,
    pending: &Pending,
    x: &Words,
    registers: Option<&GuestRegisters>,
) -> Option<String> {
    let Cause::Call(call) = pending.cause else {
        return None;
    };
    turns::goes_on(oracle, view.core, pending, registers);
    match call {
        Call::Foreign => return None,
        Call::Version { requested, by_message } => {
            version(oracle, pending, requested, by_message, x);
            return None;
        }
        _ => {}
    }
    // By this EL3 looks for partitions too, as the normal world.
    let may_be_firmwares = pending.who.is_normal_world() && matches!(call, Call::PartitionRegs { .. });
    if let Some(endpoint) = oracle.state.endpoint(pending.who.id)
        && !may_be_firmwares
        && !matches!(call, Call::Interrupt | Call::Framework | Call::CoreOff)
    {
        endpoint.version_fixed = true;
    }
    silent(oracle, pending, &call, x);
    if x[0] & !SMC64 == ERROR {
        let code = words::error(x[2]);
        if let Call::Notification(call) = call {
            oracle.notification_answered(view.core, pending, call, x, Some(x[2] as i32));
        }
        if pending.freed_rx || pending.done {
            let function = words::function(pending.x[0]);
            let name = oracle.state.name(pending.who.id);
            oracle.find(format!("{function} of {name} was refused, and another core had seen it done"));
        }
        let codes = codes(&call);
        if !codes.is_empty() && !codes.contains(&(x[2] as i32)) {
            let function = words::function(pending.x[0]);
            let name = oracle.state.name(pending.who.id);
            oracle
                .find(format!("{function} of {name} was refused with {code}, a code that it does not have"));
        }
        return Some(code);
    }
    if !forms(&call).contains(&(x[0] & !SMC64)) && !interrupts::yields_nothing(oracle, pending, x) {
        let function = words::function(pending.x[0]);
        let name = oracle.state.name(pending.who.id);
        let form = words::function(x[0]);
        oracle.find(format!("{function} of {name} was answered with {form}, which is no answer to it"));
        return None;
    }
    changed(oracle, view, pending, &call, x);
    None
}

/// Finds a register below x8 of the monitor's own answer that shows what nobody asked for: the answer does not have it.
fn silent(oracle: &mut Oracle, pending: &Pending, call: &Call, x: &Words) {
    let has = match x[0] & !SMC64 {
        ERROR => 2..3,
        SUCCESS => match call {
            Call::RxRelease { .. } | Call::RxAcquire { .. } | Call::Send2 { .. } => 0..0,
            Call::RxTxMap { .. } | Call::RxTxMapForVm | Call::RxTxUnmap { .. } => 0..0,
            Call::Relinquish | Call::Reclaim { .. } => 0..0,
            Call::PartitionInfo { .. } | Call::Send { .. } => 2..4,
            _ => return,
        },
        _ => return,
    };
    if let Some(index) = (1..8).find(|index| !has.contains(index) && x[*index] != 0) {
        let function = words::function(pending.x[0]);
        let name = oracle.state.name(pending.who.id);
        let value = x[index];
        oracle.find(format!(
            "{function} of {name} was answered with x{index} = {value:#x}, which its answer does not have"
        ));
    }
}

/// The functions that may answer `call` to its own caller, beside FFA_ERROR.
const fn forms(call: &Call) -> &'static [u64] {
    match call {
        Call::Retrieve { .. } => &[RETRIEVE_RESP],
        Call::Send { whole: false, .. } => &[SUCCESS, FRAG_RX],
        Call::Interrupt => &[NORMAL_WORLD_RESUME],
        Call::Framework | Call::CoreOff => &[DIRECT_RESP],
        // Another runs first, unless an interrupt is there before it begins.
        Call::Request { .. } | Call::Run(_) => &[INTERRUPT, YIELD],
        Call::Response { .. } | Call::Wait { .. } | Call::Yield => &[INTERRUPT],
        _ => &[SUCCESS],
    }
}

/// The error codes that `call` has; none where all are accepted. NOT_SUPPORTED is always one.
const fn codes(call: &Call) -> &'static [i32] {
    match call {
        Call::RxRelease { .. } => &[-1, -2, -6, -8],
        Call::RxAcquire { .. } => &[-1, -2, -6],
        Call::RxTxMap { .. } | Call::RxTxMapForVm => &[-1, -2, -3, -6],
        Call::RxTxUnmap { .. } => &[-1, -2],
        Call::PartitionRegs { .. } => &[-1, -2, -6, -7],
        Call::PartitionInfo { .. } => &[-1, -2, -3, -4, -6],
        Call::Wait { .. } | Call::Yield => &[-1, -2, -6],
        Call::Send2 { .. } => &[-1, -2, -4, -6, -8],
        Call::Run(_) | Call::Request { .. } => &[-1, -2, -4, -6, -8],
        Call::Response { .. } => &[-1, -2, -6, -8],
        Call::Send { .. } | Call::Retrieve { .. } => &[-1, -2, -3, -4, -6, -8],
        Call::Relinquish | Call::Reclaim { .. } => &[-1, -2, -3, -6, -8],
        _ => &[],
    }
}

/// Follows what a call that was not refused changed.
fn changed(oracle: &mut Oracle, view: &View<'_>, pending: &Pending, call: &Call, x: &Words) {
    let id = pending.who.id;
    match *call {
        Call::RxTxMap { .. }
        | Call::RxTxMapForVm
        | Call::RxTxUnmap { .. }
        | Call::RxRelease { .. }
        | Call::RxAcquire { .. } => oracle.mailbox_changed(view.core, pending, call),
        Call::Reclaim { .. } | Call::Relinquish if pending.done => {}
        Call::PartitionRegs { start } => listed(oracle, pending, start, x),
        Call::CoreOff => turns::goes_off(oracle, view.core),
        Call::SecondaryEntry(entry) => {
            if let Some(partition) = oracle.state.partition(id) {
                partition.secondary_entry = entry;
            }
        }
        Call::PartitionInfo { count_only: false } => oracle.hand_over_rx(id, pending),
        Call::Send2 { named } => {
            oracle.delivered(pending, named);
            oracle.notifies_of_message(view.core, pending);
        }
        Call::Notification(call) => oracle.notification_answered(view.core, pending, call, x, None),
        Call::Send { kind, whole: true, .. } => oracle.sent(pending, kind, x),
        Call::Retrieve { .. } => oracle.retrieved(view, pending, x),
        Call::Relinquish => oracle.relinquished(pending),
        Call::Reclaim { handle, zero } => oracle.reclaimed(view, pending, handle, zero),
        _ => {}
    }
}

/// FFA_PARTITION_INFO_GET_REGS succeeded: x2 counts what is there and what is shown, and each id is a partition's.
fn listed(oracle: &mut Oracle, pending: &Pending, start: u16, x: &Words) {
    let name = oracle.state.name(pending.who.id);
    let version = oracle.state.endpoint(pending.who.id).map_or(0, |endpoint| endpoint.version);
    let size = if version < 0x1_0003 { 24 } else { 48 };
    let [last, shown, tag, found] = [0, 16, 32, 48].map(|shift| x[2] >> shift & 0xffff);
    let room = 120 / size;
    let due = last.min(u64::from(start) + room - 1);
    if found != size || tag != 0 || last < start.into() || shown != due {
        let x2 = x[2];
        oracle.find(format!(
            "FFA_PARTITION_INFO_GET_REGS of {name} from {start} on was answered with x2 = {x2:#x}: \
             {size} bytes each, as many as there is room for, are due"
        ));
        return;
    }
    let registers = x[3..].chunks_exact(size as usize / 8).take((shown - u64::from(start) + 1) as usize);
    let ids: Vec<u16> = registers.map(|descriptor| descriptor[0] as u16).collect();
    // The normal world gets no requests of EL3's.
    let own =
        if pending.who.is_normal_world() { vec![] } else { oracle.state.scene.logical_partitions.clone() };
    let mut ids = ids.into_iter().filter(|id| !own.contains(id));
    if let Some(id) = ids.find(|id| oracle.state.partition(*id).is_none()) {
        oracle.find(format!("FFA_PARTITION_INFO_GET_REGS of {name} listed {id:#x}, which is no partition"));
    }
}

/// FFA_VERSION was answered: with the monitor's version where it understands the caller's, which then stays.
fn version(oracle: &mut Oracle, pending: &Pending, requested: u32, by_message: bool, x: &Words) {
    // A partition written for a later version is offered that.
    let written_for = oracle.state.partition(pending.who.id).map(|partition| partition.spec.version);
    let ours = oracle.state.scene.version.max(written_for.unwrap_or_default());
    let name = oracle.state.name(pending.who.id);
    let answer = if by_message {
        if x[..3] != [DIRECT_RESP, 0x8000_ffff, 1 << 31 | 9] {
            oracle.find(format!("the SPMD's version message was answered with {:x?}", &x[..4]));
            return;
        }
        x[3] as u32
    } else {
        x[0] as u32
    };
    let Some(endpoint) = oracle.state.endpoint(pending.who.id) else {
        return;
    };
    let fits = requested >> 16 == ours >> 16 && requested <= ours;
    let stays = endpoint.version_fixed && requested != endpoint.version;
    let due = if fits && !stays { ours } else { NO_VERSION };
    if due == ours {
        endpoint.version = requested;
    }
    if answer != due {
        let why = if stays { ": its version is fixed after its first other call" } else { "" };
        oracle.find(format!(
            "FFA_VERSION of {name} for {requested:#x} was answered with {answer:#x} where {due:#x} is due{why}"
        ));
    }
}
