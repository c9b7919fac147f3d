//! Entering a guest and coming back.
//!
//! `guest_enter` is an ordinary function to Rust. It leaves the callee-saved registers and the address of the
//! guest's registers on the stack; ERET keeps SP_EL2, so the vectors (`exception.rs`) find them there when the
//! guest exits, put the guest's registers where they came from, and return from the function.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use hal::Cpu;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;

use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// SPSR_EL2.M: set for EL2 and EL3 and for no mode that a guest may run in.
const ABOVE_EL1: u64 = 1 << 3;

global_asm!(
    r#"
    .pushsection .text.guest, "ax"
    .balign 64
    .global guest_enter
guest_enter:
    stp     x29, x30, [sp, #-112]!
    stp     x27, x28, [sp, #16]
    stp     x25, x26, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x21, x22, [sp, #64]
    stp     x19, x20, [sp, #80]
    str     x0, [sp, #96]
    ldp     x1, x2, [x0, #{pc}]
    msr     elr_el2, x1
    msr     spsr_el2, x2
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
    eret
    // Nothing is speculated beyond an ERET.
    dsb     nsh
    isb

    // The vector pushed the guest's x0 and x1; x1 is the kind of exit. The vCPU may go on on another core, where its
    // own barrier would not wait for cache and TLB maintenance that it began here: DSB ISH does.
    .balign 64
guest_exit:
    dsb     ish
    ldr     x0, [sp, #112]
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0]
    mrs     x2, elr_el2
    mrs     x3, spsr_el2
    stp     x2, x3, [x0, #{pc}]
    ldp     x19, x20, [sp, #80]
    ldp     x21, x22, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #32]
    ldp     x27, x28, [sp, #16]
    ldp     x29, x30, [sp], #112
    mov     w0, w1
    ret
    .popsection
    "#,
    pc = const offset_of!(GuestRegisters, pc),
);

const _: () = assert!(
    offset_of!(GuestRegisters, x) == 0
        && offset_of!(GuestRegisters, pstate) == offset_of!(GuestRegisters, pc) + 8,
    "guest_enter moves x0 to x30 from offset 0 and pc and pstate in one pair"
);

unsafe extern "C" {
    /// Runs a guest until it exits; returns the vector's number: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError.
    ///
    /// # Safety
    /// `registers.pstate` selects EL1 or EL0.
    fn guest_enter(registers: &mut GuestRegisters) -> u32;
}

impl<T: TraceSink> Cpu for RealCore<T> {
    /// # Panics
    /// Where `registers.pstate` names an exception level above EL1.
    #[inline(always)]
    fn enter(&mut self, _token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        assert!(registers.pstate & ABOVE_EL1 == 0, "a guest runs at EL1 or EL0");
        // SAFETY: checked above. What the guest may write while it runs is for stage 2 to say.
        let kind = unsafe { guest_enter(registers) };
        match kind {
            0 => synchronous(),
            1 => Exit::Irq,
            2 => Exit::Fiq,
            _ => Exit::SError,
        }
    }
}

/// The syndrome of the exception that was just taken.
#[inline(always)]
fn synchronous() -> Exit {
    let (esr, far): (u64, u64);
    // SAFETY: reads registers that only an exception changes.
    unsafe {
        asm!(
            "mrs {esr}, esr_el2",
            "mrs {far}, far_el2",
            esr = out(reg) esr,
            far = out(reg) far,
            options(nomem, nostack, preserves_flags)
        );
    }
    Exit::Synchronous { esr, far }
}
