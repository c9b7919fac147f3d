//! What a caller asks, decoded by `arm-ffa`: the oracle has no decoder of its own to be wrong in the monitor's way.

use arm_ffa::Version;
use arm_ffa::interface::Interface;
use arm_ffa::interface_args::{RxTxAddr, SecondaryEpRegisterAddr};

use crate::notices::Notification;
use crate::state::{Kind, Who};

/// x0 to x17.
pub type Words = [u64; 18];

/// SMCCC's hint that the caller keeps nothing in SVE registers.
const SVE_HINT: u64 = 1 << 16;
/// The version whose calls are decoded: the highest that the monitor has.
const DECODED: Version = Version(1, 2);

/// FFA_ERROR.
pub const ERROR: u64 = 0x8400_0060;
/// ABORTED as a register has it.
pub const ABORTED: u64 = 0xffff_fff8;
/// FFA_ABORT, which `arm-ffa` does not know.
const ABORT: u64 = 0x8400_0090;
/// FFA_VERSION.
const VERSION: u64 = 0x8400_0063;
/// FFA_MSG_SEND_DIRECT_REQ with 32-bit arguments, which carries the framework's messages.
const DIRECT_REQUEST: u64 = 0x8400_006f;
/// The bit of w2 that marks a message of the framework.
const FRAMEWORK: u32 = 1 << 31;
/// w2 of the framework's message 8: a caller in the normal world asks for a version.
const VERSION_REQUEST: u32 = 1 << 31 | 8;

/// x2 and x3 of the framework's message 0 with PSCI CPU_OFF.
const CORE_OFF: [u64; 2] = [1 << 31, 0x8400_0002];

/// The SPMD's endpoint id.
const SPMD: u16 = 0xffff;

/// What a direct message is about: a response is of its request's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// Five registers of a partition's.
    Plain,
    /// Fourteen, for a service.
    Service,
    /// The framework's message of this number; a response has the next one.
    Framework(u32),
}

impl Subject {
    /// What the message `x` is about; `answers` where it is a response.
    fn of(x: &Words, answers: u32) -> Self {
        match x[2] as u32 {
            word if word & FRAMEWORK != 0 => Self::Framework((word & !FRAMEWORK).wrapping_sub(answers)),
            _ => Self::Plain,
        }
    }
}

/// A call, as far as the oracle follows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// FFA_VERSION, or the SPMD's message that passes one on.
    Version { requested: u32, by_message: bool },
    /// The SPMD's message that its core goes off.
    CoreOff,
    /// Another message of the SPMD's own.
    Framework,
    /// FFA_RXTX_MAP.
    RxTxMap { tx: u64, rx: u64, pages: u64 },
    /// FFA_RXTX_MAP of a hypervisor for a VM, whose buffers its own TX buffer describes.
    RxTxMapForVm,
    /// FFA_RXTX_UNMAP: 0 for the caller's own, else a VM's.
    RxTxUnmap { id: u16 },
    /// FFA_RX_RELEASE: 0 for the caller's own, else a VM's.
    RxRelease { id: u16 },
    /// FFA_RX_ACQUIRE of a VM's RX buffer.
    RxAcquire { id: u16 },
    /// FFA_SECONDARY_EP_REGISTER: where virtual CPUs but the first begin.
    SecondaryEntry(u64),
    /// FFA_PARTITION_INFO_GET.
    PartitionInfo { count_only: bool },
    /// FFA_PARTITION_INFO_GET_REGS, from this number on.
    PartitionRegs { start: u16 },
    /// FFA_MSG_SEND_DIRECT_REQ and REQ2.
    Request { from: u16, to: u16, about: Subject },
    /// FFA_MSG_SEND_DIRECT_RESP and RESP2.
    Response { from: u16, to: u16, about: Subject },
    /// FFA_MSG_SEND2: 0 for the caller's own message, else a VM's.
    Send2 { named: u16 },
    /// FFA_RUN.
    Run(Who),
    /// FFA_MSG_WAIT.
    Wait { keep_rx: bool },
    /// FFA_YIELD.
    Yield,
    /// FFA_ABORT, and FFA_ERROR with ABORTED: the caller can go on no more.
    Dies,
    /// FFA_INTERRUPT of EL3: a secure interrupt came while the normal world ran.
    Interrupt,
    /// FFA_MEM_DONATE, LEND, SHARE: `whole` where one fragment holds all.
    Send { kind: Kind, length: u64, whole: bool },
    /// FFA_MEM_RETRIEVE_REQ.
    Retrieve { length: u64 },
    /// FFA_MEM_RELINQUISH.
    Relinquish,
    /// FFA_MEM_RECLAIM.
    Reclaim { handle: u64, zero: bool },
    /// About notifications.
    Notification(Notification),
    /// A call whose answer concerns nobody else and changes nothing that the oracle knows of.
    Other,
    /// FF-A's by its number, and malformed, or of no version up to 1.2.
    Malformed,
    /// Not FF-A's.
    Foreign,
}

impl Call {
    /// What `x` asks.
    pub fn decode(x: &Words) -> Self {
        let function = x[0] & 0xffff_ffff & !SVE_HINT;
        if !(0x8400_0060..=0x8400_00ef).contains(&(function & !0x4000_0000)) {
            return Self::Foreign;
        }
        // `arm-ffa` refuses a version word with bit 31 set, which has an answer all the same.
        if function == VERSION {
            return Self::Version { requested: x[1] as u32, by_message: false };
        }
        if function == DIRECT_REQUEST && x[1] as u32 >> 16 == SPMD.into() && x[2] as u32 == VERSION_REQUEST {
            return Self::Version { requested: x[3] as u32, by_message: true };
        }
        let dies = function == ERROR && x[2] & 0xffff_ffff == ABORTED;
        if dies || function & !0x4000_0000 == ABORT {
            return Self::Dies;
        }
        let mut words = *x;
        words[0] = function;
        let Ok(interface) = Interface::from_regs(DECODED, &words) else {
            return Self::Malformed;
        };
        let send = |kind, total: u32, fragment: u32| Self::Send {
            kind,
            length: total.into(),
            whole: total == fragment,
        };
        match interface {
            Interface::MsgSendDirectReq { src_id: SPMD, .. } if x[2..4] == CORE_OFF => Self::CoreOff,
            Interface::MsgSendDirectReq { src_id: SPMD, .. } => Self::Framework,
            Interface::RxTxMap { addr, page_cnt } => {
                let (tx, rx) = match addr {
                    RxTxAddr::Addr32 { rx, tx } => (tx.into(), rx.into()),
                    RxTxAddr::Addr64 { rx, tx } => (tx, rx),
                };
                match (tx, rx, page_cnt) {
                    (0, 0, 0) => Self::RxTxMapForVm,
                    _ => Self::RxTxMap { tx, rx, pages: page_cnt.into() },
                }
            }
            Interface::RxTxUnmap { id } => Self::RxTxUnmap { id },
            Interface::RxRelease { vm_id } => Self::RxRelease { id: vm_id },
            Interface::RxAcquire { vm_id } => Self::RxAcquire { id: vm_id },
            Interface::SecondaryEpRegister { entrypoint } => Self::SecondaryEntry(match entrypoint {
                SecondaryEpRegisterAddr::Addr32(entry) => entry.into(),
                SecondaryEpRegisterAddr::Addr64(entry) => entry,
            }),
            Interface::PartitionInfoGet { flags, .. } => Self::PartitionInfo { count_only: flags.count_only },
            Interface::PartitionInfoGetRegs { start_index, .. } => Self::PartitionRegs { start: start_index },
            Interface::MsgSendDirectReq { src_id, dst_id, .. } => {
                Self::Request { from: src_id, to: dst_id, about: Subject::of(x, 0) }
            }
            Interface::MsgSendDirectReq2 { src_id, dst_id, .. } => {
                Self::Request { from: src_id, to: dst_id, about: Subject::Service }
            }
            Interface::MsgSendDirectResp { src_id, dst_id, .. } => {
                Self::Response { from: src_id, to: dst_id, about: Subject::of(x, 1) }
            }
            Interface::MsgSendDirectResp2 { src_id, dst_id, .. } => {
                Self::Response { from: src_id, to: dst_id, about: Subject::Service }
            }
            Interface::MsgSend2 { sender_vm_id, .. } => Self::Send2 { named: sender_vm_id },
            Interface::Run { target_info, .. } => {
                Self::Run(Who { id: target_info.endpoint_id, vcpu: target_info.vcpu_id })
            }
            Interface::MsgWait { flags, .. } => Self::Wait { keep_rx: flags.retain_rx_buffer },
            Interface::Yield { .. } => Self::Yield,
            Interface::Interrupt { .. } => Self::Interrupt,
            Interface::MemShare { total_len, frag_len, .. } => send(Kind::Share, total_len, frag_len),
            Interface::MemLend { total_len, frag_len, .. } => send(Kind::Lend, total_len, frag_len),
            Interface::MemDonate { total_len, frag_len, .. } => send(Kind::Donate, total_len, frag_len),
            Interface::MemRetrieveReq { total_len, .. } => Self::Retrieve { length: total_len.into() },
            Interface::MemRelinquish => Self::Relinquish,
            Interface::MemReclaim { handle, flags } => {
                Self::Reclaim { handle: handle.0, zero: flags.zero_memory }
            }
            other => Notification::of(&other).map_or(Self::Other, Self::Notification),
        }
    }

    /// True for calls that change who reaches which page.
    pub const fn moves_memory(&self) -> bool {
        matches!(self, Self::Send { .. } | Self::Retrieve { .. } | Self::Relinquish | Self::Reclaim { .. })
    }

    /// True for calls that read a descriptor from the caller's TX buffer.
    pub const fn reads_tx(&self) -> bool {
        matches!(
            self,
            Self::Send { .. }
                | Self::Retrieve { .. }
                | Self::Relinquish
                | Self::RxTxMapForVm
                | Self::Send2 { .. }
        )
    }

    /// Whose RX buffer the call of `caller` gives back.
    pub const fn releases_rx(&self, caller: u16) -> Option<u16> {
        match *self {
            Self::RxRelease { id: 0 } | Self::Wait { keep_rx: false } => Some(caller),
            Self::RxRelease { id } => Some(id),
            _ => None,
        }
    }

    /// True for calls that name `to` as who is next.
    pub const fn names(&self, to: Who) -> bool {
        match *self {
            Self::Request { to: receiver, .. } => receiver == to.id,
            Self::Run(target) => target.id == to.id && target.vcpu == to.vcpu,
            _ => false,
        }
    }

    /// True for calls with which the caller begins to wait for a message.
    pub const fn begins_to_wait(&self) -> bool {
        matches!(self, Self::Wait { .. } | Self::Response { .. })
    }

    /// True for calls after which the caller may be without the core.
    pub const fn gives_core(&self) -> bool {
        matches!(
            self,
            Self::Request { .. }
                | Self::Response { .. }
                | Self::Run(_)
                | Self::Wait { .. }
                | Self::Yield
                | Self::Dies
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(first: &[u64]) -> Words {
        let mut words = [0; 18];
        words[..first.len()].copy_from_slice(first);
        words
    }

    #[test]
    fn a_request_names_who_sends_and_who_receives() {
        let call = Call::decode(&words(&[0xc400_006f, 0x8002_8001]));
        assert_eq!(call, Call::Request { from: 0x8002, to: 0x8001, about: Subject::Plain });
        let call = Call::decode(&words(&[0xc400_008d, 0x8002_8001]));
        assert_eq!(call, Call::Request { from: 0x8002, to: 0x8001, about: Subject::Service });
    }

    #[test]
    fn the_framework_s_answer_belongs_to_the_message_before_it() {
        let about = Subject::Framework(4);
        let call = Call::decode(&words(&[0x8400_006f, 0x8001, 1 << 31 | 4]));
        assert_eq!(call, Call::Request { from: 0, to: 0x8001, about });
        let call = Call::decode(&words(&[0x8400_0070, 0x8001_0000, 1 << 31 | 5]));
        assert_eq!(call, Call::Response { from: 0x8001, to: 0, about });
    }

    #[test]
    fn the_spmds_message_asks_for_a_version() {
        let call = Call::decode(&words(&[0x8400_006f, 0xffff_8000, 1 << 31 | 8, 0x1_0001]));
        assert_eq!(call, Call::Version { requested: 0x1_0001, by_message: true });
    }

    #[test]
    fn the_spmds_message_says_that_a_core_goes_off() {
        let call = Call::decode(&words(&[0x8400_006f, 0xffff_8000, 1 << 31, 0x8400_0002]));
        assert_eq!(call, Call::CoreOff);
    }

    #[test]
    fn what_is_not_ff_as_is_told_from_what_is_malformed() {
        assert_eq!(Call::decode(&words(&[0x8400_0008])), Call::Foreign);
        assert_eq!(Call::decode(&words(&[0x8400_00e0])), Call::Malformed);
    }
}
