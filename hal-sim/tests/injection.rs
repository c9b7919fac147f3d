//! Interrupts that are injected at exact guest instructions.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::Pa;
use hal_sim::{Board, Counted, End, Entry, Injection, Machine, Outcome, Schedule, Signal, When};

/// An SGI that the normal world enables.
const INTERRUPT: u32 = 7;
/// Where the handler notes ELR_EL2, a word for each interrupt.
const NOTES: u64 = NORMAL_DATA + 0x800;

/// Normal-world code that opens the interrupt, executes instructions of many kinds, closes it and ends the run; and
/// the addresses of what is executed behind the instruction that opens it. The one that closes it is the 20th.
fn world() -> (Vec<u8>, Vec<u64>) {
    let mut path = Vec::new();
    let note = |ops: &mut Assembler| {
        constant!(ops, 20, NOTES);
        dynasm!(ops; .arch aarch64; mrs x21, register::ELR_EL2; str x21, [x20, x28, lsl 3]; add x28, x28, 1);
    };
    let code = taking_interrupts(NORMAL_WORLD, 1 << INTERRUPT, note, |ops| {
        constant!(ops, 1, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; mov x28, xzr; msr daifclr, 2);
        macro_rules! executed {
            ($($instruction:tt)*) => {
                path.push(NORMAL_WORLD + ops.offset().0 as u64);
                dynasm!(ops; .arch aarch64; $($instruction)*);
            };
        }
        executed!(nop);
        executed!(str x2, [x1]);
        executed!(ldr x5, [x1], 8);
        executed!(stp x2, x5, [x1, 16]);
        executed!(cmp x2, x2);
        executed!(b.eq > over);
        dynasm!(ops; .arch aarch64; nop; over:);
        executed!(isb);
        executed!(dsb sy);
        executed!(mrs x5, register::MPIDR_EL1);
        executed!(mrs x5, register::ICC_PMR_EL1);
        executed!(mrs x5, register::CNTPCT_EL0);
        executed!(ldr w5, [x3]);
        executed!(str w5, [x3]);
        executed!(ins v1.d[0], x5);
        executed!(ldxr x5, [x1]);
        executed!(movz x0, 0x8400, lsl 16);
        executed!(smc 0);
        executed!(add x6, x6, 1);
        executed!(b > end);
        dynasm!(ops; .arch aarch64; nop; end:);
        executed!(msr daifset, 2);
        executed!(mov x20, x28);
        let before = ops.offset().0 as u64;
        exit_with(ops, 20);
        path.extend((before..ops.offset().0 as u64).step_by(4).map(|offset| NORMAL_WORLD + offset));
    });
    (code, path)
}

/// The place in the path of the instruction that closes the interrupt.
const CLOSES: u64 = 19;

/// Runs `normal` on `cores` cores with these `injections`.
fn run_with(normal: &[u8], injections: &[Injection]) -> (Outcome, Machine) {
    let mut machine = machine(&[], normal).with_injections(injections);
    let outcome = machine.run(|core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    (outcome, machine)
}

/// What the handler noted, as often as the run's code says that it ran.
fn notes(outcome: &Outcome, machine: &Machine) -> Vec<u64> {
    let End::Exit(count) = outcome.end else { panic!("{:?}", outcome.end) };
    let mut bytes = vec![0; 8 * count as usize];
    machine.read(Pa::non_secure(NOTES), &mut bytes);
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
}

#[test]
fn an_interrupt_comes_between_any_two_instructions_exactly() {
    let (code, path) = world();
    let (outcome, machine) = run_with(&code, &[]);
    assert_eq!(notes(&outcome, &machine), [0; 0]);
    let before = outcome.instructions - path.len() as u64;
    for count in 0..=outcome.instructions {
        let (outcome, machine) = run_with(&code, &[pulse(INTERRUPT, count)]);
        let expected = match count.saturating_sub(before) {
            index @ 0..=CLOSES => vec![path[index as usize]],
            _ => Vec::new(),
        };
        assert_eq!(notes(&outcome, &machine), expected, "after {count}, {before} of them before the path");
    }
}

#[test]
fn interrupts_come_after_each_so_many_instructions() {
    const EACH: u64 = 15;
    /// The handler's instructions, which count as well.
    const HANDLER: u64 = 10;
    let (code, path) = world();
    let mut executed = run_with(&code, &[]).0.instructions - path.len() as u64;
    let mut pending = executed >= EACH;
    let mut expected = Vec::new();
    for next in &path[..=CLOSES as usize] {
        while pending {
            expected.push(*next);
            pending = (executed + HANDLER) / EACH > executed / EACH;
            executed += HANDLER;
        }
        executed += 1;
        pending = executed.is_multiple_of(EACH);
    }
    let (outcome, machine) = run_with(&code, &[Injection { when: When::Every(EACH), ..pulse(INTERRUPT, 0) }]);
    assert_eq!(notes(&outcome, &machine), expected);
    assert!(expected.len() > 3, "{expected:x?}");
}

#[test]
fn a_line_is_held_until_it_is_lowered() {
    let count = |ops: &mut Assembler| dynasm!(ops; .arch aarch64; add x28, x28, 1);
    let code = taking_interrupts(NORMAL_WORLD, 0, count, |ops| {
        dynasm!(ops
            ; .arch aarch64
            ; movz w5, 0x100
            ; str w5, [x3, 0x104]
            ; mov x28, xzr
            ; movz x6, 1000
            ; msr daifclr, 2
            ; again:
            ; subs x6, x6, 1
            ; b.ne <again
            ; msr daifset, 2
            ; mov x20, x28
        );
        exit_with(ops, 20);
    });
    let line = |signal, count| Injection { signal, ..pulse(40, count) };
    let interrupts = |injections: &[Injection]| match run_with(&code, injections).0.end {
        End::Exit(count) => count,
        end => panic!("{end:?}"),
    };
    // Acknowledge, count, end, return, and not one instruction of the loop.
    assert_eq!(interrupts(&[line(Signal::Raise, 100), line(Signal::Lower, 140)]), 10);
    assert_eq!(interrupts(&[line(Signal::Raise, 100), line(Signal::Lower, 101)]), 1);
    assert_eq!(interrupts(&[line(Signal::Pulse, 100)]), 0, "it is not triggered by edges");
}

#[test]
fn the_instructions_of_one_core_are_counted_alone() {
    const SECONDARY: u64 = NORMAL_WORLD + 0x2000;
    let (code, path) = world();
    let (alone, _) = run_with(&code, &[]);
    let before = alone.instructions - path.len() as u64;
    let secondary = assemble(SECONDARY, |ops| dynasm!(ops; .arch aarch64; again: ; b <again));
    // The first core switches the second one on, and goes on with the code behind.
    let switch = assemble(NORMAL_WORLD - 0x1000, |ops| {
        smc!(ops, 0 = 0xc400_0003, 1 = 1, 2 = SECONDARY, 3 = 0);
        constant!(ops, 5, NORMAL_WORLD);
        dynasm!(ops; .arch aarch64; br x5);
    });
    let more = switch.len() as u64 / 4;
    for index in [0, 7, CLOSES] {
        let board = Board { cores: 2, normal_world: NORMAL_WORLD - 0x1000, ..board() };
        let counted = Injection { counted: Counted::Core(0), ..pulse(INTERRUPT, more + before + index) };
        let mut machine =
            Machine::new(&board).with_injections(&[counted]).with_schedule(Schedule::RoundRobin(3));
        machine.load(Pa::non_secure(NORMAL_WORLD - 0x1000), &switch);
        machine.load(Pa::non_secure(NORMAL_WORLD), &code);
        machine.load(Pa::non_secure(SECONDARY), &secondary);
        let outcome = machine.run_cores(|core, mut token, entry| {
            if matches!(entry, Entry::Cold(_)) {
                register_secondary_entry(core);
            }
            serve(core, &mut token, |_, _, request| request)
        });
        assert_eq!(notes(&outcome, &machine), [path[index as usize]]);
    }
}

#[test]
#[should_panic(expected = "the line of interrupt 30 is a timer's")]
fn a_timers_line_cannot_be_injected() {
    run_with(&off(), &[pulse(30, 0)]);
}
