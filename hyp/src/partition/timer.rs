//! The timers of one vCPU, which its monitor plays: the physical one, and the virtual one where accesses to it trap.
//!
//! Both count as CNTPCT_EL0 does. Each asks for the vCPU's virtual interrupt 3 for as long as it is enabled, not masked, and
//! at or behind what it compares with.

use crate::exception::Syndrome;

/// CNTx_CTL.ENABLE.
const ENABLE: u64 = 1;
/// CNTx_CTL.IMASK.
const IMASK: u64 = 2;
/// CNTx_CTL.ISTATUS.
const ISTATUS: u64 = 4;

/// A register of a timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Register {
    /// CNTx_TVAL: what is left, of 32 bits with a sign.
    Left,
    /// CNTx_CTL.
    Control,
    /// CNTx_CVAL.
    Compare,
}

/// Which register of which timer an access names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    timer: usize,
    register: Register,
}

impl Access {
    /// That of a trapped access, if it names CNTP_x_EL0 or CNTV_x_EL0.
    pub const fn of(syndrome: Syndrome) -> Option<Self> {
        let (timer, op2) = match syndrome.register() {
            [3, 3, 14, 2, op2] => (0, op2),
            [3, 3, 14, 3, op2] => (1, op2),
            _ => return None,
        };
        let register = match op2 {
            0 => Register::Left,
            1 => Register::Control,
            2 => Register::Compare,
            _ => return None,
        };
        Some(Self { timer, register })
    }
}

/// A timer: ENABLE and IMASK of its control, and what it compares with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Timer {
    control: u64,
    compare: u64,
}

/// The timers of a vCPU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timers([Timer; 2]);

impl Timers {
    /// Both off, the empty value.
    pub const OFF: Self = Self([Timer { control: 0, compare: 0 }; 2]);

    /// What a read by `access` gives at the count `now`.
    pub fn read(&self, access: Access, now: u64) -> u64 {
        let Some(timer) = self.0.get(access.timer) else { return 0 };
        match access.register {
            Register::Left => u64::from(timer.compare.wrapping_sub(now) as u32),
            Register::Control if timer.control & ENABLE != 0 && now >= timer.compare => {
                timer.control | ISTATUS
            }
            Register::Control => timer.control,
            Register::Compare => timer.compare,
        }
    }

    /// Writes `value` by `access` at the count `now`.
    pub fn write(&mut self, access: Access, value: u64, now: u64) {
        let Some(timer) = self.0.get_mut(access.timer) else { return };
        match access.register {
            Register::Left => timer.compare = now.wrapping_add_signed(i64::from(value as i32)),
            Register::Control => timer.control = value & (ENABLE | IMASK),
            Register::Compare => timer.compare = value,
        }
    }

    /// The count from which on one of them asks for the interrupt, be it over; `None` where none will.
    pub fn deadline(&self) -> Option<u64> {
        let [physical, virtual_] = &self.0;
        match (physical.deadline(), virtual_.deadline()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// True where one of them asks for the interrupt at the count `now`.
    pub fn ask(&self, now: u64) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}

impl Timer {
    const fn deadline(&self) -> Option<u64> {
        if self.control == ENABLE { Some(self.compare) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn access(crm: u64, op2: u64) -> Option<Access> {
        Access::of(Syndrome(0x18 << 26 | 3 << 20 | op2 << 17 | 3 << 14 | 14 << 10 | crm << 1))
    }

    /// The registers of both timers.
    fn registers() -> impl Iterator<Item = [Access; 3]> {
        [2, 3].into_iter().map(|crm| [0, 1, 2].map(|op2| access(crm, op2).unwrap()))
    }

    #[test]
    fn a_timer_asks_from_its_deadline_on_while_it_is_enabled_and_not_masked() {
        for [_, control, compare] in registers() {
            let mut timers = Timers::OFF;
            timers.write(compare, 100, 0);
            assert_eq!((timers.deadline(), timers.read(control, 100)), (None, 0), "it is off");
            timers.write(control, ENABLE, 0);
            assert_eq!((timers.ask(99), timers.ask(100)), (false, true));
            assert_eq!([99, 100].map(|now| timers.read(control, now)), [ENABLE, ENABLE | ISTATUS]);
            timers.write(control, ENABLE | IMASK | ISTATUS, 100);
            assert_eq!((timers.deadline(), timers.read(control, 100)), (None, ENABLE | IMASK | ISTATUS));
            assert_eq!(timers.read(control, 99), ENABLE | IMASK, "ISTATUS is not written");
        }
    }

    #[test]
    fn what_is_left_has_a_sign() {
        for [left, control, compare] in registers() {
            let mut timers = Timers::OFF;
            timers.write(control, ENABLE, 0);
            timers.write(left, u64::from(u32::MAX), 1000);
            assert_eq!((timers.read(compare, 0), timers.ask(1000)), (999, true));
            assert_eq!(timers.read(left, 1000), u64::from(u32::MAX));
            timers.write(left, 0xffff_ffff_0000_0005, 1000);
            assert_eq!(
                (timers.read(compare, 0), timers.ask(1000)),
                (1005, false),
                "the upper half is not read"
            );
            assert_eq!(timers.read(left, 1000), 5);
        }
    }

    #[test]
    fn the_earlier_of_both_timers_counts() {
        let mut timers = Timers::OFF;
        for ([_, control, compare], at) in registers().zip([300, 200]) {
            timers.write(control, ENABLE, 0);
            timers.write(compare, at, 0);
        }
        assert_eq!(timers.deadline(), Some(200));
        timers.write(access(3, 1).unwrap(), 0, 0);
        assert_eq!(timers.deadline(), Some(300));
    }

    #[test]
    fn other_registers_are_no_timers() {
        for (crm, op2) in [(0, 1), (1, 0), (2, 3), (3, 7), (4, 0)] {
            assert_eq!(access(crm, op2), None, "{crm} {op2}");
        }
    }
}
