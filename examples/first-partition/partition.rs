//! A secure partition in Rust: it says hello, waits, and adds one to each number that it is sent.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};

const FFA_MSG_WAIT: u64 = 0x8400_006b;
const FFA_MSG_SEND_DIRECT_REQ_64: u64 = 0xc400_006f;
const FFA_MSG_SEND_DIRECT_RESP_64: u64 = 0xc400_0070;
const FFA_CONSOLE_LOG_64: u64 = 0xc400_008a;

// The entry point: first in the image, with no stack yet.
global_asm!(
    ".section .text.start, \"ax\"",
    ".global _start",
    "_start:",
    "adrp x9, stack_end",
    "add x9, x9, :lo12:stack_end",
    "mov sp, x9",
    "b {partition}",
    ".section .bss.stack, \"aw\", @nobits",
    ".balign 16",
    ".skip 4096",
    "stack_end:",
    partition = sym partition,
);

/// Calls the partition manager; returns what it, or who runs us next, gives back in x0 to x7.
fn smc(mut x: [u64; 8]) -> [u64; 8] {
    // SAFETY: the call changes x0 to x17 and no memory of ours.
    unsafe {
        asm!(
            "smc #0",
            inout("x0") x[0], inout("x1") x[1], inout("x2") x[2], inout("x3") x[3],
            inout("x4") x[4], inout("x5") x[5], inout("x6") x[6], inout("x7") x[7],
            out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _,
            out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _,
        );
    }
    x
}

/// Prints at most 48 characters: the first in the low byte of x2.
fn print(text: &str) {
    let mut log = [FFA_CONSOLE_LOG_64, 0, 0, 0, 0, 0, 0, 0];
    for (word, bytes) in log[2..].iter_mut().zip(text.as_bytes().chunks(8)) {
        *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    log[1] = text.len().min(48) as u64;
    smc(log);
}

extern "C" fn partition() -> ! {
    print("hello from Rust\n");
    let mut message = smc([FFA_MSG_WAIT, 0, 0, 0, 0, 0, 0, 0]);
    loop {
        let [function, route, _, number, ..] = message;
        message = if function == FFA_MSG_SEND_DIRECT_REQ_64 {
            let (sender, receiver) = (route >> 16 & 0xffff, route & 0xffff);
            smc([FFA_MSG_SEND_DIRECT_RESP_64, receiver << 16 | sender, 0, number + 1, 0, 0, 0, 0])
        } else {
            print("that was no request\n");
            smc([FFA_MSG_WAIT, 0, 0, 0, 0, 0, 0, 0])
        };
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    print("panic\n");
    loop {}
}
