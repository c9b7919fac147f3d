//! Reports of locks, and of programs that get nowhere, tell the stacks of calls of the EL2 programs.

mod common;

use common::two_cores::*;
use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::Pa;
use hal::lock::{Guard, Lock, Token};
use hal_sim::{Board, End, Machine, Outcome, Schedule, SimCore, SimLocks};

type Low = Lock<(), SimLocks, 3>;
type High = Lock<(), SimLocks, 7>;

fn open_low<'a>(low: &'a Low, token: &'a Token) -> Guard<'a, (), SimLocks, 3> {
    low.lock(token)
}

fn open_high<'a>(high: &'a High, token: &'a Token) -> Guard<'a, (), SimLocks, 7> {
    high.lock(token)
}

fn low_then_high(core: &mut SimCore, low: &Low, high: &High, token: &Token) {
    let _low = open_low(low, token);
    pause(core);
    drop(open_high(high, token));
}

fn high_then_low(core: &mut SimCore, low: &Low, high: &High, token: &Token) {
    let _high = open_high(high, token);
    pause(core);
    drop(open_low(low, token));
}

/// The stacks of a report, from the line that is `start` on: the name alone of each function.
fn stacks_from<'a>(report: &'a str, start: &str) -> Vec<&'a str> {
    let lines = report.lines().map(str::trim).skip_while(|line| *line != start);
    let name = |call: &'a str| call.split_once(" at ").and_then(|(path, _)| path.rsplit("::").next());
    lines.map(|line| name(line).unwrap_or(line)).collect()
}

/// The calls that a program is in while it serves a request of [`run_two`].
const SERVING: [&str; 3] = ["run_two", "serve", "run_two"];

#[test]
fn a_lock_order_violated_is_told_with_the_calls_that_took_both_locks() {
    let (low, high) = (Lock::new(()), Lock::new(()));
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        high_then_low(core, &low, &high, &token);
        low_then_high(core, &low, &high, &token);
        serve(core, &mut token, |_, _, request| request)
    });
    let [words] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
    assert!(words.contains("\n    stacks::open_low at hal-sim/tests/stacks.rs:16\n"), "{words}");
    let test = "a_lock_order_violated_is_told_with_the_calls_that_took_both_locks";
    assert_eq!(
        stacks_from(words, "core 0 took rank 3:"),
        [
            ["core 0 took rank 3:", "open_low", "high_then_low", test],
            ["core 0 had taken rank 7:", "open_high", "high_then_low", test],
        ]
        .concat(),
        "{words}"
    );
}

/// Takes the locks in the wrong order, so many calls further in.
fn dig(core: &mut SimCore, low: &Low, high: &High, token: &Token, calls: u32) {
    match calls {
        0 => high_then_low(core, low, high, token),
        _ => dig(core, low, high, token, calls - 1),
    }
    pause(core);
}

#[test]
fn of_a_deep_stack_the_innermost_twelve_calls_are_told() {
    let (low, high) = (Lock::new(()), Lock::new(()));
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        dig(core, &low, &high, &token, 20);
        serve(core, &mut token, |_, _, request| request)
    });
    let calls = stacks_from(&outcome.findings[0], "core 0 had taken rank 7:");
    let expected = [&["core 0 had taken rank 7:", "open_high", "high_then_low"][..], &["dig"; 10]].concat();
    assert_eq!(calls, expected);
}

#[test]
fn a_lock_order_violated_again_by_the_same_calls_is_told_once_and_by_others_again() {
    let (low, high) = (Lock::new(()), Lock::new(()));
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        for _ in 0..3 {
            high_then_low(core, &low, &high, &token);
        }
        high_then_low(core, &low, &high, &token);
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(outcome.findings.len(), 2, "{:?}", outcome.findings);
}

#[test]
fn a_deadlock_is_told_with_the_calls_in_which_each_core_waits_and_those_that_took_what_it_waits_for() {
    let opposite = |seed| {
        let (low, high) = (Lock::new(()), Lock::new(()));
        run_two(Schedule::Seeded(seed), |core, token, index| match index {
            0 => low_then_high(core, &low, &high, token),
            _ => high_then_low(core, &low, &high, token),
        })
    };
    let stopped = |outcome: Outcome| match outcome.end {
        End::MonitorStopped(words) => Some(words),
        _ => None,
    };
    let words = (0..200).find_map(|seed| stopped(opposite(seed))).expect("a deadlock under some order");
    let test =
        "a_deadlock_is_told_with_the_calls_in_which_each_core_waits_and_those_that_took_what_it_waits_for";
    let calls = [
        ["core 0 waits for rank 7:", "open_high", "low_then_high", test],
        ["core 1 took rank 7:", "open_high", "high_then_low", test],
        ["core 1 waits for rank 3:", "open_low", "high_then_low", test],
        ["core 0 took rank 3:", "open_low", "low_then_high", test],
    ];
    let expected: Vec<&str> = calls.iter().flat_map(|calls| [&calls[..], &SERVING].concat()).collect();
    assert_eq!(stacks_from(&words, "core 0 waits for rank 7:"), expected, "{words}");
}

fn look_again(core: &mut SimCore) -> ! {
    loop {
        pause(core);
    }
}

fn look_for_another_core(core: &mut SimCore) -> ! {
    look_again(core)
}

#[test]
fn a_livelock_is_told_with_the_calls_in_which_each_core_stands() {
    let outcome = run_two(Schedule::Seeded(1), |core, _, index| match index {
        0 => look_for_another_core(core),
        _ => look_again(core),
    });
    let End::Hung { reason, stacks, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.starts_with("livelock: "), "{reason}");
    let [first, second] = &stacks[..] else { panic!("{stacks:?}") };
    let test = "a_livelock_is_told_with_the_calls_in_which_each_core_stands";
    let looks = ["hardware", "interrupts", "acknowledge", "pause", "look_again"];
    let of_first = [&["core 0 is in:"], &looks[..], &["look_for_another_core", test], &SERVING].concat();
    assert_eq!(stacks_from(first, "core 0 is in:"), of_first, "{first}");
    let of_second = [&["core 1 is in:"], &looks[..], &[test], &SERVING].concat();
    assert_eq!(stacks_from(second, "core 1 is in:"), of_second, "{second}");
}

fn enter_the_endless_one(core: &mut SimCore, token: &mut Token) {
    enter(core, token, &mut guest_at(SECURE_GUEST));
}

#[test]
fn guests_without_an_end_are_told_with_the_calls_that_entered_them_of_the_cores_that_are_on() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001, 2 = 0);
        dynasm!(ops; .arch aarch64; again: ; b <again);
    });
    let guest = assemble(SECURE_GUEST, |ops| dynasm!(ops; .arch aarch64; again: ; b <again));
    let mut machine = Machine::new(&Board { cores: 2, budget: 10_000, ..board() });
    machine.load(Pa::secure(SECURE_GUEST), &guest);
    machine.load(Pa::non_secure(NORMAL_WORLD), &normal);
    let outcome = machine.run(|core, mut token, boot| {
        guest_tables(core, &boot, 1);
        serve(core, &mut token, |core, token, request| {
            enter_the_endless_one(core, token);
            request
        })
    });
    let End::Hung { reason, stacks, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.ends_with(" instructions without an end"), "{reason}");
    let [stack] = &stacks[..] else { panic!("{stacks:?}") };
    let calls = stacks_from(stack, "core 0 is in:");
    let test = "guests_without_an_end_are_told_with_the_calls_that_entered_them_of_the_cores_that_are_on";
    assert!(calls.contains(&"enter_the_endless_one") && calls.ends_with(&["serve", test]), "{stack}");
}
