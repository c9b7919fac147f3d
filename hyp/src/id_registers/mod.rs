//! What a partition reads in the ID registers: what the core has, of it what the partition gets.
//!
//! HCR_EL2.TID3 and TID1 trap the reads ([`crate::traps`]). A register is given field by field: one that is not named
//! here reads as zero, and so does a register that is not, which is what the architecture says of reserved ones. So
//! nothing appears in a partition because a newer core has it. What is left out, and who keeps the partition from it:
//!
//! | what | traps |
//! |---|---|
//! | SVE, SME | CPTR_EL2.ZEN, SMEN |
//! | memory tags | HCR_EL2.ATA, TID5 |
//! | RAS and its error records | HCR_EL2.TERR |
//! | performance counters, profiling, trace and its buffers, branch records; of debug all but the least there can be | MDCR_EL2 |
//! | activity monitors | CPTR_EL2.TAM |
//! | LORegions | HCR_EL2.TLOR |
//! | software context numbers (CSV2 above 1) | HCR_EL2.EnSCXT |
//! | second control registers, permission indirection, guarded stacks, 64-byte stores, copy instructions | HCRX_EL2, which EL3 leaves zero |
//! | MPAM | MPAM3_EL3 |
//! | the GIC's system registers: they may be the physical ones, and belong to the normal world | HCR_EL2.FMO, IMO |
//! | what a hypervisor has: stage 2, VMIDs, VHE, nesting, fine-grained traps | there is no EL2 for a partition |
//!
//! Pointer authentication is the partition's to use, and so are the fields that tell of it. EL2 and EL3 are told of.

mod views;

use hal::Sysregs;
use hal::cpu::GuestRegisters;
use hal::sysreg::REVIDR_EL1;

use self::views::{encoding, number, of_core};
use crate::exception::Syndrome;

/// AIDR_EL1, which is implementation defined throughout.
const AIDR_EL1: [u64; 5] = [3, 1, 0, 0, 7];

/// Gives the guest what it reads, where `syndrome` is of a trapped read of an ID register; else says false. The guest
/// still stands before the instruction.
pub fn answer(core: &impl Sysregs, registers: &mut GuestRegisters, syndrome: Syndrome) -> bool {
    let register = syndrome.register();
    let known = match register {
        // Feature ID registers: HCR_EL2.TID3 traps these.
        [3, 0, 0, 1..=7, _] => true,
        _ => register == encoding::<REVIDR_EL1>() || register == AIDR_EL1,
    };
    let Some(transfer) = syndrome.transfer().filter(|_| known) else {
        return false;
    };
    let (mut value, view) = of_core(core, number(register));
    // rule: registers.1
    value = view.limit(value);
    // Register 31 is the zero register.
    if let Some(x) = registers.x.get_mut(transfer) {
        *x = value;
    }
    true
}

#[cfg(test)]
mod tests {
    use hal::sysreg::Sysreg;

    use super::*;

    struct Core;

    /// Every bit of every register is set, but for the field at bit 20 of ID_AA64DFR0_EL1.
    impl Sysregs for Core {
        fn read_sysreg<R: Sysreg>(&self) -> u64 {
            if R::NAME == "ID_AA64DFR0_EL1" { !(0xf << 20) } else { u64::MAX }
        }

        fn write_sysreg<R: Sysreg>(&mut self, _value: u64) {}
    }

    /// The syndrome of `mrs x<transfer>` of this register, or of `msr`.
    fn trapped([op0, op1, crn, crm, op2]: [u64; 5], transfer: u64, read: bool) -> Syndrome {
        let register = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1;
        Syndrome(0x18 << 26 | 1 << 25 | register | transfer << 5 | u64::from(read))
    }

    fn read(register: [u64; 5]) -> Option<u64> {
        let mut registers = GuestRegisters::ZERO;
        answer(&Core, &mut registers, trapped(register, 3, true)).then_some(registers.x[3])
    }

    #[test]
    fn fields_that_are_not_given_read_as_zero_and_others_as_the_core_has_them() {
        assert_eq!(read([3, 0, 0, 4, 0]), Some(0xf10f_00f0_00ff_ffff));
    }

    #[test]
    fn a_field_is_never_below_the_least_that_the_architecture_allows() {
        assert_eq!(read([3, 0, 0, 5, 0]), Some(0xf << 36 | 1 << 20 | 1 << 12 | 6));
    }

    #[test]
    fn reserved_registers_and_the_implementation_defined_one_read_as_zero() {
        for register in [[3, 0, 0, 3, 7], [3, 0, 0, 4, 4], [3, 0, 0, 7, 7], AIDR_EL1] {
            assert_eq!(read(register), Some(0), "{register:?}");
        }
    }

    #[test]
    fn a_read_into_register_31_changes_nothing() {
        let mut registers = GuestRegisters::ZERO;
        assert!(answer(&Core, &mut registers, trapped([3, 0, 0, 4, 0], 31, true)));
        assert_eq!(registers, GuestRegisters::ZERO);
    }

    #[test]
    fn a_write_and_a_register_of_another_group_are_not_answered() {
        let mut registers = GuestRegisters::ZERO;
        for syndrome in [trapped([3, 0, 0, 4, 0], 3, false), trapped([3, 0, 10, 4, 3], 3, true)] {
            assert!(!answer(&Core, &mut registers, syndrome));
        }
        assert_eq!(registers, GuestRegisters::ZERO);
    }
}
