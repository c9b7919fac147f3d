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
        self.redistributor.pending(lines).filter(forwarded).min_by_key(|pending| (pending.priority, pending.intid))
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
