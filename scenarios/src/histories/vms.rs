//! The VMs for which the normal world's player speaks as their hypervisor, and the calls about their buffers.

use super::call::Call;
use super::known::Known;
use crate::ffa;
use crate::machine::layout;
use crate::program::{Role, layout_of};
use crate::soak::random::Random;
use crate::steps::vms::{Buffers, tx_of};
pub(super) use crate::steps::vms::{VM1, VM2};

/// A page that is VM 2's RX buffer at times, and shared at others.
const SHARED_RX: u64 = layout::SHARED_PAGE + 3 * layout::PAGE;

/// True for the id of a VM.
pub const fn is_vm(id: u16) -> bool {
    id != ffa::NORMAL_WORLD && id & 0x8000 == 0
}

/// A call about the buffers of one of the VMs, such that it may succeed, or not at times.
pub fn about_buffers(random: &mut Random, known: &Known) -> Call {
    let vm = random.pick(&[VM1, VM2]);
    if !known.mapped.contains(&vm) || random.below(16) == 0 {
        return maps(vm);
    }
    let release = Call::new([ffa::RX_RELEASE, vm.into()]);
    let acquire = Call::new([ffa::RX_ACQUIRE, vm.into()]);
    match random.below(6) {
        0 => Call::new([ffa::RXTX_UNMAP, u64::from(vm) << 16]),
        1 => random.pick(&[&release, &acquire]).clone(),
        _ if known.full.contains(&vm) => release,
        _ => acquire,
    }
}

/// FFA_RXTX_MAP of the buffers of `vm`.
fn maps(vm: u16) -> Call {
    let own = Buffers::of(vm);
    let buffers = if vm == VM2 { own.receiving_at(SHARED_RX) } else { own };
    Call::new([ffa::RXTX_MAP_64]).writing(layout_of(Role::NormalWorld).tx, buffers.bytes())
}

/// What FFA_MSG_SEND2 for `sender` has in w1, and where the message is, for a caller that sends from `own`.
pub fn sends_from(sender: u16, own: u64) -> (u64, u64) {
    if is_vm(sender) { (u64::from(sender) << 16, tx_of(sender)) } else { (0, own) }
}

/// The endpoint whose buffers `call` of the endpoint `caller` is about: a VM's where it names one.
pub fn owner(call: &Call, caller: u16) -> u16 {
    let [function, x1, x2, ..] = call.registers;
    let named = match function {
        ffa::RXTX_MAP_64 if (x1, x2) == (0, 0) => {
            call.writes.as_ref().map_or(0, |(_, bytes)| u16::from_le_bytes([bytes[0], bytes[1]]))
        }
        ffa::RXTX_UNMAP => (x1 >> 16) as u16,
        ffa::RX_RELEASE | ffa::RX_ACQUIRE => x1 as u16,
        _ => 0,
    };
    if is_vm(named) { named } else { caller }
}

/// True where `call` of the normal world is made for a VM.
pub fn is_for_vm(call: &Call) -> bool {
    let [function, x1, ..] = call.registers;
    match function {
        ffa::DIRECT_REQ_32 | ffa::DIRECT_REQ_64 | ffa::DIRECT_REQ2 | ffa::MSG_SEND2 => {
            is_vm((x1 >> 16) as u16)
        }
        ffa::MEM_SHARE => {
            call.writes.as_ref().is_some_and(|(_, bytes)| is_vm(u16::from_le_bytes([bytes[0], bytes[1]])))
        }
        _ => owner(call, ffa::NORMAL_WORLD) != ffa::NORMAL_WORLD,
    }
}
