//! Where the machine keeps a system register that an EL2 program names.

use crate::el2::{self, Slot};
use crate::encoding::{Encoding, name};
use crate::timer;

/// Where a register is.
#[derive(Clone, Copy)]
pub enum Place {
    /// In the emulated core, under this encoding.
    Emulator(Encoding),
    /// A banked stack pointer.
    StackPointer(u64),
    /// Among this world's EL2 registers.
    El2(Slot),
    /// A counter or timer register.
    Timer(Encoding),
    /// The machine has none of this name.
    Unknown,
}

/// What HCR_EL2.E2H makes of a register's name.
#[derive(Clone, Copy)]
pub enum Name {
    /// Nothing.
    Plain,
    /// It exists only with E2H (`_EL12`, `_EL02`).
    NeedsHost,
    /// With E2H it is another register, EL2's own.
    Redirected(Option<Slot>),
}

/// The EL1 registers whose plain names are EL2's with E2H (DDI 0487, D8.1.6).
const REDIRECTED: [Encoding; 16] = [
    name::SCTLR_EL1,
    name::CPACR_EL1,
    name::TTBR0_EL1,
    name::TTBR1_EL1,
    name::TCR_EL1,
    name::SPSR_EL1,
    name::ELR_EL1,
    name::AFSR0_EL1,
    name::AFSR1_EL1,
    name::ESR_EL1,
    name::FAR_EL1,
    name::MAIR_EL1,
    name::AMAIR_EL1,
    name::VBAR_EL1,
    name::CONTEXTIDR_EL1,
    name::CNTKCTL_EL1,
];

/// The other registers of EL1 and EL0 that an EL2 program may name, beside identification and key registers.
const PLAIN: [Encoding; 8] = [
    name::ACTLR_EL1,
    name::PAR_EL1,
    name::CSSELR_EL1,
    name::TPIDR_EL0,
    name::TPIDRRO_EL0,
    name::TPIDR_EL1,
    name::MIDR_EL1,
    name::MPIDR_EL1,
];

/// The counters, which have one name only.
const COUNTERS: [Encoding; 3] = [name::CNTFRQ_EL0, name::CNTPCT_EL0, name::CNTVCT_EL0];

/// True where `register` is in `list`.
const fn is_in(list: &[Encoding], register: Encoding) -> bool {
    let mut index = 0;
    while index < list.len() {
        if list[index].is(register) {
            return true;
        }
        index += 1;
    }
    false
}

/// Where `register` is and what E2H makes of its name.
pub const fn of(register: Encoding) -> (Place, Name) {
    if register.op1() == 5 {
        let timer = timer::of_el02(register);
        if register.crn() == 14 && matches!(register.crm(), 2 | 3) {
            return (Place::Timer(timer), Name::NeedsHost);
        }
        let plain = register.with_op1(0);
        let place = if is_in(&REDIRECTED, plain) { Place::Emulator(plain) } else { Place::Unknown };
        return (place, Name::NeedsHost);
    }
    if register.is(name::SP_EL0) {
        return (Place::StackPointer(0), Name::Plain);
    }
    if register.is(name::SP_EL1) {
        return (Place::StackPointer(1), Name::Plain);
    }
    if let Some(slot) = el2::slot(register) {
        return (Place::El2(slot), Name::Plain);
    }
    if is_in(&REDIRECTED, register) {
        let own = if register.is(name::CPACR_EL1) { name::CPTR_EL2 } else { register.with_op1(4) };
        return (Place::Emulator(register), Name::Redirected(el2::slot(own)));
    }
    if is_in(&COUNTERS, register) || timer::is_of_el2(register) {
        return (Place::Timer(register), Name::Plain);
    }
    let key =
        register.op0() == 3 && register.op1() == 0 && register.crn() == 2 && matches!(register.crm(), 1..=3);
    let identification = register.op0() == 3 && register.op1() == 0 && register.crn() == 0;
    if key || identification || is_in(&PLAIN, register) {
        return (Place::Emulator(register), Name::Plain);
    }
    (Place::Unknown, Name::Plain)
}

#[cfg(test)]
mod tests {
    use hal::sysreg::*;

    use super::{Name, Place, of};
    use crate::encoding::Encoding;

    #[test]
    fn every_register_of_a_context_has_a_place() {
        macro_rules! check {
            ($($register:ident)*) => {
                $(
                    let (place, _) = of(Encoding::of::<$register>());
                    assert!(!matches!(place, Place::Unknown), stringify!($register));
                )*
            };
        }
        check! {
            HCR_EL2 MDCR_EL2 CPTR_EL2 HSTR_EL2 VTTBR_EL2 VTCR_EL2 VSTTBR_EL2 VSTCR_EL2 VPIDR_EL2 VMPIDR_EL2
            CNTHCTL_EL2 CNTVOFF_EL2 CNTHP_CTL_EL2 CNTHP_CVAL_EL2 CNTHPS_CTL_EL2 CNTHPS_CVAL_EL2 CNTFRQ_EL0 CNTPCT_EL0
            MIDR_EL1
            SCTLR_EL12 CPACR_EL12 TTBR0_EL12 TTBR1_EL12 TCR_EL12 SPSR_EL12 ELR_EL12 AFSR0_EL12 AFSR1_EL12
            ESR_EL12 FAR_EL12 MAIR_EL12 AMAIR_EL12 VBAR_EL12 CONTEXTIDR_EL12 CNTKCTL_EL12
            CNTV_CTL_EL02 CNTV_CVAL_EL02
            ACTLR_EL1 SP_EL0 SP_EL1 PAR_EL1 CSSELR_EL1 TPIDR_EL0 TPIDRRO_EL0 TPIDR_EL1
            APIAKEYLO_EL1 APIAKEYHI_EL1 APIBKEYLO_EL1 APIBKEYHI_EL1 APDAKEYLO_EL1 APDAKEYHI_EL1
            APDBKEYLO_EL1 APDBKEYHI_EL1 APGAKEYLO_EL1 APGAKEYHI_EL1
        }
    }

    #[test]
    fn a_plain_name_that_the_host_extensions_redirect_is_told_from_the_guests() {
        let (place, kind) = of(Encoding::of::<CPACR_EL12>().with_op1(0));
        assert!(matches!(place, Place::Emulator(_)));
        let Name::Redirected(Some(own)) = kind else { panic!("CPACR_EL1 is not redirected") };
        assert_eq!(crate::el2::NAMES[own.index()], Encoding::of::<CPTR_EL2>());
    }

    #[test]
    fn a_register_that_the_machine_lacks_has_no_place() {
        let (place, _) = of(Encoding::new(3, 4, 15, 7, 7));
        assert!(matches!(place, Place::Unknown));
    }
}
