//! A bug that only an interrupt at the right instruction shows: the sweep finds it.

use std::rc::Rc;

use hal::Cpu;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal_sim::SimCore;
use scenarios::machine::sim::Conditions;
use scenarios::machine::sweep::sweep_with;
use scenarios::scenario::{Parameters, find};

use super::machine::{Bug, run_under};

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
    let prepared = find("hello").expect("a scenario").prepare(&Parameters::default());
    let bug: Rc<dyn Bug> = Rc::new(LosesFlags);
    let run = |conditions: &Conditions| run_under(&prepared, conditions, bug.clone());
    assert_eq!(run(&Conditions::default()).findings, [""; 0], "a run without interrupts is good");
    let tally = sweep_with(&prepared, 100, run);
    let words = tally.findings.join("\n");
    assert!(words.contains("of SP1 was not kept"), "{tally}\n{words}");
    assert!(words.contains("hello, an interrupt after"), "{words}");
}
