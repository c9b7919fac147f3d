//! The last exceptions of a machine that hangs.

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use super::command::Emulator;
use super::failure::Failure;
use super::watch::watch;

/// How many of them are shown.
const SHOWN: usize = 12;

/// How long the second run lasts: a machine that hangs does so early, its time being instructions.
const LIMIT: Duration = Duration::from_secs(5);

/// Runs the prepared machine in `directory` with so many `cores` again with QEMU's exception log and gives the last exceptions it took,
/// one a line.
pub(super) fn last(emulator: &Emulator, directory: &Path, cores: u16) -> Result<String, Failure> {
    let mut tail = Tail::default();
    let mut command = emulator.command(directory, cores);
    watch(command.args(["-d", "int"]), LIMIT, |line| {
        tail.take(line);
        ControlFlow::Continue(())
    })?;
    Ok(tail.lines())
}

/// The exceptions seen last, each with its details on one line and how often it came in a row.
#[derive(Default)]
struct Tail {
    exceptions: VecDeque<(String, u64)>,
    current: String,
}

impl Tail {
    /// Adds a line of QEMU's log: a new exception, or more about the last one.
    fn take(&mut self, line: &str) {
        if let Some(detail) = line.strip_prefix("...") {
            if !self.current.is_empty() {
                self.current.push_str(", ");
                self.current.push_str(detail);
            }
        } else if line.starts_with("Taking exception") || line.starts_with("Exception return") {
            self.close();
            // A guest's report says nothing about where it hangs.
            if !line.contains("[Semihosting call]") {
                self.current.push_str(line);
            }
        }
    }

    /// The exception under way is complete.
    fn close(&mut self) {
        let line = mem::take(&mut self.current);
        match self.exceptions.back_mut() {
            _ if line.is_empty() => {}
            Some((last, times)) if *last == line => *times += 1,
            _ => {
                if self.exceptions.len() == SHOWN {
                    self.exceptions.pop_front();
                }
                self.exceptions.push_back((line, 1));
            }
        }
    }

    /// The exceptions, one a line.
    fn lines(mut self) -> String {
        self.close();
        let line = |(line, times): &(String, u64)| match times {
            1 => format!("  {line}"),
            _ => format!("  {line} ({times} times in a row)"),
        };
        let lines: Vec<String> = self.exceptions.iter().map(line).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, Tail};

    fn tail(log: &str) -> String {
        let mut tail = Tail::default();
        log.lines().for_each(|line| tail.take(line));
        tail.lines()
    }

    #[test]
    fn an_exception_and_its_details_are_one_line() {
        let log = "Taking exception 13 [Secure Monitor Call] on CPU 0\n...from EL2 to EL3\n...with ESR 0x17/0x5e000000";
        let line =
            "  Taking exception 13 [Secure Monitor Call] on CPU 0, from EL2 to EL3, with ESR 0x17/0x5e000000";
        assert_eq!(tail(log), line);
    }

    #[test]
    fn an_exception_that_repeats_is_counted() {
        let log = "Taking exception 3 [Prefetch Abort] on CPU 0\n...from EL1 to EL1\n".repeat(1000);
        let line = "  Taking exception 3 [Prefetch Abort] on CPU 0, from EL1 to EL1 (1000 times in a row)";
        assert_eq!(tail(&log), line);
    }

    #[test]
    fn a_guests_reports_are_left_out() {
        let log = "Taking exception 16 [Semihosting call] on CPU 0\n...from EL1 to EL0";
        assert_eq!(tail(log), "");
    }

    #[test]
    fn only_the_last_exceptions_are_kept() {
        let log: Vec<String> =
            (0..2 * SHOWN).map(|number| format!("Taking exception {number} [x] on CPU 0")).collect();
        let shown = tail(&log.join("\n"));
        assert_eq!(shown.lines().count(), SHOWN);
        assert!(shown.starts_with(&format!("  Taking exception {SHOWN} ")));
    }
}
