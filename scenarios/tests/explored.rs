//! Scenarios on two cores under more schedules than one: all without a preemption, the first ones with two, and
//! random ones. `make explore SCENARIO=name` follows them all.

use hal_sim::explore::Exploration;
use scenarios::machine::explored::{explore, try_random};
use scenarios::scenario::{Parameters, find};

/// Runs of each kind: a slice that takes seconds.
const SLICE: u64 = 20;

fn goes_as_it_must_under_a_slice_of_the_schedules(name: &str) {
    let prepared = find(name).unwrap().prepare(&Parameters::default());
    let all = explore(&prepared, &Exploration::with_preemptions(0), |_| {});
    println!("{name}, no preemption: {all}");
    assert_eq!((all.failure, all.is_cut), (None, false));
    let slice = Exploration { runs: SLICE as usize, ..Exploration::with_preemptions(2) };
    let two = explore(&prepared, &slice, |_| {});
    println!("{name}, two preemptions, a slice: {two}");
    assert_eq!(two.failure, None);
    assert!(two.points > 0, "two cores touch the same");
    assert_eq!(try_random(&prepared, SLICE, |_| {}).failure, None);
}

#[test]
fn a_core_that_goes_off_and_comes_back_does_under_a_slice_of_the_schedules() {
    goes_as_it_must_under_a_slice_of_the_schedules("core-on-off");
}

#[test]
fn what_one_core_has_is_busy_for_another_under_a_slice_of_the_schedules() {
    goes_as_it_must_under_a_slice_of_the_schedules("busy-elsewhere");
}
