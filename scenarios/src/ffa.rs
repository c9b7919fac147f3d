//! FF-A as callers know it: function ids, error codes, ids of endpoints, and their names.
//!
//! The programs and the transcript use nothing of the monitor's own FF-A code, so a mistake there cannot hide
//! behind the same mistake here.

/// FFA_ERROR.
pub const ERROR: u64 = 0x8400_0060;
/// FFA_SUCCESS, 32-bit convention.
pub const SUCCESS_32: u64 = 0x8400_0061;
/// FFA_SUCCESS, 64-bit convention.
pub const SUCCESS_64: u64 = 0xC400_0061;
/// FFA_INTERRUPT.
pub const INTERRUPT: u64 = 0x8400_0062;
/// FFA_VERSION.
pub const VERSION: u64 = 0x8400_0063;
/// FFA_FEATURES.
pub const FEATURES: u64 = 0x8400_0064;
/// FFA_RX_RELEASE.
pub const RX_RELEASE: u64 = 0x8400_0065;
/// FFA_RXTX_MAP, 32-bit convention.
pub const RXTX_MAP_32: u64 = 0x8400_0066;
/// FFA_RXTX_MAP, 64-bit convention.
pub const RXTX_MAP_64: u64 = 0xC400_0066;
/// FFA_RXTX_UNMAP.
pub const RXTX_UNMAP: u64 = 0x8400_0067;
/// FFA_PARTITION_INFO_GET.
pub const PARTITION_INFO_GET: u64 = 0x8400_0068;
/// FFA_ID_GET.
pub const ID_GET: u64 = 0x8400_0069;
/// FFA_MSG_WAIT.
pub const MSG_WAIT: u64 = 0x8400_006B;
/// FFA_YIELD.
pub const YIELD: u64 = 0x8400_006C;
/// FFA_MSG_POLL, which only 1.0 has.
pub const MSG_POLL: u64 = 0x8400_006A;
/// FFA_MSG_SEND, which only 1.0 has.
pub const MSG_SEND: u64 = 0x8400_006E;
/// FFA_MSG_SEND2.
pub const MSG_SEND2: u64 = 0x8400_0086;
/// FFA_MSG_SEND_DIRECT_REQ2.
pub const DIRECT_REQ2: u64 = 0xC400_008D;
/// FFA_MSG_SEND_DIRECT_RESP2.
pub const DIRECT_RESP2: u64 = 0xC400_008E;
/// FFA_RUN.
pub const RUN: u64 = 0x8400_006D;
/// FFA_MSG_SEND_DIRECT_REQ, 32-bit convention.
pub const DIRECT_REQ_32: u64 = 0x8400_006F;
/// FFA_MSG_SEND_DIRECT_REQ, 64-bit convention.
pub const DIRECT_REQ_64: u64 = 0xC400_006F;
/// FFA_MSG_SEND_DIRECT_RESP, 32-bit convention.
pub const DIRECT_RESP_32: u64 = 0x8400_0070;
/// FFA_MSG_SEND_DIRECT_RESP, 64-bit convention.
pub const DIRECT_RESP_64: u64 = 0xC400_0070;
/// FFA_MEM_SHARE, 32-bit convention.
pub const MEM_SHARE: u64 = 0x8400_0073;
/// FFA_MEM_RETRIEVE_REQ, 32-bit convention.
pub const MEM_RETRIEVE_REQ: u64 = 0x8400_0074;
/// FFA_MEM_RETRIEVE_REQ, 64-bit convention.
pub const MEM_RETRIEVE_REQ_64: u64 = 0xC400_0074;
/// FFA_MEM_RETRIEVE_RESP.
pub const MEM_RETRIEVE_RESP: u64 = 0x8400_0075;
/// FFA_MEM_RELINQUISH.
pub const MEM_RELINQUISH: u64 = 0x8400_0076;
/// FFA_MEM_RECLAIM.
pub const MEM_RECLAIM: u64 = 0x8400_0077;
/// FFA_CONSOLE_LOG, 32-bit convention.
pub const CONSOLE_LOG_32: u64 = 0x8400_008A;
/// FFA_CONSOLE_LOG, 64-bit convention.
pub const CONSOLE_LOG_64: u64 = 0xC400_008A;
/// FFA_SECONDARY_EP_REGISTER, 64-bit convention.
pub const SECONDARY_EP_REGISTER_64: u64 = 0xC400_0087;
/// FFA_ABORT: the caller stops after a fatal error.
pub const ABORT: u64 = 0x8400_0090;
/// FFA_RX_ACQUIRE.
pub const RX_ACQUIRE: u64 = 0x8400_0084;
/// FFA_PARTITION_INFO_GET_REGS.
pub const PARTITION_INFO_GET_REGS: u64 = 0xC400_008B;
/// FFA_SPM_ID_GET.
pub const SPM_ID_GET: u64 = 0x8400_0085;

/// FFA_NOTIFICATION_BITMAP_CREATE.
pub const NOTIFICATION_BITMAP_CREATE: u64 = 0x8400_007D;
/// FFA_NOTIFICATION_BITMAP_DESTROY.
pub const NOTIFICATION_BITMAP_DESTROY: u64 = 0x8400_007E;
/// FFA_NOTIFICATION_BIND.
pub const NOTIFICATION_BIND: u64 = 0x8400_007F;
/// FFA_NOTIFICATION_UNBIND.
pub const NOTIFICATION_UNBIND: u64 = 0x8400_0080;
/// FFA_NOTIFICATION_SET.
pub const NOTIFICATION_SET: u64 = 0x8400_0081;
/// FFA_NOTIFICATION_GET.
pub const NOTIFICATION_GET: u64 = 0x8400_0082;
/// FFA_NOTIFICATION_INFO_GET, 32-bit convention.
pub const NOTIFICATION_INFO_GET_32: u64 = 0x8400_0083;
/// FFA_NOTIFICATION_INFO_GET, 64-bit convention.
pub const NOTIFICATION_INFO_GET: u64 = 0xC400_0083;

/// Version 1.2, as FFA_VERSION spells it.
pub const VERSION_1_2: u64 = 0x1_0002;
/// The next one, as a word.
pub const VERSION_1_3: u64 = 0x1_0003;

/// NOT_SUPPORTED in the register that holds an error code.
pub const NOT_SUPPORTED: u64 = 0xFFFF_FFFF;
/// INVALID_PARAMETERS in the register that holds an error code.
pub const INVALID_PARAMETERS: u64 = 0xFFFF_FFFE;
/// NO_MEMORY in the register that holds an error code.
pub const NO_MEMORY: u64 = 0xFFFF_FFFD;
/// BUSY in the register that holds an error code.
pub const BUSY: u64 = 0xFFFF_FFFC;
/// DENIED in the register that holds an error code.
pub const DENIED: u64 = 0xFFFF_FFFA;
/// RETRY in the register that holds an error code.
pub const RETRY: u64 = 0xFFFF_FFF9;
/// The error code ABORTED.
pub const ABORTED: u64 = 0xFFFF_FFF8;
/// NO_DATA in the register that holds an error code.
pub const NO_DATA: u64 = 0xFFFF_FFF7;

/// The endpoint id of the normal world's operating system.
pub const NORMAL_WORLD: u16 = 0;

/// The endpoint id of the partition manager.
pub const SPMC: u16 = 0x8000;

/// The endpoint id of the `number`-th secure partition, counted from 1.
pub const fn partition_id(number: u16) -> u16 {
    SPMC + number
}

/// The register that names a vCPU of an endpoint.
pub const fn target(endpoint: u16, vcpu: u16) -> u64 {
    (endpoint as u64) << 16 | vcpu as u64
}

/// The register that names a message's sender and its receiver.
pub const fn sender_receiver(sender: u16, receiver: u16) -> u64 {
    (sender as u64) << 16 | receiver as u64
}

/// True where the function `id` sends memory: FFA_MEM_DONATE, FFA_MEM_LEND, FFA_MEM_SHARE.
pub const fn sends_memory(id: u64) -> bool {
    matches!(id & !0x4000_0000, 0x8400_0071..=MEM_SHARE)
}

/// The name of a function id, or `None` where it is not FF-A's that scenarios use.
pub fn function_name(id: u64) -> Option<&'static str> {
    Some(match id & !0x4000_0000 {
        0x8400_0060 => "FFA_ERROR",
        0x8400_0061 => "FFA_SUCCESS",
        0x8400_0062 => "FFA_INTERRUPT",
        0x8400_0063 => "FFA_VERSION",
        0x8400_0064 => "FFA_FEATURES",
        0x8400_0065 => "FFA_RX_RELEASE",
        0x8400_0066 => "FFA_RXTX_MAP",
        0x8400_0067 => "FFA_RXTX_UNMAP",
        0x8400_0068 => "FFA_PARTITION_INFO_GET",
        0x8400_0069 => "FFA_ID_GET",
        0x8400_006A => "FFA_MSG_POLL",
        0x8400_006B => "FFA_MSG_WAIT",
        0x8400_006C => "FFA_YIELD",
        0x8400_006D => "FFA_RUN",
        0x8400_006E => "FFA_MSG_SEND",
        0x8400_006F => "FFA_MSG_SEND_DIRECT_REQ",
        0x8400_0070 => "FFA_MSG_SEND_DIRECT_RESP",
        0x8400_0071 => "FFA_MEM_DONATE",
        0x8400_0072 => "FFA_MEM_LEND",
        0x8400_0073 => "FFA_MEM_SHARE",
        0x8400_0074 => "FFA_MEM_RETRIEVE_REQ",
        0x8400_0075 => "FFA_MEM_RETRIEVE_RESP",
        0x8400_0076 => "FFA_MEM_RELINQUISH",
        0x8400_0077 => "FFA_MEM_RECLAIM",
        0x8400_007C => "FFA_NORMAL_WORLD_RESUME",
        0x8400_007D => "FFA_NOTIFICATION_BITMAP_CREATE",
        0x8400_007E => "FFA_NOTIFICATION_BITMAP_DESTROY",
        0x8400_007F => "FFA_NOTIFICATION_BIND",
        0x8400_0080 => "FFA_NOTIFICATION_UNBIND",
        0x8400_0081 => "FFA_NOTIFICATION_SET",
        0x8400_0082 => "FFA_NOTIFICATION_GET",
        0x8400_0083 => "FFA_NOTIFICATION_INFO_GET",
        0x8400_0084 => "FFA_RX_ACQUIRE",
        0x8400_0085 => "FFA_SPM_ID_GET",
        0x8400_0086 => "FFA_MSG_SEND2",
        0x8400_008A => "FFA_CONSOLE_LOG",
        0x8400_0087 => "FFA_SECONDARY_EP_REGISTER",
        0x8400_008B => "FFA_PARTITION_INFO_GET_REGS",
        0x8400_008D => "FFA_MSG_SEND_DIRECT_REQ2",
        0x8400_008E => "FFA_MSG_SEND_DIRECT_RESP2",
        0x8400_0090 => "FFA_ABORT",
        _ => return None,
    })
}

/// The name of the error code in `word`, the low half of x2 of an FFA_ERROR.
pub fn error_name(word: u32) -> Option<&'static str> {
    Some(match word as i32 {
        -1 => "NOT_SUPPORTED",
        -2 => "INVALID_PARAMETERS",
        -3 => "NO_MEMORY",
        -4 => "BUSY",
        -5 => "INTERRUPTED",
        -6 => "DENIED",
        -7 => "RETRY",
        -8 => "ABORTED",
        -9 => "NO_DATA",
        -10 => "NOT_READY",
        _ => return None,
    })
}
