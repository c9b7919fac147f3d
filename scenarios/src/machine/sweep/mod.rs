//! Sweeps: one scenario again and again in the simulator, each time with an interrupt at another point: after a guest
//! instruction, or at a lock or a Hal call of the monitor. Whatever that is, the run must be the scenario's own, and
//! the interrupt handled once.

mod exempt;
mod kinds;
mod subject;

use std::fmt;
use std::ops::AddAssign;

pub use exempt::exempt;
pub use kinds::{Kind, Point};
pub use subject::{Subject, name};

use super::sim::{Conditions, Loaded};
use crate::scenario::{By, Handler, Parameters, Scenario, Server};

/// Who handles interrupts from outside in the machines of a scenario, one after the other.
pub const SERVERS: [Option<Server>; 5] = [
    None,
    Some(Server { handler: Handler::FirstPartition, by: By::Devices }),
    Some(Server { handler: Handler::Witness, by: By::Devices }),
    Some(Server { handler: Handler::FirstPartition, by: By::Timer }),
    Some(Server { handler: Handler::Witness, by: By::Timer }),
];

/// What came of sweeps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Points at which an interrupt of a kind could come.
    pub points: u64,
    /// Runs: the points at which one came.
    pub runs: u64,
    /// What was not as it must be, a sentence for each run.
    pub findings: Vec<String>,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, mut other: Self) {
        self.points += other.points;
        self.runs += other.runs;
        self.findings.append(&mut other.findings);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { points, runs, findings } = self;
        write!(f, "{points} points, {runs} runs, {} findings", findings.len())
    }
}

/// Which points are taken of all there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Every one.
    All,
    /// One after the other, spread evenly however many that become, from a beginning that the seed says.
    Spread(u64),
}

impl Choice {
    /// The `nth` of so many `points`, of so many `kinds` in turn; none after the last. Kinds are taken in turn: the
    /// spread of points alone may have one of them only.
    fn nth(self, nth: u64, points: u64, kinds: u64) -> Option<u64> {
        // The golden section of 2^64: its multiples are spread evenly.
        const SECTION: u64 = 0x9E37_79B9_7F4A_7C15;
        let place = match self {
            Self::All => nth,
            Self::Spread(_) if points <= nth => points,
            Self::Spread(seed) => {
                let fraction = seed.wrapping_add(nth / kinds).wrapping_mul(SECTION);
                let step = (u128::from(fraction) * u128::from(points / kinds)) >> 64;
                step as u64 * kinds + nth % kinds
            }
        };
        (place < points).then_some(place)
    }
}

/// Sweeps `scenario` with the monitor as it is and the interrupts of `server`, at the points of `choice` for as long as
/// `goes_on`, which is told how many runs there were.
pub fn sweep(
    scenario: &Scenario,
    server: Option<Server>,
    choice: Choice,
    goes_on: impl FnMut(u64) -> bool,
) -> Tally {
    let prepared = scenario.prepare(&Parameters { server, ..Parameters::default() });
    let mut machine = Loaded::of(&prepared);
    let subject = Subject::new(prepared, scenario.testimony, server, |conditions| machine.run(conditions));
    match subject {
        Ok(subject) => sweep_with(&subject, choice, goes_on, |conditions| machine.run(conditions)),
        Err(finding) => Tally { findings: vec![finding], ..Tally::default() },
    }
}

/// Sweeps `subject`, of which `run` makes a run.
pub fn sweep_with(
    subject: &Subject,
    choice: Choice,
    mut goes_on: impl FnMut(u64) -> bool,
    mut run: impl FnMut(&Conditions) -> super::Run,
) -> Tally {
    let points = subject.points();
    let mut tally = Tally { points, ..Tally::default() };
    while goes_on(tally.runs)
        && let Some(index) = choice.nth(tally.runs, points, subject.kinds())
    {
        let point = subject.point(index);
        tally.runs += 1;
        if let Some(failure) = subject.failure(point.kind, &run(&subject.conditions(point))) {
            let name = subject.name();
            tally.findings.push(format!("{name} --interrupt {point}: {failure}"));
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn points_are_spread_evenly_however_many_are_taken() {
        for taken in [10, 100, 1000] {
            let points: BTreeSet<_> =
                (0..taken).filter_map(|nth| Choice::Spread(7).nth(nth, 1_000_000, 1)).collect();
            let gaps = points.iter().zip(points.iter().skip(1)).map(|(a, b)| b - a);
            assert_eq!(points.len() as u64, taken);
            assert!(gaps.max().is_some_and(|gap| gap < 3 * 1_000_000 / taken), "{taken}");
        }
    }

    #[test]
    fn each_kind_is_taken_as_often_as_the_others() {
        // With these the spread of all points has one of three kinds only.
        let of_kind = |kind| {
            (0..150).filter(move |nth| Choice::Spread(1).nth(*nth, 13674, 3).is_some_and(|at| at % 3 == kind))
        };
        assert_eq!([0, 1, 2].map(|kind| of_kind(kind).count()), [50; 3]);
    }

    #[test]
    fn all_points_are_taken_once() {
        let all: Vec<_> = (0..).map_while(|nth| Choice::All.nth(nth, 5, 1)).collect();
        assert_eq!(all, [0, 1, 2, 3, 4]);
        assert_eq!(Choice::Spread(1).nth(5, 5, 1), None, "as many as there are, and no more");
    }
}
