//! A bug that only an interrupt at the right instruction shows: the sweep finds it.

use hal::Cpu;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal_sim::SimCore;
use scenarios::machine::sweep::sweep_with;
use scenarios::scenario::{Parameters, find};

use crate::machine::{Bug, run_under};

/// The monitor forgets the condition flags of a partition that it interrupts.
struct LosesFlags;

impl Bug for LosesFlags {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        if exit == Exit::Fiq {
            registers.pstate &= !0xf000_0000;
        }
        exit
    }
}

#[test]
fn a_sweep_finds_that_the_flags_of_an_interrupted_partition_are_lost() {
    assert_eq!(super::failures("hello", Box::new(LosesFlags)), [""; 0], "a run without interrupts is good");
    let prepared = find("hello").expect("a scenario").prepare(&Parameters::default());
    let tally = sweep_with(&prepared, 100, |conditions| run_under(&prepared, conditions, Box::new(LosesFlags)));
    let words = tally.findings.join("\n");
    assert!(words.contains("of SP1 was not kept"), "{tally}\n{words}");
    assert!(words.contains("hello, an interrupt after"), "{words}");
}
