//! Every scenario on several cores but those that are explored whole (explored.rs), under many schedules: nothing is
//! wrong with any run, and each execution context sees the same in all of them, where the scenario says so. SCHEDULES in
//! the environment says how many; continuous integration plays a hundred.

use std::collections::BTreeSet;

use hal_sim::Schedule;
use scenarios::machine::sim::{Conditions, Loaded};
use scenarios::scenario::{Parameters, Prepared, Testimony, all, find, judge};
use scenarios::transcript::{decode, snapshot_directory, text};

/// Schedules under which each scenario runs beside the default one, unless the environment says otherwise.
const SCHEDULES: u64 = 30;

/// How many schedules the environment asks for.
fn schedules() -> u64 {
    match std::env::var("SCHEDULES") {
        Ok(number) => number.parse().expect("SCHEDULES is a number"),
        Err(_) => SCHEDULES,
    }
}

/// Defines a test of each scenario, and the list of them.
macro_rules! scenarios {
    ($($test:ident = $name:literal;)*) => {
        const TESTED: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                goes_as_it_must_whichever_core_is_faster($name);
            }
        )*
    };
}

scenarios! {
    a_core_goes_off_and_comes_back = "core-on-off";
    the_only_vcpu_of_a_partition_migrates = "migration";
    all_vcpus_of_a_partition_run_at_once = "all-at-once";
    a_vcpu_that_all_ask_serves_each_in_the_end = "contended";
    what_one_core_has_is_busy_for_another = "busy-elsewhere";
    a_partition_interrupted_on_one_core_goes_on_on_another = "preempted-elsewhere";
    a_page_is_shared_borrowed_and_reclaimed_on_different_cores = "share-across-cores";
    only_its_own_core_runs_an_interrupted_vcpu_on = "chain-elsewhere";
    a_timer_follows_its_partition = "timer-elsewhere";
    a_core_goes_off_with_interrupted_partitions = "off-in-work";
    four_cores_work_with_memory_at_once = "share-at-once";
    a_page_given_back_on_one_core_is_gone_on_all = "unmapped-everywhere";
    an_rx_buffer_that_all_want_serves_each_in_the_end = "contended-rx";
    cores_come_and_go_while_partitions_serve_them = "come-and-go";
    a_partition_that_fails_on_one_core_is_gone_on_all = "fails-on-core-1";
    a_partition_that_never_answers_on_one_core_is_gone_on_all = "silent-on-core-1";
    a_partition_that_aborts_on_one_core_stops_on_all = "abort-everywhere";
    a_vcpu_of_an_aborted_partition_gets_no_answer = "abort-in-call";
    vcpus_begin_where_their_partition_says = "secondary-entry";
    an_interrupt_reaches_its_owner_on_another_core = "interrupt-elsewhere";
    an_interrupt_at_an_answer_is_told_once = "interrupt-at-answer";
    vcpus_interrupt_each_other = "interrupt-between-vcpus";
    an_interrupt_goes_to_the_core_that_is_on = "interrupt-routed";
    a_vcpu_is_notified_on_its_core = "notified-vcpus";
    what_is_pending_when_a_core_goes_off_is_not_lost = "pending-at-off";
    notifications_on_two_cores_arrive_each_once = "notified-at-once";
    a_notification_is_set_while_another_core_gets_it = "race-notify";
    eight_cores_are_served = "eight-cores";
}

#[track_caller]
fn goes_as_it_must_whichever_core_is_faster(name: &str) {
    let scenario = find(name).unwrap();
    let prepared = scenario.prepare(&Parameters::default());
    let mut machine = Loaded::of(&prepared);
    let lanes = lanes_of_a_good_run(&prepared, &mut machine, Schedule::default());
    let others: BTreeSet<String> = (0..schedules())
        .map(|seed| lanes_of_a_good_run(&prepared, &mut machine, Schedule::Seeded(seed)))
        .collect();
    match scenario.testimony {
        Testimony::Same => {
            others.iter().for_each(|other| assert_eq!(*other, lanes));
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(snapshot_directory());
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(name, lanes));
        }
        Testimony::Varies(why) => assert!(others.len() > 1, "it says \"{why}\", and nothing varies"),
    }
}

/// What each execution context sees in a run of the `machine` that has `prepared` under `schedule`, with which nothing
/// is wrong.
#[track_caller]
fn lanes_of_a_good_run(prepared: &Prepared, machine: &mut Loaded, schedule: Schedule) -> String {
    let run = machine.run(&Conditions { schedule: schedule.clone(), ..Conditions::default() });
    let events = decode(&run.stream);
    let failures = judge(prepared, &run, &events).failures;
    assert!(failures.is_empty(), "{schedule:?}:\n{}", failures.join("\n"));
    text(prepared, &events)
}

#[test]
fn every_scenario_on_several_cores_that_is_not_explored_whole_has_its_test() {
    let mut names: Vec<_> = all()
        .iter()
        .filter(|scenario| scenario.cores > 1 && !scenario.explored)
        .map(|scenario| scenario.name)
        .collect();
    names.retain(|name| !TESTED.contains(name));
    assert!(names.is_empty(), "{names:?}");
}
