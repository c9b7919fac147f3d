//! Barriers, each named for what it is for.

use core::arch::asm;

/// Makes stores to translation tables visible to walkers of all cores before what follows (DSB ISHST, ISB).
#[inline(always)]
pub(crate) fn publish_tables() {
    // SAFETY: barriers change no state; the default memory clobber keeps stores before them.
    unsafe { asm!("dsb ishst", "isb", options(nostack, preserves_flags)) }
}

/// Waits for maintenance by all cores of the inner-shareable domain, and for this core to notice (DSB ISH, ISB).
#[inline(always)]
pub(crate) fn complete() {
    // SAFETY: as above.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) }
}

/// Makes a write to a system register take effect before what follows (ISB).
#[inline(always)]
pub(crate) fn synchronise_context() {
    // SAFETY: as above.
    unsafe { asm!("isb", options(nostack, preserves_flags)) }
}
