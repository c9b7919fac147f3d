//! Bytes for a person, by the platform's PL011. Firmware has set it up and shares it, so it is only written to.

use core::fmt;
use core::ptr::NonNull;

use arm_pl011_uart::{Uart, UniqueMmioPointer};
use hal::Console;

use crate::mmu::DEVICE_WINDOW;
use crate::platform::PLATFORM;
use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// The console's registers in the device window; never null.
const REGISTERS: u64 = DEVICE_WINDOW + PLATFORM.console.start.address;

/// Writes to the console.
pub(crate) struct Output(Uart<'static>);

/// How often one write looks for room: some ten times what a full FIFO takes to drain at 115,200 bits a second.
const POLLS: u32 = 1_000_000;

impl Output {
    /// The console, which must be mapped before it is written to.
    pub(crate) fn new() -> Self {
        let registers = NonNull::new(REGISTERS as *mut _).expect("the device window is not at 0");
        // SAFETY: the device window maps a PL011's register page here. Other users (the normal world, another
        // core, a panic) may write characters between ours, as they may on the wire; no register that any of
        // them changes makes an access of `Uart::write_word` or `is_tx_fifo_full` unsound.
        Self(Uart::new(unsafe { UniqueMmioPointer::new(registers) }))
    }

    /// Writes `bytes`, waiting for room a while: the UART is the normal world's, which may have stopped it, and
    /// what finds no room then is dropped.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let mut polls = POLLS;
        for byte in bytes {
            while self.0.is_tx_fifo_full() {
                if polls == 0 {
                    return;
                }
                polls -= 1;
            }
            self.0.write_word(*byte);
        }
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}

impl<T: TraceSink> Console for RealCore<T> {
    fn print(&mut self, bytes: &[u8]) {
        Output::new().write(bytes);
    }
}
