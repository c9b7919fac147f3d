//! A machine that runs again is a new one: the same run to the last bit, whatever ran before.

mod common;

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::boot::Boot;
use hal::lock::Token;
use hal::memory::Memory;
use hal::{Console, Pa};
use hal_sim::{Debugger, End, Go, Guest, Machine, SimCore};

/// A secure guest that ends the run with this `code`.
fn ends_with(code: u32) -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_GUEST + 0x1000);
        constant!(ops, 2, 0x20026);
        dynasm!(ops; .arch aarch64; movz x3, code; stp x2, x3, [x1]; movz x0, 0x18; hlt 0xf000);
    })
}

/// The monitor enters the secure guest.
fn enters(core: &mut SimCore, mut token: Token, boot: Boot) -> Infallible {
    guest_tables(core, &boot, 1);
    enter(core, &mut token, &mut guest_at(SECURE_GUEST));
    unreachable!("the machine is off")
}

/// The monitor replaces the secure guest by one that ends with `code`, and enters that.
fn replaces(code: u32) -> impl Fn(&mut SimCore, Token, Boot) -> Infallible {
    move |core, token, boot| {
        let frames = boot.memory.frames(Pa::secure(SECURE_GUEST), 1).expect("memory");
        core.write(frames, 0, &ends_with(code)).expect("memory");
        enters(core, token, boot)
    }
}

#[test]
fn code_that_another_run_replaces_before_it_runs_is_what_this_run_executes() {
    let mut machine = machine(&ends_with(1), &off());
    let fresh = [1, 2].map(|code| {
        let mut machine = common::machine(&ends_with(1), &off());
        if code == 1 { machine.run(enters) } else { machine.run(replaces(code)) }
    });
    assert_eq!([&fresh[0].end, &fresh[1].end], [&End::Exit(1), &End::Exit(2)]);
    for code in [1, 1, 2, 1, 2, 2, 1] {
        let outcome = if code == 1 { machine.run(enters) } else { machine.run(replaces(code)) };
        assert_eq!(outcome, fresh[code as usize - 1]);
    }
}

#[test]
fn code_that_a_guest_writes_over_is_there_again_in_the_next_run() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_GUEST + 0x1000);
        constant!(ops, 2, 0x20026);
        constant!(ops, 5, 0xd280_0003 | 9 << 5);
        dynasm!(ops
            ; .arch aarch64
            ; movz x7, 0
            ; adr x6, >patched
            ; again:
            ; patched:
            ; movz x3, 4
            ; str w5, [x6]
            ; dc cvau, x6
            ; dsb ish
            ; ic ivau, x6
            ; dsb ish
            ; isb
            ; add x7, x7, x3
            ; cmp x3, 9
            ; b.ne <again
            ; stp x2, x7, [x1]
            ; movz x0, 0x18
            ; hlt 0xf000
        );
    });
    let mut machine = machine(&guest, &off());
    let first = machine.run(enters);
    assert_eq!(first.end, End::Exit(13));
    for _ in 0..3 {
        assert_eq!(machine.run(enters), first);
    }
}

#[test]
fn memory_is_what_was_loaded_and_what_is_loaded_later_too() {
    let word = |machine: &Machine| {
        let mut bytes = [0; 8];
        machine.read(Pa::secure(SECURE_GUEST + 0x1000), &mut bytes);
        u64::from_le_bytes(bytes)
    };
    let mut machine = machine(&ends_with(1), &off());
    machine.run(enters);
    assert_eq!(word(&machine), 0x20026, "what the guest wrote stays to be read");
    let read = machine.run(|core, mut token, boot| {
        let frames = boot.memory.frames(Pa::secure(SECURE_GUEST + 0x1000), 1).expect("memory");
        let mut bytes = [0; 8];
        core.read(frames, 0, &mut bytes).expect("memory");
        core.print(&bytes);
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(read.console, [0; 8], "it is gone in the next run");
    machine.run(enters);
    machine.load(Pa::secure(SECURE_GUEST), &ends_with(3));
    assert_eq!(word(&machine), 0, "a load undoes what runs left");
    assert_eq!(machine.run(enters).end, End::Exit(3));
}

/// Ends a run before the guest's third instruction.
struct EndsIt(u32);

impl Debugger for EndsIt {
    fn before(&mut self, _guest: &Guest) -> Go {
        self.0 += 1;
        if self.0 > 2 { Go::End } else { Go::On }
    }
}

#[test]
fn a_run_after_one_that_was_cut_short_is_as_ever() {
    let mut machine = machine(&ends_with(1), &off());
    let first = machine.run(enters);
    let panicked = machine.run(|_, _, _| panic!("it is over"));
    assert_eq!(panicked.end, End::MonitorStopped("it is over".into()));
    assert_eq!(machine.run(enters), first);

    machine = machine.debugged_by(Rc::new(RefCell::new(EndsIt(0))));
    assert_eq!(machine.run(enters).end, End::Debugger);
    assert_eq!(machine.run(enters), first);

    machine = machine.with_budget(3);
    assert!(matches!(machine.run(enters).end, End::Hung { .. }));
    machine = machine.with_budget(1_000_000).with_seed(7);
    machine.run(enters);
    assert_eq!(machine.with_seed(0).run(enters), first);
}
