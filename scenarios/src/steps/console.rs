//! FFA_CONSOLE_LOG: characters in registers.

use super::{SP1, Stage};
use crate::ffa;
use crate::program::{Arg, args};

/// Characters in w2 to w7, and in x2 to x17.
const MOST_32: u64 = 24;
const MOST_64: u64 = 128;

/// SP1 prints as much as the registers hold, and not more or nothing.
pub fn console_log(stage: &mut Stage) {
    stage.alone("SP1 prints", SP1, |sp1| {
        sp1.call("prints a word", &log(ffa::CONSOLE_LOG_32, "hello\n")).expect_success();
        sp1.call("fills all 32-bit registers", &log(ffa::CONSOLE_LOG_32, "twenty-four characters.\n"))
            .expect_success();
        let line = "one hundred and twenty-eight characters, the most that registers x2 to x17 can hold: ";
        let text = format!("{line}{:.<42}\n", "");
        sp1.call("fills all 64-bit registers", &log(ffa::CONSOLE_LOG_64, &text))
            .expect_success()
            .shows("console.5");
        for (label, function, count, rule) in [
            ("prints nothing", ffa::CONSOLE_LOG_32, 0, "console.1"),
            ("prints nothing from 64-bit registers", ffa::CONSOLE_LOG_64, 0, "console.1"),
            ("prints more than 32-bit registers hold", ffa::CONSOLE_LOG_32, MOST_32 + 1, "console.2"),
            ("prints more than 64-bit registers hold", ffa::CONSOLE_LOG_64, MOST_64 + 1, "console.3"),
        ] {
            sp1.call(label, args![function, count]).expect_error(ffa::INVALID_PARAMETERS).shows(rule);
        }
    });
}

/// The call `function` that prints `text`.
pub(super) fn log(function: u64, text: &str) -> Vec<Arg> {
    let bytes_each = if function == ffa::CONSOLE_LOG_32 { 4 } else { 8 };
    let registers = text.as_bytes().chunks(bytes_each).map(|bytes| {
        let number = bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Arg::Value(number)
    });
    [function, text.len() as u64].map(Arg::from).into_iter().chain(registers).collect()
}
