//! Physical interrupts, as the GIC presents them to the monitor's own exception level.

/// An interrupt id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Intid(pub u32);

impl Intid {
    /// True where each core has its own: an SGI or a PPI, extended ones too.
    pub const fn is_private(self) -> bool {
        matches!(self.0, 0..32 | 1056..1120)
    }
}

/// What makes an interrupt pending.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trigger {
    /// Its line, for as long as a device asserts it.
    Level,
    /// The rise of its line; then it is pending until it is acknowledged.
    Edge,
}

/// How an interrupt of the secure world comes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Line {
    /// Lower is more urgent; the normal world's begin at 0x80.
    pub priority: u8,
    /// What makes it pending. An SGI is triggered by edges, whatever is said here.
    pub trigger: Trigger,
}

/// The GIC's CPU interface: what this core is signalled.
pub trait Gic {
    /// Acknowledges the highest-priority pending Group 1 interrupt of this security state, or `None` when there
    /// is none (ICC_IAR1_EL1 read a special INTID). It is active then, and its priority is the running one.
    fn acknowledge(&mut self) -> Option<Intid>;

    /// Drops the running priority (ICC_EOIR1_EL1): `intid`, the last one acknowledged, stays active, and does not come
    /// again until [`Distributor::deactivate`].
    fn drop_priority(&mut self, intid: Intid);

    /// The priority below which interrupts reach this core (ICC_PMR_EL1). Both worlds share it.
    fn priority_mask(&self) -> u8;

    /// Sets the priority below which interrupts reach this core.
    fn set_priority_mask(&mut self, mask: u8);

    /// True where an interrupt of Group 0 is pending for this core (ICC_HPPIR0_EL1): it is EL3's.
    fn group_zero_is_pending(&self) -> bool;

    /// Makes the SGI `sgi` of the secure world's Group 1 pending on the core with the linear index `core`.
    fn send(&mut self, sgi: Intid, core: usize);

    /// Makes the SGI `sgi` of the normal world's Group 1 pending on this core.
    fn send_to_normal_world(&mut self, sgi: Intid);
}

/// The GIC's distributor and redistributors: whose each interrupt is, and where it goes. Private interrupts are those of
/// this core, unless something else is said.
pub trait Distributor {
    /// Makes `intid` the secure world's: in its Group 1, off, neither pending nor active by software. A shared one goes to
    /// this core.
    fn claim(&mut self, intid: Intid, line: Line);

    /// Makes `intid` the normal world's as firmware leaves its interrupts: off, and as urgent as it can make its own.
    fn release(&mut self, intid: Intid);

    /// Turns `intid` on or off. What is off stays pending, and is not signalled.
    fn enable(&mut self, intid: Intid, on: bool);

    /// Has the shared interrupt `intid` go to the core with the linear index `core`.
    fn route(&mut self, intid: Intid, core: usize);

    /// The linear index of the core that the shared interrupt `intid` goes to; `None` for a private one.
    fn routed_to(&self, intid: Intid) -> Option<usize>;

    /// The linear index of the core whose MPIDR_EL1 has `affinity`, if there is one.
    fn core_with(&self, affinity: u64) -> Option<usize>;

    /// `intid`, a private one of the core with the linear index `core` or a shared one, is not active any more.
    fn deactivate(&mut self, intid: Intid, core: usize);
}
