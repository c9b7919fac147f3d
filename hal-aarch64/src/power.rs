//! Leaving a core that goes off.
//!
//! EL3 keeps the EL2 registers of a core from its CPU_OFF to its next CPU_ON and enters `secondary_entry` with them,
//! by a physical address. So the MMU and caches must be off when the core leaves, as they are when it is entered
//! for the first time. The identity map of `entry` serves once more on the way.

use core::arch::global_asm;
use core::mem::offset_of;

use hal::Registers;

use crate::control;
use crate::mmu::{BOOT_TABLES, BootTables, IMAGE_WINDOW};

global_asm!(
    r#"
    .pushsection .text.power, "ax"
    .global leave_core
leave_core:
    ldr     x19, ={image_window}
    adrp    x20, {tables}
    add     x20, x20, :lo12:{tables}
    sub     x20, x20, x19
    add     x20, x20, #{identity}
    mrs     x21, tcr_el2
    bic     x21, x21, #{epd0}
    msr     ttbr0_el2, x20
    msr     tcr_el2, x21
    adr     x22, 1f
    sub     x22, x22, x19
    ldr     x23, ={sctlr_off}
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x0, x1, [x0]
    isb
    br      x22
    // No access to memory from here on.
1:  msr     sctlr_el2, x23
    isb
    smc     #0
    // A core that was not turned off after all has lost its state.
    b       refuse
    .ltorg
    .popsection
    "#,
    image_window = const IMAGE_WINDOW,
    tables = sym BOOT_TABLES,
    identity = const offset_of!(BootTables, identity),
    epd0 = const control::TCR_EPD0,
    sctlr_off = const control::SCTLR_OFF,
);

unsafe extern "C" {
    /// Makes an SMC with x0 to x17 from `registers`, the MMU and caches off.
    ///
    /// # Safety
    /// Always safe to call: it reads `registers` before the MMU goes off, touches no memory after, and does not
    /// return. What other cores are to see of this one's cache is for EL3 to clean, as for any core that it turns off.
    pub(crate) safe fn leave_core(registers: &Registers) -> !;
}
