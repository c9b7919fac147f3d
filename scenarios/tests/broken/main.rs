//! Bugs planted between the monitor and the machine: each must be found by the checker that is meant for it, in words
//! that point at the place.

mod calls;
mod cores;
mod entries;
mod histories;
mod interrupts;
mod locks;
mod machine;
mod messages;
mod notifications;
mod planted;
mod power;
mod registers;
mod transactions;
mod translations;
mod vms;
mod watchdog;

use std::collections::BTreeSet;

use machine::{Bug, NoBug, run};
use planted::{Checker, Planted};
use scenarios::scenario::{Parameters, find, judge};
use scenarios::transcript::decode;

/// All planted bugs, in the order of the table in docs/simulator.md.
fn all() -> impl Iterator<Item = &'static Planted> {
    let files = [
        registers::PLANTED,
        translations::PLANTED,
        locks::PLANTED,
        entries::PLANTED,
        transactions::PLANTED,
        calls::PLANTED,
        messages::PLANTED,
        notifications::PLANTED,
        vms::PLANTED,
        cores::PLANTED,
        watchdog::PLANTED,
    ];
    files.into_iter().flatten()
}

/// Failures that are shown of a bug that was missed.
const SHOWN: usize = 8;

/// Schedules under which a bug of several cores is looked for: about half of them have it.
const SCHEDULES: u64 = 16;

/// What is wrong with a run of the scenario called `name` with `bug`, under the schedule of this `seed`.
fn failures(name: &str, bug: Box<dyn Bug>, seed: u64) -> Vec<String> {
    let prepared = find(name).expect("a scenario").prepare(&Parameters::default());
    let run = run(&prepared, bug, seed);
    judge(&prepared, &run, &decode(&run.stream)).failures
}

#[test]
fn each_planted_bug_is_found_by_the_checker_that_is_meant_for_it() {
    let mut missed = Vec::new();
    for Planted { what, scenario, checker, words, bug } in all() {
        let cores = find(scenario).expect("a scenario").cores;
        let schedules = if cores > 1 { SCHEDULES } else { 1 };
        let mut failures = Vec::new();
        let found = (0..schedules).any(|seed| {
            failures = self::failures(scenario, bug(), seed);
            let report = failures.iter().find(|failure| failure.contains(checker.says()));
            report.is_some_and(|report| words.iter().all(|words| report.contains(words)))
        });
        if !found {
            let said =
                failures.iter().take(SHOWN).map(|failure| format!("\n  {failure}")).collect::<String>();
            missed.push(format!("{what} ({scenario}): {checker} does not say {words:?}, but:{said}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn without_a_bug_nothing_is_said() {
    for scenario in all().map(|planted| planted.scenario).collect::<BTreeSet<_>>() {
        assert_eq!(failures(scenario, Box::new(NoBug), 0), Vec::<String>::new(), "{scenario}");
    }
}

#[test]
fn each_checker_has_a_bug_to_find() {
    let idle = Checker::ALL.iter().filter(|checker| all().all(|planted| planted.checker != **checker));
    assert_eq!(idle.collect::<Vec<_>>(), Vec::<&Checker>::new());
}

#[test]
fn the_table_of_planted_bugs_is_the_list_of_them() {
    const DOCUMENT: &str = include_str!("../../../docs/simulator.md");
    let (_, section) = DOCUMENT.split_once("\n## Planted bugs\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let table: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let row = |Planted { what, scenario, checker, words, .. }: &Planted| {
        format!("| {what} | `{scenario}` | {checker} | `{}` |", words.join(" … "))
    };
    let rows: Vec<String> = all().map(row).collect();
    assert_eq!(table, rows, "the table should be:\n{}", rows.join("\n"));
}
