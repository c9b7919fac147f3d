//! The only code that touches what may not be there. First, memory that can be taken away: a normal-world granule can be given to
//! another world by EL3 at any time, and an access to it then aborts.
//!
//! A data abort of an instruction from `guarded_start` to `guarded_landing` makes the routine return 1
//! (`exception.rs` resumes at the landing); without one it returns 0. Where in the range the access failed is not
//! told: FAR_EL2 is not valid for every external abort. The one routine that reads a register, which a machine may
//! lack, ends likewise where that is undefined. The routines are
//! leaves that use x0 to x9 only, no stack and neither x16 nor x17, so that resuming at the landing is a return.

use core::arch::global_asm;

use crate::moves::copy_bytes;

global_asm!(
    r#"
    .pushsection .text.guarded, "ax"
guarded_start:

    // x0 to, x1 from, x2 bytes
    .global guarded_copy
guarded_copy:
    "#,
    copy_bytes!(),
    r#"
    mov     x0, xzr
    ret

    // x0 first byte, x1 end; whole pages
    .global guarded_zero
guarded_zero:
    mrs     x2, dczid_el0
    and     x2, x2, #15
    mov     x3, #4
    lsl     x2, x3, x2
1:  dc      zva, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    1b
    mov     x0, xzr
    ret

    // x0 first byte, x1 end, x2 bytes in a line
    .global guarded_clean_to_coherency
guarded_clean_to_coherency:
    dc      cvac, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    guarded_clean_to_coherency
    mov     x0, xzr
    ret

    .global guarded_clean_to_unification
guarded_clean_to_unification:
    dc      cvau, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    guarded_clean_to_unification
    mov     x0, xzr
    ret

    .global guarded_probe_secure_timer
guarded_probe_secure_timer:
    mrs     x0, S3_4_C14_C5_1           // CNTHPS_CTL_EL2
    mov     x0, xzr
    ret

guarded_landing:
    mov     x0, #1
    ret
    .popsection
    "#
);

unsafe extern "C" {
    /// Copies `bytes` bytes.
    ///
    /// # Safety
    /// Each of the two ranges is in a window of memory, or is one that the caller may read or write.
    pub(crate) fn guarded_copy(to: *mut u8, from: *const u8, bytes: usize) -> u64;

    /// Zeroes the whole pages from `start` to `end`, which are not empty.
    ///
    /// # Safety
    /// They are in a window of memory.
    pub(crate) fn guarded_zero(start: *mut u8, end: *mut u8) -> u64;

    /// Cleans the data cache lines from `start` to `end`, not empty, to the point of coherency; `line` is bytes in one.
    ///
    /// # Safety
    /// Always safe to call: cleaning changes no memory.
    pub(crate) safe fn guarded_clean_to_coherency(start: u64, end: u64, line: u64) -> u64;

    /// The same to the point of unification.
    ///
    /// # Safety
    /// Always safe to call: cleaning changes no memory.
    pub(crate) safe fn guarded_clean_to_unification(start: u64, end: u64, line: u64) -> u64;

    /// Reads CNTHPS_CTL_EL2.
    ///
    /// # Safety
    /// Always safe to call: reading it has no side effect.
    pub(crate) safe fn guarded_probe_secure_timer() -> u64;
}
