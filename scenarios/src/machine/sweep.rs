//! Sweeps: one scenario again and again in the simulator, each time with an interrupt of the normal world at another
//! guest instruction. Whatever that is, the run must be the scenario's own.

use std::fmt;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use hal_sim::{Counted, Injection, Signal, When};

use super::sim::{Conditions, Loaded};
use super::{MachineKind, Run, layout};
use crate::scenario::{Parameters, Prepared, Scenario, judge};
use crate::transcript::decode;

/// Scenarios that an interrupt more makes into others, and why.
const OTHERS: [(&str, &str); 4] = [
    (
        "abort-in-chain",
        "SP2 aborts when SP1 is interrupted first, and the normal world waits for its own timer",
    ),
    ("preempt-chain", "SP2 testifies how often SP1 is interrupted"),
    ("kept-registers", "an interrupted call comes back from FFA_RUN, which has these registers zero"),
    ("echo-bench", "its loops do not look at what a call comes back with"),
];

/// Why `scenario` cannot be swept, where it cannot.
pub fn exempt(scenario: &Scenario) -> Option<&'static str> {
    let other = OTHERS.iter().find(|(name, _)| *name == scenario.name).map(|(_, why)| *why);
    let elsewhere =
        (!scenario.runs_on.includes(MachineKind::Sim)).then_some("it does not run in the simulator");
    let cores = || scenario.prepare(&Parameters::default()).cores;
    let silent = (!scenario.ends.boots()).then_some("no guest runs");
    other.or(elsewhere).or(silent).or_else(|| (cores() > 1).then_some("its cores are explored by schedules"))
}

/// What came of sweeps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Scenarios swept.
    pub scenarios: u64,
    /// Instructions after which an interrupt could come.
    pub points: u64,
    /// Runs: the points at which one came.
    pub runs: u64,
    /// What was not as it must be, a sentence for each run.
    pub findings: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Tally {
    /// Runs in a minute of this computer's time.
    pub fn runs_per_minute(&self) -> u64 {
        (60.0 * self.runs as f64 / self.took.as_secs_f64()) as u64
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, mut other: Self) {
        self.scenarios += other.scenarios;
        self.points += other.points;
        self.runs += other.runs;
        self.findings.append(&mut other.findings);
        self.took += other.took;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenarios, points, runs, findings, .. } = self;
        write!(f, "{scenarios} scenarios, {points} points, {runs} runs, {} findings", findings.len())?;
        write!(f, ", {} runs a minute", self.runs_per_minute())
    }
}

/// Sweeps `scenario` with the monitor as it is: an interrupt after each instruction, or after each so many (an odd
/// number, in step with few loops) that there are at most `most` runs.
pub fn sweep(scenario: &Scenario, most: u64) -> Tally {
    let prepared = scenario.prepare(&Parameters::default());
    let mut machine = Loaded::of(&prepared);
    sweep_with(&prepared, most, |conditions| machine.run(conditions))
}

/// Sweeps `prepared`, of which `run` makes a run.
pub fn sweep_with(prepared: &Prepared, most: u64, mut run: impl FnMut(&Conditions) -> Run) -> Tally {
    let started = Instant::now();
    let points = run(&Conditions::default()).instructions;
    let mut tally = Tally { scenarios: 1, points, ..Tally::default() };
    for after in (0..points).step_by(points.div_ceil(most) as usize | 1) {
        // Another interrupt makes a run longer by a thousand instructions.
        let conditions = Conditions {
            interrupts: Some(interrupt(after)),
            budget: 2 * points + 100_000,
            ..Conditions::default()
        };
        let run = run(&conditions);
        tally.runs += 1;
        let failures = judge(prepared, &run, &decode(&run.stream)).failures;
        if let Some(first) = failures.first() {
            let name = prepared.name;
            tally.findings.push(format!("{name}, an interrupt after {after} instructions: {first}"));
        }
    }
    tally.took = started.elapsed();
    tally
}

/// The interrupt from outside, after so many instructions.
const fn interrupt(after: u64) -> Injection {
    Injection {
        intid: hal::interrupt::Intid(layout::FROM_OUTSIDE as u32),
        core: 0,
        signal: Signal::Pulse,
        counted: Counted::AllCores,
        when: When::After(after),
    }
}
