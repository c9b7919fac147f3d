//! How runs end, and what is told of them.

mod common;

use std::cell::Cell;
use std::convert::Infallible;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::lock::Lock;
use hal::sysreg::*;
use hal::trace::{Event, Trace};
use hal::{Console, Sysregs};
use hal_sim::{End, Outcome, SimLocks};

/// The words with which a monitor stopped.
fn words(outcome: Outcome) -> String {
    match outcome.end {
        End::MonitorStopped(words) => words,
        end => panic!("{end:?}"),
    }
}

#[test]
fn what_guests_and_the_monitor_write_is_one_stream_in_order() {
    const TEXT: u64 = NORMAL_WORLD + 0x1000;
    let normal = assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 1, TEXT);
        constant!(ops, 20, NORMAL_DATA);
        constant!(ops, 21, 4);
        dynasm!(ops
            ; .arch aarch64
            // SYS_OPEN [name, 4, 3]
            ; movz x3, 3
            ; stp x1, x21, [x20]
            ; str x3, [x20, 16]
            ; mov x1, x20
            ; movz x0, 1
            ; hlt 0xf000
            // SYS_WRITE [handle, text + 4, 5]
            ; str x0, [x20]
        );
        constant!(ops, 4, TEXT + 4);
        constant!(ops, 0, DIRECT_REQ);
        dynasm!(ops; .arch aarch64; movz x5, 5; stp x4, x5, [x20, 8]);
        constant!(ops, 1, 0x8001);
        dynasm!(ops; .arch aarch64; smc 0; movz x0, 5; mov x1, x20; hlt 0xf000);
        constant!(ops, 0, 0x8400_0008);
        dynasm!(ops; .arch aarch64; smc 0);
    });
    let mut machine = machine(&[], &normal);
    machine.load(hal::Pa::non_secure(TEXT), b":tt\0hello");
    let outcome = machine.run(|core, mut token, _boot| {
        serve(core, &mut token, |core, _, request| {
            core.print(b"a line");
            core.trace(Event::Note(&"noted"));
            request
        })
    });
    let note = Event::Note(&"noted");
    let expected = [&note.header(5)[..], b"noted", b"hello"].concat();
    assert_eq!((outcome.end, outcome.output), (End::PowerOff, expected));
    assert_eq!(outcome.console, b"a line");
}

#[test]
fn a_secure_guest_may_end_the_run_too() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_GUEST + 0x1000);
        constant!(ops, 2, 0x20026);
        dynasm!(ops; .arch aarch64; movz x3, 42; stp x2, x3, [x1]; movz x0, 0x18; hlt 0xf000);
    });
    let outcome = run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        enter(core, &mut token, &mut guest_at(SECURE_GUEST));
        unreachable!("the machine is off")
    });
    assert_eq!(outcome.end, End::Exit(42));
}

#[test]
fn a_monitor_that_panics_stops_the_run_with_its_words() {
    let outcome = run(&[], &off(), |_core, _token, _boot| panic!("page {} is nobody's", 7));
    assert_eq!(words(outcome), "page 7 is nobody's");
}

#[test]
fn names_that_need_the_host_extensions_are_found_without_them() {
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        core.read_sysreg::<SCTLR_EL12>();
        core.write_sysreg::<HCR_EL2>(HCR);
        core.read_sysreg::<VBAR_EL12>();
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(outcome.findings, ["SCTLR_EL12 is undefined while HCR_EL2.E2H is 0"]);
}

#[test]
fn a_lock_taken_twice_is_a_deadlock_in_words() {
    let lock: Lock<u8, SimLocks, 3> = Lock::new(0);
    let outcome = run(&[], &off(), |_core, token, _boot| {
        let _held = lock.lock(&token);
        let _again = lock.lock(&token);
        unreachable!("the lock is held")
    });
    let words = words(outcome);
    assert!(
        words.starts_with("deadlock: core 0 waits for rank 3 at ") && words.contains("and holds rank 3 at "),
        "{words}"
    );
}

#[test]
fn locks_taken_against_their_order_are_found() {
    let low: Lock<u8, SimLocks, 1> = Lock::new(0);
    let high: Lock<u8, SimLocks, 2> = Lock::new(0);
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        drop((low.lock(&token), high.lock(&token)));
        drop((high.lock(&token), low.lock(&token)));
        serve(core, &mut token, |_, _, request| request)
    });
    let [words] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
    assert!(words.starts_with("lock order: core 0 took rank 1 at "), "{words}");
    assert!(words.contains("while it held rank 2 at ") && words.contains("tests/ends.rs"), "{words}");
}

#[test]
fn a_program_that_stands_still_when_the_run_ends_is_dropped() {
    struct Flag<'a>(&'a Cell<bool>);
    impl Drop for Flag<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Cell::new(false);
    run(&[], &off(), |core, mut token, _boot| -> Infallible {
        let _flag = Flag(&dropped);
        serve(core, &mut token, |_, _, request| request)
    });
    assert!(dropped.get());
}

#[test]
fn an_access_to_nothing_is_an_external_abort_in_words() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; b >start; .align 0x800; .bytes [0u8; 0x200]);
        dynasm!(ops; .arch aarch64; mrs x20, register::ESR_EL2);
        constant!(ops, 1, NORMAL_DATA);
        constant!(ops, 2, 0x20026);
        dynasm!(ops; .arch aarch64; stp x2, x20, [x1]; movz x0, 0x20; hlt 0xf000; start:);
        constant!(ops, 1, NORMAL_WORLD + 0x800);
        constant!(ops, 3, 0x0e40_0000);
        dynasm!(ops; .arch aarch64; msr register::VBAR_EL2, x1; ldr x0, [x3]);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    assert_eq!(outcome.end, End::Exit(0x25 << 26 | 1 << 25 | 0x10));
    let words = outcome.findings.join("\n");
    assert!(words.contains("normal world") && words.contains("non-secure 0xe400000"), "{words}");
}

#[test]
fn a_guest_whose_vectors_cannot_be_reached_is_hung() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 1, 0x1000);
        dynasm!(ops; .arch aarch64; msr register::VBAR_EL2, x1; br x1);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    let End::Hung { reason, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.ends_with("exceptions without an instruction between them"), "{reason}");
}

#[test]
fn a_guest_that_is_entered_again_and_again_and_executes_nothing_hangs_and_its_exit_is_told_once() {
    let outcome = run(
        &assemble(SECURE_GUEST, |ops| dynasm!(ops; .arch aarch64; nop)),
        &off(),
        |core, mut token, boot| {
            guest_tables(core, &boot, 1);
            loop {
                enter(core, &mut token, &mut guest_at(0x200));
            }
        },
    );
    let End::Hung { reason, last_exits, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(reason, "1000 exits of a guest without an instruction between them");
    assert_eq!(last_exits.len(), 1, "{last_exits:?}");
    assert!(last_exits[0].starts_with("S-EL1 at 0x200: instruction abort to EL2"), "{last_exits:?}");
    assert!(last_exits[0].ends_with(" times"), "{last_exits:?}");
}
