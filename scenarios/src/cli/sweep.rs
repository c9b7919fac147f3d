//! `tantalum sweep`: an interrupt of each kind at every point.

use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use scenarios::machine::sweep::{self, Choice, SERVERS, Tally, name};
use scenarios::out;
use scenarios::qemu::bench::Figure;
use scenarios::scenario::{self, Scenario};

use super::{Failure, find};

/// Findings of a scenario that are shown.
const SHOWN: usize = 10;

/// Runs of a scenario with each server's interrupts, whatever time it is.
const LEAST: u64 = 3;

/// How much is swept.
pub(super) struct Options {
    /// Only this scenario.
    pub only: Option<&'static Scenario>,
    /// Which points of all there are.
    pub choice: Choice,
    /// How long that may take; `None` for as long as it takes.
    pub minutes: Option<f64>,
}

/// What was swept so far, and what is still to be.
struct Progress {
    scenarios: Vec<&'static Scenario>,
    total: Tally,
    swept: u64,
    left_out: u64,
}

/// Sweeps as `options` say, a scenario on each of the computer's processors; exit code 1 where something was found.
pub(super) fn sweep(options: &Options) -> ExitCode {
    let scenarios = scenario::all().iter().rev();
    let wanted = |scenario: &&Scenario| options.only.is_none_or(|only| only.name == scenario.name);
    let progress = Progress {
        scenarios: scenarios.filter(wanted).filter(|scenario| scenario.ends.boots()).collect(),
        total: Tally::default(),
        swept: 0,
        left_out: 0,
    };
    let progress = Mutex::new(progress);
    let begun = Instant::now();
    let end = options.minutes.map(|minutes| begun + Duration::from_secs_f64(60.0 * minutes));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&progress, options.choice, workers as u32, end));
        }
    });
    let progress = progress.into_inner().expect("no worker panicked");
    let Progress { total, swept, left_out, .. } = progress;
    let took = begun.elapsed().as_secs_f64();
    let per_minute = (60.0 * total.runs as f64 / took) as u64;
    out::line(format_args!(
        "in all: {swept} scenarios, {} kinds, {total}, {per_minute} runs a minute; {left_out} machines left out",
        sweep::Kind::ALL.len()
    ));
    if total.findings.is_empty() && total.runs > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Sweeps one scenario after the other, each for its part of the time that is left until `end`.
fn work(progress: &Mutex<Progress>, choice: Choice, workers: u32, end: Option<Instant>) {
    let lock = || progress.lock().expect("no worker panicked");
    loop {
        let (scenario, left) = {
            let mut progress = lock();
            let left = progress.scenarios.len() as u32;
            let Some(scenario) = progress.scenarios.pop() else { return };
            (scenario, left)
        };
        // The last scenarios are swept at once.
        let begun = Instant::now();
        let part = end.map(|end| end.saturating_duration_since(begun) * workers.min(left) / left);
        let mut tally = Tally::default();
        for (index, server) in (1u32..).zip(SERVERS) {
            if let Some(why) = sweep::exempt(scenario, server) {
                lock().left_out += 1;
                let with =
                    server.map_or(String::new(), |server| format!(" with interrupts of {}", name(server)));
                out::line(format_args!("{}{with}: left out: {why}", scenario.name));
                continue;
            }
            let until = part.map(|part| begun + part * index / SERVERS.len() as u32);
            let goes_on = |runs| runs < LEAST || until.is_none_or(|until| Instant::now() < until);
            tally += sweep::sweep(scenario, server, choice, goes_on);
        }
        let mut progress = lock();
        progress.swept += 1;
        out::line(format_args!("{}: {tally}", scenario.name));
        for finding in tally.findings.iter().take(SHOWN) {
            let first = finding.lines().next().unwrap_or_default();
            out::line(format_args!("  cargo run -- run {first}"));
        }
        progress.total += tally;
    }
}

/// Runs of a sweep of the shortest scenario in a minute, the oracle included.
pub(super) fn runs_per_minute() -> Result<Figure, Failure> {
    const RUNS: u64 = 500;
    let begun = Instant::now();
    let tally = sweep::sweep(find("hello")?, None, Choice::Spread(1), |runs| runs < RUNS);
    match tally.findings.first() {
        Some(finding) => Err(Failure(format!("the sweep found: {finding}"))),
        None => Ok(Figure {
            name: "runs of a sweep in the simulator, with the oracle",
            value: (60.0 * RUNS as f64 / begun.elapsed().as_secs_f64()) as u64,
            unit: "a minute",
            limit: None,
        }),
    }
}
