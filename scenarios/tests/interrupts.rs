//! A slice of the sweep (`make sweep`): interrupts of each kind at some points of every scenario change nothing.

use std::sync::Mutex;
use std::thread;

use scenarios::machine::sweep::{Choice, SERVERS, Tally, exempt, sweep};
use scenarios::scenario::all;

/// Runs of each scenario with the interrupts of each server.
const RUNS: u64 = 6;
/// The same of the shortest one.
const RUNS_OF_HELLO: u64 = 200;

#[test]
fn an_interrupt_changes_no_scenario_wherever_it_comes_and_is_handled_once() {
    let swept = |scenario| SERVERS.into_iter().map(move |server| (scenario, server));
    let jobs = all().iter().flat_map(swept).filter(|(scenario, server)| exempt(scenario, *server).is_none());
    let waiting = Mutex::new(jobs);
    let total = Mutex::new(Tally::default());
    let work = || {
        while let Some((scenario, server)) = { waiting.lock().unwrap().next() } {
            let most = if scenario.name == "hello" { RUNS_OF_HELLO } else { RUNS };
            let tally = sweep(scenario, server, Choice::Spread(1), |runs| runs < most);
            *total.lock().unwrap() += tally;
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let total = total.into_inner().unwrap();
    println!("{total}");
    assert!(total.findings.is_empty(), "{}", total.findings.join("\n"));
    assert!(total.runs > 2000, "{total}");
}
