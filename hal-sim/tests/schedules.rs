//! Cores take turns: what is lost, stuck or stale under some order is found, and every order can be repeated.

mod common;

use std::cell::{Cell, RefCell};

use common::two_cores::*;
use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::cpu::Exit;
use hal::lock::{Lock, Token};
use hal::tlb::Vmid;
use hal::{Console, Cpu, Ipa, Pa, Tlb};
use hal_sim::{Board, End, Entry, Machine, Outcome, Schedule, SimCore, SimLocks};

#[test]
fn two_cores_count_in_a_shared_lock_without_losing_one() {
    for seed in 0..200 {
        let total: Lock<u64, SimLocks, 1> = Lock::new(0);
        let outcome = run_two(Schedule::Seeded(seed), |core, token, _| {
            for _ in 0..4 {
                let mut total = total.lock(token);
                let before = *total;
                pause(core);
                *total = before + 1;
            }
        });
        assert_eq!((outcome.end, outcome.findings), (End::PowerOff, vec![]), "seed {seed}");
        assert_eq!(*total.lock(&Token::new_for_core()), 2 * REQUESTS * 4, "seed {seed}");
    }
}

#[test]
fn without_the_lock_some_order_loses_one() {
    let loses = |schedule| {
        let total = Cell::new(0);
        let outcome = run_two(schedule, |core, _, _| {
            let before = total.get();
            pause(core);
            total.set(before + 1);
        });
        assert_eq!(outcome.end, End::PowerOff);
        total.get() < 2 * REQUESTS
    };
    assert!((0..50).any(|seed| loses(Schedule::Seeded(seed))));
    assert!((0..50).any(|seed| loses(Schedule::Pct { seed, depth: 2, length: 200 })));
}

/// A run whose order can be seen in its console.
fn visible(schedule: Schedule) -> Outcome {
    run_two(schedule, |core, _, index| {
        for _ in 0..3 {
            core.print(&[b'0' + index as u8]);
            pause(core);
        }
    })
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_last_bit_and_another_one_another() {
    let runs: Vec<Outcome> = (0..20).map(|seed| visible(Schedule::Seeded(seed))).collect();
    for (seed, run) in (0..).zip(&runs) {
        assert_eq!(*run, visible(Schedule::Seeded(seed)), "seed {seed}");
    }
    let mut orders: Vec<_> = runs.iter().map(|run| &run.console).collect();
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 5, "{orders:?}");
}

#[test]
fn a_replayed_schedule_gives_the_same_outcome() {
    for seed in 0..20 {
        let run = visible(Schedule::Seeded(seed));
        assert_eq!(visible(Schedule::Replay(run.schedule.clone())), run, "seed {seed}");
    }
    for schedule in [Schedule::RoundRobin(3), Schedule::Pct { seed: 1, depth: 3, length: 300 }] {
        let run = visible(schedule);
        assert_eq!(visible(Schedule::Replay(run.schedule.clone())), run);
    }
}

#[test]
fn a_schedule_that_ends_early_goes_on_with_each_core_in_its_order() {
    let outcome = visible(Schedule::Replay("0:5 1:7".into()));
    assert_eq!(outcome.end, End::PowerOff);
    assert_eq!(outcome.console.len() as u64, 2 * REQUESTS * 3);
}

#[test]
fn each_step_of_each_core_in_turn_works_too() {
    assert_eq!(visible(Schedule::RoundRobin(1)).end, End::PowerOff);
}

/// The end of the first run that does not end well.
fn first_end(work: impl Fn(&mut SimCore, &mut Token, usize)) -> Outcome {
    let mut runs = (0..200).map(|seed| run_two(Schedule::Seeded(seed), &work));
    runs.find(|run| run.end != End::PowerOff).expect("some order does not end well")
}

#[test]
fn two_locks_taken_in_opposite_order_are_a_deadlock_of_both_cores_under_some_order() {
    let low: Lock<(), SimLocks, 3> = Lock::new(());
    let high: Lock<(), SimLocks, 7> = Lock::new(());
    let outcome = first_end(|core, token, index| {
        if index == 0 {
            let _low = low.lock(token);
            pause(core);
            drop(high.lock(token));
        } else {
            let _high = high.lock(token);
            pause(core);
            drop(low.lock(token));
        }
    });
    let End::MonitorStopped(words) = outcome.end else { panic!("{:?}", outcome.end) };
    let (first, second) = words.split_once("; ").expect("both cores");
    assert!(
        first.starts_with("deadlock: core 0 waits for rank 7 at ") && first.contains("holds rank 3 at "),
        "{words}"
    );
    assert!(
        second.starts_with("core 1 waits for rank 3 at ") && second.contains("holds rank 7 at "),
        "{words}"
    );
    assert!(words.contains("tests/schedules.rs") && words.contains("NS-EL2"), "{words}");
}

#[test]
fn a_deadlock_is_found_while_a_third_core_runs_on() {
    let low: Lock<(), SimLocks, 3> = Lock::new(());
    let high: Lock<(), SimLocks, 7> = Lock::new(());
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = 0xc400_0003, 1 = 1, 2 = SECONDARY, 3 = 0);
        smc!(ops, 0 = 0xc400_0003, 1 = 2, 2 = SECONDARY, 3 = 0);
        dynasm!(ops; .arch aarch64; again: ; b <again);
    });
    let secondary = assemble(SECONDARY, |ops| {
        smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001);
        dynasm!(ops; .arch aarch64; again: ; b <again);
    });
    let mut machine = Machine::new(&Board { cores: 3, ..board() }).with_schedule(Schedule::RoundRobin(2));
    machine.load(Pa::non_secure(NORMAL_WORLD), &primary);
    machine.load(Pa::non_secure(SECONDARY), &secondary);
    let outcome = machine.run_cores(|core, mut token, entry| {
        let first = matches!(entry, Entry::Warm { core: 1 });
        if matches!(entry, Entry::Cold(_)) {
            register_secondary_entry(core);
        }
        serve(core, &mut token, |core, token, request| {
            let (_one, _other);
            if first {
                _one = low.lock(token);
                (0..100).for_each(|_| pause(core));
                _other = high.lock(token);
            } else {
                _other = high.lock(token);
                (0..100).for_each(|_| pause(core));
                _one = low.lock(token);
            }
            request
        })
    });
    let End::MonitorStopped(words) = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(words.starts_with("deadlock: core 1 waits for rank 7"), "{words}");
    assert!(outcome.instructions < 10_000, "{}", outcome.instructions);
}

#[test]
fn programs_that_never_let_a_guest_run_are_a_livelock() {
    let outcome = run_two(Schedule::Seeded(1), |core, _, _| {
        loop {
            pause(core);
        }
    });
    let End::Hung { reason, last_exits, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.starts_with("livelock: no guest runs for "), "{reason}");
    for core in ["core 0: NS-EL2 at ", "core 1: NS-EL2 at "] {
        assert!(last_exits.iter().any(|words| words.starts_with(core)), "{last_exits:?}");
    }
}

/// Core 1 runs a secure guest that reads a page for ever; core 0 takes the page away. The guest's exit, if it has
/// one, and the findings.
fn take_page_away(broadcast: bool) -> (Option<u64>, Outcome) {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 20, SECURE_DATA);
        dynasm!(ops; .arch aarch64; again: ; ldr x0, [x20]; b <again);
    });
    let mut machine = two_cores(Schedule::RoundRobin(50));
    machine.load(Pa::secure(SECURE_GUEST), &guest);
    let shared = RefCell::new(None);
    let exit = Cell::new(None);
    let outcome = machine.run_cores(|core, mut token, entry| {
        let mut requests = 0;
        match entry {
            Entry::Cold(cold) => {
                register_secondary_entry(core);
                let mut tables = guest_tables(core, &cold, 1);
                tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::All);
                core.synchronise();
                shared.replace(Some(tables));
                serve(core, &mut token, |core, _, request| {
                    requests += 1;
                    if requests == REQUESTS {
                        if !broadcast {
                            core.broadcast_nothing();
                        }
                        let mut tables = shared.take().expect("core 0 made them");
                        tables.unmap(core, Ipa::secure(SECURE_DATA));
                        core.invalidate(Vmid(1), Ipa::secure(SECURE_DATA), 1);
                    }
                    request
                })
            }
            Entry::Warm { .. } => {
                if let Some(tables) = shared.borrow().as_ref() {
                    tables.activate(core);
                }
                serve(core, &mut token, |core, token, request| {
                    if exit.get().is_none() {
                        let Exit::Synchronous { far, .. } = core.enter(token, &mut guest_at(SECURE_GUEST))
                        else {
                            panic!("no interrupt is enabled")
                        };
                        exit.set(Some(far));
                    }
                    request
                })
            }
        }
    });
    (exit.get(), outcome)
}

#[test]
fn an_invalidation_reaches_the_guest_of_another_core() {
    let (exit, outcome) = take_page_away(true);
    assert_eq!((exit, outcome.end), (Some(SECURE_DATA), End::PowerOff), "{:?}", outcome.findings);
    assert_eq!(outcome.findings, Vec::<String>::new());
}

#[test]
fn a_translation_that_another_core_still_uses_is_found_where_the_invalidation_is_not_broadcast() {
    let (exit, outcome) = take_page_away(false);
    assert_eq!(exit, None, "the guest reads on");
    let words = outcome.findings.join("\n");
    assert!(words.starts_with("core 1: stale translation"), "{words}");
}
