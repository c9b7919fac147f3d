//! A GICv3 without an ITS, with two security states (GICD_CTLR.DS = 0): what programs configure by MMIO and the ICC
//! registers.
//!
//! ```text
//!   device lines --> Distributor: SPIs 32 to 287, extended SPIs 4096 to 4159 --route--+
//!   timers, SGIs --> Redistributor of each core: 0 to 31 -----------------------------+--> CPU interface --> core
//! ```
//!
//! - The line of a device and the pending latch are two things: a level interrupt is pending while its line is
//!   asserted or its latch is set, an edge interrupt while the latch is set, which the rise of its line does.
//! - Priorities are kept as the secure state sees them, five bits of them; the normal world sees the upper half,
//!   shifted up by one. It sees nothing of interrupts that are not its own: GICD_NSACR is zero, and reads so.
//! - An SPI with GICD_IROUTER.Interrupt_Routing_Mode goes to the **lowest-numbered** core that is awake
//!   (GICR_WAKER.ProcessorSleep) and has enabled its group (ICC_IGRPENn); the architecture leaves the choice open.
//! - Where the architecture leaves a choice, it is as on QEMU's `virt` machine: accesses of another size than a
//!   register has read as zero and write nothing, and so do reserved registers. Extended SPIs and routing to one of
//!   many are there beside that.
//!
//! Firmware leaves SGIs 8 to 15 in secure Group 1 and everything else in the normal world's Group 1.

mod bank;
mod cpu_interface;
mod distributor;
mod icc;
mod lines;
mod priority;
mod redistributor;
mod register;
mod sgi;
#[cfg(test)]
mod tests;

use hal::Space;
use hal::interrupt::{Intid, Line};

use bank::Bank;
use cpu_interface::CpuInterface;
pub use distributor::Distributor;
pub use icc::is_of_cpu_interface;
pub use redistributor::Redistributor;

/// What an acknowledge reads where there is nothing to acknowledge.
pub const SPURIOUS: u32 = 1023;

/// The groups that interrupts are in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Group 0: EL3's.
    Zero,
    /// Secure Group 1.
    Secure,
    /// Non-secure Group 1.
    NonSecure,
}

impl Group {
    /// Group 1 of the security state `world`.
    pub const fn one_of(world: Space) -> Self {
        match world {
            Space::Secure => Self::Secure,
            Space::NonSecure => Self::NonSecure,
        }
    }

    /// True where software of `world` may see and change interrupts of this group.
    const fn is_visible_to(self, world: Space) -> bool {
        matches!((self, world), (_, Space::Secure) | (Self::NonSecure, _))
    }
}

/// An interrupt that waits to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// Which.
    pub intid: Intid,
    /// Its group.
    pub group: Group,
    /// Its priority, as the secure state sees it; lower is more urgent.
    pub priority: u8,
}

/// The interrupt controller of the machine.
pub struct Gic {
    distributor: Distributor,
    redistributors: Vec<Redistributor>,
    interfaces: Vec<CpuInterface>,
    /// What [`Gic::highest`] found for each core, until something changes that it depends on.
    highest: Vec<Option<Option<Pending>>>,
}

impl Gic {
    /// The GIC of `cores` cores as firmware leaves it before it enters the monitor on the first one; `own` is a shared
    /// interrupt of firmware's own, of Group 0, which goes there.
    pub fn after_firmware(cores: usize, own: Intid) -> Self {
        let redistributor = |core| Redistributor::after_firmware(core, core + 1 == cores, core == 0);
        Self {
            distributor: Distributor::after_firmware(own),
            redistributors: (0..cores).map(redistributor).collect(),
            interfaces: (0..cores).map(|_| CpuInterface::after_firmware()).collect(),
            highest: vec![None; cores],
        }
    }

    /// Firmware sets up the private part of `core`, which is switched on.
    pub fn switch_on(&mut self, core: usize) {
        self.redistributors[core] =
            Redistributor::after_firmware(core, core + 1 == self.redistributors.len(), true);
        self.interfaces[core] = CpuInterface::after_firmware();
        self.changed();
    }

    /// Firmware puts the private part of `core`, which goes off, to sleep.
    pub fn switch_off(&mut self, core: usize) {
        self.redistributors[core].sleeps = true;
        self.changed();
    }

    /// Something changed that says which interrupt is the most urgent one.
    fn changed(&mut self) {
        self.highest.fill(None);
    }

    /// The most urgent pending interrupt of an enabled group that `core` would get.
    fn highest(&mut self, core: usize) -> Option<Pending> {
        if let Some(known) = self.highest[core] {
            return known;
        }
        let private = self.redistributors[core].bank.ready(Intid);
        let shared = self.distributor.ready().filter(|pending| self.target(pending) == Some(core));
        let forwarded = |pending: &Pending| self.forwards(pending.group, core);
        let highest =
            private.chain(shared).filter(forwarded).min_by_key(|pending| (pending.priority, pending.intid));
        self.highest[core] = Some(highest);
        highest
    }

    /// True where interrupts of `group` come through to `core`.
    fn forwards(&self, group: Group, core: usize) -> bool {
        self.distributor.enables(group) && self.interfaces[core].enables(group)
    }

    /// The core that the shared interrupt `pending` goes to.
    fn target(&self, pending: &Pending) -> Option<usize> {
        let mut awake = (0..self.redistributors.len()).filter(|&core| !self.redistributors[core].sleeps);
        match self.distributor.route(pending.intid) {
            Some(affinity) => awake.find(|&core| core as u64 == affinity),
            None => awake.find(|&core| self.interfaces[core].enables(pending.group)),
        }
    }

    /// The interrupt that `core` is signalled: the most urgent one, where priority mask and running priority let it
    /// through.
    pub fn signalled(&mut self, core: usize) -> Option<Pending> {
        let pending = self.highest(core)?;
        self.interfaces[core].lets_through(&pending).then_some(pending)
    }

    /// What `core` acknowledges of `group`: the signalled interrupt, if it is of that group. It is active then.
    pub fn acknowledge(&mut self, core: usize, group: Group) -> Option<Intid> {
        let pending = self.signalled(core).filter(|pending| pending.group == group)?;
        let (bank, number) = self.bank_mut(core, pending.intid)?;
        bank.activate(number);
        self.interfaces[core].raise(&pending);
        self.changed();
        Some(pending.intid)
    }

    /// `core` is done with `intid` of `group`: its running priority drops, and the interrupt is inactive, unless
    /// ICC_CTLR_EL1.EOImode leaves that to ICC_DIR_EL1. Ignored where the running interrupt is of another group.
    pub fn end(&mut self, core: usize, group: Group, intid: Intid) {
        let world = if group == Group::NonSecure { Space::NonSecure } else { Space::Secure };
        if self.drop_priority(core, group, intid) && !self.interfaces[core].ends_in_two_steps(world) {
            self.deactivate(core, world, intid);
        }
    }

    /// The running priority of `core` drops, where the running interrupt is one of `group`; true then.
    pub fn drop_priority(&mut self, core: usize, group: Group, intid: Intid) -> bool {
        let interface = &mut self.interfaces[core];
        let exists = intid.0 < 32 || distributor::place(intid).is_some();
        let drops = exists && interface.running_group() == Some(group);
        if drops {
            interface.drop_priority(group);
        }
        drops
    }

    /// `world` makes `intid` inactive on `core`, if it may.
    pub fn deactivate(&mut self, core: usize, world: Space, intid: Intid) {
        if let Some((bank, number)) = self.bank_mut(core, intid)
            && bank.group(number).is_visible_to(world)
        {
            bank.deactivate(number);
            self.changed();
        }
    }

    /// The bank of `intid`, with its number there; private ones are those of `core`.
    fn bank_mut(&mut self, core: usize, intid: Intid) -> Option<(&mut Bank, u32)> {
        match intid.0 {
            number @ 0..32 => Some((&mut self.redistributors.get_mut(core)?.bank, number)),
            _ => self.distributor.bank_mut(intid),
        }
    }

    /// Reads `size` bytes of the distributor at `offset`, as `world` sees them.
    pub fn read_distributor(&self, world: Space, offset: u64, size: u64) -> u64 {
        self.distributor.read(world, offset, size)
    }

    /// Writes `size` bytes of the distributor at `offset`, as `world` may.
    pub fn write_distributor(&mut self, world: Space, offset: u64, size: u64, value: u64) {
        self.distributor.write(world, offset, size, value);
        self.changed();
    }

    /// Reads `size` bytes of the redistributor of `core` at `offset`, as `world` sees them.
    pub fn read_redistributor(&self, core: usize, world: Space, offset: u64, size: u64) -> u64 {
        self.redistributors[core].read(world, offset, size)
    }

    /// Writes `size` bytes of the redistributor of `core` at `offset`, as `world` may.
    pub fn write_redistributor(&mut self, core: usize, world: Space, offset: u64, size: u64, value: u64) {
        self.redistributors[core].write(world, offset, size, value);
        self.changed();
    }

    /// `intid` becomes the secure state's, and is off; a private one is that of `core`, a shared one goes there.
    ///
    /// Panics where there is no such interrupt.
    pub fn claim(&mut self, core: usize, intid: Intid, line: Line) {
        let (bank, number) = self.existing(core, intid);
        bank.claim(number, line);
        self.route(intid, core);
    }

    /// `intid`, a private one of `core` or a shared one, is as firmware left it.
    ///
    /// Panics where there is no such interrupt.
    pub fn release(&mut self, core: usize, intid: Intid) {
        let (bank, number) = self.existing(core, intid);
        bank.release(number);
        self.changed();
    }

    /// `intid`, a private one of `core` or a shared one, is on or off.
    ///
    /// Panics where there is no such interrupt.
    pub fn enable(&mut self, core: usize, intid: Intid, on: bool) {
        let (bank, number) = self.existing(core, intid);
        bank.enable(number, on);
        self.changed();
    }

    /// The shared interrupt `intid` goes to `core`; nothing happens for a private one.
    pub fn route(&mut self, intid: Intid, core: usize) {
        self.distributor.set_route(intid, core as u64);
        self.changed();
    }

    /// The core that the shared interrupt `intid` goes to.
    pub fn route_of(&self, intid: Intid) -> Option<usize> {
        let affinity = distributor::place(intid).and(self.distributor.route(intid))?;
        (0..self.interfaces.len()).find(|&core| core as u64 == affinity)
    }

    /// `sender` makes the SGI `intid` of `group` pending on `core`.
    pub fn send(&mut self, sender: usize, group: Group, intid: Intid, core: usize) {
        self.generate(sender, Space::Secure, group, sgi::Request::to(intid, core));
    }

    /// The bank of `intid`, which is there, and its number.
    fn existing(&mut self, core: usize, intid: Intid) -> (&mut Bank, u32) {
        self.bank_mut(core, intid).unwrap_or_else(|| panic!("there is no interrupt {}", intid.0))
    }

    /// ICC_PMR_EL1 of `core` as the secure state sees it.
    pub fn priority_mask(&self, core: usize) -> u8 {
        self.interfaces[core].mask
    }

    /// Writes ICC_PMR_EL1 of `core` as the secure state may.
    pub fn set_priority_mask(&mut self, core: usize, mask: u8) {
        self.interfaces[core].mask = mask & priority::BITS;
    }
}
