//! FF-A error codes, and the one place where a rich error becomes one.

use super::error::Error;

/// An FF-A error code: the value of w2 in FFA_ERROR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(i32)]
pub enum ErrorCode {
    /// NOT_SUPPORTED.
    NotSupported = -1,
    /// INVALID_PARAMETERS.
    InvalidParameters = -2,
    /// NO_MEMORY.
    NoMemory = -3,
    /// BUSY.
    Busy = -4,
    /// INTERRUPTED.
    Interrupted = -5,
    /// DENIED.
    Denied = -6,
    /// RETRY.
    Retry = -7,
    /// ABORTED.
    Aborted = -8,
    /// NO_DATA (1.1).
    NoData = -9,
    /// NOT_READY.
    NotReady = -10,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 10] = [
        Self::NotSupported,
        Self::InvalidParameters,
        Self::NoMemory,
        Self::Busy,
        Self::Interrupted,
        Self::Denied,
        Self::Retry,
        Self::Aborted,
        Self::NoData,
        Self::NotReady,
    ];

    /// The code as it travels in a register: 32 bits, the upper half of the register zero.
    pub const fn to_register(self) -> u64 {
        self as i32 as u32 as u64
    }

    /// Reads a code from a register, of which only the low 32 bits count.
    pub fn from_register(register: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.to_register() == register & 0xffff_ffff)
    }
}

impl Error {
    /// The FF-A code for the caller: the one place where it is decided.
    pub const fn code(&self) -> ErrorCode {
        use ErrorCode as Code;
        match self {
            Self::NotSupported { .. }
            | Self::IncompatibleVersion { .. }
            | Self::MalformedVersion
            | Self::VersionLocked { .. }
            | Self::UnknownFeature { .. } => Code::NotSupported,
            Self::Register { .. }
            | Self::Field { .. }
            | Self::UnknownReceiver { .. }
            | Self::SpoofedSender { .. }
            | Self::ReceiverIsSender { .. }
            | Self::RequestToNormalWorld { .. }
            | Self::UnknownUuid { .. }
            | Self::UnknownService { .. }
            | Self::NotSubscribed { .. }
            | Self::UnknownVcpu { .. }
            | Self::NoNotifications { .. }
            | Self::PinnedElsewhere { .. }
            | Self::TxNotMapped { .. }
            | Self::RxTxNotMapped { .. }
            | Self::RxTxPage { .. }
            | Self::UnknownHandle { .. }
            | Self::NotOwner { .. }
            | Self::NotBorrower { .. }
            | Self::NotRetrieved { .. }
            | Self::NotAsSent { .. } => Code::InvalidParameters,
            Self::TooMany { .. } | Self::AnswerTooLarge { .. } | Self::NoMemory { .. } => Code::NoMemory,
            Self::ReceiverBusy { .. }
            | Self::VcpuBusy { .. }
            | Self::RxFull { .. }
            | Self::RxNotMapped { .. } => Code::Busy,
            Self::ReceiverInChain { .. }
            | Self::CannotReceiveDirect { .. }
            | Self::CannotSendDirect { .. }
            | Self::ReceiverTooOld { .. }
            | Self::CannotSendIndirect { .. }
            | Self::CannotReceiveIndirect { .. }
            | Self::NotRequester { .. }
            | Self::CallNotAllowed { .. }
            | Self::CannotRun { .. }
            | Self::RxNotOwned { .. }
            | Self::RxUnread { .. }
            | Self::NoBitmap { .. }
            | Self::BitmapExists { .. }
            | Self::NotificationsPending { .. }
            | Self::BoundToAnother { .. }
            | Self::NotBound { .. }
            | Self::RxHeld { .. }
            | Self::NoVm { .. }
            | Self::NotListed { .. }
            | Self::RxTxMapped { .. }
            | Self::PageNotOwned { .. }
            | Self::PageInTransaction { .. }
            | Self::PageIsMailbox { .. }
            | Self::StillBorrowed { .. }
            | Self::AlreadyRetrieved { .. }
            | Self::NotSender { .. }
            | Self::SentForAnother { .. }
            | Self::PageMapped { .. }
            | Self::AttributesRefused { .. }
            | Self::PermissionsExceed { .. } => Code::Denied,
            Self::StaleTag { .. } => Code::Retry,
            Self::NothingToSchedule => Code::NoData,
            Self::AccessFault { .. } | Self::PartitionAborted { .. } => Code::Aborted,
        }
    }
}
