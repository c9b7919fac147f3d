//! Invalidating what the TLBs of all cores hold of guests' translations.
//!
//! The instructions act on the VMID in VTTBR_EL2, so another one is put there for the while; no guest runs on
//! this core meanwhile, and EL1's translations are not used at EL2. They act on guests only while HCR_EL2.TGE is
//! clear, as it is whenever the monitor runs.

use core::arch::asm;

use hal::Tlb;
use hal::address::{Ipa, Space};
use hal::sysreg::VTTBR_EL2;
use hal::tlb::Vmid;

use crate::barrier;
use crate::real_core::RealCore;
use crate::sysreg;
use crate::trace::TraceSink;

/// Longer ranges are forgotten with everything else under their VMID, which bounds the time taken.
const MAX_PAGES: u64 = 512;

/// The operand bit that names the non-secure IPA space.
const NON_SECURE: u64 = 1 << 63;

/// Issues one TLBI instruction.
macro_rules! tlbi {
    ($instruction:literal $(, $operand:expr)?) => {
        // SAFETY: forgetting cached translations changes no state that Rust knows of; the memory clobber keeps
        // stores to tables before it.
        unsafe { asm!($instruction, $(in(reg) $operand,)? options(nostack, preserves_flags)) }
    };
}

impl<T: TraceSink> Tlb for RealCore<T> {
    fn synchronise(&mut self) {
        barrier::publish_tables();
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        if pages > MAX_PAGES {
            return self.invalidate_vmid(vmid);
        }
        let space = match start.space {
            Space::Secure => 0,
            Space::NonSecure => NON_SECURE,
        };
        under(vmid, || {
            let first = start.address >> 12;
            for page in first..first + pages {
                tlbi!("tlbi ipas2e1is, {}", space | page);
            }
            finish();
            tlbi!("tlbi vmalle1is");
        });
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        under(vmid, || tlbi!("tlbi vmalls12e1is"));
    }

    fn invalidate_all(&mut self) {
        barrier::publish_tables();
        tlbi!("tlbi alle1is");
        barrier::complete();
    }
}

/// Runs `invalidate` with `vmid` in VTTBR_EL2, after stores to tables and until it is complete.
#[inline(always)]
fn under(vmid: Vmid, invalidate: impl FnOnce()) {
    const VMID_SHIFT: u32 = 48;
    let current = sysreg::read::<VTTBR_EL2>();
    let other = current >> VMID_SHIFT != u64::from(vmid.0);
    if other {
        let base = current & ((1 << VMID_SHIFT) - 1);
        sysreg::write::<VTTBR_EL2>(base | u64::from(vmid.0) << VMID_SHIFT);
    }
    // The context synchronisation in here makes the VMID take effect.
    barrier::publish_tables();
    invalidate();
    barrier::complete();
    if other {
        sysreg::write::<VTTBR_EL2>(current);
        barrier::synchronise_context();
    }
}

/// Waits until the invalidations of stage 2 are complete, before those of both stages combined (DSB ISH).
#[inline(always)]
fn finish() {
    // SAFETY: a barrier changes no state.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) }
}
