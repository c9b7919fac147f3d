//! System registers and system instructions by their encoding.

use std::fmt;

use hal::sysreg::Sysreg;

/// op0, op1, CRn, CRm and op2 of an `MRS`, `MSR`, `SYS` or `SYSL`, packed as the instruction packs them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Encoding(u16);

impl Encoding {
    /// The encoding that `S<op0>_<op1>_C<crn>_C<crm>_<op2>` names.
    pub const fn new(op0: u8, op1: u8, crn: u8, crm: u8, op2: u8) -> Self {
        Self((op0 as u16) << 14 | (op1 as u16) << 11 | (crn as u16) << 7 | (crm as u16) << 3 | op2 as u16)
    }

    /// The encoding of `R`.
    pub const fn of<R: Sysreg>() -> Self {
        Self::new(R::OP0, R::OP1, R::CRN, R::CRM, R::OP2)
    }

    /// What the system instruction `word` accesses.
    pub const fn of_instruction(word: u32) -> Self {
        Self(((word >> 5) & 0xffff) as u16)
    }

    /// op0.
    pub const fn op0(self) -> u8 {
        (self.0 >> 14) as u8
    }

    /// op1.
    pub const fn op1(self) -> u8 {
        (self.0 >> 11 & 7) as u8
    }

    /// CRn.
    pub const fn crn(self) -> u8 {
        (self.0 >> 7 & 15) as u8
    }

    /// CRm.
    pub const fn crm(self) -> u8 {
        (self.0 >> 3 & 15) as u8
    }

    /// op2.
    pub const fn op2(self) -> u8 {
        (self.0 & 7) as u8
    }

    /// True where both are the same encoding (`==` is not `const`).
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }

    /// This encoding with another op1: what tells `_EL1`, `_EL12` and `_EL2` names apart.
    pub const fn with_op1(self, op1: u8) -> Self {
        Self::new(self.op0(), op1, self.crn(), self.crm(), self.op2())
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}_{}_C{}_C{}_{}", self.op0(), self.op1(), self.crn(), self.crm(), self.op2())
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The encodings that more than one module speaks of.
pub mod name {
    use super::Encoding;

    /// Defines encodings as `NAME = op0, op1, CRn, CRm, op2;`.
    macro_rules! encodings {
        ($($name:ident = $op0:literal, $op1:literal, $crn:literal, $crm:literal, $op2:literal;)*) => {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Encoding = Encoding::new($op0, $op1, $crn, $crm, $op2);
            )*
        };
    }

    encodings! {
        MIDR_EL1 = 3, 0, 0, 0, 0;
        MPIDR_EL1 = 3, 0, 0, 0, 5;
        SCTLR_EL1 = 3, 0, 1, 0, 0;
        ACTLR_EL1 = 3, 0, 1, 0, 1;
        CPACR_EL1 = 3, 0, 1, 0, 2;
        TTBR0_EL1 = 3, 0, 2, 0, 0;
        TTBR1_EL1 = 3, 0, 2, 0, 1;
        TCR_EL1 = 3, 0, 2, 0, 2;
        SPSR_EL1 = 3, 0, 4, 0, 0;
        ELR_EL1 = 3, 0, 4, 0, 1;
        SP_EL0 = 3, 0, 4, 1, 0;
        AFSR0_EL1 = 3, 0, 5, 1, 0;
        AFSR1_EL1 = 3, 0, 5, 1, 1;
        ESR_EL1 = 3, 0, 5, 2, 0;
        FAR_EL1 = 3, 0, 6, 0, 0;
        PAR_EL1 = 3, 0, 7, 4, 0;
        MAIR_EL1 = 3, 0, 10, 2, 0;
        AMAIR_EL1 = 3, 0, 10, 3, 0;
        VBAR_EL1 = 3, 0, 12, 0, 0;
        CONTEXTIDR_EL1 = 3, 0, 13, 0, 1;
        TPIDR_EL1 = 3, 0, 13, 0, 4;
        CNTKCTL_EL1 = 3, 0, 14, 1, 0;
        CSSELR_EL1 = 3, 2, 0, 0, 0;
        TPIDR_EL0 = 3, 3, 13, 0, 2;
        TPIDRRO_EL0 = 3, 3, 13, 0, 3;
        CNTFRQ_EL0 = 3, 3, 14, 0, 0;
        CNTPCT_EL0 = 3, 3, 14, 0, 1;
        CNTVCT_EL0 = 3, 3, 14, 0, 2;
        SP_EL1 = 3, 4, 4, 1, 0;
        SCTLR_EL2 = 3, 4, 1, 0, 0;
        HCR_EL2 = 3, 4, 1, 1, 0;
        MDCR_EL2 = 3, 4, 1, 1, 1;
        CPTR_EL2 = 3, 4, 1, 1, 2;
        TTBR0_EL2 = 3, 4, 2, 0, 0;
        TCR_EL2 = 3, 4, 2, 0, 2;
        VTTBR_EL2 = 3, 4, 2, 1, 0;
        VTCR_EL2 = 3, 4, 2, 1, 2;
        VSTTBR_EL2 = 3, 4, 2, 6, 0;
        VSTCR_EL2 = 3, 4, 2, 6, 2;
        SPSR_EL2 = 3, 4, 4, 0, 0;
        ELR_EL2 = 3, 4, 4, 0, 1;
        ESR_EL2 = 3, 4, 5, 2, 0;
        FAR_EL2 = 3, 4, 6, 0, 0;
        HPFAR_EL2 = 3, 4, 6, 0, 4;
        MAIR_EL2 = 3, 4, 10, 2, 0;
        VBAR_EL2 = 3, 4, 12, 0, 0;
        VPIDR_EL2 = 3, 4, 0, 0, 0;
        VMPIDR_EL2 = 3, 4, 0, 0, 5;
        CNTHCTL_EL2 = 3, 4, 14, 1, 0;
        CNTVOFF_EL2 = 3, 4, 14, 0, 3;
        SCR_EL3 = 3, 6, 1, 1, 0;
    }
}
