//! Scenarios on two cores under more schedules than one: those with a window to the end of it, with two preemptions;
//! another one under all without a preemption, the first ones with two, and random ones. `make explore` follows them
//! all.

use hal_sim::explore::Exploration;
use scenarios::machine::explored::{explore, try_random};
use scenarios::scenario::{Parameters, all, find};

/// Runs of each kind: a slice that takes seconds.
const SLICE: u64 = 20;

#[test]
fn a_core_that_goes_off_and_comes_back_does_under_a_slice_of_the_schedules() {
    let prepared = find("core-on-off").unwrap().prepare(&Parameters::default());
    let all = explore(&prepared, &Exploration::with_preemptions(0), |_| {});
    println!("core-on-off, no preemption: {all}");
    assert_eq!((all.failure, all.is_cut), (None, false));
    let slice = Exploration { runs: SLICE as usize, ..Exploration::with_preemptions(2) };
    let two = explore(&prepared, &slice, |_| {});
    println!("core-on-off, two preemptions, a slice: {two}");
    assert_eq!(two.failure, None);
    assert!(two.points > 0, "two cores touch the same");
    assert_eq!(try_random(&prepared, SLICE, |_| {}).failure, None);
}

#[test]
fn two_cores_that_race_do_as_they_must_under_all_schedules_with_two_preemptions() {
    let races: Vec<_> = all().iter().filter(|scenario| scenario.explored).collect();
    assert!(!races.is_empty());
    for scenario in races {
        let prepared = scenario.prepare(&Parameters::default());
        let all = explore(&prepared, &Exploration::with_preemptions(2), |_| {});
        println!("{}, two preemptions, complete: {all}", scenario.name);
        assert_eq!((all.failure, all.is_cut), (None, false), "{}", scenario.name);
        assert!(all.points > 1 && all.schedules > 2, "{}: nothing races", scenario.name);
    }
}
