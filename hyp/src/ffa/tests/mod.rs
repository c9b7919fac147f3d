//! Tests of the language: what each rule refuses, what comes back as it went in, and what `arm-ffa` says of it.

mod call_oracle;
mod call_properties;
mod call_rules;
mod descriptor;
mod endpoint_buffers;
mod indirect;
mod memory_oracle;
mod memory_properties;
mod memory_rules;
mod send_rules;
mod words;

use hal::Registers;

use super::FunctionId;

/// The registers of a call: `function` in x0, `arguments` from x1 on.
fn call<const N: usize>(function: FunctionId, arguments: [u64; N]) -> Registers {
    let mut registers = Registers::ZERO;
    registers.0[0] = u64::from(function.0);
    registers.0[1..=N].copy_from_slice(&arguments);
    registers
}
