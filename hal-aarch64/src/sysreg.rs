//! System registers: one access, one instruction.

use core::arch::asm;

use hal::Sysregs;
use hal::sysreg::{HCR_EL2, Sysreg};

use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// HCR_EL2.E2H.
const E2H: u64 = 1 << 34;

/// Reads `R`.
#[inline(always)]
pub(crate) fn read<R: Sysreg>() -> u64 {
    let value: u64;
    // SAFETY: reading a register of `hal`'s list, which is closed, has no side effect.
    unsafe {
        asm!(
            "mrs {value}, S{op0}_{op1}_C{crn}_C{crm}_{op2}",
            value = out(reg) value,
            op0 = const R::OP0,
            op1 = const R::OP1,
            crn = const R::CRN,
            crm = const R::CRM,
            op2 = const R::OP2,
            options(nomem, nostack, preserves_flags)
        );
    }
    value
}

/// Writes `R`; HCR_EL2 keeps E2H, whatever the value.
#[inline(always)]
pub(crate) fn write<R: Sysreg>(value: u64) {
    let value = if is::<R, HCR_EL2>() { value | E2H } else { value };
    // SAFETY: the registers of `hal`'s list, which is closed, are guests' or say what traps from guests; the one
    // bit among them that the monitor's own translation hangs on is kept.
    unsafe {
        asm!(
            "msr S{op0}_{op1}_C{crn}_C{crm}_{op2}, {value}",
            value = in(reg) value,
            op0 = const R::OP0,
            op1 = const R::OP1,
            crn = const R::CRN,
            crm = const R::CRM,
            op2 = const R::OP2,
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// True where `A` and `B` are one register.
const fn is<A: Sysreg, B: Sysreg>() -> bool {
    A::OP0 == B::OP0 && A::OP1 == B::OP1 && A::CRN == B::CRN && A::CRM == B::CRM && A::OP2 == B::OP2
}

impl<T: TraceSink> Sysregs for RealCore<T> {
    #[inline(always)]
    fn read_sysreg<R: Sysreg>(&self) -> u64 {
        read::<R>()
    }

    #[inline(always)]
    fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
        write::<R>(value);
    }
}
