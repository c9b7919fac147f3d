//! TLB maintenance by the EL2 program.

use hal::tlb::{Tlb, Vmid};
use hal::{Ipa, Space};

use super::SimCore;
use crate::mmu::invalidation::{Invalidation, Scope, What};

impl SimCore {
    /// Forgets something on every core, after a barrier, and lets the emulator translate anew.
    fn forget(&mut self, vmid: u16, forget: &[What]) {
        let platform = &mut self.hardware().platform;
        platform.maintenance.synchronise(platform.current);
        for core in &mut platform.cores {
            for what in forget {
                core.mmu.invalidate(Invalidation { world: Space::Secure, vmid, what: *what });
            }
            core.emulator_is_stale = true;
        }
    }
}

impl Tlb for SimCore {
    fn synchronise(&mut self) {
        let platform = &mut self.hardware().platform;
        platform.maintenance.synchronise(platform.current);
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        self.forget(vmid.0, &[What::Stage2 { start, pages }, What::Combined(Scope::ALL)]);
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        self.forget(vmid.0, &[What::Vmid]);
    }

    fn invalidate_all(&mut self) {
        self.forget(0, &[What::El1]);
    }
}
