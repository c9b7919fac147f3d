//! PSCI as callers know it (Arm DEN0022): function ids, answers, and their names.

/// CPU_OFF.
pub const CPU_OFF: u64 = 0x8400_0002;
/// CPU_ON, 64-bit convention.
pub const CPU_ON: u64 = 0xC400_0003;
/// AFFINITY_INFO, 64-bit convention.
pub const AFFINITY_INFO: u64 = 0xC400_0004;
/// SYSTEM_OFF.
pub const SYSTEM_OFF: u64 = 0x8400_0008;

/// SUCCESS.
pub const SUCCESS: u64 = 0;
/// ALREADY_ON.
pub const ALREADY_ON: u64 = -4i64 as u64;

/// AFFINITY_INFO's answer where a core is on.
pub const ON: u64 = 0;
/// AFFINITY_INFO's answer where it is off.
pub const OFF: u64 = 1;

/// The name of the function `id`, or `None` where it is not PSCI's that scenarios use.
pub fn function_name(id: u64) -> Option<&'static str> {
    Some(match id {
        CPU_OFF => "PSCI CPU_OFF",
        CPU_ON => "PSCI CPU_ON",
        AFFINITY_INFO => "PSCI AFFINITY_INFO",
        SYSTEM_OFF => "PSCI SYSTEM_OFF",
        _ => return None,
    })
}

/// What `answer` to the function `id` says, or `None` where it is none that PSCI has.
pub fn answer_name(id: u64, answer: u64) -> Option<&'static str> {
    function_name(id)?;
    Some(match (id, answer as i64) {
        (AFFINITY_INFO, 0) => "on",
        (AFFINITY_INFO, 1) => "off",
        (AFFINITY_INFO, 2) => "on its way",
        (_, 0) => "success",
        (_, -1) => "unknown function",
        (_, -2) => "error INVALID_PARAMETERS",
        (_, -3) => "error DENIED",
        (_, -4) => "error ALREADY_ON",
        (_, -5) => "error ON_PENDING",
        (_, -6) => "error INTERNAL_FAILURE",
        (_, -9) => "error INVALID_ADDRESS",
        _ => return None,
    })
}
