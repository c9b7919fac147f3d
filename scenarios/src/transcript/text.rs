//! A transcript as text: one line for what a guest does or sees, indented lines for what the monitor tells.

use std::fmt::Write;

use super::tell::{self, Lane, Told};
use super::{Event, decode};
use crate::program::Image;
use crate::scenario::Prepared;

/// What a line of the monitor begins with.
const MONITOR: &str = "    · ";

/// Columns of who and whom.
const WIDTH: usize = 12;

/// The events of a run as text: in their order; where several cores run, the guests' alone, a lane for each execution
/// context.
pub fn text(prepared: &Prepared, events: &[Event]) -> String {
    let mut text = String::new();
    if prepared.cores == 1 {
        write(&mut text, &tell::tell(prepared, events), Image::name);
    } else {
        for Lane { who, told } in tell::lanes(prepared, events) {
            let whose = who.map_or_else(|| "nobody".to_string(), Image::name);
            text += &format!("\n[{whose}]\n");
            write(&mut text, &told, |_| String::new());
        }
    }
    text.trim_start_matches('\n').to_string()
}

/// Adds `told` to `text`; lines begin with what `name` calls who acts.
fn write(text: &mut String, told: &[Told<'_>], name: fn(&Image) -> String) {
    for told in told {
        let written = match told {
            Told::Step(step) if text.ends_with("]\n") => writeln!(text, "{}. {}", step.number, step.title),
            Told::Step(step) => writeln!(text, "\n{}. {}", step.number, step.title),
            Told::Monitor(event) => writeln!(text, "{MONITOR}{}", tell::monitor(event)),
            told => writeln!(text, "{}", line(told, name)),
        };
        written.expect("a string takes any text");
    }
}

/// The guests' lines of a run whose stream is `stream`.
pub fn guest_lines(prepared: &Prepared, stream: &[u8]) -> Vec<String> {
    guests_of(&text(prepared, &decode(stream)))
}

/// The guests' lines of a text.
pub(super) fn guests_of(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with(MONITOR)).map(str::to_string).collect()
}

fn line(told: &Told<'_>, name: fn(&Image) -> String) -> String {
    match told {
        Told::Call { who, whom, label, call, back } => {
            let line = columns(name(who), &format!(" → {whom}"), &format!("{label}: {call}"));
            match back {
                Some(back) => format!("{line} = {back}"),
                None => line,
            }
        }
        Told::Back { who, from, label, back } => {
            columns(name(who), &format!(" ← {from}"), &format!("{label}: {back}"))
        }
        Told::Says { who, label, values } if values.is_empty() => columns(name(who), "", label),
        Told::Says { who, label, values } => columns(name(who), "", &format!("{label}: {values}")),
        Told::Strange(sentence) => format!("?? {sentence}"),
        Told::Step(_) | Told::Monitor(_) => String::new(),
    }
}

fn columns(who: String, whom: &str, what: &str) -> String {
    // In a lane, whose heading says who acts, there is nobody in this column.
    let head = if who.is_empty() { whom.trim_start().to_string() } else { who + whom };
    format!("{head:WIDTH$}{what}")
}
