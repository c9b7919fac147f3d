//! Exceptions that a guest takes in its own EL1, as the hardware would have given them.

use hal::Sysregs;
use hal::cpu::GuestRegisters;
use hal::sysreg::{ELR_EL12, ESR_EL12, FAR_EL12, SCTLR_EL12, SPSR_EL12, VBAR_EL12};

/// ESR_ELx as a value: what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Syndrome(pub u64);

/// The exception classes that the monitor tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// WFI or WFE.
    Wait,
    /// HVC from AArch64.
    Hvc,
    /// SMC from AArch64, trapped.
    Smc,
    /// An instruction abort from a lower exception level.
    InstructionAbort,
    /// A data abort from a lower exception level.
    DataAbort,
    /// An MRS, MSR or system instruction, trapped.
    SystemRegister,
    /// Any other trap.
    Other,
}

const CLASS_SHIFT: u32 = 26;
/// IL: the instruction had 32 bits.
const IL: u64 = 1 << 25;
const IL_AND_ISS: u64 = (1 << 26) - 1;
/// In the classes of aborts, "from a lower level" and "from the same level" differ in this bit.
const SAME_LEVEL: u64 = 1 << CLASS_SHIFT;
const WRITE: u64 = 1 << 6;
/// S1PTW of an abort.
const STAGE1_WALK: u64 = 1 << 7;
/// ISV, SAS, SSE, SRT, SF and AR of a data abort: the access, where it is described.
const ACCESS: u64 = 0x7ff << 14;

impl Syndrome {
    /// What happened.
    pub const fn class(self) -> Class {
        match self.0 >> CLASS_SHIFT & 0x3f {
            0x01 => Class::Wait,
            0x16 => Class::Hvc,
            0x17 => Class::Smc,
            0x18 => Class::SystemRegister,
            0x20 => Class::InstructionAbort,
            0x24 => Class::DataAbort,
            _ => Class::Other,
        }
    }

    /// The class as the architecture numbers it.
    pub const fn class_number(self) -> u64 {
        self.0 >> CLASS_SHIFT & 0x3f
    }

    /// Bytes of the instruction: 2 where IL is clear, which only an AArch32 EL0 has.
    pub const fn instruction_bytes(self) -> u64 {
        if self.0 & IL == 0 { 2 } else { 4 }
    }

    /// Of a trapped access to a system register: op0, op1, CRn, CRm and op2.
    pub const fn register(self) -> [u64; 5] {
        let iss = self.0;
        [iss >> 20 & 3, iss >> 14 & 7, iss >> 10 & 15, iss >> 1 & 15, iss >> 17 & 7]
    }

    /// Of a trapped access to a system register: the number of the register that it reads into, none where it writes.
    pub const fn transfer(self) -> Option<usize> {
        if self.0 & 1 == 0 { None } else { Some(self.operand()) }
    }

    /// Of a trapped access to a system register: the number of the general-purpose register; 31 is none, and reads as zero.
    pub const fn operand(self) -> usize {
        (self.0 >> 5 & 31) as usize
    }

    /// WnR: of a data abort, true for a store.
    pub const fn is_write(self) -> bool {
        self.0 & WRITE != 0
    }

    /// An abort as the guest's EL1 sees it that its EL1 or EL0 caused: IL and ISS unchanged, but for the description
    /// of the access and "on a stage-1 walk", which hardware gives for stage-2 aborts only, to EL2. (The reference
    /// passes them on.)
    const fn abort_at_el1(self, from_el1: bool) -> Self {
        let class = match self.class() {
            Class::InstructionAbort => 0x20 << CLASS_SHIFT,
            _ => 0x24 << CLASS_SHIFT,
        };
        let level = if from_el1 { SAME_LEVEL } else { 0 };
        let access = if matches!(self.class(), Class::DataAbort) { ACCESS } else { 0 };
        Self(class | level | self.0 & IL_AND_ISS & !(access | STAGE1_WALK))
    }

    /// An undefined instruction.
    const UNDEFINED: Self = Self(IL);
}

const MODE: u64 = 0b1111;
const EL1T: u64 = 0b0100;
/// M[4]: the guest's EL0 runs in AArch32.
const AARCH32: u64 = 1 << 4;
const EL1H: u64 = 0b0101;
const DAIF: u64 = 0b1111 << 6;
const PAN: u64 = 1 << 22;
/// N, Z, C, V, DIT and PAN: what an exception leaves of the processor state.
const KEPT: u64 = 0b1111 << 28 | 1 << 24 | PAN;
const SCTLR_SPAN: u64 = 1 << 23;

/// Gives the guest whose EL1 registers are in the core the abort that `syndrome`, from EL2, describes.
pub fn inject_abort(core: &mut impl Sysregs, registers: &mut GuestRegisters, syndrome: Syndrome, far: u64) {
    core.write_sysreg::<FAR_EL12>(far);
    let from_el1 = registers.pstate & MODE != 0;
    inject(core, registers, syndrome.abort_at_el1(from_el1));
}

/// Tells the guest whose EL1 registers are in the core that its instruction is undefined.
pub fn inject_undefined(core: &mut impl Sysregs, registers: &mut GuestRegisters) {
    inject(core, registers, Syndrome::UNDEFINED);
}

/// True where the guest whose EL1 registers are in the core is in its own vector table. An abort at the fetch there is
/// one that it would take by the same abort again, for ever: all vectors are in one page.
pub fn is_vector(core: &impl Sysregs, registers: &GuestRegisters) -> bool {
    const TABLE: u64 = 0x800;
    registers.pc.wrapping_sub(core.read_sysreg::<VBAR_EL12>()) < TABLE
}

fn inject(core: &mut impl Sysregs, registers: &mut GuestRegisters, syndrome: Syndrome) {
    core.write_sysreg::<ESR_EL12>(syndrome.0);
    core.write_sysreg::<ELR_EL12>(registers.pc);
    core.write_sysreg::<SPSR_EL12>(registers.pstate);
    let vector = match registers.pstate & MODE {
        EL1H => 0x200,
        EL1T => 0x000,
        _ if registers.pstate & AARCH32 != 0 => 0x600,
        _ => 0x400,
    };
    let pan = if core.read_sysreg::<SCTLR_EL12>() & SCTLR_SPAN == 0 { PAN } else { 0 };
    registers.pstate = registers.pstate & KEPT | pan | DAIF | EL1H;
    registers.pc = core.read_sysreg::<VBAR_EL12>().wrapping_add(vector);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hal::sysreg::Sysreg;

    use super::*;

    #[derive(Default)]
    struct Registers(BTreeMap<&'static str, u64>);

    impl Sysregs for Registers {
        fn read_sysreg<R: Sysreg>(&self) -> u64 {
            self.0.get(R::NAME).copied().unwrap_or(0)
        }

        fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
            self.0.insert(R::NAME, value);
        }
    }

    fn guest(pstate: u64) -> (Registers, GuestRegisters) {
        let mut core = Registers::default();
        core.write_sysreg::<VBAR_EL12>(0x8000);
        core.write_sysreg::<SCTLR_EL12>(SCTLR_SPAN);
        (core, GuestRegisters { pc: 0x1234, pstate, ..GuestRegisters::ZERO })
    }

    /// A data abort from a lower level, IL, a described 64-bit store of x3, translation fault at level 3.
    const STORE: Syndrome =
        Syndrome(0x24 << 26 | 1 << 25 | 1 << 24 | 0b11 << 22 | 3 << 16 | 1 << 15 | 1 << 6 | 0b000111);

    #[test]
    fn an_abort_in_el1_says_what_happened_and_that_it_came_from_the_same_level() {
        let (mut core, mut registers) = guest(EL1H | 0x6000_0000);
        inject_abort(&mut core, &mut registers, STORE, 0xface);
        assert_eq!(core.0["ESR_EL12"], 0x25 << 26 | 1 << 25 | 1 << 6 | 0b000111);
        assert_eq!((core.0["FAR_EL12"], core.0["ELR_EL12"]), (0xface, 0x1234));
        assert_eq!(core.0["SPSR_EL12"], EL1H | 0x6000_0000);
        assert_eq!(registers.pc, 0x8200);
        assert_eq!(registers.pstate, EL1H | DAIF | 0x6000_0000, "flags stay, all interrupts are masked");
    }

    #[test]
    fn an_abort_in_el0_comes_from_a_lower_level() {
        let (mut core, mut registers) = guest(0);
        inject_abort(&mut core, &mut registers, STORE, 0);
        assert_eq!(core.0["ESR_EL12"], 0x24 << 26 | 1 << 25 | 1 << 6 | 0b000111);
        assert_eq!(registers.pc, 0x8400);
    }

    #[test]
    fn an_abort_in_an_aarch32_el0_has_a_vector_of_its_own() {
        let (mut core, mut registers) = guest(AARCH32);
        inject_abort(&mut core, &mut registers, STORE, 0);
        assert_eq!(registers.pc, 0x8600);
    }

    #[test]
    fn an_abort_on_a_stage_1_walk_does_not_say_so() {
        let (mut core, mut registers) = guest(EL1H);
        inject_abort(&mut core, &mut registers, Syndrome(STORE.0 | STAGE1_WALK), 0);
        assert_eq!(core.0["ESR_EL12"] & STAGE1_WALK, 0);
    }

    #[test]
    fn a_guest_in_its_vector_table_is_known_by_its_vectors_address() {
        let (core, mut registers) = guest(EL1H);
        for (pc, inside) in
            [(0x8000, true), (0x87ff, true), (0x8800, false), (0x7fff, false), (0x1234, false)]
        {
            registers.pc = pc;
            assert_eq!(is_vector(&core, &registers), inside, "{pc:#x}");
        }
    }

    #[test]
    fn pan_is_set_where_the_guest_wants_it_on_exceptions() {
        let (mut core, mut registers) = guest(EL1T);
        core.write_sysreg::<SCTLR_EL12>(0);
        inject_undefined(&mut core, &mut registers);
        assert_eq!(core.0["ESR_EL12"], IL);
        assert_eq!(registers.pc, 0x8000);
        assert_eq!(registers.pstate & PAN, PAN);
    }
}
