//! The emulated core's registers, readable and writable while it stands still and inside its hooks.

use std::ffi::c_void;

use unicorn_engine_sys::{RegisterARM64, RegisterARM64CP, uc_engine, uc_error, uc_reg_read, uc_reg_write};

use crate::encoding::{Encoding, name};

/// PSTATE: the bits that the machine itself speaks of.
pub mod pstate {
    /// SPSel: the exception level's own stack pointer.
    pub const SP: u64 = 1;
    /// The exception level.
    pub const EL: u64 = 3 << 2;
    /// AArch32.
    pub const AARCH32: u64 = 1 << 4;
    /// FIQs masked.
    pub const F: u64 = 1 << 6;
    /// IRQs masked.
    pub const I: u64 = 1 << 7;
    /// Debug exceptions, SErrors, IRQs and FIQs masked.
    pub const DAIF: u64 = 0xf << 6;
    /// Privileged access never.
    pub const PAN: u64 = 1 << 22;
    /// The flags that an exception keeps: NZCV and PAN.
    pub const KEPT: u64 = 0xf000_0000 | PAN;
}

/// The registers of one emulated core. All are always accessible, whatever the core does.
pub struct Registers(pub(super) *mut uc_engine);

impl Registers {
    /// Reads the emulator's register `id`, which is at most 64 bits wide.
    fn read(&self, id: RegisterARM64) -> u64 {
        let mut value = 0u64;
        // SAFETY: the handle is open as long as a `Registers` can be reached (`Engine` owns both, hooks borrow
        // one); `value` has room for the register.
        let result = unsafe { uc_reg_read(self.0, id as i32, (&raw mut value).cast()) };
        debug_assert_eq!(result, uc_error::OK);
        value
    }

    /// Writes the emulator's register `id`, which is at most 64 bits wide.
    fn write(&self, id: RegisterARM64, value: u64) {
        // SAFETY: as in `read`; the emulator reads at most 8 bytes of `value`.
        let result = unsafe { uc_reg_write(self.0, id as i32, (&raw const value).cast()) };
        debug_assert_eq!(result, uc_error::OK);
    }

    /// Reads a system register by its encoding; `None` where the emulator has no such register.
    pub fn system(&self, encoding: Encoding) -> Option<u64> {
        let mut access = coprocessor(encoding, 0);
        // SAFETY: as in `read`; `CP_REG` takes a `RegisterARM64CP`.
        let result = unsafe { uc_reg_read(self.0, RegisterARM64::CP_REG as i32, (&raw mut access).cast()) };
        (result == uc_error::OK).then_some(access.val)
    }

    /// Writes a system register by its encoding, without a trap or side effect on translation.
    pub fn set_system(&self, encoding: Encoding, value: u64) {
        let access = coprocessor(encoding, value);
        // SAFETY: as in `system`.
        let result =
            unsafe { uc_reg_write(self.0, RegisterARM64::CP_REG as i32, (&raw const access).cast::<c_void>()) };
        debug_assert_eq!(result, uc_error::OK, "the emulator has no {encoding}");
    }

    /// The system register `encoding`, which the emulator has.
    pub fn known(&self, encoding: Encoding) -> u64 {
        self.system(encoding).unwrap_or_else(|| unreachable!("the emulator has no {encoding}"))
    }

    /// General-purpose register `index`; 31 is the zero register.
    pub fn x(&self, index: u32) -> u64 {
        match general(index) {
            Some(id) => self.read(id),
            None => 0,
        }
    }

    /// Writes general-purpose register `index`; 31 is the zero register.
    pub fn set_x(&self, index: u32, value: u64) {
        if let Some(id) = general(index) {
            self.write(id, value);
        }
    }

    /// The live stack pointer.
    pub fn sp(&self) -> u64 {
        self.read(RegisterARM64::SP)
    }

    /// Writes the live stack pointer.
    pub(super) fn set_sp(&self, value: u64) {
        self.write(RegisterARM64::SP, value);
    }

    /// The program counter.
    pub fn pc(&self) -> u64 {
        self.read(RegisterARM64::PC)
    }

    /// The processor state, as an SPSR holds it.
    pub fn pstate(&self) -> u64 {
        self.read(RegisterARM64::PSTATE)
    }

    /// Writes the processor state, whose derived state the emulator computes when the core next starts.
    pub(super) fn set_pstate(&self, value: u64) {
        self.write(RegisterARM64::PSTATE, value);
    }

    /// Makes the emulator derive its translation flags from the registers again.
    pub(super) fn rebuild_flags(&self) {
        self.set_system(name::PAR_EL1, self.known(name::PAR_EL1));
    }

    /// The banked stack pointer of exception level `el`; stale while that one is live.
    pub fn banked_sp(&self, el: u64) -> u64 {
        self.read(stack_pointer(el))
    }

    /// Writes the banked stack pointer of exception level `el`.
    pub fn set_banked_sp(&self, el: u64, value: u64) {
        self.write(stack_pointer(el), value);
    }

    /// V`index`, 0 to 31.
    pub fn vector(&self, index: usize) -> u128 {
        let mut value = 0u128;
        // SAFETY: as in `read`; a Q register has 16 bytes.
        let result = unsafe { uc_reg_read(self.0, q(index), (&raw mut value).cast()) };
        debug_assert_eq!(result, uc_error::OK);
        value
    }

    /// Writes V`index`, 0 to 31.
    pub fn set_vector(&self, index: usize, value: u128) {
        // SAFETY: as in `vector`.
        let result = unsafe { uc_reg_write(self.0, q(index), (&raw const value).cast()) };
        debug_assert_eq!(result, uc_error::OK);
    }

    /// Floating-point control register.
    pub fn fpcr(&self) -> u64 {
        self.read(RegisterARM64::FPCR)
    }

    /// Writes the floating-point control register.
    pub fn set_fpcr(&self, value: u64) {
        self.write(RegisterARM64::FPCR, value);
    }

    /// Floating-point status register.
    pub fn fpsr(&self) -> u64 {
        self.read(RegisterARM64::FPSR)
    }

    /// Writes the floating-point status register.
    pub fn set_fpsr(&self, value: u64) {
        self.write(RegisterARM64::FPSR, value);
    }
}

/// The emulator's argument for an access to `encoding`.
fn coprocessor(encoding: Encoding, val: u64) -> RegisterARM64CP {
    RegisterARM64CP {
        crn: encoding.crn().into(),
        crm: encoding.crm().into(),
        op0: encoding.op0().into(),
        op1: encoding.op1().into(),
        op2: encoding.op2().into(),
        val,
    }
}

/// The emulator's name of general-purpose register `index`, unless that is the zero register.
fn general(index: u32) -> Option<RegisterARM64> {
    GENERAL.get(index as usize).copied()
}

/// The emulator's names of x0 to x30.
pub(super) const GENERAL: [RegisterARM64; 31] = {
    use RegisterARM64::*;
    [
        X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17, X18, X19, X20, X21, X22, X23,
        X24, X25, X26, X27, X28, X29, X30,
    ]
};

/// The emulator's name of V`index`.
fn q(index: usize) -> i32 {
    assert!(index < 32);
    RegisterARM64::Q0 as i32 + index as i32
}

/// The emulator's name of a banked stack pointer.
fn stack_pointer(el: u64) -> RegisterARM64 {
    match el {
        0 => RegisterARM64::SP_EL0,
        1 => RegisterARM64::SP_EL1,
        2 => RegisterARM64::SP_EL2,
        _ => unreachable!("EL3 is not emulated"),
    }
}
