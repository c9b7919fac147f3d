//! An interrupt of the normal world after every so many guest instructions of every scenario: nothing changes.
//! `tantalum sweep` goes through all instructions.

use std::sync::Mutex;
use std::thread;

use scenarios::machine::sweep::{Tally, exempt, sweep};
use scenarios::scenario::all;

/// Runs of each scenario.
const RUNS: u64 = 4;
/// Runs of the shortest one.
const RUNS_OF_HELLO: u64 = 200;

#[test]
fn an_interrupt_of_the_normal_world_changes_no_scenario_wherever_it_comes() {
    let waiting = Mutex::new(all().iter().filter(|scenario| exempt(scenario).is_none()));
    let total = Mutex::new(Tally::default());
    let work = || {
        while let Some(scenario) = { waiting.lock().unwrap().next() } {
            let tally = sweep(scenario, if scenario.name == "hello" { RUNS_OF_HELLO } else { RUNS });
            *total.lock().unwrap() += tally;
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let total = total.into_inner().unwrap();
    println!("{total} on each of two threads");
    assert!(total.findings.is_empty(), "{}", total.findings.join("\n"));
    assert!(total.runs > 350, "{total}");
}
