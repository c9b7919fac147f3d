//! The monitor's own timer.

use crate::interrupt::Intid;

/// One deadline on this core, in ticks of the physical counter (CNTPCT_EL0, so many a second as CNTFRQ_EL0 says).
///
/// The timer asserts a private interrupt from the deadline on, for as long as the deadline is set. That reaches the
/// core only while the monitor has [claimed](crate::Distributor::claim) it and turned it on.
///
/// On some machines the normal world's EL2 has the same timer and interrupt. Both are borrowed then from
/// [`Timer::set_deadline`] to [`Timer::clear_deadline`], so no deadline may be set while the normal world runs, and nobody
/// claims the interrupt. Where the normal world's own deadline is over meanwhile, and it lets interrupts come, it has both
/// back at the next `set_deadline`.
pub trait Timer {
    /// The private interrupt that the timer asserts.
    fn deadline_interrupt(&self) -> Intid;

    /// True where the normal world's EL2 has the timer too.
    fn is_shared(&self) -> bool;

    /// Sets the deadline, instead of one that was set before.
    fn set_deadline(&mut self, deadline: u64);

    /// Takes the deadline back, if one was set.
    fn clear_deadline(&mut self);
}
