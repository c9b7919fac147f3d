//! What the SPMD answers FF-A's calls by.

use hal::Registers;

use super::function;

/// An answer that writes x0 to x7, the last five with zero, and leaves the others as the caller had them.
pub(super) fn answer(arguments: &Registers, x: [u64; 3]) -> Registers {
    let mut answer = *arguments;
    answer.0[..8].fill(0);
    answer.0[..3].copy_from_slice(&x);
    answer
}

/// FFA_SUCCESS with `value` in w2.
pub(super) fn success(arguments: &Registers, value: u64) -> Registers {
    answer(arguments, [function::SUCCESS.into(), 0, value])
}

/// FFA_ERROR with `code` in w2.
pub(super) fn error(arguments: &Registers, code: i32) -> Registers {
    answer(arguments, [function::ERROR.into(), 0, u64::from(code as u32)])
}
