//! Normal-world programs, and pieces of them.

use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler};

use super::*;

/// What guest code is assembled with.
pub type Assembler = VecAssembler<Aarch64Relocation>;

/// Normal-world code at `base`, entered at NS-EL2, which turns on Group 1 and the private interrupts `enabled` of its
/// core and goes on with `rest`. An interrupt is acknowledged in x26, then `handler` runs, then it is ended.
pub fn taking_interrupts(
    base: u64,
    enabled: u32,
    handler: impl FnOnce(&mut Assembler),
    rest: impl FnOnce(&mut Assembler),
) -> Vec<u8> {
    assemble(base, |ops| {
        dynasmrt::dynasm!(ops; .arch aarch64; b >start; .align 0x800; .bytes [0u8; 0x280]);
        dynasmrt::dynasm!(ops; .arch aarch64; mrs x26, register::ICC_IAR1_EL1);
        handler(ops);
        dynasmrt::dynasm!(ops; .arch aarch64; msr register::ICC_EOIR1_EL1, x26; eret; start:);
        constant!(ops, 1, base + 0x800);
        constant!(ops, 2, 1 << 31 | 1 << 4);
        constant!(ops, 3, GICD);
        constant!(ops, 4, GICR + 0x1_0000);
        constant!(ops, 6, enabled.into());
        dynasmrt::dynasm!(ops
            ; .arch aarch64
            ; msr register::VBAR_EL2, x1
            ; msr register::HCR_EL2, x2
            ; movz w5, 2
            ; str w5, [x3]
            ; mrs x5, register::MPIDR_EL1
            ; and x5, x5, 0xff
            ; add x4, x4, x5, lsl 17
            ; str w6, [x4, 0x100]
            ; movz x5, 0xff
            ; msr register::ICC_PMR_EL1, x5
            ; movz x5, 1
            ; msr register::ICC_IGRPEN1_EL1, x5
        );
        rest(ops);
    })
}

/// Ends the run with the low half of x`register` as its code.
#[allow(clippy::useless_conversion, reason = "dynasm! converts every register number")]
pub fn exit_with(ops: &mut Assembler, register: u8) {
    constant!(ops, 1, NORMAL_DATA + 0x100);
    constant!(ops, 2, 0x20026);
    dynasmrt::dynasm!(ops; .arch aarch64; stp x2, X(register), [x1]; movz x0, 0x20; hlt 0xf000);
}

/// Waits until the first word of the shared page is `value`.
pub fn await_value(ops: &mut Assembler, value: u64) {
    constant!(ops, 20, NORMAL_DATA);
    constant!(ops, 21, value);
    dynasmrt::dynasm!(ops; .arch aarch64; again: ; ldr x22, [x20]; cmp x22, x21; b.ne <again);
}

/// A normal world that switches the machine off at once.
pub fn off() -> Vec<u8> {
    assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 0, 0x8400_0008);
        dynasmrt::dynasm!(ops; .arch aarch64; smc 0);
    })
}

/// A normal world that makes one direct request and then switches the machine off.
pub fn one_call() -> Vec<u8> {
    assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 0, DIRECT_REQ);
        constant!(ops, 1, 0x8001);
        dynasmrt::dynasm!(ops; .arch aarch64; smc 0);
        constant!(ops, 0, 0x8400_0008);
        dynasmrt::dynasm!(ops; .arch aarch64; smc 0);
    })
}
