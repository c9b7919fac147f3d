//! The world below: EL3 firmware, reached by SMC.

use crate::lock::Token;

/// x0 to x17 of an SMCCC call or of its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Registers(pub [u64; 18]);

impl Registers {
    /// All zero, the empty value.
    pub const ZERO: Self = Self([0; 18]);
}

/// Call EL3.
pub trait Monitor {
    /// Makes a call that EL3 answers itself, and returns its answer.
    fn call(&mut self, arguments: &Registers) -> Registers;

    /// Gives the normal world its answer and returns with its next request, or with an interrupt.
    ///
    /// The worlds switch here. EL3 keeps each world's x0 to x30 and EL2 registers; **nobody keeps EL1, vector or
    /// PAuth-key registers**, so the normal world's must be loaded before, and are in the core after, this call.
    /// The first call tells EL3 that the monitor is ready on this core.
    fn next_request(&mut self, token: &mut Token, answer: &Registers) -> Registers;

    /// Gives EL3 the answer by which the monitor agrees that this core goes off. The core does not come back from
    /// it: when it is turned on again, the machine enters the monitor anew.
    fn power_off(&mut self, token: &mut Token, answer: &Registers) -> ! {
        loop {
            let _ = self.next_request(token, answer);
        }
    }
}
