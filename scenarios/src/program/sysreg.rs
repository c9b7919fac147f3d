//! System registers as operands of `mrs` and `msr`.

/// The 15-bit operand for an encoding: op0, op1, CRn, CRm, op2.
pub const fn operand(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    (op0 - 2) << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

/// Defines operands: `NAME = (op0, op1, CRn, CRm, op2);`
macro_rules! operands {
    ($($name:ident = ($op0:literal, $op1:literal, $crn:literal, $crm:literal, $op2:literal);)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`.")]
            pub const $name: u32 = operand($op0, $op1, $crn, $crm, $op2);
        )*
    };
}

operands! {
    MIDR_EL1 = (3, 0, 0, 0, 0);
    MPIDR_EL1 = (3, 0, 0, 0, 5);
    SCTLR_EL1 = (3, 0, 1, 0, 0);
    CPACR_EL1 = (3, 0, 1, 0, 2);
    TTBR0_EL1 = (3, 0, 2, 0, 0);
    TCR_EL1 = (3, 0, 2, 0, 2);
    SPSR_EL1 = (3, 0, 4, 0, 0);
    ELR_EL1 = (3, 0, 4, 0, 1);
    ICC_PMR_EL1 = (3, 0, 4, 6, 0);
    ESR_EL1 = (3, 0, 5, 2, 0);
    FAR_EL1 = (3, 0, 6, 0, 0);
    MAIR_EL1 = (3, 0, 10, 2, 0);
    VBAR_EL1 = (3, 0, 12, 0, 0);
    ICC_IAR1_EL1 = (3, 0, 12, 12, 0);
    ICC_EOIR1_EL1 = (3, 0, 12, 12, 1);
    ICC_HPPIR1_EL1 = (3, 0, 12, 12, 2);
    ICC_SRE_EL1 = (3, 0, 12, 12, 5);
    ICC_IGRPEN1_EL1 = (3, 0, 12, 12, 7);
    CNTFRQ_EL0 = (3, 3, 14, 0, 0);
    CNTPCT_EL0 = (3, 3, 14, 0, 1);
    CNTP_TVAL_EL0 = (3, 3, 14, 2, 0);
    CNTP_CTL_EL0 = (3, 3, 14, 2, 1);
    CNTP_CVAL_EL0 = (3, 3, 14, 2, 2);
    VPIDR_EL2 = (3, 4, 0, 0, 0);
    VMPIDR_EL2 = (3, 4, 0, 0, 5);
    HCR_EL2 = (3, 4, 1, 1, 0);
    CPTR_EL2 = (3, 4, 1, 1, 2);
    HSTR_EL2 = (3, 4, 1, 1, 3);
    SPSR_EL2 = (3, 4, 4, 0, 0);
    ELR_EL2 = (3, 4, 4, 0, 1);
    ICC_SRE_EL2 = (3, 4, 12, 9, 5);
    CNTVOFF_EL2 = (3, 4, 14, 0, 3);
    CNTHCTL_EL2 = (3, 4, 14, 1, 0);
}
