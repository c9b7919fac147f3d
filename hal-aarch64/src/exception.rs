//! The exception vectors of EL2.
//!
//! From a guest (lower exception level) they lead back into [`crate::cpu`]. From the monitor itself only one
//! exception is expected, an abort of the guarded routines of [`crate::guarded`]; any other is the
//! monitor's own fault and ends in a panic on a stack of its own, since the usual one may be what overflowed.

use core::arch::global_asm;
use core::mem::offset_of;

use crate::stack::CoreStacks;

global_asm!(
    r#"
    .pushsection .text.exception_vectors, "ax"
    .macro from_monitor kind, target
    .balign 0x80
    mov     w17, #\kind
    b       \target
    .endm

    .macro from_guest kind
    .balign 0x80
    stp     x0, x1, [sp, #-16]!
    mov     w1, #\kind
    b       guest_exit
    .endm

    .balign 0x800
    .global exception_vectors
exception_vectors:
    // From EL2 with SP_EL0: never selected.
    from_monitor 0, monitor_exception
    from_monitor 1, monitor_exception
    from_monitor 2, monitor_exception
    from_monitor 3, monitor_exception
    // From EL2: synchronous, IRQ, FIQ, SError.
    from_monitor 0, monitor_synchronous
    from_monitor 1, monitor_exception
    from_monitor 2, monitor_exception
    from_monitor 3, monitor_exception
    // From a guest in AArch64 state.
    from_guest 0
    from_guest 1
    from_guest 2
    from_guest 3
    // From a guest's EL0 in AArch32 state.
    from_guest 0
    from_guest 1
    from_guest 2
    from_guest 3

    // x16 and x17 are free: the guarded routines use neither, and nobody else resumes.
    .balign 0x80
monitor_synchronous:
    mrs     x16, esr_el2
    lsr     x16, x16, #26
    cbz     x16, 2f                     // an undefined instruction
    cmp     x16, #0x25                  // a data abort without a change of exception level
    b.ne    1f
2:
    mrs     x16, elr_el2
    adrp    x17, guarded_start
    add     x17, x17, :lo12:guarded_start
    cmp     x16, x17
    b.lo    1f
    adrp    x17, guarded_landing
    add     x17, x17, :lo12:guarded_landing
    cmp     x16, x17
    b.hs    1f
    msr     elr_el2, x17
    eret
    dsb     nsh
    isb
1:  mov     w17, #0

monitor_exception:
    mov     x4, sp
    mrs     x16, tpidr_el2
    add     sp, x16, #{exception_stack_top}
    mov     w0, w17
    mrs     x1, esr_el2
    mrs     x2, elr_el2
    mrs     x3, far_el2
    b       {unexpected}
    .popsection
    "#,
    exception_stack_top = const offset_of!(CoreStacks, guard),
    unexpected = sym unexpected,
);

/// Panics with what is known of an exception from the monitor itself.
extern "C" fn unexpected(kind: u32, esr: u64, elr: u64, far: u64, sp: u64) -> ! {
    let kind = match kind {
        0 => "synchronous exception",
        1 => "IRQ",
        2 => "FIQ",
        _ => "SError",
    };
    panic!("{kind} at EL2: ESR {esr:#x}, ELR {elr:#x}, FAR {far:#x}, SP {sp:#x}");
}
