//! Function ids.

use core::fmt;

use super::ids::Version;

/// The function id of an SMCCC call, without the SVE hint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FunctionId(pub u32);

/// Bit 16 of a function id: the caller has no live SVE state (SMCCC 1.3).
const SVE_HINT: u32 = 1 << 16;

/// Bit 30 of a function id: the call's arguments are 64 bits wide.
const SMC64: u32 = 1 << 30;

/// Defines the function ids: id, name, the version that brought it, and the same of its SMC64 form.
macro_rules! functions {
    ($($number:literal $name:ident $since:ident $(/ $name64:ident $since64:ident)?, $doc:literal;)*) => {
        impl FunctionId {
            $(
                #[doc = concat!("FFA_", stringify!($name), ": ", $doc, ".")]
                pub const $name: Self = Self($number);
                $(
                    #[doc = concat!("FFA_", stringify!($name), " with 64-bit arguments: ", $doc, ".")]
                    pub const $name64: Self = Self(SMC64 | $number);
                )?
            )*

            /// FF-A's name of the function, or `None` where FF-A has no such function.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(concat!("FFA_", stringify!($name))),
                    $(Self::$name64 => Some(concat!("FFA_", stringify!($name64))),)?)*
                    _ => None,
                }
            }

            /// The version of FF-A that brought the function, or `None` where FF-A has no such function.
            pub const fn since(self) -> Option<Version> {
                match self {
                    $(Self::$name => Some(Version::$since),
                    $(Self::$name64 => Some(Version::$since64),)?)*
                    _ => None,
                }
            }

            /// All functions, in ascending order of their number, each followed by its SMC64 form.
            pub const ALL: &[Self] = &[$(Self::$name, $(Self::$name64,)?)*];
        }
    };
}

functions! {
    0x8400_0060 ERROR V1_0 / ERROR_64 V1_3, "a call failed";
    0x8400_0061 SUCCESS V1_0 / SUCCESS_64 V1_0, "a call succeeded";
    0x8400_0062 INTERRUPT V1_0 / INTERRUPT_64 V1_3, "an interrupt arrived";
    0x8400_0063 VERSION V1_0, "agree on a version";
    0x8400_0064 FEATURES V1_0, "ask whether a call or feature is there";
    0x8400_0065 RX_RELEASE V1_0, "give the RX buffer back";
    0x8400_0066 RXTX_MAP V1_0 / RXTX_MAP_64 V1_0, "name the mailbox's buffers";
    0x8400_0067 RXTX_UNMAP V1_0, "take the mailbox's buffers away";
    0x8400_0068 PARTITION_INFO_GET V1_0, "list partitions in the RX buffer";
    0x8400_0069 ID_GET V1_0, "ask for the caller's id";
    0x8400_006a MSG_POLL V1_0, "poll for a message (1.0 only)";
    0x8400_006b MSG_WAIT V1_0 / MSG_WAIT_64 V1_3, "wait for a message";
    0x8400_006c YIELD V1_0 / YIELD_64 V1_3, "give the core away for a while";
    0x8400_006d RUN V1_0 / RUN_64 V1_3, "run a vCPU";
    0x8400_006e MSG_SEND V1_0, "send a message (1.0 only)";
    0x8400_006f MSG_SEND_DIRECT_REQ V1_0 / MSG_SEND_DIRECT_REQ_64 V1_0, "send a direct request";
    0x8400_0070 MSG_SEND_DIRECT_RESP V1_0 / MSG_SEND_DIRECT_RESP_64 V1_0, "answer a direct request";
    0x8400_0071 MEM_DONATE V1_0 / MEM_DONATE_64 V1_0, "give memory away";
    0x8400_0072 MEM_LEND V1_0 / MEM_LEND_64 V1_0, "lend memory without keeping access";
    0x8400_0073 MEM_SHARE V1_0 / MEM_SHARE_64 V1_0, "lend memory and keep access";
    0x8400_0074 MEM_RETRIEVE_REQ V1_0 / MEM_RETRIEVE_REQ_64 V1_0, "map memory that was sent";
    0x8400_0075 MEM_RETRIEVE_RESP V1_0, "memory that was sent is mapped";
    0x8400_0076 MEM_RELINQUISH V1_0, "unmap memory that was retrieved";
    0x8400_0077 MEM_RECLAIM V1_0, "take memory back";
    0x8400_0078 MEM_OP_PAUSE V1_0, "pause a memory operation";
    0x8400_0079 MEM_OP_RESUME V1_0, "resume a memory operation";
    0x8400_007a MEM_FRAG_RX V1_0, "ask for the next fragment of a descriptor";
    0x8400_007b MEM_FRAG_TX V1_0, "send the next fragment of a descriptor";
    0x8400_007c NORMAL_WORLD_RESUME V1_0 / NORMAL_WORLD_RESUME_64 V1_3, "resume the normal world after an interrupt";
    0x8400_007d NOTIFICATION_BITMAP_CREATE V1_1, "create a VM's notifications";
    0x8400_007e NOTIFICATION_BITMAP_DESTROY V1_1, "destroy a VM's notifications";
    0x8400_007f NOTIFICATION_BIND V1_1, "let a sender set notifications";
    0x8400_0080 NOTIFICATION_UNBIND V1_1, "take that right back";
    0x8400_0081 NOTIFICATION_SET V1_1, "set notifications";
    0x8400_0082 NOTIFICATION_GET V1_1, "get and clear notifications";
    0x8400_0083 NOTIFICATION_INFO_GET V1_1 / NOTIFICATION_INFO_GET_64 V1_1, "ask who has notifications pending";
    0x8400_0084 RX_ACQUIRE V1_1, "acquire a VM's RX buffer";
    0x8400_0085 SPM_ID_GET V1_1, "ask for the id of the SPMC or SPMD";
    0x8400_0086 MSG_SEND2 V1_1, "send an indirect message";
    0x8400_0087 SECONDARY_EP_REGISTER V1_1 / SECONDARY_EP_REGISTER_64 V1_1, "name the entry point of secondary vCPUs";
    0x8400_0088 MEM_PERM_GET V1_1 / MEM_PERM_GET_64 V1_1, "ask for the permissions of pages";
    0x8400_0089 MEM_PERM_SET V1_1 / MEM_PERM_SET_64 V1_1, "set the permissions of pages";
    0x8400_008a CONSOLE_LOG V1_2 / CONSOLE_LOG_64 V1_2, "print characters";
    0xc400_008b PARTITION_INFO_GET_REGS V1_2, "list partitions in registers";
    0x8400_008c EL3_INTR_HANDLE V1_2, "let EL3 handle its interrupt";
    0xc400_008d MSG_SEND_DIRECT_REQ2 V1_2, "send a direct request to a service";
    0xc400_008e MSG_SEND_DIRECT_RESP2 V1_2, "answer a direct request to a service";
    0xc400_008f NS_RES_INFO_GET V1_3, "list non-secure memory that a partition reaches";
    0x8400_0090 ABORT V1_3 / ABORT_64 V1_3, "stop after a fatal error";
    0xc400_0094 NOTIFICATION_BIND2 V1_3, "let a sender set notifications";
    0xc400_0095 NOTIFICATION_UNBIND2 V1_3, "take that right back";
    0xc400_0096 NOTIFICATION_SET2 V1_3, "set notifications";
    0xc400_0097 NOTIFICATION_GET2 V1_3, "get and clear notifications";
}

impl FunctionId {
    /// Reads the function id from x0: its low 32 bits without the SVE hint.
    pub const fn from_register(x0: u64) -> Self {
        let mut word = x0 as u32;
        // rule: smc.47
        word &= !SVE_HINT;
        Self(word)
    }

    /// True where a caller of `version` has the function.
    ///
    /// FFA_CONSOLE_LOG is there for all: partitions before 1.2 print with it where others' monitors run them.
    #[inline(always)]
    pub fn is_in(self, version: Version) -> bool {
        // Direct messages are there for all too, and called most: they need no search.
        matches!(
            self,
            Self::MSG_SEND_DIRECT_REQ
                | Self::MSG_SEND_DIRECT_REQ_64
                | Self::MSG_SEND_DIRECT_RESP
                | Self::MSG_SEND_DIRECT_RESP_64
                | Self::CONSOLE_LOG
                | Self::CONSOLE_LOG_64
        ) || self.since().is_some_and(|since| since <= version)
    }

    /// True when the arguments are 64 bits wide.
    pub const fn is_64_bit(self) -> bool {
        self.0 & SMC64 != 0
    }

    /// True when what a caller gets is in x0 to x17; it keeps x8 and up where any other function comes back. The only
    /// FFA_SUCCESS_64 is that of FFA_PARTITION_INFO_GET_REGS.
    pub const fn is_extended(self) -> bool {
        matches!(self, Self::MSG_SEND_DIRECT_REQ2 | Self::MSG_SEND_DIRECT_RESP2 | Self::SUCCESS_64)
    }

    /// True when the number is in the range that SMCCC reserves for FF-A (fast calls, standard secure services,
    /// 0x60 to 0xff), whether or not FF-A has such a function.
    pub const fn is_ffa(self) -> bool {
        let number = self.0 & 0xffff;
        self.0 & !SMC64 & 0xffff_0000 == 0x8400_0000 && number >= 0x60 && number <= 0xff
    }
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "function {:#010x}", self.0),
        }
    }
}
