//! Exploration of a machine's cores: what goes wrong under one order of a few is found, and said how to repeat.

mod common;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::lock::{Lock, Token};
use hal::memory::Frame;
use hal::{Memory, Pa};
use hal_sim::explore::{Exploration, Explored};
use hal_sim::{Board, End, Entry, Machine, Outcome, Schedule, SimCore, SimLocks};

/// Where the second core begins in the normal world.
const SECONDARY: u64 = NORMAL_WORLD + 0x1000;

/// Two cores whose normal world makes `requests` direct requests on each at once, and goes off when both are done.
fn two_cores(requests: usize, schedule: &Schedule) -> Machine {
    let ask = |ops: &mut dynasmrt::VecAssembler<_>| {
        for _ in 0..requests {
            smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001, 2 = 0);
        }
        constant!(ops, 20, NORMAL_DATA);
    };
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = 0xc400_0003, 1 = 1, 2 = SECONDARY, 3 = 0);
        ask(ops);
        dynasm!(ops; .arch aarch64; again: ; ldr x22, [x20]; cbz x22, <again);
        smc!(ops, 0 = 0x8400_0008);
    });
    let secondary = assemble(SECONDARY, |ops| {
        ask(ops);
        dynasm!(ops; .arch aarch64; str x20, [x20]; again: ; ldr x22, [x20]; b <again);
    });
    let mut machine = Machine::new(&Board { cores: 2, ..board() }).with_schedule(schedule.clone());
    machine.load(Pa::non_secure(NORMAL_WORLD), &primary);
    machine.load(Pa::non_secure(SECONDARY), &secondary);
    machine
}

/// Runs two cores under `schedule`, with `work` for each direct request; it gets the core's index and a page.
fn run_two(
    requests: usize,
    schedule: &Schedule,
    work: impl Fn(&mut SimCore, &mut Token, usize, Frame),
) -> Outcome {
    let page = Cell::new(None);
    two_cores(requests, schedule).run_cores(|core, mut token, entry| -> Infallible {
        let index = match entry {
            Entry::Cold(boot) => {
                page.set(boot.pool.frame(0));
                register_secondary_entry(core);
                0
            }
            Entry::Warm { core } => core,
        };
        let page = page.get().expect("the first core has set it");
        serve(core, &mut token, |core, token, request| {
            work(core, token, index, page);
            request
        })
    })
}

fn word(core: &mut SimCore, page: Frame) -> u64 {
    let mut bytes = [0; 8];
    core.read(page.into(), 0, &mut bytes).expect("the page is there");
    u64::from_le_bytes(bytes)
}

fn set_word(core: &mut SimCore, page: Frame, value: u64) {
    core.write(page.into(), 0, &value.to_le_bytes()).expect("the page is there");
}

/// Explores `run` with two preemptions at most; each run must say that it is as it must be.
fn explore(run: impl Fn(&Schedule) -> Result<(), String>) -> Explored {
    assert_eq!(run(&Schedule::default()), Ok(()), "the default schedule hides it");
    let explored = Exploration::with_preemptions(2).explore(&run, |_| {});
    println!("{explored}");
    if let Some(failure) = &explored.failure {
        assert_eq!(run(&failure.schedule), Err(failure.words.clone()), "{}", failure.schedule);
    }
    explored
}

fn ends_well(outcome: &Outcome) -> Result<(), String> {
    match &outcome.end {
        End::PowerOff => Ok(()),
        end => Err(format!("{end:?}")),
    }
}

#[test]
fn an_update_without_a_lock_is_lost() {
    let explored = explore(|schedule| {
        let total = Cell::new(0);
        let outcome = run_two(2, schedule, |core, _, _, page| {
            let value = word(core, page);
            set_word(core, page, value + 1);
            total.set(value + 1);
        });
        ends_well(&outcome)?;
        if total.get() == 4 { Ok(()) } else { Err(format!("{} of 4", total.get())) }
    });
    assert_eq!(explored.failure.expect("it is lost in some order").words, "2 of 4");
}

#[test]
fn with_a_lock_no_update_is_lost_in_any_order() {
    let lock: Lock<(), SimLocks, 3> = Lock::new(());
    let explored = explore(|schedule| {
        let total = Cell::new(0);
        let outcome = run_two(2, schedule, |core, token, _, page| {
            let _held = lock.lock(token);
            let value = word(core, page);
            set_word(core, page, value + 1);
            total.set(value + 1);
        });
        ends_well(&outcome)?;
        if total.get() == 4 { Ok(()) } else { Err(format!("{} of 4", total.get())) }
    });
    assert_eq!(explored.failure, None);
    assert!(explored.schedules > 10 && explored.pruned > 0, "{explored}");
}

#[test]
fn a_lock_given_back_between_check_and_use_makes_two_owners() {
    let owner: Lock<Option<usize>, SimLocks, 3> = Lock::new(None);
    let explored = explore(|schedule| {
        *owner.lock(&Token::new_for_core()) = None;
        let owners = Cell::new(0);
        let outcome = run_two(1, schedule, |_, token, index, _| {
            let is_free = owner.lock(token).is_none();
            if is_free {
                *owner.lock(token) = Some(index);
                owners.set(owners.get() + 1);
            }
        });
        ends_well(&outcome)?;
        if owners.get() == 1 { Ok(()) } else { Err(format!("{} owners", owners.get())) }
    });
    assert_eq!(explored.failure.expect("both take it in some order").words, "2 owners");
}

#[test]
fn two_locks_in_opposite_order_are_a_deadlock() {
    // A deadlock leaves its locks taken, so each run has its own, at the same place.
    let locks = RefCell::new((Lock::<(), SimLocks, 3>::new(()), Lock::<(), SimLocks, 7>::new(())));
    let explored = explore(|schedule| {
        locks.replace((Lock::new(()), Lock::new(())));
        let (low, high) = &*locks.borrow();
        ends_well(&run_two(1, schedule, |_, token, index, _| {
            if index == 0 {
                let _low = low.lock(token);
                drop(high.lock(token));
            } else {
                let _high = high.lock(token);
                drop(low.lock(token));
            }
        }))
    });
    let words = explored.failure.expect("each waits for the other in some order").words;
    assert!(words.contains("deadlock: core 0 waits for rank 7 at "), "{words}");
}

/// Where the guests' words are.
const FLAG: u64 = NORMAL_DATA;

/// Two cores without requests: the normal world runs `primary` on the first one and `secondary` on the other.
fn run_guests(
    schedule: &Schedule,
    primary: impl FnOnce(&mut dynasmrt::VecAssembler<dynasmrt::aarch64::Aarch64Relocation>),
    secondary: impl FnOnce(&mut dynasmrt::VecAssembler<dynasmrt::aarch64::Aarch64Relocation>),
    answer: impl Fn(&mut SimCore, hal::Registers) -> hal::Registers,
) -> Outcome {
    let mut machine =
        Machine::new(&Board { cores: 2, budget: 5_000, ..board() }).with_schedule(schedule.clone());
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = 0xc400_0003, 1 = 1, 2 = SECONDARY, 3 = 0);
        constant!(ops, 20, FLAG);
        dynasm!(ops; .arch aarch64; mov x1, 1);
        primary(ops);
        smc!(ops, 0 = 0x8400_0008);
    });
    let secondary = assemble(SECONDARY, |ops| {
        constant!(ops, 20, FLAG);
        dynasm!(ops; .arch aarch64; mov x1, 1);
        secondary(ops);
        dynasm!(ops; .arch aarch64; str x1, [x20, 0x180]; again: ; ldr x22, [x20, 0x180]; b <again);
    });
    machine.load(Pa::non_secure(NORMAL_WORLD), &primary);
    machine.load(Pa::non_secure(SECONDARY), &secondary);
    machine.run_cores(|core, mut token, entry| {
        if matches!(entry, Entry::Cold(_)) {
            register_secondary_entry(core);
        }
        serve(core, &mut token, |core, _, request| answer(core, request))
    })
}

#[test]
fn a_wake_up_between_check_and_sleep_is_lost() {
    let explored = explore(|schedule| {
        let outcome = run_guests(
            schedule,
            |ops| {
                dynasm!(ops; .arch aarch64
                    ; str x1, [x20]             // there is work
                    ; ldr x2, [x20, 0x80]       // does somebody sleep?
                    ; cbz x2, >done
                    ; str x1, [x20, 0x100]      // wake up
                    ; done: ; ldr x3, [x20, 0x180] ; cbz x3, <done
                );
            },
            |ops| {
                dynasm!(ops; .arch aarch64
                    ; ldr x2, [x20]             // is there work?
                    ; cbnz x2, >work
                    ; str x1, [x20, 0x80]       // I sleep
                    ; sleep: ; ldr x3, [x20, 0x100] ; cbz x3, <sleep
                    ; work:
                );
            },
            |_, request| request,
        );
        match outcome.end {
            End::Hung { reason, .. } => Err(reason),
            _ => ends_well(&outcome),
        }
    });
    assert_eq!(explored.failure.expect("both wait in some order").words, "5000 instructions without an end");
}

#[test]
fn what_a_guest_changes_between_check_and_use_is_found() {
    let explored = explore(|schedule| {
        let seen = Cell::new((0, 0));
        let frames = Cell::new(None);
        let outcome = two_words(schedule, &seen, &frames);
        ends_well(&outcome)?;
        let (checked, used) = seen.get();
        if checked == used { Ok(()) } else { Err(format!("{checked} was checked, {used} used")) }
    });
    assert_eq!(explored.failure.expect("they differ in some order").words, "0 was checked, 1 used");
}

/// The second core's guest stores a word that the program reads twice for the first one's.
fn two_words(schedule: &Schedule, seen: &Cell<(u64, u64)>, frame: &Cell<Option<Frame>>) -> Outcome {
    let board = Board { cores: 2, ..board() };
    let memory = hal::memory::PhysicalMemory::new(&board.ram, board.monitor, &[]);
    frame.set(memory.frames(Pa::non_secure(FLAG), 1).ok().and_then(|frames| frames.frame(0)));
    run_guests(
        schedule,
        |ops| smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001, 2 = 0),
        |ops| dynasm!(ops; .arch aarch64; str x1, [x20]),
        |core, request| {
            if let Some(frame) = frame.get() {
                seen.set((word(core, frame), word(core, frame)));
            }
            request
        },
    )
}

#[test]
fn every_run_that_an_exploration_makes_is_repeated_by_its_schedule_to_the_last_bit() {
    let lock: Lock<(), SimLocks, 3> = Lock::new(());
    let run = |schedule: &Schedule| {
        run_two(2, schedule, |core, token, _, page| {
            let _held = lock.lock(token);
            let value = word(core, page);
            set_word(core, page, value + 1);
        })
    };
    let runs = RefCell::new(Vec::new());
    let exploration = Exploration { runs: 40, ..Exploration::with_preemptions(2) };
    let keep = |schedule: &Schedule| {
        runs.borrow_mut().push(run(schedule));
        Ok(())
    };
    exploration.explore(keep, |_| {});
    let runs = runs.take();
    assert!(runs.len() > 20);
    for outcome in runs {
        assert_eq!(run(&Schedule::Replay(outcome.schedule.clone())), outcome);
    }
}
