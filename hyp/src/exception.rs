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

impl Syndrome {
    /// What happened.
    pub const fn class(self) -> Class {
        match self.0 >> CLASS_SHIFT & 0x3f {
            0x01 => Class::Wait,
            0x16 => Class::Hvc,
            0x17 => Class::Smc,
            0x20 => Class::InstructionAbort,
            0x24 => Class::DataAbort,
            _ => Class::Other,
        }
    }

    /// The class as the architecture numbers it.
    pub const fn class_number(self) -> u64 {
        self.0 >> CLASS_SHIFT & 0x3f
    }

    /// WnR: of a data abort, true for a store.
    pub const fn is_write(self) -> bool {
        self.0 & WRITE != 0
    }

    /// An abort as the guest's EL1 sees it that its EL1 or EL0 caused: ISS and IL unchanged.
    const fn abort_at_el1(self, from_el1: bool) -> Self {
        let class = match self.class() {
            Class::InstructionAbort => 0x20 << CLASS_SHIFT,
            _ => 0x24 << CLASS_SHIFT,
        };
        let level = if from_el1 { SAME_LEVEL } else { 0 };
        Self(class | level | self.0 & IL_AND_ISS)
    }

    /// An undefined instruction.
    const UNDEFINED: Self = Self(IL);
}

const MODE: u64 = 0b1111;
const EL1T: u64 = 0b0100;
const EL1H: u64 = 0b0101;
const DAIF: u64 = 0b1111 << 6;
const PAN: u64 = 1 << 22;
/// N, Z, C, V, DIT and PAN: what an exception leaves of the processor state.
const KEPT: u64 = 0b1111 << 28 | 1 << 24 | PAN;
const SCTLR_SPAN: u64 = 1 << 23;

/// Gives the guest whose EL1 registers are in the core the abort that `syndrome`, from EL2, describes.
pub fn inject_abort(
    core: &mut impl Sysregs,
    registers: &mut GuestRegisters,
    syndrome: Syndrome,
    far: u64,
) {
    core.write_sysreg::<FAR_EL12>(far);
    let from_el1 = registers.pstate & MODE != 0;
    inject(core, registers, syndrome.abort_at_el1(from_el1));
}

/// Tells the guest whose EL1 registers are in the core that its instruction is undefined.
pub fn inject_undefined(core: &mut impl Sysregs, registers: &mut GuestRegisters) {
    inject(core, registers, Syndrome::UNDEFINED);
}

fn inject(core: &mut impl Sysregs, registers: &mut GuestRegisters, syndrome: Syndrome) {
    core.write_sysreg::<ESR_EL12>(syndrome.0);
    core.write_sysreg::<ELR_EL12>(registers.pc);
    core.write_sysreg::<SPSR_EL12>(registers.pstate);
    let vector = match registers.pstate & MODE {
        EL1H => 0x200,
        EL1T => 0x000,
        _ => 0x400,
    };
    let pan = if core.read_sysreg::<SCTLR_EL12>() & SCTLR_SPAN == 0 {
        PAN
    } else {
        0
    };
    registers.pstate = registers.pstate & KEPT | pan | DAIF | EL1H;
    registers.pc = core.read_sysreg::<VBAR_EL12>().wrapping_add(vector);
}
