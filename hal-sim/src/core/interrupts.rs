//! The GIC as the EL2 program has it: through the secure state's registers of its core.

use std::cell::RefMut;

use hal::interrupt::{Intid, Line};
use hal::{Distributor, Gic, Space};

use super::SimCore;
use crate::gic::Group;
use crate::hardware::Hardware;
use crate::observe::Moment;
use crate::record::{self, Access, Object};

impl SimCore {
    /// The machine, to change something of the GIC.
    fn interrupts(&self) -> RefMut<'_, Hardware> {
        let hardware = self.hardware();
        record::touch(Object::Gic, Access::Write);
        hardware
    }
}

impl Gic for SimCore {
    fn acknowledge(&mut self) -> Option<Intid> {
        let mut hardware = self.interrupts();
        let (engine, platform) = hardware.core_and_platform();
        let (core, now) = (platform.current, platform.clock);
        platform.gic_at(engine.registers(), now).acknowledge(core, Group::Secure)
    }

    fn drop_priority(&mut self, intid: Intid) {
        let platform = &mut self.interrupts().platform;
        platform.gic.drop_priority(platform.current, Group::Secure, intid);
    }

    fn priority_mask(&self) -> u8 {
        let platform = &self.hardware().platform;
        platform.gic.priority_mask(platform.current)
    }

    fn set_priority_mask(&mut self, mask: u8) {
        let platform = &mut self.hardware().platform;
        platform.gic.set_priority_mask(platform.current, mask);
    }

    fn group_zero_is_pending(&self) -> bool {
        let mut hardware = self.interrupts();
        let core = hardware.platform.current;
        hardware.platform.gic.signalled(core).is_some_and(|pending| pending.group == Group::Zero)
    }

    fn send(&mut self, sgi: Intid, core: usize) {
        let platform = &mut self.interrupts().platform;
        platform.gic.send(platform.current, Group::Secure, sgi, core);
    }

    fn send_to_normal_world(&mut self, sgi: Intid) {
        let mut hardware = self.interrupts();
        let platform = &mut hardware.platform;
        platform.gic.send(platform.current, Group::NonSecure, sgi, platform.current);
        hardware.tell(&Moment::InterruptsNormalWorld(sgi));
    }
}

impl Distributor for SimCore {
    fn claim(&mut self, intid: Intid, line: Line) {
        let platform = &mut self.interrupts().platform;
        platform.gic.claim(platform.current, intid, line);
    }

    fn release(&mut self, intid: Intid) {
        let platform = &mut self.interrupts().platform;
        platform.gic.release(platform.current, intid);
    }

    fn enable(&mut self, intid: Intid, on: bool) {
        let platform = &mut self.interrupts().platform;
        platform.gic.enable(platform.current, intid, on);
    }

    fn route(&mut self, intid: Intid, core: usize) {
        self.interrupts().platform.gic.route(intid, core);
    }

    fn routed_to(&self, intid: Intid) -> Option<usize> {
        self.hardware().platform.gic.route_of(intid)
    }

    fn core_with(&self, affinity: u64) -> Option<usize> {
        let cores = self.own().platform.cores.len();
        usize::try_from(affinity).ok().filter(|core| *core < cores)
    }

    fn deactivate(&mut self, intid: Intid, core: usize) {
        self.interrupts().platform.gic.deactivate(core, Space::Secure, intid);
    }
}
