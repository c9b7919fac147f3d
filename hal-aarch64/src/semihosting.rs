//! Semihosting: bytes to whoever debugs or emulates the machine.

use core::arch::asm;

const SYS_OPEN: u64 = 1;
const SYS_WRITE: u64 = 5;
/// `fopen`'s "w".
const WRITE: u64 = 4;

/// The console of the semihosting host, open for writing.
#[derive(Debug)]
pub struct Output {
    handle: u64,
}

impl Output {
    /// Opens `:tt`.
    ///
    /// On a machine without semihosting this ends in an exception.
    pub fn open() -> Self {
        let name = c":tt".to_bytes_with_nul();
        let parameters = [name.as_ptr() as u64, WRITE, name.len() as u64 - 1];
        Self { handle: call(SYS_OPEN, &parameters) }
    }

    /// Writes `bytes`; an error is the host's to see.
    pub fn write(&mut self, bytes: &[u8]) {
        let parameters = [self.handle, bytes.as_ptr() as u64, bytes.len() as u64];
        call(SYS_WRITE, &parameters);
    }
}

/// Makes a semihosting call.
fn call(operation: u64, parameters: &[u64; 3]) -> u64 {
    let result: u64;
    // SAFETY: the host reads the parameters and what they point to, which the callers above borrow, and changes
    // nothing but x0.
    unsafe {
        asm!(
            "hlt #0xf000",
            inlateout("x0") operation => result,
            in("x1") parameters,
            options(nostack, preserves_flags)
        );
    }
    result
}
