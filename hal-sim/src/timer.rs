//! The generic timer of one core, on virtual time.
//!
//! Virtual time is guest instructions executed: one instruction is one nanosecond, the counter runs at 1 GHz. A
//! core that waits for an interrupt skips to the next deadline. The timers' registers are **not banked by world**.

use hal::Space;

use crate::el2;
use crate::encoding::{Encoding, name};
use crate::junk::Junk;
use crate::unicorn::registers::{Registers, pstate};

/// Counter ticks in a second.
pub const FREQUENCY: u64 = 1_000_000_000;

/// CNTx_CTL.ENABLE.
const ENABLE: u64 = 1;
/// CNTx_CTL.IMASK.
const IMASK: u64 = 2;
/// CNTx_CTL.ISTATUS.
const ISTATUS: u64 = 4;

/// One timer: its control and compare registers.
#[derive(Clone, Copy)]
pub struct Timer {
    control: u64,
    compare: u64,
}

impl Timer {
    /// When its condition is met, in its own count; `None` where it cannot signal.
    const fn deadline(&self) -> Option<u64> {
        if self.control & (ENABLE | IMASK) == ENABLE { Some(self.compare) } else { None }
    }

    /// CNTx_CTL at `count`.
    const fn control(&self, count: u64) -> u64 {
        let met = self.control & ENABLE != 0 && count >= self.compare;
        self.control & (ENABLE | IMASK) | if met { ISTATUS } else { 0 }
    }
}

/// The EL1 timers of one core.
pub struct Timers {
    physical: Timer,
    virtual_: Timer,
}

/// A timer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// CNTP.
    Physical,
    /// CNTV.
    Virtual,
}

/// The private interrupt of the physical timer.
pub const PHYSICAL_INTID: u32 = 30;
/// The private interrupt of the virtual timer.
pub const VIRTUAL_INTID: u32 = 27;

impl Timers {
    /// Timers at reset: off, with junk to compare with.
    pub const fn at_reset(junk: &mut Junk) -> Self {
        Self {
            physical: Timer { control: 0, compare: junk.next() },
            virtual_: Timer { control: 0, compare: junk.next() },
        }
    }

    /// True while `which` signals at `now`, with the virtual count `offset` behind.
    pub const fn signals(&self, which: Which, now: u64, offset: u64) -> bool {
        match which {
            Which::Physical => matches!(self.physical.deadline(), Some(at) if now >= at),
            Which::Virtual => {
                matches!(self.virtual_.deadline(), Some(at) if now.wrapping_sub(offset) >= at)
            }
        }
    }

    /// Nanoseconds from `now` to when a timer that does not signal yet will.
    pub fn next(&self, now: u64, offset: u64) -> Option<u64> {
        let until = |timer: &Timer, count: u64| timer.deadline()?.checked_sub(count).filter(|&left| left > 0);
        let physical = until(&self.physical, now);
        let virtual_ = until(&self.virtual_, now.wrapping_sub(offset));
        [physical, virtual_].into_iter().flatten().min()
    }

    /// Reads a counter or timer register at `now`, or `None` where `register` is none.
    pub fn read(&self, register: Encoding, now: u64, offset: u64) -> Option<u64> {
        let count = now.wrapping_sub(offset);
        let left = |timer: &Timer, count: u64| u64::from(timer.compare.wrapping_sub(count) as u32);
        Some(match register {
            name::CNTFRQ_EL0 => FREQUENCY,
            name::CNTPCT_EL0 => now,
            name::CNTVCT_EL0 => count,
            name::CNTP_CTL_EL0 => self.physical.control(now),
            name::CNTP_CVAL_EL0 => self.physical.compare,
            name::CNTP_TVAL_EL0 => left(&self.physical, now),
            name::CNTV_CTL_EL0 => self.virtual_.control(count),
            name::CNTV_CVAL_EL0 => self.virtual_.compare,
            name::CNTV_TVAL_EL0 => left(&self.virtual_, count),
            _ => return None,
        })
    }

    /// Writes a timer register at `now`; false where `register` is none.
    pub fn write(&mut self, register: Encoding, value: u64, now: u64, offset: u64) -> bool {
        let after = |count: u64| count.wrapping_add_signed(i64::from(value as i32));
        match register {
            name::CNTP_CTL_EL0 => self.physical.control = value,
            name::CNTP_CVAL_EL0 => self.physical.compare = value,
            name::CNTP_TVAL_EL0 => self.physical.compare = after(now),
            name::CNTV_CTL_EL0 => self.virtual_.control = value,
            name::CNTV_CVAL_EL0 => self.virtual_.compare = value,
            name::CNTV_TVAL_EL0 => self.virtual_.compare = after(now.wrapping_sub(offset)),
            _ => return false,
        }
        true
    }
}

/// The register that an `_EL02` name stands for.
pub const fn of_el02(register: Encoding) -> Encoding {
    register.with_op1(3)
}

/// True where EL2 or EL1 traps an access to `register` by the running guest (DDI 0487, CNTHCTL_EL2 and
/// CNTKCTL_EL1); the emulator then makes the exception.
pub fn traps(core: &Registers, world: Space, el2: &el2::El2, register: Encoding) -> bool {
    let (hcr, control) = match world {
        Space::Secure => (el2.hcr(), el2.get(el2::CNTHCTL)),
        Space::NonSecure => (core.known(name::HCR_EL2), core.known(name::CNTHCTL_EL2)),
    };
    let host = hcr & el2::HCR_E2H != 0;
    let el = (core.pstate() & pstate::EL) >> 2;
    let counter = register.crm() == 0;
    let physical = if counter { register == name::CNTPCT_EL0 } else { register.crm() == 2 };
    if register == name::CNTFRQ_EL0 || el == 2 {
        return false;
    }
    // EL0PCTEN, EL0VCTEN, EL0VTEN, EL0PTEN.
    let bit = match (counter, physical) {
        (true, true) => 0,
        (true, false) => 1,
        (false, false) => 8,
        (false, true) => 9,
    };
    let host_el0 = el == 0 && host && hcr & el2::HCR_TGE != 0;
    if host_el0 {
        return control >> bit & 1 == 0;
    }
    let by_el1 = el == 0 && core.known(name::CNTKCTL_EL1) >> bit & 1 == 0;
    let allow = match (host, counter) {
        (true, true) => 10,
        (true, false) => 11,
        (false, true) => 0,
        (false, false) => 1,
    };
    by_el1 || (physical && control >> allow & 1 == 0)
}
