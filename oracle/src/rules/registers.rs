//! What who runs next finds in its registers: a message as it was sent, and the rest as it left it.

use hal::cpu::GuestRegisters;

use crate::calls::{Subject, Words};
use crate::oracle::Oracle;
use crate::pending::Pending;
use crate::state::Who;
use crate::words;

const SUCCESS: u64 = 0x8400_0061;

/// The first register that who gets a message about `about` keeps.
pub(super) const fn first_kept(about: Subject) -> usize {
    if matches!(about, Subject::Service) { 18 } else { 8 }
}

/// Finds an FFA_YIELD of `to` that comes back with anything but a bare success.
pub(super) fn succeeds(oracle: &mut Oracle, pending: &Pending, to: Who, x: &Words) {
    if x[0] != SUCCESS || x[1..8] != [0; 7] {
        let (name, when) = (oracle.state.name(to.id), pending.when(&oracle.state));
        oracle.find(format!("{name} goes on {when} with {:x?}, where FFA_SUCCESS is due", &x[..8]));
    }
}

/// Finds a message whose registers are not what its sender sent.
pub(super) fn arrives(oracle: &mut Oracle, pending: &Pending, to: Who, x: &Words, about: Subject) {
    let wide = pending.x[0] & 0x4000_0000 != 0;
    let mask = if wide { u64::MAX } else { u64::from(u32::MAX) };
    let answers = words::function(pending.x[0]).ends_with("RESP2");
    let due = |index: usize| match index {
        // An SMC's function id is 32 bits, and so are the words that name parties and framework messages.
        0 => Some(pending.x[0] & 0xffff_ffff & !(1 << 16)),
        1 => Some(pending.x[1] & 0xffff_ffff),
        2 | 3 if answers => Some(0),
        2 if about != Subject::Service => Some(pending.x[2] & 0xffff_ffff),
        _ if index < first_kept(about) => Some(pending.x[index] & mask),
        // Beyond the message who gets it keeps its own.
        _ => None,
    };
    let wrong = (0..18).find(|&index| due(index).is_some_and(|due| x[index] != due));
    if let Some(index) = wrong {
        let name = oracle.state.name(to.id);
        let when = pending.when(&oracle.state);
        oracle.find(format!(
            "{name} gets x{index} = {:#x} {when}, who sent {:#x}: a message arrives as it was sent",
            x[index], pending.x[index]
        ));
    }
}

/// Finds a register from x`first` on, up to x30, that `who` did not leave so.
pub(super) fn kept(oracle: &mut Oracle, who: Who, registers: Option<&GuestRegisters>, first: usize) {
    let left = oracle.state.vcpu(who).map(|vcpu| vcpu.left);
    let Some((left, registers)) = left.zip(registers) else {
        return;
    };
    let lost = (first..31).find(|&index| left.x[index] != registers.x[index]);
    if let Some(index) = lost {
        let name = oracle.state.name(who.id);
        oracle.find(format!(
            "{name} goes on with x{index} = {:#x}, and left it as {:#x}",
            registers.x[index], left.x[index]
        ));
    }
}
