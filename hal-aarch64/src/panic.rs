//! The end of the monitor on a core.
//!
//! A panic is a bug of the monitor. It is told on the console, then to EL3; the normal world gets an FF-A error
//! for this and every later request on this core. Registers that EL3 does not keep by world may hold a
//! partition's secrets at that moment, so all of them are cleared before the normal world runs again. A caller at
//! EL2 sees the error; one at EL1 has lost its own EL1 registers with them, and does not get far.

use core::fmt::Write;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use hal::context::{El1Context, PauthContext, TimerContext, VectorContext};
use hal::sysreg::Sysreg;
use hal::{Registers, Sysregs};

use crate::console;
use crate::monitor::smc;
use crate::sysreg;
use crate::vector::vector_load;

/// The function identifier of FFA_ERROR.
pub(crate) const FFA_ERROR: u64 = 0x8400_0060;
/// FF-A's ABORTED (-8), as x2 carries it.
pub(crate) const ABORTED: u64 = 0xffff_fff8;

/// Set by the first panic: what panics while it is told is not told.
static PANICKING: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if !PANICKING.swap(true, Ordering::Relaxed) {
        let _ = writeln!(console::Output::new(), "\r\nmonitor: {info}\r");
    }
    El1Context::ZERO.load(&mut Dying);
    PauthContext::ZERO.load(&mut Dying);
    TimerContext::ZERO.load(&mut Dying);
    // On the stack: as a constant, an image would have all of its zeros.
    let vector = VectorContext::ZERO;
    vector_load(&vector);
    let mut error = Registers::ZERO;
    error.0[0] = FFA_ERROR;
    error.0[2] = ABORTED;
    loop {
        smc(&error);
    }
}

/// What is left of a core: its registers.
struct Dying;

impl Sysregs for Dying {
    fn read_sysreg<R: Sysreg>(&self) -> u64 {
        sysreg::read::<R>()
    }

    fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
        sysreg::write::<R>(value);
    }
}
