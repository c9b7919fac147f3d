//! Physical interrupts, as the GIC presents them to the monitor's own exception level.

/// An interrupt id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Intid(pub u32);

/// The GIC, as this core has it.
pub trait Gic {
    /// Makes the private interrupt `intid`, 16 to 31, the secure world's on this core: in its Group 1, more urgent
    /// than every interrupt of the normal world, neither pending nor active by software, and enabled.
    fn claim(&mut self, intid: Intid);

    /// Gives a claimed interrupt back as firmware leaves private interrupts: the normal world's, and off.
    fn release(&mut self, intid: Intid);

    /// Acknowledges the highest-priority pending Group 1 interrupt of this security state, or `None` when there
    /// is none (ICC_IAR1_EL1 read a special INTID).
    fn acknowledge(&mut self) -> Option<Intid>;

    /// The priority below which interrupts reach this core (ICC_PMR_EL1). Both worlds share it.
    fn priority_mask(&self) -> u8;

    /// Sets the priority below which interrupts reach this core.
    fn set_priority_mask(&mut self, mask: u8);

    /// Drops the running priority and deactivates `intid` (ICC_EOIR1_EL1).
    fn end(&mut self, intid: Intid);
}
