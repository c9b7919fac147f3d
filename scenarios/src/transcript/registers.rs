//! Calls and what comes back from them, in words. A register that is not zero is never left out, but for the
//! receiver of a message that arrives, who is the one that tells: so two runs of equal words saw equal registers.

use super::handles::{Handles, Known};
use super::words::{endpoint, number};
use crate::ffa;
use crate::{firmware, paravirtual, psci};

const DIRECT_REQ: u64 = 0x8400_006F;
const DIRECT_RESP: u64 = 0x8400_0070;
const DIRECT_REQ2: u64 = ffa::DIRECT_REQ2 & !WIDE;
const DIRECT_RESP2: u64 = ffa::DIRECT_RESP2 & !WIDE;

/// The bit of a function id that says that registers are 64 bits wide.
const WIDE: u64 = 1 << 30;
/// The bit of x2 that marks a direct message of the framework; the message's number is in the low byte.
const FRAMEWORK: u64 = 1 << 31;

/// Whom the call in `registers` is for.
pub fn callee(registers: &[u64]) -> String {
    let (id, x1) = (at(registers, 0), at(registers, 1));
    match base(registers) {
        DIRECT_REQ | DIRECT_RESP | DIRECT_REQ2 | DIRECT_RESP2 => endpoint(x1 as u16),
        ffa::RUN => endpoint((x1 >> 16) as u16),
        _ if psci::function_name(id).or_else(|| firmware::function_name(id)).is_some() => "EL3".to_string(),
        _ => "SPMC".to_string(),
    }
}

/// From whom `registers` come that end a wait.
pub fn sender(registers: &[u64]) -> String {
    match base(registers) {
        DIRECT_REQ | DIRECT_RESP | DIRECT_REQ2 | DIRECT_RESP2 => endpoint((at(registers, 1) >> 16) as u16),
        _ => "SPMC".to_string(),
    }
}

/// The call in `registers` by name, with arguments only where the name says too little.
pub fn short(registers: &[u64]) -> String {
    let known = Known { handles: &Handles::default(), at: &[] };
    match base(registers) {
        ffa::ERROR => result(&[], registers, known),
        DIRECT_REQ | DIRECT_RESP if at(registers, 2) & FRAMEWORK != 0 => call(registers, known),
        ffa::CONSOLE_LOG_32 => format!("{}({:?})", name(registers), printed(registers)),
        _ => name(registers),
    }
}

/// A call and what came back from it, for people who know nothing else of it.
pub fn in_words(made: &[u64], back: Option<&[u64]>) -> [String; 2] {
    let known = Known { handles: &Handles::default(), at: &[] };
    let back = back.map_or_else(|| "(not back yet)".to_string(), |back| result(made, back, known));
    [format!("{} → {}", callee(made), call(made, known)), back]
}

/// The characters that the FFA_CONSOLE_LOG in `registers` prints: as many as x1 says, from x2 on.
fn printed(registers: &[u64]) -> String {
    let size = if at(registers, 0) & WIDE == 0 { 4 } else { 8 };
    let bytes = registers.iter().skip(2).flat_map(|register| register.to_le_bytes().into_iter().take(size));
    let characters: Vec<u8> = bytes.take(at(registers, 1) as usize).collect();
    String::from_utf8_lossy(&characters).into_owned()
}

/// The call in `registers`: its name and its arguments.
pub fn call(registers: &[u64], known: Known<'_>) -> String {
    let x = |index: usize| at(registers, index);
    let (words, told) = match base(registers) {
        ffa::VERSION => (version(x(1)), 1),
        ffa::FEATURES => (feature(x(1)), 1),
        ffa::RXTX_MAP_32 => {
            let pages = if x(3) == 1 { "1 page".to_string() } else { format!("{} pages", x(3)) };
            (format!("TX at {:#x}, RX at {:#x}, {pages}", x(1), x(2)), 3)
        }
        ffa::PARTITION_INFO_GET if (1..=4).all(|index| x(index) == 0) => match x(5) {
            0 => ("all".to_string(), 5),
            1 => ("all, count only".to_string(), 5),
            _ => ("all".to_string(), 4),
        },
        _ if x(0) == psci::CPU_ON => (format!("core {}, from {:#x} on", x(1), x(2)), 2),
        _ if x(0) == psci::AFFINITY_INFO => (format!("core {}", x(1)), 1),
        ffa::RUN => (target(x(1)), 1),
        ffa::MSG_WAIT | ffa::YIELD if x(1) >> 16 != 0 => (target(x(1)), 1),
        DIRECT_REQ2 | DIRECT_RESP2 => (String::new(), 1),
        DIRECT_REQ | DIRECT_RESP => return direct_message(registers, known),
        0x8400_0071..=0x8400_0074 if x(1) == x(2) => (format!("descriptor of {} bytes in TX", x(1)), 2),
        ffa::MEM_RECLAIM => (known.handles.name(x(2) << 32 | x(1)), 2),
        _ => (String::new(), 0),
    };
    format!("{}({})", name(registers), with_rest(words, registers, told, known))
}

/// What `registers` say that come back from the call in `call`.
pub fn result(call: &[u64], registers: &[u64], known: Known<'_>) -> String {
    let x = |index: usize| at(registers, index);
    if let Some(words) = psci::answer_name(at(call, 0), x(0)) {
        return with_rest(words.to_string(), &changed(call, registers), 0, known);
    }
    if let Some(words) = paravirtual::answer_name(at(call, 0), x(0)) {
        return with_rest(words, &changed(call, registers), 0, known);
    }
    let (words, told) = match (x(0), base(call)) {
        (word, ffa::VERSION) => (version(word), 0),
        (u64::MAX, _) => ("unknown function".to_string(), 0),
        (ffa::ERROR, _) if x(1) == 0 => (format!("error {}", error(x(2))), 2),
        (ffa::SUCCESS_32, _) if x(1) == 0 => success(base(call), registers, known),
        (ffa::INTERRUPT, _) if x(1) == 0 => (format!("{}, interrupt {}", name(registers), x(2)), 2),
        (ffa::INTERRUPT, _) => {
            return format!("{}({})", name(registers), with_rest(target(x(1)), registers, 1, known));
        }
        (ffa::MEM_RETRIEVE_RESP, _) if x(1) == x(2) => {
            (format!("{}, descriptor of {} bytes in RX", name(registers), x(1)), 2)
        }
        _ => return self::call(registers, known),
    };
    with_rest(words, registers, told, known)
}

/// What is in `registers` that was not there in `call`: PSCI leaves its caller's as they were but for x0.
fn changed(call: &[u64], registers: &[u64]) -> Vec<u64> {
    registers
        .iter()
        .enumerate()
        .map(|(index, value)| if at(call, index) == *value { 0 } else { *value })
        .collect()
}

/// An FFA_SUCCESS of the call whose function id is `function`, and the last register told.
fn success(function: u64, registers: &[u64], known: Known<'_>) -> (String, usize) {
    let x = |index: usize| at(registers, index);
    match function {
        ffa::FEATURES => (format!("success, properties {:#x}", x(2)), 2),
        ffa::PARTITION_INFO_GET if x(3) == 0 => (format!("success, {} partitions", x(2)), 3),
        ffa::PARTITION_INFO_GET => (format!("success, {} partitions, {} bytes each", x(2), x(3)), 3),
        ffa::ID_GET | ffa::SPM_ID_GET => (format!("success, {}", endpoint(x(2) as u16)), 2),
        _ if ffa::sends_memory(function) => {
            (format!("success, {}", known.handles.name(x(3) << 32 | x(2))), 3)
        }
        _ => ("success".to_string(), 1),
    }
}

/// A direct message: whom it is from and for is told elsewhere.
fn direct_message(registers: &[u64], known: Known<'_>) -> String {
    let x2 = at(registers, 2);
    let (words, told) = match x2 {
        0 => (String::new(), 2),
        _ if x2 & FRAMEWORK != 0 => (format!("framework message {}", x2 & 0xFF), 2),
        _ => (String::new(), 1),
    };
    let words = with_rest(words, registers, told, known);
    format!("{}({})", name(registers), if words.is_empty() { "no payload" } else { &words })
}

/// `words`, and the registers after x`told` that are not zero.
fn with_rest(words: String, registers: &[u64], told: usize, known: Known<'_>) -> String {
    let rest = registers.iter().enumerate().skip(told + 1);
    let rest = rest
        .filter(|(index, value)| **value != 0 || known.at.contains(index))
        .map(|(index, value)| format!("x{index}={}", known.value(index, *value)));
    let all = std::iter::once(words).filter(|words| !words.is_empty()).chain(rest);
    all.collect::<Vec<_>>().join(", ")
}

fn at(registers: &[u64], index: usize) -> u64 {
    registers.get(index).copied().unwrap_or(0)
}

/// The function id in x0, as the 32-bit convention has it.
fn base(registers: &[u64]) -> u64 {
    at(registers, 0) & !WIDE
}

fn name(registers: &[u64]) -> String {
    let id = at(registers, 0);
    let wide = if id & WIDE != 0 { "_64" } else { "" };
    let others = psci::function_name(id).or_else(|| paravirtual::function_name(id));
    let others = others.or_else(|| firmware::function_name(id));
    match (ffa::function_name(id), others) {
        (Some(name), _) => format!("{name}{wide}"),
        (None, Some(name)) => name.to_string(),
        (None, None) => format!("function {id:#x}"),
    }
}

fn version(word: u64) -> String {
    match u32::try_from(word) {
        Ok(word) if word >> 31 == 0 => format!("{}.{}", word >> 16, word & 0xFFFF),
        Ok(word) => ffa::error_name(word).map_or_else(|| format!("{word:#x}"), str::to_string),
        Err(_) => format!("{word:#x}"),
    }
}

fn feature(id: u64) -> String {
    ffa::function_name(id).map_or_else(|| number(id), |_| name(&[id]))
}

fn error(code: u64) -> String {
    let name = u32::try_from(code).ok().and_then(ffa::error_name);
    name.map_or_else(|| number(code), str::to_string)
}

/// A partition, and which of its vCPUs where that is not the first.
fn target(word: u64) -> String {
    let id = endpoint((word >> 16) as u16);
    match word & 0xFFFF {
        0 => id,
        vcpu => format!("{id} vCPU {vcpu}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(registers: &[u64]) -> String {
        super::call(registers, Known { handles: &Handles::default(), at: &[] })
    }

    fn result(call: &[u64], registers: &[u64]) -> String {
        super::result(call, registers, Known { handles: &Handles::default(), at: &[] })
    }

    #[test]
    fn a_result_register_that_should_be_zero_is_told() {
        let mut registers = [0; 18];
        registers[0] = ffa::SUCCESS_32;
        assert_eq!(result(&[ffa::RX_RELEASE], &registers), "success");
        registers[17] = 0xBAD;
        assert_eq!(result(&[ffa::RX_RELEASE], &registers), "success, x17=0xbad");
        registers[1] = 1;
        assert_eq!(result(&[ffa::RX_RELEASE], &registers), "FFA_SUCCESS(x1=0x1, x17=0xbad)");
    }

    #[test]
    fn the_calling_convention_is_told() {
        assert_eq!(call(&[ffa::DIRECT_REQ_64, 0x8001]), "FFA_MSG_SEND_DIRECT_REQ_64(no payload)");
        assert_eq!(call(&[DIRECT_REQ, 0x8001, 0, 5]), "FFA_MSG_SEND_DIRECT_REQ(x3=0x5)");
        assert_eq!(result(&[ffa::ID_GET], &[ffa::SUCCESS_32 | WIDE, 0, 2]), "FFA_SUCCESS_64(x2=0x2)");
    }
}
