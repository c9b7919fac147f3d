//! The monitor's own timer: secure EL2's where the machine has one, else EL2's, which the normal world's EL2 has too.
//!
//! FEAT_SEL2 brings CNTHPS_EL2 with it, so no identification register tells of it; but there are emulators with the
//! one and without the other. So the core tries.
//!
//! EL2's timer is borrowed, with its interrupt: what the normal world made of both is kept and given back. Its own deadline
//! does not get lost meanwhile. Where it comes first, the monitor's timer fires then, and at the next deadline that the
//! monitor sets both are the normal world's again, whose interrupt stops the partition that runs.

use hal::interrupt::Intid;
use hal::sysreg::{CNTHP_CTL_EL2, CNTHP_CVAL_EL2, CNTHPS_CTL_EL2, CNTHPS_CVAL_EL2, CNTPCT_EL0};
use hal::{Gic, Sysregs, Timer};

use crate::barrier;
use crate::distributor::Kept;
use crate::guarded::guarded_probe_secure_timer;
use crate::platform::PLATFORM;
use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// CNTx_CTL.ENABLE.
const ENABLE: u64 = 1;
/// CNTx_CTL.IMASK.
const IMASK: u64 = 2;

/// The most urgent priority of the normal world: one whose mask is not above it has its interrupts wait.
const NORMAL: u8 = 0x80;

/// A timer of EL2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OwnTimer {
    /// CNTHPS_EL2.
    Secure,
    /// CNTHP_EL2, and what the normal world made of it while it is borrowed.
    Shared(Option<Theirs>),
}

/// The normal world's EL2 timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Theirs {
    control: u64,
    compare: u64,
    interrupt: Kept,
}

impl OwnTimer {
    /// The timer that this core has.
    pub(crate) fn find() -> Self {
        if guarded_probe_secure_timer() == 0 { Self::Secure } else { Self::Shared(None) }
    }
}

impl<T: TraceSink> RealCore<T> {
    /// Borrows CNTHP_EL2, unless it is borrowed already.
    fn borrow_timer(&mut self, theirs: Option<Theirs>) -> Theirs {
        theirs.unwrap_or_else(|| Theirs {
            control: self.read_sysreg::<CNTHP_CTL_EL2>(),
            compare: self.read_sysreg::<CNTHP_CVAL_EL2>(),
            interrupt: self.borrow(PLATFORM.timers.hypervisor),
        })
    }

    /// Gives CNTHP_EL2 back.
    fn give_timer_back(&mut self, theirs: Theirs) {
        self.timer = OwnTimer::Shared(None);
        self.write_sysreg::<CNTHP_CTL_EL2>(0);
        barrier::synchronise_context();
        self.give_back(PLATFORM.timers.hypervisor, theirs.interrupt);
        self.write_sysreg::<CNTHP_CVAL_EL2>(theirs.compare);
        self.write_sysreg::<CNTHP_CTL_EL2>(theirs.control);
        barrier::synchronise_context();
    }
}

impl<T: TraceSink> Timer for RealCore<T> {
    fn deadline_interrupt(&self) -> Intid {
        match self.timer {
            OwnTimer::Secure => PLATFORM.timers.secure_hypervisor,
            OwnTimer::Shared(_) => PLATFORM.timers.hypervisor,
        }
    }

    fn is_shared(&self) -> bool {
        self.timer != OwnTimer::Secure
    }

    fn set_deadline(&mut self, deadline: u64) {
        match self.timer {
            OwnTimer::Secure => {
                self.write_sysreg::<CNTHPS_CVAL_EL2>(deadline);
                self.write_sysreg::<CNTHPS_CTL_EL2>(ENABLE);
            }
            OwnTimer::Shared(theirs) => {
                let theirs = self.borrow_timer(theirs);
                let interrupts = theirs.control & (ENABLE | IMASK) == ENABLE
                    && theirs.interrupt.is_on
                    && self.priority_mask() > NORMAL;
                if interrupts && theirs.compare <= self.read_sysreg::<CNTPCT_EL0>() {
                    return self.give_timer_back(theirs);
                }
                let first = if interrupts { deadline.min(theirs.compare) } else { deadline };
                self.timer = OwnTimer::Shared(Some(theirs));
                self.write_sysreg::<CNTHP_CVAL_EL2>(first);
                self.write_sysreg::<CNTHP_CTL_EL2>(ENABLE);
            }
        }
        barrier::synchronise_context();
    }

    fn clear_deadline(&mut self) {
        match self.timer {
            OwnTimer::Secure => {
                self.write_sysreg::<CNTHPS_CTL_EL2>(0);
                barrier::synchronise_context();
            }
            OwnTimer::Shared(Some(theirs)) => self.give_timer_back(theirs),
            OwnTimer::Shared(None) => {}
        }
    }
}
