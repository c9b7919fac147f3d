//! Bugs that only an interrupt at the right point shows: the sweep finds them.

use std::cell::Cell;
use std::rc::Rc;

use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal::sysreg::HCR_EL2;
use hal::{Cpu, Distributor, Gic, Monitor, Registers, Sysregs, Timer};
use hal_sim::SimCore;
use scenarios::machine::sim::Loaded;
use scenarios::machine::sweep::{Choice, Subject, Tally, sweep_with};
use scenarios::scenario::{By, Handler, Parameters, Server, find};

use super::machine::{Bug, NoBug, run_on};

/// A bug that a sweep finds.
struct Swept {
    /// What is broken.
    what: &'static str,
    /// The scenario whose sweep shows it.
    scenario: &'static str,
    /// Who handles the interrupts of the secure world.
    server: Option<Server>,
    /// What one finding must say.
    words: &'static str,
    /// The bug.
    bug: fn() -> Rc<dyn Bug>,
}

/// All of them, in the order of the table in docs/simulator.md.
const SWEPT: [Swept; 7] = [
    Swept {
        what: "the condition flags of an interrupted partition are lost",
        scenario: "hello",
        server: None,
        words: "of SP1 was not kept",
        bug: || Rc::new(LosesFlags),
    },
    Swept {
        what: "an interrupt is pending for a partition that waits, and nobody tells it",
        scenario: "hello",
        server: Some(Server { handler: Handler::Witness, by: By::Devices }),
        words: "the witness handled 0 interrupts from outside, and 1 came",
        bug: || Rc::new(LosesWakeUp(Cell::new(false))),
    },
    Swept {
        what: "an interrupt is deactivated while its line is still asserted",
        scenario: "hello",
        server: Some(Server { handler: Handler::FirstPartition, by: By::Devices }),
        words: "exits of a guest without an instruction between them",
        bug: || Rc::new(EndsEarly),
    },
    Swept {
        what: "the normal world's interrupts stay masked when a partition is done that has them wait",
        scenario: "queued-for-others",
        server: None,
        words: "the normal world handled 0 interrupts from outside, and 1 came",
        bug: || Rc::new(ForgetsMask(Cell::new(u8::MAX))),
    },
    Swept {
        what: "a virtual interrupt is asserted once more when the partition has asked for its number",
        scenario: "hello",
        server: Some(Server { handler: Handler::FirstPartition, by: By::Devices }),
        words: "SP1 handled 1 other interrupts, and 0 came",
        bug: || Rc::new(AssertsAgain { asserted: Cell::new(false), due: Cell::new(None) }),
    },
    Swept {
        what: "the SGI by which cores call each other is never deactivated",
        scenario: "hello",
        server: None,
        words: "interrupt 9 of core 0 is active at the end",
        bug: || Rc::new(KeepsCall),
    },
    Swept {
        what: "the timer of a partition that waits is due while another runs, and nobody tells it",
        scenario: "hello",
        server: Some(Server { handler: Handler::Witness, by: By::Timer }),
        words: "the witness handled 0 interrupts from outside, and 1 came",
        bug: || Rc::new(LosesTimer(Cell::new(false))),
    },
];

/// Points at which an interrupt comes, in each sweep.
const RUNS: u64 = 150;

/// Condition flags are cleared.
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

/// What EL3 tells of, while the normal world has the core, is taken and forgotten.
struct LosesWakeUp(Cell<bool>);

impl Bug for LosesWakeUp {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        const INTERRUPT: u64 = 0x8400_0062;
        let request = core.next_request(token, answer);
        self.0.set(request.0[0] == INTERRUPT);
        request
    }

    fn acknowledge(&self, core: &mut SimCore) -> Option<Intid> {
        let intid = core.acknowledge()?;
        if !self.0.take() {
            return Some(intid);
        }
        core.drop_priority(intid);
        None
    }
}

/// An interrupt is deactivated as soon as its priority drops.
struct EndsEarly;

impl Bug for EndsEarly {
    fn drop_priority(&self, core: &mut SimCore, intid: Intid) {
        core.drop_priority(intid);
        core.deactivate(intid, 0);
    }
}

/// A mask is set, and never taken back; of what was set, the lowest.
struct ForgetsMask(Cell<u8>);

impl Bug for ForgetsMask {
    fn set_priority_mask(&self, core: &mut SimCore, mask: u8) {
        self.0.set(mask.min(self.0.get()));
        core.set_priority_mask(self.0.get());
    }
}

/// HCR_EL2.VI stays until the partition has asked once more.
struct AssertsAgain {
    asserted: Cell<bool>,
    /// What HCR_EL2 is to be then.
    due: Cell<Option<u64>>,
}

impl AssertsAgain {
    /// HCR_EL2.VI.
    const IRQ: u64 = 1 << 7;
    /// HF_INTERRUPT_GET.
    const GET: u64 = 0xff04;
}

impl Bug for AssertsAgain {
    fn register(&self, name: &str, value: u64) -> u64 {
        if name != "HCR_EL2" {
            return value;
        }
        let asserted = value & Self::IRQ != 0;
        let falls = self.asserted.replace(asserted) && !asserted;
        self.due.set(falls.then_some(value));
        if falls { value | Self::IRQ } else { value }
    }

    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        if registers.x[0] == Self::GET
            && let Some(value) = self.due.take()
        {
            core.write_sysreg::<HCR_EL2>(value);
        }
        exit
    }
}

/// The SGI stays active.
struct KeepsCall;

impl Bug for KeepsCall {
    fn deactivate(&self, core: &mut SimCore, intid: Intid, owner: usize) {
        if intid != Intid(9) {
            core.deactivate(intid, owner);
        }
    }
}

/// The interrupt of the monitor's own timer, by which a partition lost the core, is taken and forgotten.
struct LosesTimer(Cell<bool>);

impl Bug for LosesTimer {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        self.0.set(matches!(exit, Exit::Irq | Exit::Fiq));
        exit
    }

    fn acknowledge(&self, core: &mut SimCore) -> Option<Intid> {
        let intid = core.acknowledge()?;
        if !self.0.take() || intid != core.deadline_interrupt() {
            return Some(intid);
        }
        core.clear_deadline();
        core.drop_priority(intid);
        core.deactivate(intid, 0);
        None
    }
}

/// What a sweep of `scenario` finds with `bug`.
fn swept(scenario: &str, server: Option<Server>, bug: &Rc<dyn Bug>) -> Tally {
    let scenario = find(scenario).expect("a scenario");
    let prepared = scenario.prepare(&Parameters { server, ..Parameters::default() });
    let mut machine = Loaded::of(&prepared);
    let quiet = |conditions: &_| run_on(&mut machine, conditions, bug);
    let subject = Subject::new(prepared, scenario.testimony, server, quiet)
        .expect("without an interrupt nothing shows");
    sweep_with(
        &subject,
        Choice::Spread(1),
        |runs| runs < RUNS,
        |conditions| run_on(&mut machine, conditions, bug),
    )
}

#[test]
fn each_bug_that_needs_an_interrupt_is_found_by_a_sweep() {
    for Swept { what, scenario, server, words, bug } in &SWEPT {
        let tally = swept(scenario, *server, &bug());
        let found = tally.findings.iter().any(|finding| finding.contains(words));
        let said: Vec<_> = tally.findings.iter().take(5).collect();
        assert!(found, "{what}: {tally}: nothing says \"{words}\", but {said:#?}");
        let repeats = |finding: &String| finding.starts_with(&format!("{scenario} --interrupt "));
        assert!(tally.findings.iter().all(repeats), "{said:#?}");
    }
}

#[test]
fn without_a_bug_the_same_sweeps_find_nothing() {
    let nothing: Rc<dyn Bug> = Rc::new(NoBug);
    for Swept { scenario, server, .. } in &SWEPT {
        assert_eq!(swept(scenario, *server, &nothing).findings, [""; 0]);
    }
}

#[test]
fn the_table_of_bugs_that_sweeps_find_is_the_list_of_them() {
    const DOCUMENT: &str = include_str!("../../../docs/simulator.md");
    let (_, section) = DOCUMENT.split_once("\n## Sweeps\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let table: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).collect();
    let rows: Vec<String> = SWEPT
        .iter()
        .map(|Swept { what, scenario, words, .. }| format!("| {what} | `{scenario}` | `{words}` |"))
        .collect();
    assert!(
        table.ends_with(&rows.iter().map(String::as_str).collect::<Vec<_>>()),
        "the table should end with:\n{}",
        rows.join("\n")
    );
}
