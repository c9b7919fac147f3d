//! The simulator: the monitor and the guests in this process.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use hal::Pa;
use hal::boot::Boot;
use hal::lock::Token;
use hal::memory::PhysicalRange;
use hal_sim::{Board, End, Entry, Machine, Outcome, Schedule, SimCore};
use hyp::spmc::Spmc;
use oracle::Oracle;

use super::scene::scene;
use super::{Ending, Run, layout};
use crate::program::layout_of;
use crate::scenario::Prepared;

/// Guest instructions after which a run is hung: many times what the longest scenario takes.
const BUDGET: u64 = 1 << 28;

/// What of a run the scenario leaves open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conditions {
    /// The junk in registers at reset.
    pub seed: u64,
    /// Which core has its turn when.
    pub schedule: Schedule,
    /// The oracle watches.
    pub oracle: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { seed: 0, schedule: Schedule::default(), oracle: true }
    }
}

/// Runs `prepared` with the monitor as it is, under the oracle's eyes.
pub fn run(prepared: &Prepared) -> Run {
    run_under(prepared, &Conditions::default())
}

/// Runs `prepared` with the monitor as it is, under these `conditions`.
pub fn run_under(prepared: &Prepared, conditions: &Conditions) -> Run {
    let spmc = Box::new(Spmc::new());
    machine(prepared, conditions, |mut machine| {
        machine.run_cores(|core, token, entry| begin(&spmc, core, token, entry))
    })
}

/// Runs `prepared` with `monitor` as the program at S-EL2, under the oracle's eyes.
pub fn run_with<F>(prepared: &Prepared, monitor: F) -> Run
where
    F: FnOnce(&mut SimCore, Token, Boot) -> Infallible,
{
    machine(prepared, &Conditions::default(), |mut machine| machine.run(monitor))
}

/// Begins the monitor on a core.
fn begin(spmc: &Spmc<SimCore>, core: &mut SimCore, token: Token, entry: Entry) -> Infallible {
    match entry {
        Entry::Cold(boot) => spmc.run(core, token, &boot),
        Entry::Warm { core: index } => spmc.run_secondary(core, token, index),
    }
}

/// What `run` does with the machine of `prepared` under these `conditions`; what the oracle finds is among the
/// findings.
fn machine(prepared: &Prepared, conditions: &Conditions, run: impl FnOnce(Machine) -> Outcome) -> Run {
    let Conditions { seed, schedule, oracle } = conditions;
    let machine = loaded(prepared).with_seed(*seed).with_schedule(schedule.clone());
    if !oracle {
        return told(run(machine));
    }
    let oracle = Rc::new(RefCell::new(Oracle::new(scene(prepared))));
    let mut run = told(run(machine.watched_by(oracle.clone())));
    run.findings.append(&mut oracle.borrow_mut().take_findings());
    run
}

/// A machine with everything of `prepared` in its memory.
fn loaded(prepared: &Prepared) -> Machine {
    let mut machine = Machine::new(&board(prepared.partitions.len()));
    machine.load(Pa::secure(layout::SPMC_MANIFEST), &prepared.core_manifest().dtb());
    for (image, number) in prepared.partitions.iter().zip(1..) {
        machine.load(Pa::secure(layout::partition_base(number)), &prepared.package(image));
    }
    let normal_world = &prepared.normal_world;
    machine.load(Pa::non_secure(layout_of(normal_world.role).image), &normal_world.bytes);
    machine
}

/// QEMU's `virt` machine, as far as scenarios with so many `partitions` see it.
fn board(partitions: usize) -> Board {
    let secure = |(start, size): (u64, u64)| PhysicalRange { start: Pa::secure(start), size };
    let (normal_start, normal_size) = layout::NORMAL_RAM;
    let normal = PhysicalRange { start: Pa::non_secure(normal_start), size: normal_size };
    Board {
        ram: vec![secure(layout::secure_memory(partitions)[0]), normal],
        monitor: secure(layout::MONITOR),
        pool: secure(layout::POOL),
        manifest: Pa::secure(layout::SPMC_MANIFEST),
        normal_world: layout::NORMAL_WORLD,
        gicd: layout::GICD,
        gicr: layout::GICR,
        cores: 1,
        budget: BUDGET,
    }
}

fn told(outcome: Outcome) -> Run {
    let console = String::from_utf8_lossy(&outcome.console).trim().to_string();
    let ending = match outcome.end {
        End::PowerOff => Ending::PowerOff,
        End::Exit(code) => Ending::Other(format!("a program ended it with code {code}")),
        End::Hung { reason, last_exits } => {
            Ending::Other(format!("it hangs: {reason}; last exits of guests:\n  {}", last_exits.join("\n  ")))
        }
        End::MonitorStopped(why) if console.is_empty() => {
            Ending::Other(format!("the monitor stopped: {why}"))
        }
        End::MonitorStopped(why) => {
            Ending::Other(format!("the monitor stopped: {why}; it said:\n  {console}"))
        }
    };
    Run { ending, stream: outcome.output, findings: outcome.findings }
}
