//! A loaded machine runs again and again, and each run is the one that a new machine makes.

use hal_sim::{Counted, Injection, Schedule, Signal, When};
use scenarios::machine::layout;
use scenarios::machine::sim::{self, Conditions, Loaded};
use scenarios::machine::{Ending, Run};
use scenarios::scenario::{Parameters, Prepared, find};

/// A run, to be compared.
fn told(run: &Run) -> String {
    format!("{run:?}")
}

fn prepared(name: &str) -> Prepared {
    find(name).expect("a scenario").prepare(&Parameters::default())
}

/// An interrupt after so many instructions.
fn interrupted(after: u64) -> Conditions {
    let interrupt = Injection {
        intid: hal::interrupt::Intid(layout::FROM_OUTSIDE as u32),
        core: 0,
        signal: Signal::Pulse,
        counted: Counted::AllCores,
        when: When::After(after),
    };
    Conditions { interrupts: Some(interrupt), ..Conditions::default() }
}

#[test]
fn what_ran_before_on_a_machine_changes_nothing() {
    let seeded = |seed| Conditions { seed, schedule: Schedule::Seeded(seed), ..Conditions::default() };
    let short = Conditions { budget: 1000, ..Conditions::default() };
    let all = [seeded(1), short, seeded(2), interrupted(700), seeded(1), interrupted(2500), seeded(3)];
    for name in ["hello", "flow", "reclaim-zero", "fails-by-fault", "share-at-once", "come-and-go"] {
        let prepared = prepared(name);
        let mut machine = Loaded::of(&prepared);
        for (index, conditions) in all.iter().enumerate() {
            let again = machine.run(conditions);
            assert_eq!(told(&again), told(&sim::run_under(&prepared, conditions)), "{name}, run {index}");
        }
    }
}

#[test]
fn a_machine_whose_monitor_panicked_runs_again() {
    let prepared = prepared("hello");
    let mut machine = Loaded::of(&prepared);
    let first = machine.run(&Conditions::default());
    assert_eq!(first.ending, Ending::PowerOff);
    let panicked = machine.run_with(&Conditions::default(), |_, _, _| panic!("it is over"));
    assert_eq!(panicked.ending, Ending::Other("the monitor stopped: it is over".into()));
    assert_eq!(told(&machine.run(&Conditions::default())), told(&first));
}
