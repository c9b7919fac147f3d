//! Function ids that the SPMD tells apart (FF-A 1.2, 18; Arm DEN 0028, DEN 0022).

/// Bit 30 of an id: the 64-bit calling convention.
pub const SMC64: u32 = 1 << 30;
/// Bit 16 of an id: the caller keeps nothing in SVE registers.
pub const SVE_HINT: u32 = 1 << 16;

/// PSCI_FEATURES.
pub const PSCI_FEATURES: u32 = 0x8400_000a;

/// The revision of the standard secure services.
pub const STD_SVC_REVISION: u32 = 0x8400_ff03;
/// SMCCC_VERSION.
pub const SMCCC_VERSION: u32 = 0x8000_0000;
/// PSCI_VERSION.
pub const PSCI_VERSION: u32 = 0x8400_0000;
/// PSCI CPU_OFF.
pub const PSCI_CPU_OFF: u32 = 0x8400_0002;
/// PSCI CPU_ON.
pub const PSCI_CPU_ON: u32 = 0x8400_0003;
/// PSCI AFFINITY_INFO.
pub const PSCI_AFFINITY_INFO: u32 = 0x8400_0004;
/// PSCI SYSTEM_OFF.
pub const PSCI_SYSTEM_OFF: u32 = 0x8400_0008;

/// FFA_ERROR.
pub const ERROR: u32 = 0x8400_0060;
/// FFA_SUCCESS.
pub const SUCCESS: u32 = 0x8400_0061;
/// FFA_INTERRUPT.
pub const INTERRUPT: u32 = 0x8400_0062;
/// FFA_EL3_INTR_HANDLE.
pub const EL3_INTR_HANDLE: u32 = 0x8400_008c;
/// FFA_VERSION.
pub const VERSION: u32 = 0x8400_0063;
/// FFA_FEATURES.
pub const FEATURES: u32 = 0x8400_0064;
/// FFA_RX_RELEASE.
pub const RX_RELEASE: u32 = 0x8400_0065;
/// FFA_RXTX_MAP.
pub const RXTX_MAP: u32 = 0x8400_0066;
/// FFA_RXTX_UNMAP.
pub const RXTX_UNMAP: u32 = 0x8400_0067;
/// FFA_PARTITION_INFO_GET.
pub const PARTITION_INFO_GET: u32 = 0x8400_0068;
/// FFA_ID_GET.
pub const ID_GET: u32 = 0x8400_0069;
/// FFA_MSG_WAIT.
pub const MSG_WAIT: u32 = 0x8400_006b;
/// FFA_YIELD.
pub const YIELD: u32 = 0x8400_006c;
/// FFA_RUN.
pub const RUN: u32 = 0x8400_006d;
/// FFA_MSG_SEND_DIRECT_REQ.
pub const DIRECT_REQ: u32 = 0x8400_006f;
/// FFA_MSG_SEND_DIRECT_RESP.
pub const DIRECT_RESP: u32 = 0x8400_0070;
/// FFA_MEM_DONATE, the first of the memory management ids.
pub const MEM_DONATE: u32 = 0x8400_0071;
/// FFA_MEM_FRAG_TX, the last of them.
pub const MEM_FRAG_TX: u32 = 0x8400_007b;
/// FFA_NORMAL_WORLD_RESUME.
pub const NORMAL_WORLD_RESUME: u32 = 0x8400_007c;
/// FFA_NOTIFICATION_BITMAP_CREATE, the first of the notification ids.
pub const NOTIFICATION_BITMAP_CREATE: u32 = 0x8400_007d;
/// FFA_NOTIFICATION_INFO_GET, the last of them.
pub const NOTIFICATION_INFO_GET: u32 = 0x8400_0083;
/// FFA_RX_ACQUIRE.
pub const RX_ACQUIRE: u32 = 0x8400_0084;
/// FFA_SPM_ID_GET.
pub const SPM_ID_GET: u32 = 0x8400_0085;
/// FFA_MSG_SEND2.
pub const MSG_SEND2: u32 = 0x8400_0086;
/// FFA_SECONDARY_EP_REGISTER, which has a 64-bit form only.
pub const SECONDARY_EP_REGISTER: u32 = 0x8400_0087;
/// FFA_PARTITION_INFO_GET_REGS, which has a 64-bit form only.
pub const PARTITION_INFO_GET_REGS: u32 = 0x8400_008b;
/// FFA_MSG_SEND_DIRECT_REQ2, which has a 64-bit form only.
pub const DIRECT_REQ2: u32 = 0x8400_008d;
/// FFA_MSG_SEND_DIRECT_RESP2, which has a 64-bit form only.
pub const DIRECT_RESP2: u32 = 0x8400_008e;

/// An SMC of the platform: has a logical partition of EL3 send a direct request.
pub const SEND: u32 = 0x8200_0010;
/// An SMC of the platform: has one look for partitions.
pub const FIND: u32 = 0x8200_0011;

/// FF-A's NOT_SUPPORTED.
pub const NOT_SUPPORTED: i32 = -1;
/// FF-A's INVALID_PARAMETERS.
pub const INVALID_PARAMETERS: i32 = -2;
/// FF-A's DENIED.
pub const DENIED: i32 = -6;
/// FF-A's RETRY.
pub const RETRY: i32 = -7;
