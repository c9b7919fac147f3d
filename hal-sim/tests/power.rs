//! Cores that the normal world switches on and off: the monitor comes before it, and is told after.

mod common;

use std::cell::RefCell;
use std::convert::Infallible;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::Pa;
use hal::lock::Token;
use hal_sim::{Board, End, Entry, Machine, Outcome, SimCore};

const CPU_OFF: u64 = 0x8400_0002;
const CPU_ON: u64 = 0xc400_0003;
const AFFINITY_INFO: u64 = 0xc400_0004;
const SYSTEM_OFF: u64 = 0x8400_0008;
/// Where further cores begin in the normal world.
const SECONDARY: u64 = NORMAL_WORLD + 0x1000;

/// Runs the normal world's `primary` on the first of `cores` cores, and its `secondary` on the others.
fn run_both(
    cores: usize,
    primary: &[u8],
    secondary: &[u8],
    program: impl Fn(&mut SimCore, Token, Entry) -> Infallible,
) -> Outcome {
    let mut machine = Machine::new(&Board { cores, ..board() });
    machine.load(Pa::non_secure(NORMAL_WORLD), primary);
    machine.load(Pa::non_secure(SECONDARY), secondary);
    machine.run_cores(program)
}

/// A monitor that lets every core come and go.
fn monitor(core: &mut SimCore, mut token: Token, entry: Entry) -> Infallible {
    if matches!(entry, Entry::Cold(_)) {
        register_secondary_entry(core);
    }
    serve(core, &mut token, |_, _, request| obliging(request))
}

/// Waits until AFFINITY_INFO of core 1 is `state`.
fn await_power(ops: &mut Assembler, state: u32) {
    dynasm!(ops; .arch aarch64; again:);
    smc!(ops, 0 = AFFINITY_INFO, 1 = 1, 2 = 0);
    dynasm!(ops; .arch aarch64; cmp x0, state; b.ne <again);
}

/// Stores x0, then goes off.
fn store_and_leave() -> Vec<u8> {
    assemble(SECONDARY, |ops| {
        constant!(ops, 20, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; str x0, [x20]);
        smc!(ops, 0 = CPU_OFF);
    })
}

#[test]
fn a_core_that_is_switched_on_enters_the_monitor_before_the_normal_world() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = 0x77);
        await_value(ops, 0x77);
        smc!(ops, 0 = SYSTEM_OFF);
    });
    let secondary = assemble(SECONDARY, |ops| {
        smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001, 2 = 0x5a);
        constant!(ops, 20, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; movz x0, 0x77; str x0, [x20]; again: ; b <again);
    });
    let events = RefCell::new(Vec::new());
    let outcome = run_both(2, &primary, &secondary, |core, mut token, entry| {
        let index = match entry {
            Entry::Cold(boot) => boot.core,
            Entry::Warm { core } => core,
        };
        events.borrow_mut().push((index, "enters".to_string()));
        if index == 0 {
            register_secondary_entry(core);
        }
        serve(core, &mut token, |_, _, request| {
            events.borrow_mut().push((index, format!("is asked {:#x}", request.0[2])));
            request
        })
    });
    assert_eq!(outcome.end, End::PowerOff);
    let expected = [(0, "enters"), (1, "enters"), (1, "is asked 0x5a")];
    assert_eq!(*events.borrow(), expected.map(|(core, words)| (core, words.to_string())));
}

#[test]
fn the_normal_world_begins_on_a_further_core_with_its_context_and_its_own_identity() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = 0x77);
        await_value(ops, 0x8000_0078);
        smc!(ops, 0 = SYSTEM_OFF);
    });
    let secondary = assemble(SECONDARY, |ops| {
        constant!(ops, 20, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; mrs x1, register::MPIDR_EL1; add x0, x0, x1; str x0, [x20]; again: ; b <again);
    });
    assert_eq!(run_both(2, &primary, &secondary, monitor).end, End::PowerOff);
}

#[test]
fn a_core_goes_off_and_comes_back() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        for context in [0x77, 0x78, 0x79] {
            smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = context);
            dynasm!(ops; .arch aarch64; add x19, x19, x0);
            await_value(ops, context);
            await_power(ops, 1);
        }
        exit_with(ops, 19);
    });
    let entered = RefCell::new(Vec::new());
    struct Leaves<'a>(&'a RefCell<Vec<&'static str>>);
    impl Drop for Leaves<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().push("its stack goes");
        }
    }
    let outcome = run_both(2, &primary, &store_and_leave(), |core, token, entry| {
        if matches!(entry, Entry::Warm { core: 1 }) {
            entered.borrow_mut().push("core 1 enters");
            let _leaves = Leaves(&entered);
            return monitor(core, token, entry);
        }
        monitor(core, token, entry)
    });
    assert_eq!(outcome.end, End::Exit(0), "{outcome:?}");
    assert_eq!(entered.into_inner(), ["core 1 enters", "its stack goes"].repeat(3));
}

#[test]
fn calls_for_a_core_that_is_on_or_is_none_are_refused() {
    for (call, x1, x2, expected) in [
        (CPU_ON, 0, SECONDARY, -4i64),      // ALREADY_ON
        (CPU_ON, 2, SECONDARY, -2),         // INVALID_PARAMETERS
        (CPU_ON, 1, 0x0e10_0000, -9),       // INVALID_ADDRESS: no memory of the normal world
        (AFFINITY_INFO, 0, 0, 0),           // on
        (AFFINITY_INFO, 0x8000_0001, 0, 1), // off; bit 31 of an MPIDR is no affinity
        (AFFINITY_INFO, 2, 0, -2),
        (AFFINITY_INFO, 0, 1, -2),   // only level 0
        (0x8400_000a, CPU_ON, 0, 0), // PSCI_FEATURES
        (0x8400_000a, 0x8400_0001, 0, -1),
    ] {
        let primary = assemble(NORMAL_WORLD, |ops| {
            smc!(ops, 0 = call, 1 = x1, 2 = x2, 3 = 0);
            dynasm!(ops; .arch aarch64; mov x19, x0);
            exit_with(ops, 19);
        });
        let outcome = run_both(2, &primary, &[], monitor);
        assert_eq!(outcome.end, End::Exit(expected as u32), "{call:#x} {x1:#x} {x2:#x}");
    }
}

#[test]
fn a_core_that_gets_ready_is_pending() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = 0);
        smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = 0);
        dynasm!(ops; .arch aarch64; mov x19, x0);
        exit_with(ops, 19);
    });
    assert_eq!(run_both(2, &primary, &[], monitor).end, End::Exit(-5i32 as u32));
}

#[test]
fn a_monitor_that_does_not_let_a_core_go_makes_el3_panic() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_OFF);
    });
    let outcome = run_both(1, &primary, &[], |core, mut token, _entry| {
        serve(core, &mut token, |_, _, request| request)
    });
    let End::MonitorStopped(words) = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(words.starts_with("EL3 panics: core 0 goes off, and the monitor answers with"), "{words}");
}

#[test]
fn without_an_entry_of_its_own_a_core_enters_where_the_first_one_did() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_ON, 1 = 1, 2 = SECONDARY, 3 = 0x77);
        await_value(ops, 0x77);
        smc!(ops, 0 = SYSTEM_OFF);
    });
    let booted = RefCell::new(Vec::new());
    let outcome = run_both(2, &primary, &store_and_leave(), |core, mut token, entry| {
        let Entry::Cold(boot) = entry else { panic!("no entry is registered") };
        booted.borrow_mut().push(boot.core);
        serve(core, &mut token, |_, _, request| obliging(request))
    });
    assert_eq!((outcome.end, booted.into_inner()), (End::PowerOff, vec![0, 1]));
}

#[test]
fn a_machine_whose_cores_are_all_off_is_hung() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = CPU_OFF);
    });
    let End::Hung { reason, .. } = run_both(1, &primary, &[], monitor).end else { panic!("it goes on") };
    assert_eq!(reason, "every core is off");
}

#[test]
fn eight_cores_run() {
    let primary = assemble(NORMAL_WORLD, |ops| {
        for core in 1..8 {
            smc!(ops, 0 = CPU_ON, 1 = core, 2 = SECONDARY, 3 = NORMAL_DATA + 8 * core);
        }
        for core in 1..8 {
            constant!(ops, 20, NORMAL_DATA + 8 * core);
            dynasm!(ops; .arch aarch64; again: ; ldr x22, [x20]; cbz x22, <again; add x19, x19, x22);
        }
        exit_with(ops, 19);
    });
    let secondary = assemble(SECONDARY, |ops| {
        dynasm!(ops; .arch aarch64; mov x20, x0; mrs x21, register::MPIDR_EL1; and x21, x21, 0xff);
        smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001);
        dynasm!(ops; .arch aarch64; str x21, [x20]; again: ; b <again);
    });
    let outcome = run_both(8, &primary, &secondary, monitor);
    assert_eq!(outcome.end, End::Exit(1 + 2 + 3 + 4 + 5 + 6 + 7));
}
