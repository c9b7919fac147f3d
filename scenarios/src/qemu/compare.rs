//! Boots scenarios in QEMU and compares what their programs saw with what the simulator's snapshot says.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::boot::boot;
use super::command::Emulator;
use super::diff::differences;
use super::place::{self, Spmc};
use crate::machine::{MachineKind, Run};
use crate::out;
use crate::scenario::{self, Ends, Parameters, Prepared, Scenario, Testimony};
use crate::transcript::{decode, guest_lines, snapshot_guest_lines};

/// Machines that run at once.
const AT_ONCE: usize = 2;

/// Guests' lines that are shown of a boot that did not end well.
const LAST_WORDS: usize = 4;

/// How the scenarios did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Scenarios whose guests saw with each image what they must.
    pub same: usize,
    /// Scenarios that differ, hang or do not boot.
    pub differ: usize,
    /// Scenarios that only the simulator can run.
    pub simulator_only: usize,
    /// Scenarios that only QEMU can run, and that ended well.
    pub qemu_only: usize,
}

impl Tally {
    /// True when nothing differs.
    pub fn is_clean(&self) -> bool {
        self.differ == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} scenarios: {} same, {} differ, {} simulator only, {} QEMU only",
            self.same + self.differ,
            self.same,
            self.differ,
            self.simulator_only,
            self.qemu_only
        )
    }
}

/// Boots each of `scenarios` that QEMU can run with each of `images`, prints a line a scenario and the differences of
/// those that have any, and counts.
pub fn compare(emulator: &Emulator, scenarios: &[&Scenario], images: &[Spmc<'_>]) -> Tally {
    let (here, elsewhere): (VecDeque<&Scenario>, VecDeque<&Scenario>) =
        scenarios.iter().partition(|scenario| scenario.runs_on.includes(MachineKind::Qemu));
    let width = here.iter().map(|scenario| scenario.name.len()).max();
    let width = width.unwrap_or(0);
    let queue = Mutex::new(here);
    let tally = Mutex::new(Tally { simulator_only: elsewhere.len(), ..Tally::default() });
    let next = || lock(&queue).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(scenario) = next() {
                    let verdict = judge(emulator, scenario, images);
                    // One scenario's words are printed in one piece.
                    let mut tally = lock(&tally);
                    match verdict {
                        Err(words) => {
                            tally.differ += 1;
                            out::line(format_args!("  {:width$}  {words}", scenario.name));
                        }
                        Ok(times) if scenario.runs_on.includes(MachineKind::Sim) => {
                            tally.same += 1;
                            let how = match (scenario.ends, scenario.testimony) {
                                (Ends::NoBoot(_), _) => "does not boot, and says why",
                                (_, Testimony::Same) => "same",
                                (_, Testimony::Varies(_)) => "as it must be",
                            };
                            out::line(format_args!("  {:width$}  {how} ({times})", scenario.name));
                        }
                        Ok(times) => {
                            tally.qemu_only += 1;
                            out::line(format_args!("  {:width$}  ended well ({times})", scenario.name));
                        }
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Holds what a thread that panicked may have held: both values stay whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Boots `scenario` with each image until one does not do well: how long each took, or what is wrong.
pub(super) fn judge(emulator: &Emulator, scenario: &Scenario, images: &[Spmc<'_>]) -> Result<String, String> {
    let mut times = Vec::new();
    for &image in images {
        let took = attempt(emulator, scenario, image).map_err(|words| {
            let words = words.trim_end().replace('\n', "\n    ");
            format!("{} image: {words}", image.name())
        })?;
        times.push(format!("{} {:.1} s", image.name(), took.as_secs_f64()));
    }
    Ok(times.join(", "))
}

/// Boots `scenario` with one image: how long that took, or what is wrong.
fn attempt(emulator: &Emulator, scenario: &Scenario, spmc: Spmc<'_>) -> Result<Duration, String> {
    let prepared = scenario.prepare(&Parameters::default());
    let booted = boot(emulator, scenario, &prepared, spmc).map_err(|failure| {
        let last = last_words(scenario, &prepared, spmc);
        format!("{failure}\n{last}")
    })?;
    let run = Run::on_hardware(booted.ending, booted.stream, booted.console);
    let verdict = scenario::judge(&prepared, &run, &decode(&run.stream));
    if scenario.runs_on.includes(MachineKind::Sim)
        && scenario.testimony == Testimony::Same
        && scenario.ends.boots()
    {
        let expected = snapshot_guest_lines(scenario.name)?;
        let differences = differences(&expected, &guest_lines(&prepared, &run.stream));
        if !differences.is_empty() {
            return Err(format!("differs (- the simulator's snapshot, + QEMU)\n{differences}"));
        }
    }
    if !verdict.is_good() {
        return Err(format!("is not as it must be\n{}", verdict.failures.join("\n")));
    }
    Ok(booted.took)
}

/// What the guests testified last in a boot that did not end well.
fn last_words(scenario: &Scenario, prepared: &Prepared, spmc: Spmc<'_>) -> String {
    let stream = place::work(scenario.name, spmc.name()).join("stream");
    let lines = guest_lines(prepared, &fs::read(stream).unwrap_or_default());
    match &lines[lines.len().saturating_sub(LAST_WORDS)..] {
        [] => "no guest had said anything".into(),
        last => format!("the guests' last words:\n  {}", last.join("\n  ")),
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn the_last_line_counts_what_was_compared_and_what_could_not_be() {
        let tally = Tally { same: 3, differ: 0, simulator_only: 2, qemu_only: 1 };
        assert_eq!(tally.to_string(), "3 scenarios: 3 same, 0 differ, 2 simulator only, 1 QEMU only");
        assert!(tally.is_clean());
    }
}
