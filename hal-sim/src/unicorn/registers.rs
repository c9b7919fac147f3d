//! The emulated core's registers, readable and writable while it stands still and inside its hooks.

use std::ffi::c_void;

use unicorn_engine_sys::{
    RegisterARM64, RegisterARM64CP, uc_engine, uc_error, uc_reg_read, uc_reg_read_batch, uc_reg_write,
    uc_reg_write_batch,
};

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
        if let Some(id) = direct(encoding) {
            return Some(self.read(id));
        }
        let mut access = coprocessor(encoding, 0);
        // SAFETY: as in `read`; `CP_REG` takes a `RegisterARM64CP`.
        let result = unsafe { uc_reg_read(self.0, RegisterARM64::CP_REG as i32, (&raw mut access).cast()) };
        (result == uc_error::OK).then_some(access.val)
    }

    /// Writes a system register by its encoding, without a trap. A register that the emulator has as a constant
    /// stays as it is.
    pub fn set_system(&self, encoding: Encoding, value: u64) {
        if let Some(id) = direct(encoding) {
            return self.write(id, value);
        }
        if !is_constant(encoding) {
            self.set_by_encoding(encoding, value);
        }
    }

    /// Writes a system register by its encoding, after which the emulator derives its flags from the registers
    /// again.
    fn set_by_encoding(&self, encoding: Encoding, value: u64) {
        let access = coprocessor(encoding, value);
        // SAFETY: as in `system`.
        let result = unsafe {
            uc_reg_write(self.0, RegisterARM64::CP_REG as i32, (&raw const access).cast::<c_void>())
        };
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
        self.set_by_encoding(name::TPIDR_EL1, self.known(name::TPIDR_EL1));
    }

    /// The banked stack pointer of exception level `el`; stale while that one is live.
    pub fn banked_sp(&self, el: u64) -> u64 {
        self.read(stack_pointer(el))
    }

    /// Writes the banked stack pointer of exception level `el`.
    pub fn set_banked_sp(&self, el: u64, value: u64) {
        self.write(stack_pointer(el), value);
    }

    /// Reads V0 to V31.
    pub fn vectors(&self, into: &mut [u128; 32]) {
        let mut pointers = into.each_mut().map(|value| std::ptr::from_mut(value).cast());
        // SAFETY: as in `read`; there is an id and a pointer to 16 writable bytes for each Q register.
        let result = unsafe { uc_reg_read_batch(self.0, VECTORS.as_ptr(), pointers.as_mut_ptr(), 32) };
        debug_assert_eq!(result, uc_error::OK);
    }

    /// Writes V0 to V31.
    pub fn set_vectors(&self, from: &[u128; 32]) {
        let pointers = from.each_ref().map(|value| std::ptr::from_ref(value).cast_mut().cast());
        // SAFETY: as in `vectors`; the emulator only reads.
        let result = unsafe { uc_reg_write_batch(self.0, VECTORS.as_ptr(), pointers.as_ptr(), 32) };
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

/// The emulator's own number of a system register, where it has one: several times as fast as by encoding.
const fn direct(encoding: Encoding) -> Option<RegisterARM64> {
    Some(match encoding {
        name::TTBR0_EL1 => RegisterARM64::TTBR0_EL1,
        name::TTBR1_EL1 => RegisterARM64::TTBR1_EL1,
        name::MAIR_EL1 => RegisterARM64::MAIR_EL1,
        name::PAR_EL1 => RegisterARM64::PAR_EL1,
        name::CPACR_EL1 => RegisterARM64::CPACR_EL1,
        name::ESR_EL1 => RegisterARM64::ESR_EL1,
        name::FAR_EL1 => RegisterARM64::FAR_EL1,
        name::ELR_EL1 => RegisterARM64::ELR_EL1,
        name::VBAR_EL1 => RegisterARM64::VBAR_EL1,
        name::TPIDR_EL0 => RegisterARM64::TPIDR_EL0,
        name::TPIDRRO_EL0 => RegisterARM64::TPIDRRO_EL0,
        name::TPIDR_EL1 => RegisterARM64::TPIDR_EL1,
        _ => return None,
    })
}

/// True for registers that the emulator has as constants; it does not check that when they are written from outside.
const fn is_constant(encoding: Encoding) -> bool {
    matches!(encoding, name::ACTLR_EL1 | name::AFSR0_EL1 | name::AFSR1_EL1 | name::AMAIR_EL1)
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
        X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17, X18, X19, X20, X21,
        X22, X23, X24, X25, X26, X27, X28, X29, X30,
    ]
};

/// The emulator's numbers of V0 to V31.
const VECTORS: [i32; 32] = {
    let mut ids = [0; 32];
    let mut index = 0;
    while index < 32 {
        ids[index] = RegisterARM64::Q0 as i32 + index as i32;
        index += 1;
    }
    ids
};

/// The emulator's name of a banked stack pointer.
fn stack_pointer(el: u64) -> RegisterARM64 {
    match el {
        0 => RegisterARM64::SP_EL0,
        1 => RegisterARM64::SP_EL1,
        2 => RegisterARM64::SP_EL2,
        _ => unreachable!("EL3 is not emulated"),
    }
}
