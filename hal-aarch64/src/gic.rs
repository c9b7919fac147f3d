//! The GIC's CPU interface, by system registers.

use core::arch::asm;

use hal::Gic;
use hal::interrupt::Intid;

use crate::platform::PLATFORM;
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
            "mov    {value}, #2",
            "msr    S3_0_C12_C12_4, {value}",     // ICC_CTLR_EL1: EOIR drops the priority only
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

    fn group_zero_is_pending(&self) -> bool {
        let intid: u64;
        // SAFETY: reading ICC_HPPIR0_EL1 changes nothing.
        unsafe { asm!("mrs {}, S3_0_C12_C8_2", out(reg) intid, options(nomem, nostack, preserves_flags)) };
        intid < FIRST_SPECIAL
    }

    fn drop_priority(&mut self, intid: Intid) {
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

    fn send(&mut self, sgi: Intid, core: usize) {
        // SAFETY: writing ICC_SGI1R_EL1 makes an interrupt pending, nothing in memory. The DSB has what this core wrote
        // before be there for who takes it.
        unsafe {
            asm!(
                "dsb ish",
                "msr S3_0_C12_C11_5, {}",
                "isb",
                in(reg) sgi_request(sgi, affinity(core)),
                options(nostack, preserves_flags)
            );
        }
    }

    fn send_to_normal_world(&mut self, sgi: Intid) {
        // SAFETY: as above, with ICC_ASGI1R_EL1: Group 1 of the other security state.
        unsafe {
            asm!(
                "dsb ish",
                "msr S3_0_C12_C11_6, {}",
                "isb",
                in(reg) sgi_request(sgi, affinity(self.index)),
                options(nostack, preserves_flags)
            );
        }
    }
}

/// MPIDR_EL1.MT: affinity level 0 counts threads.
const THREADS: u64 = 1 << 24;

/// The affinity fields, as MPIDR_EL1 and GICD_IROUTER have them, of the core with the linear index `core`.
pub(crate) fn affinity(core: usize) -> u64 {
    let mpidr: u64;
    // SAFETY: reading MPIDR_EL1 changes nothing.
    unsafe { asm!("mrs {}, mpidr_el1", out(reg) mpidr, options(nomem, nostack, preserves_flags)) };
    let (core, shift) = (core as u64, PLATFORM.cluster_shift);
    let levels = core >> shift << 8 | core & ((1 << shift) - 1);
    if mpidr & THREADS == 0 { levels } else { levels << 8 }
}

/// The value of an SGI generation register that has `sgi` go to the core with `affinity`.
const fn sgi_request(sgi: Intid, affinity: u64) -> u64 {
    let [aff0, aff1, aff2] = [affinity & 0xff, affinity >> 8 & 0xff, affinity >> 16 & 0xff];
    aff2 << 32 | (aff0 >> 4) << 44 | (sgi.0 as u64 & 15) << 24 | aff1 << 16 | 1 << (aff0 & 15)
}
