//! A transcript as text: one line for what a guest does or sees, indented lines for what the monitor tells.

use std::fmt::Write;

use super::tell::{self, Told};
use super::{Event, decode};
use crate::program::Role;
use crate::scenario::Prepared;

/// What a line of the monitor begins with.
const MONITOR: &str = "    · ";

/// Columns of who and whom.
const WIDTH: usize = 12;

/// The events of a run as text.
pub fn text(prepared: &Prepared, events: &[Event]) -> String {
    let mut text = String::new();
    for told in tell::tell(prepared, events) {
        let written = match told {
            Told::Step(step) => writeln!(text, "\n{}. {}", step.number, step.title),
            Told::Monitor(event) => writeln!(text, "{MONITOR}{}", tell::monitor(event)),
            told => writeln!(text, "{}", line(&told)),
        };
        written.expect("a string takes any text");
    }
    text.trim_start_matches('\n').to_string()
}

/// The guests' lines of a run whose stream is `stream`.
pub fn guest_lines(prepared: &Prepared, stream: &[u8]) -> Vec<String> {
    guests_of(&text(prepared, &decode(stream)))
}

/// The guests' lines of a text.
pub(super) fn guests_of(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with(MONITOR)).map(str::to_string).collect()
}

fn line(told: &Told<'_>) -> String {
    match told {
        Told::Call { who, whom, label, call, back } => {
            let line = columns(*who, &format!(" → {whom}"), &format!("{label}: {call}"));
            match back {
                Some(back) => format!("{line} = {back}"),
                None => line,
            }
        }
        Told::Back { who, from, label, back } => {
            columns(*who, &format!(" ← {from}"), &format!("{label}: {back}"))
        }
        Told::Says { who, label, values } => columns(*who, "", &format!("{label}: {values}")),
        Told::Strange(sentence) => format!("?? {sentence}"),
        Told::Step(_) | Told::Monitor(_) => String::new(),
    }
}

fn columns(who: Role, whom: &str, what: &str) -> String {
    let head = who.name() + whom;
    format!("{head:WIDTH$}{what}")
}
