//! PSCI and the SMC calling convention's own services, as far as a program without other cores needs them.

use hal::Registers;

use super::function;

/// What EL3 does about a call that is not FF-A's.
pub enum Service {
    /// It answers.
    Answer(Registers),
    /// It switches the machine off.
    PowerOff,
}

/// PSCI 1.1.
const PSCI_1_1: u64 = 0x1_0001;
/// SMCCC 1.5.
const SMCCC_1_5: u64 = 0x1_0005;

/// The normal world's call with `arguments`.
pub fn call(arguments: &Registers) -> Service {
    let mut answer = *arguments;
    answer.0[0] = match arguments.0[0] as u32 {
        function::PSCI_SYSTEM_OFF => return Service::PowerOff,
        function::PSCI_VERSION => PSCI_1_1,
        function::SMCCC_VERSION => SMCCC_1_5,
        _ => u64::MAX,
    };
    Service::Answer(answer)
}
