//! Priorities: lower is more urgent.

use super::Group;

/// Bits of a priority that are kept.
pub const BITS: u8 = 0xf8;

/// How far a priority is shifted down to its place among the 32 that are told apart.
pub const SHIFT: u32 = 3;

/// What ICC_RPR_EL1 reads where no interrupt is active.
pub const IDLE: u8 = 0xff;

/// A priority as the normal world sees it, from one as the secure state does.
pub const fn seen_by_normal_world(priority: u8) -> u8 {
    if priority & 0x80 == 0 { 0 } else { priority << 1 }
}

/// A priority as the secure state sees it, from one that the normal world wrote.
pub const fn written_by_normal_world(priority: u8) -> u8 {
    (priority >> 1 | 0x80) & BITS
}

/// The smallest ICC_BPR of `group`: with it all bits of a priority count.
pub const fn smallest_binary_point(group: Group) -> u8 {
    match group {
        Group::Zero | Group::Secure => 2,
        Group::NonSecure => 3,
    }
}

/// The bits of a priority of `group` that decide whether an interrupt preempts another: the group priority, which
/// ICC_BPR splits off. The normal world's counts its view, which is shifted by one.
pub const fn group_bits(group: Group, binary_point: u8) -> u8 {
    let point = match group {
        Group::Zero | Group::Secure => binary_point + 1,
        Group::NonSecure => binary_point,
    };
    if point > 7 { 0 } else { 0xff << point }
}
