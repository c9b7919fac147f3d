//! The generic timers of one core, on virtual time.
//!
//! Virtual time is guest instructions executed: one instruction is one nanosecond, the counter runs at 1 GHz. A
//! core that waits for an interrupt skips to the next deadline. Each timer asserts the line of a private interrupt
//! while its condition is met. The timers' registers are **not banked by world**.
//!
//! EL3's own timer (CNTPS) is nobody's: below EL3 its registers are undefined in a machine with S-EL2.

use hal::Space;
use hal::interrupt::Intid;

use crate::el2;
use crate::encoding::{Encoding, name};
use crate::junk::Junk;
use crate::unicorn::registers::{Registers, pstate};

/// Counter ticks in a second.
pub const FREQUENCY: u64 = 1_000_000_000;

/// CNTx_CTL.ENABLE.
pub const ENABLE: u64 = 1;
/// CNTx_CTL.IMASK.
const IMASK: u64 = 2;
/// CNTx_CTL.ISTATUS.
const ISTATUS: u64 = 4;

/// The private interrupt of secure EL2's physical timer.
pub const SECURE_EL2: Intid = Intid(20);

/// What tells the timers apart.
struct Kind {
    /// op1 and CRm of its registers.
    registers: (u8, u8),
    /// Its private interrupt.
    intid: u32,
    /// It counts behind the physical count, by CNTVOFF_EL2.
    is_virtual: bool,
}

/// The timers; the interrupts are those of QEMU's `virt` machine. The virtual timers of EL2 count without an offset.
const KINDS: [Kind; 6] = [
    Kind { registers: (3, 2), intid: 30, is_virtual: false }, // CNTP
    Kind { registers: (3, 3), intid: 27, is_virtual: true },  // CNTV
    Kind { registers: (4, 2), intid: 26, is_virtual: false }, // CNTHP
    Kind { registers: (4, 3), intid: 28, is_virtual: false }, // CNTHV
    Kind { registers: (4, 4), intid: 19, is_virtual: false }, // CNTHVS
    Kind { registers: (4, 5), intid: SECURE_EL2.0, is_virtual: false }, // CNTHPS
];

/// The private interrupts whose lines are the timers'.
pub const LINES: u32 = {
    let mut lines = 0;
    let mut index = 0;
    while index < KINDS.len() {
        lines |= 1 << KINDS[index].intid;
        index += 1;
    }
    lines
};

/// op2 of a timer's registers.
mod op2 {
    pub const TVAL: u8 = 0;
    pub const CTL: u8 = 1;
    pub const CVAL: u8 = 2;
}

/// One timer: its control and compare registers.
#[derive(Clone, Copy)]
struct Timer {
    control: u64,
    compare: u64,
}

impl Timer {
    /// When its condition is met, in its own count; `None` where it cannot signal.
    const fn deadline(&self) -> Option<u64> {
        if self.control & (ENABLE | IMASK) == ENABLE { Some(self.compare) } else { None }
    }

    /// Its register `op2` at `count`.
    fn read(&self, register: u8, count: u64) -> Option<u64> {
        let met = self.control & ENABLE != 0 && count >= self.compare;
        Some(match register {
            op2::TVAL => u64::from(self.compare.wrapping_sub(count) as u32),
            op2::CTL => self.control & (ENABLE | IMASK) | if met { ISTATUS } else { 0 },
            op2::CVAL => self.compare,
            _ => return None,
        })
    }

    /// Writes its register `op2` at `count`; false where there is none.
    fn write(&mut self, register: u8, value: u64, count: u64) -> bool {
        match register {
            op2::TVAL => self.compare = count.wrapping_add_signed(i64::from(value as i32)),
            op2::CTL => self.control = value,
            op2::CVAL => self.compare = value,
            _ => return false,
        }
        true
    }
}

/// The timers of one core.
pub struct Timers([Timer; KINDS.len()]);

impl Timers {
    /// Timers at reset: off, with junk to compare with.
    pub fn at_reset(junk: &mut Junk) -> Self {
        Self(std::array::from_fn(|_| Timer { control: 0, compare: junk.next() }))
    }

    /// The timers that can signal, each with its count at `now`, the virtual one `offset` behind, and its deadline.
    fn deadlines(&self, now: u64, offset: u64) -> impl Iterator<Item = (&'static Kind, u64, u64)> {
        KINDS.iter().zip(&self.0).filter_map(move |(kind, timer)| {
            let count = if kind.is_virtual { now.wrapping_sub(offset) } else { now };
            Some((kind, count, timer.deadline()?))
        })
    }

    /// The private interrupts whose lines timers assert at `now`, a bit each.
    pub fn lines(&self, now: u64, offset: u64) -> u32 {
        let met = self.deadlines(now, offset).filter(|(_, count, deadline)| count >= deadline);
        met.fold(0, |lines, (kind, ..)| lines | 1 << kind.intid)
    }

    /// Nanoseconds from `now` to when a timer that does not signal yet will.
    pub fn next(&self, now: u64, offset: u64) -> Option<u64> {
        let left = self.deadlines(now, offset).filter_map(|(_, count, deadline)| deadline.checked_sub(count));
        left.filter(|&left| left > 0).min()
    }

    /// Reads a counter or timer register at `now`, or `None` where `register` is none.
    pub fn read(&self, register: Encoding, now: u64, offset: u64) -> Option<u64> {
        Some(match register {
            name::CNTFRQ_EL0 => FREQUENCY,
            name::CNTPCT_EL0 => now,
            name::CNTVCT_EL0 => now.wrapping_sub(offset),
            _ => {
                let (index, count) = find(register, now, offset)?;
                return self.0[index].read(register.op2(), count);
            }
        })
    }

    /// Writes a timer register at `now`; false where `register` is none.
    pub fn write(&mut self, register: Encoding, value: u64, now: u64, offset: u64) -> bool {
        match find(register, now, offset) {
            Some((index, count)) => self.0[index].write(register.op2(), value, count),
            None => false,
        }
    }
}

/// The timer that has `register`, and its count at `now`.
fn find(register: Encoding, now: u64, offset: u64) -> Option<(usize, u64)> {
    let index = KINDS.iter().position(|kind| is_of(kind, register))?;
    Some((index, if KINDS[index].is_virtual { now.wrapping_sub(offset) } else { now }))
}

/// True where `register` is one of the timer `kind`.
const fn is_of(kind: &Kind, register: Encoding) -> bool {
    let (op1, crm) = kind.registers;
    register.op0() == 3 && register.op1() == op1 && register.crn() == 14 && register.crm() == crm
}

/// True where `register` is one of EL2's timers.
pub const fn is_of_el2(register: Encoding) -> bool {
    register.op0() == 3 && register.op1() == 4 && register.crn() == 14 && matches!(register.crm(), 2..=5)
}

/// True for the registers of counters and timers that machine code reaches. Those of secure EL2's timers are
/// undefined for it: the secure world's EL2 is no machine code.
pub const fn is_register(register: Encoding) -> bool {
    register.op1() == 3 && register.crn() == 14 || is_of_el2(register) && register.crm() < 4
}

/// The register that an `_EL02` name stands for.
pub const fn of_el02(register: Encoding) -> Encoding {
    register.with_op1(3)
}

/// True where an access to `register` by the running guest traps or is undefined; the emulator then makes the
/// exception. EL2 or EL1 traps EL1's timers (DDI 0487, CNTHCTL_EL2 and CNTKCTL_EL1); EL2's are EL2's.
pub fn traps(core: &Registers, world: Space, el2: &el2::El2, register: Encoding) -> bool {
    let (hcr, control) = match world {
        Space::Secure => (el2.hcr(), el2.get(el2::CNTHCTL)),
        Space::NonSecure => (core.known(name::HCR_EL2), core.known(name::CNTHCTL_EL2)),
    };
    let host = hcr & el2::HCR_E2H != 0;
    let el = (core.pstate() & pstate::EL) >> 2;
    if is_of_el2(register) {
        return el != 2;
    }
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
