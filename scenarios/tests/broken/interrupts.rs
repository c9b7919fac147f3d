//! A bug that only an interrupt at the right instruction shows: the sweep finds it.

use hal::cpu::GuestRegisters;
use scenarios::machine::sweep::sweep_with;

use super::machine::{self, Bug};
use super::prepared;

/// The monitor forgets the condition flags of a partition that it interrupts.
struct LosesFlags;

impl Bug for LosesFlags {
    fn interrupted(&mut self, registers: &mut GuestRegisters) {
        registers.pstate &= !0xf000_0000;
    }
}

#[test]
fn a_sweep_finds_that_the_flags_of_an_interrupted_partition_are_lost() {
    let prepared = prepared("hello");
    assert_eq!(
        machine::run(&prepared, &mut LosesFlags).findings,
        [""; 0],
        "a run without interrupts is good"
    );
    let tally =
        sweep_with(&prepared, 100, |conditions| machine::run_under(&prepared, conditions, &mut LosesFlags));
    let words = tally.findings.join("\n");
    assert!(words.contains("of SP1 was not kept"), "{tally}\n{words}");
    assert!(words.contains("hello, an interrupt after"), "{words}");
}
