//! The registers of one call, as its decoder reads them.

use hal::Registers;

use super::{MAX_CONSOLE_CHARACTERS, Width};
use crate::ffa::error::Error;
use crate::ffa::function::FunctionId;
use crate::ffa::wording::{Clause, Item};

/// The registers of one call.
pub(super) struct Arguments<'a> {
    /// What was called.
    pub function: FunctionId,
    registers: &'a Registers,
}

impl<'a> Arguments<'a> {
    /// The arguments of the call in `registers`.
    pub fn new(registers: &'a Registers) -> Self {
        let [x0, ..] = registers.0;
        Self { function: FunctionId::from_register(x0), registers }
    }

    /// How wide the arguments are.
    pub fn width(&self) -> Width {
        if self.function.is_64_bit() { Width::W64 } else { Width::W32 }
    }

    /// The low 32 bits of register `N`.
    pub fn w<const N: usize>(&self) -> u32 {
        self.x::<N>() as u32
    }

    /// All 64 bits of register `N`.
    pub fn x<const N: usize>(&self) -> u64 {
        const { assert!(N < 18, "FF-A calls have x0 to x17") };
        self.registers.0[N]
    }

    /// Register `N`, cut to the width of the call.
    pub fn value<const N: usize>(&self) -> u64 {
        // rule: direct.22
        if self.width() == Width::W32 { u64::from(self.w::<N>()) } else { self.x::<N>() }
    }

    /// x3 to x7, cut to the width of the call: the payload of a direct message.
    pub fn payload(&self) -> [u64; 5] {
        [self.value::<3>(), self.value::<4>(), self.value::<5>(), self.value::<6>(), self.value::<7>()]
    }

    /// The error that says what is wrong with a register.
    pub fn refuse(&self, register: Item, found: u64, allowed: Clause) -> Error {
        Error::Register { function: self.function, register, found, allowed }
    }

    /// Refuses a register that is not zero.
    pub fn zero(&self, register: Item, found: u64) -> Result<(), Error> {
        if found == 0 { Ok(()) } else { Err(self.refuse(register, found, Clause::Zero)) }
    }

    /// Refuses bits of a register beyond `mask`.
    pub fn only(&self, register: Item, found: u32, mask: u32, allowed: Clause) -> Result<(), Error> {
        if found & !mask == 0 { Ok(()) } else { Err(self.refuse(register, u64::from(found), allowed)) }
    }
}

/// The characters of FFA_CONSOLE_LOG: four bytes a register from w2 on, or eight.
pub fn console_characters(registers: &Registers, width: Width) -> [u8; MAX_CONSOLE_CHARACTERS] {
    let [_, _, registers @ ..] = &registers.0;
    let bytes_each = match width {
        Width::W32 => 4,
        Width::W64 => 8,
    };
    let mut characters = [0; MAX_CONSOLE_CHARACTERS];
    let bytes = registers.iter().flat_map(|x| x.to_le_bytes().into_iter().take(bytes_each));
    for (character, byte) in characters.iter_mut().zip(bytes) {
        *character = byte;
    }
    characters
}
