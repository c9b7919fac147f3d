//! SMCs of the platform that have a logical partition of EL3 do something, in the simulator: function ids and names.

/// A logical partition sends a direct request: x1 to x4 are the request's, and what answers it comes back.
pub const SEND: u64 = 0x8200_0010;
/// A logical partition looks for partitions: x1 to x3 are those of FFA_PARTITION_INFO_GET_REGS, and its answer comes back.
pub const FIND: u64 = 0x8200_0011;

/// The ids that logical partitions may have.
pub const IDS: std::ops::RangeInclusive<u16> = 0xFFC0..=0xFFFE;

/// The name of the function `id`, or `None` where it is none of these.
pub fn function_name(id: u64) -> Option<&'static str> {
    match id {
        SEND => Some("platform SMC, send"),
        FIND => Some("platform SMC, find"),
        _ => None,
    }
}
