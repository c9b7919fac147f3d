//! The monitor's own timer.

use crate::interrupt::Intid;

/// One deadline on this core, in ticks of the physical counter (CNTPCT_EL0, so many a second as CNTFRQ_EL0 says).
///
/// The timer asserts a private interrupt from the deadline on, for as long as the deadline is set. That reaches the
/// core only while the monitor has [claimed](crate::Distributor::claim) it and turned it on. On some machines the normal world's EL2 has the
/// same timer: no deadline may be set while it runs.
pub trait Timer {
    /// The private interrupt that the timer asserts.
    fn deadline_interrupt(&self) -> Intid;

    /// Sets the deadline, instead of an earlier one.
    fn set_deadline(&mut self, deadline: u64);

    /// Takes the deadline back: the timer is off.
    fn clear_deadline(&mut self);
}
