//! How fast the simulator is.

use std::time::Instant;

use scenarios::machine::sim;
use scenarios::qemu::bench::Figure;
use scenarios::scenario::{Parameters, Scenario, judge};
use scenarios::transcript::decode;

use super::Failure;

/// Messages of the longer of the two runs; the difference to a run of few is what messages take.
const MESSAGES: u64 = 50_000;

/// Direct messages in a second of wall time, as `echoes` makes them.
pub(super) fn messages_per_second(echoes: &Scenario) -> Result<Figure, Failure> {
    let few = seconds(echoes, 2)?;
    let many = seconds(echoes, MESSAGES)?;
    Ok(Figure {
        name: "direct messages in the simulator",
        value: (MESSAGES as f64 / (many - few).max(f64::EPSILON)) as u64,
        unit: "a second",
        limit: None,
    })
}

fn seconds(echoes: &Scenario, messages: u64) -> Result<f64, Failure> {
    let prepared = echoes.prepare(&Parameters { messages });
    let started = Instant::now();
    let run = sim::run(&prepared);
    let took = started.elapsed().as_secs_f64();
    match judge(&prepared, &run, &decode(&run.stream)).failures.first() {
        None => Ok(took),
        Some(failure) => Err(Failure(format!("{} failed: {failure}; see `tantalum run {}`", echoes.name, echoes.name))),
    }
}
