//! TLB maintenance by the EL2 program.

use hal::tlb::{Tlb, Vmid};
use hal::{Ipa, Space};

use super::SimCore;
use crate::mmu::invalidation::{Invalidation, Scope, What};
use crate::record::{self, Access, Object};

impl SimCore {
    /// From here on the program's TLB invalidations reach this core only, as `TLBI` without the shareable domain
    /// does: what a broken program is made of.
    pub fn broadcast_nothing(&mut self) {
        self.broadcasts_nothing = true;
    }

    /// Forgets something on every core, after a barrier, and lets the emulator translate anew.
    fn forget(&mut self, vmid: u16, forget: &[What]) {
        let mut hardware = self.hardware();
        record::touch(Object::Tlb, Access::Write);
        let platform = &mut hardware.platform;
        platform.maintenance.synchronise(platform.current);
        let only = self.broadcasts_nothing.then_some(platform.current);
        for (index, core) in platform.cores.iter_mut().enumerate() {
            if only.is_some_and(|only| only != index) {
                continue;
            }
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
