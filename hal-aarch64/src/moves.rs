//! Moving and filling memory: the routines that the compiler calls by name.
//!
//! A register file is 144 bytes and moves by `memcpy`; the portable one of `compiler_builtins`, which these take
//! the place of, takes five times as many instructions and was two fifths of a direct message.

use core::arch::global_asm;

/// Instructions that copy x2 bytes from x1 to x0; they end with the three and x3 to x6 changed.
macro_rules! copy_bytes {
    () => {
        "
    subs    x2, x2, #32
    b.lo    12f
11: ldp     x3, x4, [x1], #16
    ldp     x5, x6, [x1], #16
    stp     x3, x4, [x0], #16
    stp     x5, x6, [x0], #16
    subs    x2, x2, #32
    b.hs    11b
12: tbz     w2, #4, 13f
    ldp     x3, x4, [x1], #16
    stp     x3, x4, [x0], #16
13: tst     w2, #15
    b.eq    17f
    tbz     w2, #3, 14f
    ldr     x3, [x1], #8
    str     x3, [x0], #8
14: tbz     w2, #2, 15f
    ldr     w3, [x1], #4
    str     w3, [x0], #4
15: tbz     w2, #1, 16f
    ldrh    w3, [x1], #2
    strh    w3, [x0], #2
16: tbz     w2, #0, 17f
    ldrb    w3, [x1]
    strb    w3, [x0]
17:
    "
    };
}
pub(crate) use copy_bytes;

global_asm!(
    ".pushsection .text.moves, \"ax\"",
    ".balign 16",
    ".global memcpy",
    "memcpy:",
    "mov     x8, x0",
    copy_bytes!(),
    "mov     x0, x8",
    "ret",
    // The copy reads 32 bytes before it writes them, each behind the last: so it is right where the bytes move down.
    // Where they move up and overlap, they go one by one from the last.
    r#"
    .balign 16
    .global memmove
memmove:
    sub     x3, x0, x1
    cmp     x3, x2
    b.hs    memcpy
    cbz     x2, 2f
1:  sub     x2, x2, #1
    ldrb    w3, [x1, x2]
    strb    w3, [x0, x2]
    cbnz    x2, 1b
2:  ret
    "#,
    // x0 to, w1 value, x2 bytes
    r#"
    .balign 16
    .global memset
memset:
    mov     x8, x0
    and     x1, x1, #0xff
    mov     x3, #0x0101010101010101
    mul     x1, x1, x3
    subs    x2, x2, #32
    b.lo    2f
1:  stp     x1, x1, [x0], #16
    stp     x1, x1, [x0], #16
    subs    x2, x2, #32
    b.hs    1b
2:  tbz     w2, #4, 3f
    stp     x1, x1, [x0], #16
3:  tbz     w2, #3, 4f
    str     x1, [x0], #8
4:  tbz     w2, #2, 5f
    str     w1, [x0], #4
5:  tbz     w2, #1, 6f
    strh    w1, [x0], #2
6:  tbz     w2, #0, 7f
    strb    w1, [x0]
7:  mov     x0, x8
    ret
    .popsection
    "#
);
