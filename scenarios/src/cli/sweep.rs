//! `tantalum sweep`: an interrupt at every instruction.

use std::process::ExitCode;

use scenarios::machine::sweep::{self, Tally};
use scenarios::out;
use scenarios::qemu::bench::Figure;
use scenarios::scenario::{self, Scenario};

use super::{Failure, find};

/// Sweeps `only` that scenario, or all that can be swept, with at most `most` runs each.
pub(super) fn sweep(only: Option<&'static Scenario>, most: u64) -> Result<ExitCode, Failure> {
    let mut total = Tally::default();
    for scenario in
        scenario::all().iter().filter(|scenario| only.is_none_or(|only| only.name == scenario.name))
    {
        if let Some(why) = sweep::exempt(scenario) {
            out::line(format_args!("{}: left out: {why}", scenario.name));
            continue;
        }
        let tally = sweep::sweep(scenario, most);
        out::line(format_args!("{}: {tally}", scenario.name));
        tally.findings.iter().for_each(|finding| out::line(format_args!("  {finding}")));
        total += tally;
    }
    out::line(format_args!("in all: {total}"));
    Ok(if total.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs of a sweep of the shortest scenario in a minute, the oracle included.
pub(super) fn runs_per_minute() -> Result<Figure, Failure> {
    let tally = sweep::sweep(find("hello")?, 200);
    match tally.findings.first() {
        Some(finding) => Err(Failure(format!("the sweep found: {finding}"))),
        None => Ok(Figure {
            name: "runs of a sweep in the simulator, with the oracle",
            value: tally.runs_per_minute(),
            unit: "a minute",
            limit: None,
        }),
    }
}
