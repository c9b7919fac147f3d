//! System registers as the assembler takes them.

use hal::sysreg::Sysreg;

/// The number of the register with this encoding.
pub const fn number(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    (op0 & 1) << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

/// The number of `R`.
pub fn of<R: Sysreg>(_: R) -> u32 {
    number(R::OP0.into(), R::OP1.into(), R::CRN.into(), R::CRM.into(), R::OP2.into())
}

pub const MPIDR_EL1: u32 = number(3, 0, 0, 0, 5);
pub const SCTLR_EL1: u32 = number(3, 0, 1, 0, 0);
pub const TTBR0_EL1: u32 = number(3, 0, 2, 0, 0);
pub const TCR_EL1: u32 = number(3, 0, 2, 0, 2);
pub const MAIR_EL1: u32 = number(3, 0, 10, 2, 0);
pub const ELR_EL1: u32 = number(3, 0, 4, 0, 1);
pub const ESR_EL1: u32 = number(3, 0, 5, 2, 0);
pub const FAR_EL1: u32 = number(3, 0, 6, 0, 0);
pub const VBAR_EL1: u32 = number(3, 0, 12, 0, 0);
pub const TPIDR_EL1: u32 = number(3, 0, 13, 0, 4);
pub const CNTPCT_EL0: u32 = number(3, 3, 14, 0, 1);
pub const CNTP_TVAL_EL0: u32 = number(3, 3, 14, 2, 0);
pub const CNTP_CTL_EL0: u32 = number(3, 3, 14, 2, 1);
pub const HCR_EL2: u32 = number(3, 4, 1, 1, 0);
pub const ELR_EL2: u32 = number(3, 4, 4, 0, 1);
pub const ESR_EL2: u32 = number(3, 4, 5, 2, 0);
pub const VBAR_EL2: u32 = number(3, 4, 12, 0, 0);
pub const CNTHCTL_EL2: u32 = number(3, 4, 14, 1, 0);
pub const CNTHP_TVAL_EL2: u32 = number(3, 4, 14, 2, 0);
pub const CNTHP_CTL_EL2: u32 = number(3, 4, 14, 2, 1);
pub const CNTHV_TVAL_EL2: u32 = number(3, 4, 14, 3, 0);
pub const CNTHV_CTL_EL2: u32 = number(3, 4, 14, 3, 1);
pub const CNTHPS_CTL_EL2: u32 = number(3, 4, 14, 5, 1);
pub const ICC_PMR_EL1: u32 = number(3, 0, 4, 6, 0);
pub const ICC_IAR1_EL1: u32 = number(3, 0, 12, 12, 0);
pub const ICC_SGI1R_EL1: u32 = number(3, 0, 12, 11, 5);
pub const ICC_IGRPEN0_EL1: u32 = number(3, 0, 12, 12, 6);
pub const ICC_EOIR1_EL1: u32 = number(3, 0, 12, 12, 1);
pub const ICC_IGRPEN1_EL1: u32 = number(3, 0, 12, 12, 7);
