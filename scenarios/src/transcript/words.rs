//! Numbers in words.

use crate::{ffa, firmware};

/// `number` for people: hexadecimal, with the name that FF-A gives it where it is a function id or an error code.
pub fn number(number: u64) -> String {
    let name = ffa::function_name(number).or_else(|| {
        let word = u32::try_from(number).ok().filter(|word| (*word as i32) < 0)?;
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
        1..0x8000 => format!("VM {id}"),
        id if firmware::IDS.contains(&id) => format!("LP{}", id - firmware::IDS.start() + 1),
        _ => format!("endpoint {id:#x}"),
    }
}

/// What ESR_EL1 says, of the aborts that a program may take.
pub fn syndrome(esr: u64) -> String {
    let what = match esr >> 26 & 0x3F {
        0x00 => return "unknown reason".to_string(),
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
