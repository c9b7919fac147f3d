//! EL3, by SMC.

use core::arch::asm;

use hal::lock::Token;
use hal::{Monitor, Registers};

use crate::power::leave_core;
use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// Makes an SMC with x0 to x17, and returns them as EL3 leaves them. EL3 preserves x18 to x30 and SP.
#[inline(always)]
pub(crate) fn smc(registers: &Registers) -> Registers {
    let Registers([mut x0, mut x1, mut x2, mut x3, mut x4, mut x5, mut x6, mut x7, mut x8, ..]) = *registers;
    let Registers([.., mut x9, mut x10, mut x11, mut x12, mut x13, mut x14, mut x15, mut x16, mut x17]) =
        *registers;
    // SAFETY: EL3 keeps what the calling convention says. Stores by others while the normal world runs
    // reach no Rust object: the image's memory is the secure world's, and no guest has it in its stage 2.
    unsafe {
        asm!(
            "smc #0",
            inlateout("x0") x0, inlateout("x1") x1, inlateout("x2") x2, inlateout("x3") x3,
            inlateout("x4") x4, inlateout("x5") x5, inlateout("x6") x6, inlateout("x7") x7,
            inlateout("x8") x8, inlateout("x9") x9, inlateout("x10") x10, inlateout("x11") x11,
            inlateout("x12") x12, inlateout("x13") x13, inlateout("x14") x14, inlateout("x15") x15,
            inlateout("x16") x16, inlateout("x17") x17,
            options(nostack)
        );
    }
    Registers([x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17])
}

impl<T: TraceSink> Monitor for RealCore<T> {
    fn call(&mut self, arguments: &Registers) -> Registers {
        smc(arguments)
    }

    #[inline(always)]
    fn next_request(&mut self, _token: &mut Token, answer: &Registers) -> Registers {
        smc(answer)
    }

    fn power_off(&mut self, _token: &mut Token, answer: &Registers) -> ! {
        leave_core(answer)
    }
}
