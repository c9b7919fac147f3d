//! The monitor's own timer: secure EL2's where the machine has one, else EL2's, which the normal world's EL2 has too.
//!
//! FEAT_SEL2 brings CNTHPS_EL2 with it, so no identification register tells of it; but there are emulators with the
//! one and without the other. So the core tries.

use hal::interrupt::Intid;
use hal::sysreg::{CNTHP_CTL_EL2, CNTHP_CVAL_EL2, CNTHPS_CTL_EL2, CNTHPS_CVAL_EL2};
use hal::{Sysregs, Timer};

use crate::barrier;
use crate::guarded::guarded_probe_secure_timer;
use crate::platform::PLATFORM;
use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// CNTx_CTL.ENABLE.
const ENABLE: u64 = 1;

/// A timer of EL2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OwnTimer {
    /// CNTHPS_EL2.
    Secure,
    /// CNTHP_EL2.
    Shared,
}

impl OwnTimer {
    /// The timer that this core has.
    pub(crate) fn find() -> Self {
        if guarded_probe_secure_timer() == 0 { Self::Secure } else { Self::Shared }
    }
}

impl<T: TraceSink> Timer for RealCore<T> {
    fn deadline_interrupt(&self) -> Intid {
        match self.timer {
            OwnTimer::Secure => PLATFORM.timers.secure_hypervisor,
            OwnTimer::Shared => PLATFORM.timers.hypervisor,
        }
    }

    fn set_deadline(&mut self, deadline: u64) {
        match self.timer {
            OwnTimer::Secure => {
                self.write_sysreg::<CNTHPS_CVAL_EL2>(deadline);
                self.write_sysreg::<CNTHPS_CTL_EL2>(ENABLE);
            }
            OwnTimer::Shared => {
                self.write_sysreg::<CNTHP_CVAL_EL2>(deadline);
                self.write_sysreg::<CNTHP_CTL_EL2>(ENABLE);
            }
        }
        barrier::synchronise_context();
    }

    fn clear_deadline(&mut self) {
        match self.timer {
            OwnTimer::Secure => self.write_sysreg::<CNTHPS_CTL_EL2>(0),
            OwnTimer::Shared => self.write_sysreg::<CNTHP_CTL_EL2>(0),
        }
        barrier::synchronise_context();
    }
}
