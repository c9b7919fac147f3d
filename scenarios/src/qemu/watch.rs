//! A machine whose log is read line by line while it runs.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::boot::end;
use super::failure::Failure;

/// Why the reading of a machine's log ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// The reader had seen enough, or the machine ended.
    Done,
    /// The time was up.
    Late,
}

/// Runs `command`, which logs to its standard error, and gives `take` each line of that, until `take` breaks, the
/// machine ends, or `limit` has passed. The guests' stream is thrown away.
pub(super) fn watch(
    command: &mut Command,
    limit: Duration,
    mut take: impl FnMut(&str) -> ControlFlow<()> + Send,
) -> Result<End, Failure> {
    let mut machine = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::NoEmulator(error.to_string()))?;
    let log = machine.stderr.take();
    let started = Instant::now();
    let late = thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let Some(log) = log else { return };
            let mut log = BufReader::with_capacity(1 << 16, log);
            let mut line = Vec::new();
            while log.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                if take(String::from_utf8_lossy(&line).trim_end()).is_break() {
                    break;
                }
                line.clear();
            }
        });
        while !reader.is_finished() && started.elapsed() < limit {
            thread::sleep(Duration::from_millis(10));
        }
        let late = !reader.is_finished();
        end(&mut machine).map(|_| late)
    })?;
    Ok(if late { End::Late } else { End::Done })
}
