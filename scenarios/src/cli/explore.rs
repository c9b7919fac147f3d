//! `tantalum explore`: a scenario under every schedule with a few preemptions.

use std::process::ExitCode;

use hal_sim::explore::{Exploration, Explored};
use scenarios::machine::explored;
use scenarios::machine::sim::Conditions;
use scenarios::out;
use scenarios::scenario::{Parameters, Scenario, all};

/// Runs between two lines of progress.
const OFTEN: usize = 500;

/// Explores every scenario with a window, until one was not as it must be.
pub(super) fn explore_all(exploration: &Exploration, random: u64) -> ExitCode {
    let mut races = all().iter().filter(|scenario| scenario.explored);
    let failed = races.any(|scenario| explore(scenario, exploration, random) != ExitCode::SUCCESS);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Explores `scenario`, then tries so many `random` schedules; says how many there were, and how to repeat one that was
/// not as it must be.
pub(super) fn explore(scenario: &Scenario, exploration: &Exploration, random: u64) -> ExitCode {
    let parameters = Parameters::default();
    let prepared = scenario.prepare(&parameters);
    let progress = |explored: &Explored| {
        if explored.schedules.is_multiple_of(OFTEN) {
            eprintln!("{}: {explored}", scenario.name);
        }
    };
    let explored = explored::explore(&prepared, exploration, progress);
    let cut = if explored.is_cut { "; NOT ALL: --runs ended it" } else { "" };
    out::line(format_args!(
        "{}, at most {} preemptions: {explored}{cut}",
        scenario.name, exploration.preemptions
    ));
    let mut failure = explored.failure;
    if failure.is_none() && random > 0 {
        let tried = explored::try_random(&prepared, random, progress);
        out::line(format_args!("{} random schedules", tried.schedules));
        failure = tried.failure;
    }
    let Some(failure) = failure else { return ExitCode::SUCCESS };
    eprintln!("not as it must be: {}", failure.words);
    let conditions = Conditions { schedule: failure.schedule, ..Conditions::default() };
    eprintln!("this repeats it: {}", conditions.command(scenario, &parameters));
    ExitCode::FAILURE
}
