//! Numbers and registers in words.

use crate::ffa;

/// `number` for people: hexadecimal, with the name that FF-A gives it where it is a function id or an error code.
pub fn number(number: u64) -> String {
    let name = ffa::function_name(number).or_else(|| {
        let word = u32::try_from(number)
            .ok()
            .filter(|word| (*word as i32) < 0)?;
        ffa::error_name(word)
    });
    match name {
        Some(name) => format!("{number:#x} ({name})"),
        None => format!("{number:#x}"),
    }
}

/// The name of an endpoint.
pub fn endpoint(id: u16) -> String {
    match id {
        ffa::NORMAL_WORLD => "NWd".to_string(),
        ffa::SPMC => "SPMC".to_string(),
        0x8001..0x8100 => format!("SP{}", id - ffa::SPMC),
        _ => format!("endpoint {id:#x}"),
    }
}

/// Whom the call in `registers` is for.
pub fn callee(registers: &[u64]) -> String {
    let x1 = registers.get(1).copied().unwrap_or(0);
    match base(registers) {
        0x8400_006F | 0x8400_0070 => endpoint(x1 as u16),
        0x8400_006D => endpoint((x1 >> 16) as u16),
        0x8400_0008 => "EL3".to_string(),
        _ => "SPMC".to_string(),
    }
}

/// The call in `registers`: its name and what matters of its arguments.
pub fn call(registers: &[u64]) -> String {
    let x = |index: usize| registers.get(index).copied().unwrap_or(0);
    let name = name(registers);
    let arguments = match base(registers) {
        0x8400_0063 => version(x(1)),
        0x8400_0064 => ffa::function_name(x(1)).map_or_else(|| number(x(1)), str::to_string),
        0x8400_0066 => format!("TX at {:#x}, RX at {:#x}, {} page", x(1), x(2), x(3)),
        0x8400_0068 if registers.iter().skip(1).all(|value| *value == 0) => "all".to_string(),
        0x8400_006D => endpoint((x(1) >> 16) as u16),
        0x8400_006F | 0x8400_0070 => payload(registers),
        0x8400_0071..=0x8400_0074 => format!("descriptor of {} bytes in TX", x(1)),
        0x8400_0076 => "descriptor in TX".to_string(),
        0x8400_0077 => handle(x(1), x(2)),
        _ => named(registers, 1),
    };
    format!("{name}({arguments})")
}

/// What `registers` say that come back from the call in `call`.
pub fn result(call: &[u64], registers: &[u64]) -> String {
    let x = |index: usize| registers.get(index).copied().unwrap_or(0);
    if base(call) == ffa::VERSION {
        return version(x(0));
    }
    match (base(registers), base(call)) {
        (ffa::ERROR, _) => {
            let code = x(2);
            let code = ffa::error_name(code as u32).map_or_else(|| number(code), str::to_string);
            format!("error {code}")
        }
        (ffa::SUCCESS_32, 0x8400_0064) => format!("success, properties {:#x}", x(2)),
        (ffa::SUCCESS_32, 0x8400_0068) => {
            format!("success, {} partitions, {} bytes each", x(2), x(3))
        }
        (ffa::SUCCESS_32, 0x8400_0069) => format!("success, {}", endpoint(x(2) as u16)),
        (ffa::SUCCESS_32, 0x8400_0071..=0x8400_0073) => format!("success, {}", handle(x(2), x(3))),
        (ffa::SUCCESS_32, _) => match named(registers, 1) {
            values if values.is_empty() => "success".to_string(),
            values => format!("success, {values}"),
        },
        (ffa::INTERRUPT, _) => format!("{} of {}", name(registers), endpoint((x(1) >> 16) as u16)),
        (0x8400_006F | 0x8400_0070, _) => {
            format!(
                "{} from {} ({})",
                name(registers),
                endpoint((x(1) >> 16) as u16),
                payload(registers)
            )
        }
        (ffa::MEM_RETRIEVE_RESP, _) => {
            format!("{}(descriptor of {} bytes in RX)", name(registers), x(1))
        }
        _ => format!("{}({})", name(registers), named(registers, 1)),
    }
}

/// What ESR_EL1 says, of the aborts that a program may take.
pub fn syndrome(esr: u64) -> String {
    let what = match esr >> 26 & 0x3F {
        0x00 => "unknown reason",
        0x21 => "instruction abort",
        0x25 => "data abort",
        class => return format!("exception class {class:#x}"),
    };
    let level = esr & 0b11;
    match esr >> 2 & 0b1111 {
        0b0001 => format!("{what}, translation fault, level {level}"),
        0b0010 => format!("{what}, access flag fault, level {level}"),
        0b0011 => format!("{what}, permission fault, level {level}"),
        _ => format!("{what}, fault status {:#x}", esr & 0x3F),
    }
}

/// The function id in x0, with the bit that tells the calling convention cleared.
fn base(registers: &[u64]) -> u64 {
    registers.first().copied().unwrap_or(0) & !0x4000_0000
}

fn name(registers: &[u64]) -> String {
    let id = registers.first().copied().unwrap_or(0);
    match ffa::function_name(id) {
        Some(name) => name.to_string(),
        None => format!("function {id:#x}"),
    }
}

fn version(word: u64) -> String {
    match word as u32 {
        0xFFFF_FFFF => "not supported".to_string(),
        word => format!("{}.{}", word >> 16, word & 0xFFFF),
    }
}

fn handle(low: u64, high: u64) -> String {
    format!("handle {:#x}", high << 32 | low)
}

/// The payload of a direct message: x3 and on, as far as not zero.
fn payload(registers: &[u64]) -> String {
    match named(registers, 3) {
        values if values.is_empty() => "no payload".to_string(),
        values => values,
    }
}

/// The registers from x`first` on that are not zero.
fn named(registers: &[u64], first: usize) -> String {
    let shown = registers
        .iter()
        .enumerate()
        .skip(first)
        .filter(|(_, value)| **value != 0);
    shown
        .map(|(index, value)| format!("x{index}={value:#x}"))
        .collect::<Vec<_>>()
        .join(", ")
}
