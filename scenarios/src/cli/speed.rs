//! How fast the simulator is.

use std::time::{Duration, Instant};

use scenarios::machine::sim::{self, Conditions};
use scenarios::qemu::bench::Figure;
use scenarios::scenario::Parameters;

use super::{Failure, find};

/// Messages of the shorter run; the longer one has eleven times as many.
const MESSAGES: u64 = 2_000;

/// Direct messages from the normal world to a partition and back in a second of this computer's time, with all
/// checkers of the simulator at work but without the oracle. Boot is left out: it is what a longer run does not
/// repeat.
pub(super) fn messages_per_second() -> Result<Figure, Failure> {
    measured("direct messages in the simulator", false)
}

/// The same under the oracle's eyes.
pub(super) fn messages_per_second_with_oracle() -> Result<Figure, Failure> {
    measured("direct messages in the simulator, with the oracle", true)
}

fn measured(name: &'static str, oracle: bool) -> Result<Figure, Failure> {
    let short = run(MESSAGES, oracle)?;
    let long = run(11 * MESSAGES, oracle)?;
    let seconds = long.saturating_sub(short).as_secs_f64();
    Ok(Figure { name, value: (10.0 * MESSAGES as f64 / seconds) as u64, unit: "a second", limit: None })
}

fn run(messages: u64, oracle: bool) -> Result<Duration, Failure> {
    let prepared = find("echo-bench")?.prepare(&Parameters { messages, ..Parameters::default() });
    let started = Instant::now();
    let run = sim::run_under(&prepared, &Conditions { oracle, ..Conditions::default() });
    let took = started.elapsed();
    match run.findings.first() {
        Some(finding) => Err(Failure(format!("the simulator found: {finding}"))),
        None => Ok(took),
    }
}
