//! Running a guest.

use crate::lock::Token;

/// The registers that every exception exit saves: the general-purpose registers, where the guest was, and its
/// processor state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct GuestRegisters {
    /// x0 to x30.
    pub x: [u64; 31],
    /// The address of the guest's next instruction (ELR_EL2).
    pub pc: u64,
    /// The guest's processor state (SPSR_EL2).
    pub pstate: u64,
}

impl GuestRegisters {
    /// All zero, the empty value.
    pub const ZERO: Self = Self { x: [0; 31], pc: 0, pstate: 0 };
}

/// Why a guest stopped running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// A synchronous exception to EL2.
    Synchronous {
        /// ESR_EL2.
        esr: u64,
        /// FAR_EL2; meaningful for aborts.
        far: u64,
    },
    /// An IRQ: at S-EL2 an interrupt of the secure world.
    Irq,
    /// An FIQ: at S-EL2 an interrupt that is not the secure world's.
    Fiq,
    /// An SError interrupt.
    SError,
}

/// Run guests.
pub trait Cpu {
    /// Runs the guest whose EL1, vector and stage-2 state is loaded, from `registers` on until it exits, and
    /// leaves there what it had then.
    fn enter(&mut self, token: &mut Token, registers: &mut GuestRegisters) -> Exit;
}
