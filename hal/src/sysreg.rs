//! System registers by name.
//!
//! A register is a zero-sized type with its encoding as constants, so that [`Sysregs::read`] folds to one `MRS`.
//! With HCR_EL2.E2H set, the monitor reaches a guest's EL1 registers by their `_EL12` and `_EL02` names; the plain
//! `_EL1` names would be its own EL2 registers.

/// Keeps the list of registers closed.
mod sealed {
    /// What [`super::sysregs`] alone implements.
    pub trait Sealed {}
}

/// A system register: its encoding, as `S<op0>_<op1>_C<crn>_C<crm>_<op2>` names it.
///
/// Only the registers of this file are: a register that the monitor's own translation or vectors hang on is not
/// among them but HCR_EL2, of which a machine keeps E2H, so safe code may write any.
pub trait Sysreg: sealed::Sealed {
    /// op0.
    const OP0: u8;
    /// op1.
    const OP1: u8;
    /// CRn.
    const CRN: u8;
    /// CRm.
    const CRM: u8;
    /// op2.
    const OP2: u8;
    /// The architecture's name.
    const NAME: &'static str;
}

/// Access system registers of this core.
pub trait Sysregs {
    /// Reads `R`.
    fn read_sysreg<R: Sysreg>(&self) -> u64;

    /// Writes `R`; it takes effect at the next context synchronisation (`ERET`, or [`crate::Tlb::synchronise`]).
    fn write_sysreg<R: Sysreg>(&mut self, value: u64);
}

/// Defines registers: `/// doc` `NAME = (op0, op1, CRn, CRm, op2);`
macro_rules! sysregs {
    ($($(#[$doc:meta])* $name:ident = ($op0:literal, $op1:literal, $crn:literal, $crm:literal, $op2:literal);)*) => {
        $(
            $(#[$doc])*
            #[allow(non_camel_case_types, reason = "the architecture's own name")]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl sealed::Sealed for $name {}

            impl Sysreg for $name {
                const OP0: u8 = $op0;
                const OP1: u8 = $op1;
                const CRN: u8 = $crn;
                const CRM: u8 = $crm;
                const OP2: u8 = $op2;
                const NAME: &'static str = stringify!($name);
            }
        )*
    };
}

sysregs! {
    /// Hypervisor Configuration Register.
    HCR_EL2 = (3, 4, 1, 1, 0);
    /// Monitor Debug Configuration Register (EL2).
    MDCR_EL2 = (3, 4, 1, 1, 1);
    /// Architectural Feature Trap Register (EL2), in its E2H format.
    CPTR_EL2 = (3, 4, 1, 1, 2);
    /// Hypervisor System Trap Register.
    HSTR_EL2 = (3, 4, 1, 1, 3);
    /// Virtualization Translation Table Base Register: the non-secure stage 2, and the VMID of both.
    VTTBR_EL2 = (3, 4, 2, 1, 0);
    /// Virtualization Translation Control Register.
    VTCR_EL2 = (3, 4, 2, 1, 2);
    /// Virtualization Secure Translation Table Base Register: the secure stage 2.
    VSTTBR_EL2 = (3, 4, 2, 6, 0);
    /// Virtualization Secure Translation Control Register.
    VSTCR_EL2 = (3, 4, 2, 6, 2);
    /// Virtual Deferred Interrupt Status Register: what a guest has as DISR_EL1.
    VDISR_EL2 = (3, 4, 12, 1, 1);
    /// Virtualization Processor ID Register.
    VPIDR_EL2 = (3, 4, 0, 0, 0);
    /// Virtualization Multiprocessor ID Register.
    VMPIDR_EL2 = (3, 4, 0, 0, 5);
    /// Counter-timer Hypervisor Control Register, in its E2H format.
    CNTHCTL_EL2 = (3, 4, 14, 1, 0);
    /// Counter-timer Virtual Offset Register.
    CNTVOFF_EL2 = (3, 4, 14, 0, 3);
    /// EL2's physical timer: its control.
    CNTHP_CTL_EL2 = (3, 4, 14, 2, 1);
    /// EL2's physical timer: when its condition is met.
    CNTHP_CVAL_EL2 = (3, 4, 14, 2, 2);
    /// Secure EL2's physical timer: its control.
    CNTHPS_CTL_EL2 = (3, 4, 14, 5, 1);
    /// Secure EL2's physical timer: when its condition is met.
    CNTHPS_CVAL_EL2 = (3, 4, 14, 5, 2);
    /// Counter-timer Frequency Register: ticks of the counters in a second.
    CNTFRQ_EL0 = (3, 3, 14, 0, 0);
    /// Counter-timer Physical Count Register.
    CNTPCT_EL0 = (3, 3, 14, 0, 1);
    /// Main ID Register.
    MIDR_EL1 = (3, 0, 0, 0, 0);
    /// Revision ID Register.
    REVIDR_EL1 = (3, 0, 0, 0, 6);
    /// AArch32 Processor Feature Register 0.
    ID_PFR0_EL1 = (3, 0, 0, 1, 0);
    /// AArch32 Processor Feature Register 1.
    ID_PFR1_EL1 = (3, 0, 0, 1, 1);
    /// AArch32 Debug Feature Register 0.
    ID_DFR0_EL1 = (3, 0, 0, 1, 2);
    /// AArch32 Memory Model Feature Register 0.
    ID_MMFR0_EL1 = (3, 0, 0, 1, 4);
    /// AArch32 Memory Model Feature Register 1.
    ID_MMFR1_EL1 = (3, 0, 0, 1, 5);
    /// AArch32 Memory Model Feature Register 2.
    ID_MMFR2_EL1 = (3, 0, 0, 1, 6);
    /// AArch32 Memory Model Feature Register 3.
    ID_MMFR3_EL1 = (3, 0, 0, 1, 7);
    /// AArch32 Instruction Set Attribute Register 0.
    ID_ISAR0_EL1 = (3, 0, 0, 2, 0);
    /// AArch32 Instruction Set Attribute Register 1.
    ID_ISAR1_EL1 = (3, 0, 0, 2, 1);
    /// AArch32 Instruction Set Attribute Register 2.
    ID_ISAR2_EL1 = (3, 0, 0, 2, 2);
    /// AArch32 Instruction Set Attribute Register 3.
    ID_ISAR3_EL1 = (3, 0, 0, 2, 3);
    /// AArch32 Instruction Set Attribute Register 4.
    ID_ISAR4_EL1 = (3, 0, 0, 2, 4);
    /// AArch32 Instruction Set Attribute Register 5.
    ID_ISAR5_EL1 = (3, 0, 0, 2, 5);
    /// AArch32 Memory Model Feature Register 4.
    ID_MMFR4_EL1 = (3, 0, 0, 2, 6);
    /// AArch32 Instruction Set Attribute Register 6.
    ID_ISAR6_EL1 = (3, 0, 0, 2, 7);
    /// AArch32 Media and VFP Feature Register 0.
    MVFR0_EL1 = (3, 0, 0, 3, 0);
    /// AArch32 Media and VFP Feature Register 1.
    MVFR1_EL1 = (3, 0, 0, 3, 1);
    /// AArch32 Media and VFP Feature Register 2.
    MVFR2_EL1 = (3, 0, 0, 3, 2);
    /// AArch32 Processor Feature Register 2.
    ID_PFR2_EL1 = (3, 0, 0, 3, 4);
    /// AArch64 Processor Feature Register 0.
    ID_AA64PFR0_EL1 = (3, 0, 0, 4, 0);
    /// AArch64 Processor Feature Register 1.
    ID_AA64PFR1_EL1 = (3, 0, 0, 4, 1);
    /// AArch64 Debug Feature Register 0.
    ID_AA64DFR0_EL1 = (3, 0, 0, 5, 0);
    /// AArch64 Instruction Set Attribute Register 0.
    ID_AA64ISAR0_EL1 = (3, 0, 0, 6, 0);
    /// AArch64 Instruction Set Attribute Register 1.
    ID_AA64ISAR1_EL1 = (3, 0, 0, 6, 1);
    /// AArch64 Instruction Set Attribute Register 2.
    ID_AA64ISAR2_EL1 = (3, 0, 0, 6, 2);
    /// AArch64 Memory Model Feature Register 0.
    ID_AA64MMFR0_EL1 = (3, 0, 0, 7, 0);
    /// AArch64 Memory Model Feature Register 1.
    ID_AA64MMFR1_EL1 = (3, 0, 0, 7, 1);
    /// AArch64 Memory Model Feature Register 2.
    ID_AA64MMFR2_EL1 = (3, 0, 0, 7, 2);

    /// System Control Register (EL1), as the guest has it.
    SCTLR_EL12 = (3, 5, 1, 0, 0);
    /// Architectural Feature Access Control Register, as the guest has it.
    CPACR_EL12 = (3, 5, 1, 0, 2);
    /// Translation Table Base Register 0 (EL1), as the guest has it.
    TTBR0_EL12 = (3, 5, 2, 0, 0);
    /// Translation Table Base Register 1 (EL1), as the guest has it.
    TTBR1_EL12 = (3, 5, 2, 0, 1);
    /// Translation Control Register (EL1), as the guest has it.
    TCR_EL12 = (3, 5, 2, 0, 2);
    /// Saved Program Status Register (EL1), as the guest has it.
    SPSR_EL12 = (3, 5, 4, 0, 0);
    /// Exception Link Register (EL1), as the guest has it.
    ELR_EL12 = (3, 5, 4, 0, 1);
    /// Auxiliary Fault Status Register 0 (EL1), as the guest has it.
    AFSR0_EL12 = (3, 5, 5, 1, 0);
    /// Auxiliary Fault Status Register 1 (EL1), as the guest has it.
    AFSR1_EL12 = (3, 5, 5, 1, 1);
    /// Exception Syndrome Register (EL1), as the guest has it.
    ESR_EL12 = (3, 5, 5, 2, 0);
    /// Fault Address Register (EL1), as the guest has it.
    FAR_EL12 = (3, 5, 6, 0, 0);
    /// Memory Attribute Indirection Register (EL1), as the guest has it.
    MAIR_EL12 = (3, 5, 10, 2, 0);
    /// Auxiliary Memory Attribute Indirection Register (EL1), as the guest has it.
    AMAIR_EL12 = (3, 5, 10, 3, 0);
    /// Vector Base Address Register (EL1), as the guest has it.
    VBAR_EL12 = (3, 5, 12, 0, 0);
    /// Context ID Register (EL1), as the guest has it.
    CONTEXTIDR_EL12 = (3, 5, 13, 0, 1);
    /// Counter-timer Kernel Control Register, as the guest has it.
    CNTKCTL_EL12 = (3, 5, 14, 1, 0);
    /// Counter-timer Virtual Timer Control Register, as the guest has it.
    CNTV_CTL_EL02 = (3, 5, 14, 3, 1);
    /// Counter-timer Virtual Timer CompareValue Register, as the guest has it.
    CNTV_CVAL_EL02 = (3, 5, 14, 3, 2);

    /// Auxiliary Control Register (EL1).
    ACTLR_EL1 = (3, 0, 1, 0, 1);
    /// Stack Pointer (EL0).
    SP_EL0 = (3, 0, 4, 1, 0);
    /// Stack Pointer (EL1).
    SP_EL1 = (3, 4, 4, 1, 0);
    /// Physical Address Register.
    PAR_EL1 = (3, 0, 7, 4, 0);
    /// Cache Size Selection Register.
    CSSELR_EL1 = (3, 2, 0, 0, 0);
    /// EL0 Read/Write Software Thread ID Register.
    TPIDR_EL0 = (3, 3, 13, 0, 2);
    /// EL0 Read-Only Software Thread ID Register.
    TPIDRRO_EL0 = (3, 3, 13, 0, 3);
    /// EL1 Software Thread ID Register.
    TPIDR_EL1 = (3, 0, 13, 0, 4);

    /// Pointer Authentication Key A for Instruction, low.
    APIAKEYLO_EL1 = (3, 0, 2, 1, 0);
    /// Pointer Authentication Key A for Instruction, high.
    APIAKEYHI_EL1 = (3, 0, 2, 1, 1);
    /// Pointer Authentication Key B for Instruction, low.
    APIBKEYLO_EL1 = (3, 0, 2, 1, 2);
    /// Pointer Authentication Key B for Instruction, high.
    APIBKEYHI_EL1 = (3, 0, 2, 1, 3);
    /// Pointer Authentication Key A for Data, low.
    APDAKEYLO_EL1 = (3, 0, 2, 2, 0);
    /// Pointer Authentication Key A for Data, high.
    APDAKEYHI_EL1 = (3, 0, 2, 2, 1);
    /// Pointer Authentication Key B for Data, low.
    APDBKEYLO_EL1 = (3, 0, 2, 2, 2);
    /// Pointer Authentication Key B for Data, high.
    APDBKEYHI_EL1 = (3, 0, 2, 2, 3);
    /// Pointer Authentication Generic Key, low.
    APGAKEYLO_EL1 = (3, 0, 2, 3, 0);
    /// Pointer Authentication Generic Key, high.
    APGAKEYHI_EL1 = (3, 0, 2, 3, 1);
}
