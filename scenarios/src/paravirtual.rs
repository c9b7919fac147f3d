//! The para-virtual interrupt controller as partitions know it: the numbers of Hafnium's calls, which are HVCs.

/// HF_INTERRUPT_ENABLE.
pub const ENABLE: u64 = 0xFF03;
/// HF_INTERRUPT_GET.
pub const GET: u64 = 0xFF04;
/// HF_INTERRUPT_DEACTIVATE.
pub const DEACTIVATE: u64 = 0xFF08;
/// HF_INTERRUPT_RECONFIGURE.
pub const RECONFIGURE: u64 = 0xFF09;
/// HF_INTERRUPT_SEND_IPI.
pub const SEND_IPI: u64 = 0xFF0A;

/// The virtual interrupt of a partition's timers.
pub const TIMER: u64 = 3;
/// The virtual interrupt that tells a partition of a managed exit.
pub const MANAGED_EXIT: u64 = 4;

/// What a wrong call returns.
pub const FAILED: u64 = u64::MAX;
/// What GET returns where nothing is pending.
pub const NONE: u64 = 0xFFFF_FFFF;

/// The name of the call with this number.
pub const fn function_name(number: u64) -> Option<&'static str> {
    Some(match number {
        ENABLE => "HF_INTERRUPT_ENABLE",
        GET => "HF_INTERRUPT_GET",
        DEACTIVATE => "HF_INTERRUPT_DEACTIVATE",
        RECONFIGURE => "HF_INTERRUPT_RECONFIGURE",
        SEND_IPI => "HF_INTERRUPT_SEND_IPI",
        _ => return None,
    })
}

/// What the call with this number says by returning `x0`; `None` where it is none of these.
pub fn answer_name(number: u64, x0: u64) -> Option<String> {
    function_name(number)?;
    Some(match (number, x0) {
        (_, FAILED) => "failed".to_string(),
        (GET, NONE) => "none".to_string(),
        (GET, intid) => format!("interrupt {intid}"),
        (_, 0) => "done".to_string(),
        _ => format!("{x0:#x}"),
    })
}
