//! TLB maintenance by the EL2 program.

use hal::tlb::{Tlb, Vmid};
use hal::{Ipa, Space};

use super::SimCore;
use crate::mmu::tlb::Scope;

impl SimCore {
    /// Forgets something on every core, and lets the emulator translate anew.
    fn forget(&mut self, forget: impl Fn(&mut crate::mmu::tlb::Tlb)) {
        for core in &mut self.hardware().platform.cores {
            forget(&mut core.mmu.tlb);
            core.emulator_is_stale = true;
        }
    }
}

impl Tlb for SimCore {
    fn synchronise(&mut self) {
        // Walkers and the monitor share one view of memory; entries that became valid are not cached before use.
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        self.forget(|tlb| {
            tlb.forget_ipa(Space::Secure, vmid.0, start, pages);
            tlb.forget(Scope {
                world: Space::Secure,
                el2: false,
                vmid: vmid.0,
                page: None,
                asid: None,
            });
        });
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        self.forget(|tlb| tlb.forget_vmid(Space::Secure, vmid.0));
    }

    fn invalidate_all(&mut self) {
        self.forget(|tlb| tlb.forget_el1(Space::Secure));
    }
}
