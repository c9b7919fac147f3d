//! A GICv3 without an ITS: the distributor, a redistributor for each core with its private interrupts, and the CPU
//! interfaces.
//!
//! Two security states (GICD_CTLR.DS = 0). Priorities are kept as the secure state sees them, five bits of them;
//! the normal world sees the upper half, shifted up by one. Shared interrupts are not modelled: nothing here
//! makes one. Firmware leaves SGIs 8 to 15 in secure Group 1 and everything else private in non-secure Group 1.

pub mod cpu_interface;
mod distributor;
mod redistributor;

use hal::Space;
use hal::interrupt::Intid;

pub use cpu_interface::CpuInterface;
pub use distributor::Distributor;
pub use redistributor::Redistributor;

/// Bits of a priority that are kept.
const PRIORITY_BITS: u8 = 0xf8;
/// The running priority where no interrupt is active, and a mask that masks nothing.
const IDLE: u8 = 0xff;
/// What an acknowledge reads where there is nothing to acknowledge.
pub const SPURIOUS: u64 = 1023;

/// A priority as the normal world sees it, from one as the secure state does.
const fn seen_by_normal_world(priority: u8) -> u8 {
    if priority & 0x80 == 0 { 0 } else { priority << 1 }
}

/// A priority as the secure state sees it, from one that the normal world wrote.
const fn written_by_normal_world(priority: u8) -> u8 {
    (priority >> 1 | 0x80) & PRIORITY_BITS
}

/// An interrupt that waits to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// Which.
    pub intid: Intid,
    /// The security state that its Group 1 belongs to.
    pub group: Space,
    /// Its priority, as the secure state sees it; lower is more urgent.
    pub priority: u8,
}

/// The interrupt controller of one core, and the part that all cores share.
pub struct View<'a> {
    /// Shared by all cores.
    pub distributor: &'a Distributor,
    /// This core's.
    pub redistributor: &'a mut Redistributor,
    /// This core's.
    pub interface: &'a mut CpuInterface,
}

impl View<'_> {
    /// The most urgent interrupt that the CPU interface signals to the core, with these `lines` (a bit each of the
    /// first 32 interrupts) asserted by devices.
    pub fn signalled(&self, lines: u32) -> Option<Pending> {
        let pending = self.highest(lines)?;
        let urgent = pending.priority < self.interface.mask() && pending.priority < self.interface.running();
        urgent.then_some(pending)
    }

    /// The most urgent pending interrupt of an enabled group.
    fn highest(&self, lines: u32) -> Option<Pending> {
        let forwarded = |pending: &Pending| {
            self.distributor.enabled(pending.group) && self.interface.group_enabled(pending.group)
        };
        self.redistributor
            .pending(lines)
            .filter(forwarded)
            .min_by_key(|pending| (pending.priority, pending.intid))
    }

    /// What an acknowledge by `world` finds: the signalled interrupt, if it is that world's, which is active then.
    pub fn acknowledge(&mut self, world: Space, lines: u32) -> Option<Intid> {
        let pending = self.signalled(lines).filter(|pending| pending.group == world)?;
        self.redistributor.activate(pending.intid);
        self.interface.raise(pending.priority);
        Some(pending.intid)
    }

    /// What HPPIR reads for `world`.
    pub fn highest_of(&self, world: Space, lines: u32) -> u64 {
        match self.highest(lines).filter(|pending| pending.group == world) {
            Some(pending) => pending.intid.0.into(),
            None => SPURIOUS,
        }
    }

    /// Ends the interrupt `intid`: the running priority drops, the interrupt is inactive.
    pub fn end(&mut self, intid: Intid) {
        if u64::from(intid.0) < SPURIOUS {
            self.interface.drop_priority();
            self.redistributor.deactivate(intid);
        }
    }
}

#[cfg(test)]
mod tests {
    use hal::Space::{NonSecure, Secure};
    use hal::interrupt::Intid;

    use super::{CpuInterface, Distributor, Redistributor, View};
    use crate::encoding::Encoding;

    const PMR: Encoding = Encoding::new(3, 0, 4, 6, 0);
    const IGRPEN1: Encoding = Encoding::new(3, 0, 12, 12, 7);
    /// Offset of the second redistributor frame.
    const SGI: u64 = 0x1_0000;
    const LINES: u32 = 1 << 30 | 1 << 27;

    /// Runs a check on a GIC whose interrupts 27 and 30 the normal world has enabled.
    fn with_gic(check: impl FnOnce(View<'_>)) {
        let mut distributor = Distributor::after_firmware();
        let mut redistributor = Redistributor::after_firmware(0, true);
        let mut interface = CpuInterface::after_firmware();
        distributor.write(NonSecure, 0, 2);
        redistributor.write(NonSecure, SGI + 0x100, 4, LINES.into());
        let mut view =
            View { distributor: &distributor, redistributor: &mut redistributor, interface: &mut interface };
        view.write_register(NonSecure, IGRPEN1, 1);
        check(view);
    }

    #[test]
    fn the_more_urgent_interrupt_comes_first_and_holds_the_other_back() {
        with_gic(|mut gic| {
            gic.redistributor.write(NonSecure, SGI + 0x400 + 27, 1, 0x40);
            gic.redistributor.write(NonSecure, SGI + 0x400 + 30, 1, 0x20);
            assert_eq!(gic.acknowledge(NonSecure, LINES), Some(Intid(30)));
            assert_eq!(gic.acknowledge(NonSecure, LINES), None, "27 is less urgent than the running 30");
            gic.end(Intid(30));
            assert_eq!(gic.acknowledge(NonSecure, LINES & !(1 << 30)), Some(Intid(27)));
        });
    }

    #[test]
    fn a_mask_at_a_priority_holds_it_back() {
        with_gic(|mut gic| {
            gic.redistributor.write(NonSecure, SGI + 0x400 + 30, 1, 0x40);
            gic.write_register(NonSecure, PMR, 0x40);
            assert_eq!(gic.signalled(1 << 30), None);
            gic.write_register(NonSecure, PMR, 0x50);
            assert!(gic.signalled(1 << 30).is_some());
        });
    }

    #[test]
    fn the_normal_world_sees_its_half_of_the_priorities() {
        with_gic(|mut gic| {
            gic.redistributor.write(NonSecure, SGI + 0x400 + 30, 1, 0xa0);
            assert_eq!(gic.redistributor.read(NonSecure, SGI + 0x400 + 30, 1), 0xa0);
            assert_eq!(gic.redistributor.read(Secure, SGI + 0x400 + 30, 1), 0xd0);
            gic.write_register(Secure, PMR, 0x40);
            gic.write_register(NonSecure, PMR, 0xff);
            assert_eq!(gic.read_register(Secure, PMR, 0), Some(0x40), "the secure state's mask stays");
        });
    }

    #[test]
    fn neither_world_acknowledges_the_others_interrupt() {
        with_gic(|mut gic| {
            assert_eq!(gic.acknowledge(Secure, LINES), None);
            gic.redistributor.generate(Secure, 8);
            gic.redistributor.generate(NonSecure, 9);
            assert_eq!(gic.acknowledge(NonSecure, 0), None, "9 is secure: the normal world cannot make it");
            assert_eq!(gic.acknowledge(Secure, 0), Some(Intid(8)));
        });
    }
}
