//! Calls: what a caller asks for, decoded from x0 to x17.
//!
//! [`Call::decode`] looks at the registers alone; [`Call::check_version`] then says whether a caller of some
//! version has the call. Who may make it, and when, is for others to say. SMC32 calls carry 32-bit arguments: the
//! upper halves of their registers are ignored.
//!
//! Rules (`rules/`): `function`, `features`, `info`, `rxtx`, `wait`, `yield`, `abort`, `direct`, `send`, `send2`,
//! `retrieve`, `reclaim`, `console`, `notification`.

mod arguments;
mod buffers;
mod decode;
mod notifications;

pub use arguments::console_characters;
pub use buffers::{BufferPair, Misshapen};
pub use notifications::{Notice, NotificationCall, Origins};

use super::error::Error;
use super::function::FunctionId;
use super::ids::{Handle, PartitionId, TargetInfo, Uuid, Version};
use crate::ffa::wording::{Clause, Item};

/// Characters that FFA_CONSOLE_LOG_64 can carry in x2 to x17.
pub const MAX_CONSOLE_CHARACTERS: usize = 128;

/// How wide the arguments of a call are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Width {
    /// 32 bits (SMC32): upper halves of registers mean nothing and are zero when passed on.
    W32,
    /// 64 bits (SMC64).
    W64,
}

/// What a direct message is about. A request is answered by a response of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// A partition's, by FFA_MSG_SEND_DIRECT_REQ and RESP: x3 to x7 are theirs.
    Plain,
    /// A partition's to a service, by FFA_MSG_SEND_DIRECT_REQ2 and RESP2 (1.2): x4 to x17 are theirs.
    Service,
    /// The framework's: a VM was created (messages 4 and 5).
    VmCreated,
    /// The framework's: a VM was destroyed (messages 6 and 7).
    VmDestroyed,
}

/// A direct request or response from one endpoint to another. Its payload stays in the registers: what arrives is
/// made of them by [`super::response::deliver`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DirectMessage {
    /// What was called.
    pub function: FunctionId,
    /// What it is about.
    pub kind: MessageKind,
    /// Who sends, as the sender says.
    pub sender: PartitionId,
    /// Who is to get it.
    pub receiver: PartitionId,
}

/// A direct request that the framework, not an endpoint, sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameworkRequest {
    /// EL3 was asked to change the power of this core (message 0).
    Psci {
        /// The PSCI function, as the normal world called it.
        function: u32,
    },
    /// A caller in the normal world asks for a version (message 8).
    Version {
        /// What is asked for; `None` where bit 31 of the word was set.
        requested: Option<Version>,
    },
}

/// How memory is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transfer {
    /// FFA_MEM_SHARE: the owner keeps access.
    Share,
    /// FFA_MEM_LEND: the owner has no access for the time.
    Lend,
    /// FFA_MEM_DONATE: the receiver is the new owner.
    Donate,
}

/// How much of a memory descriptor is in the caller's TX buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lengths {
    /// Bytes of the whole descriptor.
    pub total: u32,
    /// Bytes that the TX buffer holds now: at least 16, at most `total`.
    pub fragment: u32,
}

/// What FFA_FEATURES asks about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FeatureQuery {
    /// A function id, perhaps one that FF-A does not have.
    Function(FunctionId),
    /// A feature id.
    Feature(u8),
}

/// A call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// FFA_ERROR: what was asked of the caller failed.
    Error {
        /// The vCPU that it is about.
        target: TargetInfo,
        /// w2, an [`super::ErrorCode`] if the caller keeps to FF-A.
        code: i32,
    },
    /// FFA_ABORT: the caller stops after a fatal error.
    Abort {
        /// w2, a code of the caller's choice.
        code: u32,
    },
    /// FFA_SUCCESS: what was asked of the caller is done.
    Success {
        /// How wide the values are.
        width: Width,
        /// x2 to x7, cut to `width`.
        values: [u64; 6],
    },
    /// FFA_INTERRUPT: an interrupt for the callee arrived.
    Interrupt {
        /// The vCPU that it stopped.
        target: TargetInfo,
        /// The interrupt, 0 where the callee has to ask the GIC.
        intid: u32,
    },
    /// FFA_VERSION. The answer, also a refusal, is w0 itself: [`super::response::version`].
    Version {
        /// What is asked for; `None` where bit 31 of the word was set.
        requested: Option<Version>,
    },
    /// FFA_FEATURES.
    Features {
        /// What is asked about.
        query: FeatureQuery,
        /// What the caller can do itself.
        properties: u32,
    },
    /// FFA_ID_GET.
    IdGet,
    /// FFA_SPM_ID_GET.
    SpmIdGet,
    /// FFA_PARTITION_INFO_GET.
    PartitionInfoGet {
        /// Whose partitions; nil for all.
        uuid: Uuid,
        /// True when only their number is wanted.
        count_only: bool,
    },
    /// FFA_PARTITION_INFO_GET_REGS (1.2).
    PartitionInfoGetRegs {
        /// Whose partitions; nil for all.
        uuid: Uuid,
        /// The number of the first descriptor that is wanted.
        start: u16,
        /// Which list it is of, as an earlier answer said.
        tag: u16,
    },
    /// FFA_RXTX_MAP of the caller's own buffers, as it sees addresses.
    RxtxMap(BufferPair),
    /// FFA_RXTX_MAP of a VM's buffers: the descriptor is in its hypervisor's TX buffer.
    RxtxMapForVm,
    /// FFA_RXTX_UNMAP.
    RxtxUnmap {
        /// Whose mailbox, where a hypervisor calls for a VM; else zero.
        id: PartitionId,
    },
    /// FFA_RX_RELEASE.
    RxRelease {
        /// Whose RX buffer, where a hypervisor calls for a VM; else zero.
        id: PartitionId,
    },
    /// FFA_RX_ACQUIRE (1.1).
    RxAcquire {
        /// The VM whose RX buffer its hypervisor wants to write.
        id: PartitionId,
    },
    /// FFA_MSG_WAIT.
    MsgWait {
        /// True when the RX buffer is not to be released (1.2).
        keep_rx: bool,
    },
    /// FFA_YIELD.
    Yield {
        /// When to come back; the unit is between the caller and its scheduler.
        timeout: u64,
    },
    /// FFA_RUN.
    Run {
        /// Which vCPU.
        target: TargetInfo,
    },
    /// FFA_MSG_SEND_DIRECT_REQ and REQ2 of an endpoint.
    DirectRequest {
        /// The message.
        message: DirectMessage,
        /// The service that it is for, nil where it names none.
        service: Uuid,
    },
    /// FFA_MSG_SEND_DIRECT_RESP and RESP2.
    DirectResponse(DirectMessage),
    /// FFA_MSG_SEND2. The message is in the TX buffer.
    MsgSend2 {
        /// Who sends, where a hypervisor calls for a VM; else zero.
        sender: PartitionId,
        /// True where the receiver's scheduler need not be told at once.
        delays: bool,
    },
    /// FFA_MSG_SEND_DIRECT_REQ of the framework.
    FrameworkRequest {
        /// Who sends, as the sender says.
        sender: PartitionId,
        /// Who is to get it.
        receiver: PartitionId,
        /// What is asked for.
        request: FrameworkRequest,
    },
    /// FFA_MEM_SHARE, FFA_MEM_LEND, FFA_MEM_DONATE. The descriptor is in the TX buffer.
    MemSend {
        /// Which of the three.
        transfer: Transfer,
        /// How long the descriptor is.
        lengths: Lengths,
    },
    /// FFA_MEM_RETRIEVE_REQ. The descriptor is in the TX buffer.
    MemRetrieveRequest {
        /// Bytes of the descriptor, all in the TX buffer.
        length: u32,
    },
    /// FFA_MEM_RELINQUISH. The descriptor is in the TX buffer.
    MemRelinquish,
    /// FFA_MEM_RECLAIM.
    MemReclaim {
        /// The transaction.
        handle: Handle,
        /// True when the memory is to be zeroed before the owner sees it.
        zero: bool,
    },
    /// A call about notifications (1.1).
    Notification(NotificationCall),
    /// FFA_SECONDARY_EP_REGISTER (1.1).
    SecondaryEntryRegister {
        /// Where vCPUs other than the first are to begin, as the caller sees addresses.
        entry: u64,
    },
    /// FFA_CONSOLE_LOG.
    ConsoleLog {
        /// How wide the arguments are.
        width: Width,
        /// How many characters, 1 to [`MAX_CONSOLE_CHARACTERS`]; [`console_characters`] has them.
        count: usize,
    },
}

impl Call {
    /// The function that was called.
    pub const fn function(&self) -> FunctionId {
        use FunctionId as Id;
        match self {
            Self::Error { .. } => Id::ERROR,
            Self::Success { width: Width::W32, .. } => Id::SUCCESS,
            Self::Success { width: Width::W64, .. } => Id::SUCCESS_64,
            Self::Interrupt { .. } => Id::INTERRUPT,
            Self::Version { .. } => Id::VERSION,
            Self::Features { .. } => Id::FEATURES,
            Self::Abort { .. } => Id::ABORT,
            Self::IdGet => Id::ID_GET,
            Self::SpmIdGet => Id::SPM_ID_GET,
            Self::PartitionInfoGet { .. } => Id::PARTITION_INFO_GET,
            Self::PartitionInfoGetRegs { .. } => Id::PARTITION_INFO_GET_REGS,
            Self::RxtxMap(_) | Self::RxtxMapForVm => Id::RXTX_MAP_64,
            Self::RxtxUnmap { .. } => Id::RXTX_UNMAP,
            Self::RxRelease { .. } => Id::RX_RELEASE,
            Self::RxAcquire { .. } => Id::RX_ACQUIRE,
            Self::MsgWait { .. } => Id::MSG_WAIT,
            Self::Yield { .. } => Id::YIELD,
            Self::Run { .. } => Id::RUN,
            Self::DirectRequest { message, .. } | Self::DirectResponse(message) => message.function,
            Self::MsgSend2 { .. } => Id::MSG_SEND2,
            Self::FrameworkRequest { .. } => Id::MSG_SEND_DIRECT_REQ,
            Self::MemSend { transfer: Transfer::Share, .. } => Id::MEM_SHARE,
            Self::MemSend { transfer: Transfer::Lend, .. } => Id::MEM_LEND,
            Self::MemSend { transfer: Transfer::Donate, .. } => Id::MEM_DONATE,
            Self::MemRetrieveRequest { .. } => Id::MEM_RETRIEVE_REQ,
            Self::MemRelinquish => Id::MEM_RELINQUISH,
            Self::MemReclaim { .. } => Id::MEM_RECLAIM,
            Self::Notification(call) => call.function(),
            Self::SecondaryEntryRegister { .. } => Id::SECONDARY_EP_REGISTER_64,
            Self::ConsoleLog { width: Width::W32, .. } => Id::CONSOLE_LOG,
            Self::ConsoleLog { width: Width::W64, .. } => Id::CONSOLE_LOG_64,
        }
    }

    /// True where it comes as the normal world's, and EL3 may have made it itself: for one of its logical partitions.
    pub const fn may_be_firmwares(&self) -> bool {
        match self {
            Self::DirectRequest { message, .. } => message.sender.is_logical(),
            // Nothing in it says who looks.
            Self::PartitionInfoGetRegs { .. } => true,
            _ => false,
        }
    }

    /// Refuses what a caller of `version` does not have.
    pub fn check_version(&self, version: Version) -> Result<(), Error> {
        let function = self.function();
        // rule: function.2, function.3, direct2.47
        if !function.is_in(version) {
            return Err(Error::NotSupported { function });
        }
        match *self {
            // rule: wait.6
            Self::MsgWait { keep_rx: true } if version < Version::V1_2 => Err(Error::Register {
                function,
                register: Item::W2,
                found: 1,
                allowed: Clause::ZeroBefore1_2,
            }),
            // rule: console.4
            Self::ConsoleLog { width: Width::W64, count, .. } if version < Version::V1_2 && count > 48 => {
                Err(Error::Register {
                    function,
                    register: Item::W1,
                    found: count as u64,
                    allowed: Clause::AtMost48Before1_2,
                })
            }
            _ => Ok(()),
        }
    }
}
