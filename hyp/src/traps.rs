//! What a partition may touch at EL1, and what traps: the values of the EL2 control registers.
//!
//! Everything that is not in a list of `hal::context` and that a partition could leave something in is trapped
//! here, and the access is answered with an undefined instruction: debug, trace, performance counters and activity
//! monitors, SVE, SME, tags (ATA = 0), SCXTNUM (EnSCXT = 0), ACTLR, LOR, error records, the physical timer.
//! Reads of ID registers trap too, and [`crate::id_registers`] answers them.
//!
//! Two things can neither be trapped everywhere nor belong to a partition: the GIC's priority mask, which some
//! machines let EL1 reach, and the virtual timer, where FEAT_ECV is missing. [`crate::core`] gives both back to the
//! normal world. DISR_EL1 is emptied for each partition. TPIDR2_EL0, where SME is there, is not kept apart yet.
//!
//! With HCR_EL2.E2H set, CPTR_EL2 and CNTHCTL_EL2 have their VHE formats.

use aarch64_cpu::registers::HCR_EL2 as HCR;
use hal::Hal;
use hal::sysreg::{
    CNTHCTL_EL2, CNTVOFF_EL2, CPTR_EL2, HCR_EL2, HSTR_EL2, MDCR_EL2, MIDR_EL1, VPIDR_EL2, VSTCR_EL2, VTCR_EL2,
};

use crate::memory::stage2;
use crate::partition::interrupts::Asserted;

/// HCR_EL2 while this monitor has the core.
const HCR_VALUE: u64 = {
    let mut bits = 1 << HCR::E2H.shift | 1 << HCR::RW.shift | 1 << HCR::VM.shift | 1 << HCR::SWIO.shift;
    // Interrupts and SErrors come to EL2; barriers and broadcast maintenance reach the inner shareable domain.
    bits |= 1 << HCR::FMO.shift | 1 << HCR::IMO.shift | 1 << HCR::AMO.shift;
    bits |= 1 << HCR::FB.shift | 0b01 << HCR::BSU.shift;
    // Calls to EL3, waits, and what no partition has a use for.
    bits |= 1 << HCR::TSC.shift | 1 << HCR::TWI.shift | 1 << HCR::TIDCP.shift | 1 << HCR::TACR.shift;
    bits |= 1 << HCR::TSW.shift | 1 << HCR::TLOR.shift | 1 << HCR::TERR.shift;
    // Reads of ID registers, which [`crate::id_registers`] answers, and of the one that tells of tags.
    bits |= 1 << HCR::TID1.shift | 1 << HCR::TID3.shift | 1 << HCR::TID5.shift;
    // Pointer authentication is the partition's to use; its keys are switched.
    bits | 1 << HCR::API.shift | 1 << HCR::APK.shift
};

/// MDCR_EL2: no debug register, no trace filter, no performance counter, no statistical profiling.
const MDCR_TRAPS: u64 = 1 << 5 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 14 | 1 << 19;

/// MDCR_EL2.HPMN, which must stay a number of counters that the core has.
const MDCR_HPMN: u64 = 0x1f;

/// CPTR_EL2.FPEN: SIMD is open.
const FPEN: u64 = 0b11 << 20;

/// CPTR_EL2.ZEN and SMEN: SVE and SME are open.
const ZEN_SMEN: u64 = 0b11 << 16 | 0b11 << 24;

/// CPTR_EL2.TTA and TAM: trace and activity monitor registers trap.
const TTA_TAM: u64 = 1 << 28 | 1 << 30;

/// CPTR_EL2 while a partition's registers are in the core: SIMD only.
pub const CPTR_PARTITION: u64 = FPEN | TTA_TAM;

/// CPTR_EL2 while the normal world's registers are in the core: a core may clear the upper bits of vector
/// registers on entry to a level where SVE is closed, and they are the normal world's.
pub const CPTR_NORMAL_WORLD: u64 = FPEN | ZEN_SMEN;

/// CNTHCTL_EL2: EL1 reads the counters (EL1PCTEN); the physical timer (EL1PTEN clear) and, where FEAT_ECV is
/// there, the virtual timer (EL1TVT) trap.
const CNTHCTL_VALUE: u64 = 1 << 10 | 1 << 13;

/// VMPIDR_EL2 of the vCPU number `index`: RES1 bit 31, and the index as affinity 0.
pub const fn vmpidr(index: u16) -> u64 {
    1 << 31 | index as u64
}

/// Makes the virtual interrupts that are `asserted` pending for the guest, and no others.
pub fn assert(hal: &mut impl Hal, asserted: Asserted) {
    hal.write_sysreg::<HCR_EL2>(HCR_VALUE | u64::from(asserted.0));
}

/// Programs every EL2 control register that stays as it is while this monitor has the core.
pub fn configure(hal: &mut impl Hal) {
    hal.write_sysreg::<HCR_EL2>(HCR_VALUE);
    let counters = hal.read_sysreg::<MDCR_EL2>() & MDCR_HPMN;
    // rule: registers.4
    hal.write_sysreg::<MDCR_EL2>(MDCR_TRAPS | counters);
    hal.write_sysreg::<CPTR_EL2>(CPTR_NORMAL_WORLD);
    hal.write_sysreg::<HSTR_EL2>(0);
    hal.write_sysreg::<CNTHCTL_EL2>(CNTHCTL_VALUE);
    hal.write_sysreg::<CNTVOFF_EL2>(0);
    let midr = hal.read_sysreg::<MIDR_EL1>();
    hal.write_sysreg::<VPIDR_EL2>(midr);
    hal.write_sysreg::<VTCR_EL2>(stage2::VTCR);
    hal.write_sysreg::<VSTCR_EL2>(stage2::VSTCR);
    hal.synchronise();
}
