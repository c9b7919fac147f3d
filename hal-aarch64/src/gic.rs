//! The GIC: its CPU interface, by system registers, and the redistributor's part.

use core::arch::asm;

use hal::Gic;
use hal::interrupt::Intid;

use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// INTIDs from here on say that no interrupt of this security state is pending.
const FIRST_SPECIAL: u64 = 1020;

/// Lets interrupts of the secure world's Group 1 reach this core, whatever their priority.
pub(crate) fn enable() {
    // SAFETY: these registers decide which interrupts are signalled; the image runs with all masked.
    unsafe {
        asm!(
            "mrs    {value}, S3_4_C12_C9_5",      // ICC_SRE_EL2
            "orr    {value}, {value}, #1",        // SRE
            "orr    {value}, {value}, #8",        // Enable
            "msr    S3_4_C12_C9_5, {value}",
            "isb",
            "msr    S3_0_C12_C12_4, xzr",         // ICC_CTLR_EL1: EOIR drops and deactivates
            "mov    {value}, #0xff",
            "msr    S3_0_C4_C6_0, {value}",       // ICC_PMR_EL1
            "mov    {value}, #1",
            "msr    S3_0_C12_C12_7, {value}",     // ICC_IGRPEN1_EL1
            "isb",
            value = out(reg) _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

impl<T: TraceSink> Gic for RealCore<T> {
    fn claim(&mut self, intid: Intid) {
        self.redistributor.claim(intid);
    }

    fn release(&mut self, intid: Intid) {
        self.redistributor.release(intid);
    }

    fn acknowledge(&mut self) -> Option<Intid> {
        let intid: u64;
        // SAFETY: reading ICC_IAR1_EL1 changes the GIC's state only. The DSB orders it with device accesses.
        unsafe {
            asm!(
                "mrs {}, S3_0_C12_C12_0",
                "dsb sy",
                out(reg) intid,
                options(nostack, preserves_flags)
            );
        }
        (intid < FIRST_SPECIAL).then_some(Intid(intid as u32))
    }

    fn priority_mask(&self) -> u8 {
        let mask: u64;
        // SAFETY: reading ICC_PMR_EL1 changes nothing.
        unsafe { asm!("mrs {}, S3_0_C4_C6_0", out(reg) mask, options(nomem, nostack, preserves_flags)) };
        mask as u8
    }

    fn set_priority_mask(&mut self, mask: u8) {
        // SAFETY: writing ICC_PMR_EL1 changes which interrupts the GIC signals, nothing in memory.
        unsafe { asm!("msr S3_0_C4_C6_0, {}", in(reg) u64::from(mask), options(nostack, preserves_flags)) };
    }

    fn end(&mut self, intid: Intid) {
        // SAFETY: writing ICC_EOIR1_EL1 changes the GIC's state only.
        unsafe {
            asm!(
                "msr S3_0_C12_C12_1, {}",
                "isb",
                in(reg) u64::from(intid.0),
                options(nostack, preserves_flags)
            );
        }
    }
}
