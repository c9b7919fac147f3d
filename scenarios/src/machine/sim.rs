//! The simulator: the monitor and the guests in this process.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use hal::interrupt::Intid;
use hal::lock::Token;
use hal::memory::PhysicalRange;
use hal::{Hal, Pa};
use hal_sim::{Attached, Board, Debugging, End, Entry, Injection, Machine, Outcome, Schedule, SimCore};
use hyp::spmc::Spmc;
use oracle::{Oracle, Scene};

use super::contents::{Contents, secure};
use super::{Ending, Left, MachineKind, Run, layout, scene};
use crate::program::Role;
use crate::scenario::{Parameters, Prepared, Scenario};

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
    /// An interrupt that comes from outside.
    pub interrupts: Option<Injection>,
    /// What is read of memory at the end, eight bytes each.
    pub reads: Vec<Pa>,
    /// Guest instructions, or steps of the monitor without one, after which the run is hung.
    pub budget: u64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            seed: 0,
            schedule: Schedule::default(),
            oracle: true,
            interrupts: None,
            reads: Vec::new(),
            budget: BUDGET,
        }
    }
}

impl Conditions {
    /// What a person types to see a run of `scenario` under these conditions again. The oracle always watches then.
    pub fn command(&self, scenario: &Scenario, parameters: &Parameters) -> String {
        let Self { seed, schedule, .. } = self;
        let messages = match *parameters {
            Parameters { messages, .. } if *parameters != Parameters::default() => {
                format!(" --messages {messages}")
            }
            _ => String::new(),
        };
        format!("cargo run -- run {}{messages} --seed {seed} --schedule '{schedule}'", scenario.name)
    }
}

/// Runs `prepared` once with the monitor as it is, under the oracle's eyes.
pub fn run(prepared: &Prepared) -> Run {
    run_under(prepared, &Conditions::default())
}

/// Runs `prepared` once with the monitor as it is, under these `conditions`.
pub fn run_under(prepared: &Prepared, conditions: &Conditions) -> Run {
    Loaded::of(prepared).run(conditions)
}

/// Runs `prepared` once with `monitor` as the program at S-EL2, under these `conditions`.
pub fn run_with<F>(prepared: &Prepared, conditions: &Conditions, monitor: F) -> Run
where
    F: Fn(&mut SimCore, Token, Entry) -> Infallible,
{
    Loaded::of(prepared).run_with(conditions, monitor)
}

/// A machine whose memory holds everything, for runs of it one after the other: each is what it would be on a new
/// machine.
pub struct Loaded {
    /// None while it runs.
    machine: Option<Machine>,
    scene: Scene,
    /// Of the last run; made anew in place, since locks must not move.
    spmc: Box<Spmc<SimCore>>,
}

impl Loaded {
    /// The machine that has `contents`.
    pub fn new(contents: &Contents) -> Self {
        let mut machine = Machine::new(&board(contents));
        for (start, bytes) in &contents.images {
            machine.load(*start, bytes);
        }
        Self { machine: Some(machine), scene: contents.scene.clone(), spmc: Box::new(Spmc::new()) }
    }

    /// The machine that has everything of `prepared`.
    pub fn of(prepared: &Prepared) -> Self {
        Self::new(&contents(prepared))
    }

    /// Runs it with the monitor as it is, under these `conditions`.
    pub fn run(&mut self, conditions: &Conditions) -> Run {
        self.run_monitor(conditions, Company::default())
    }

    /// Runs it so, stopped by `debugger`.
    pub fn run_debugged(&mut self, conditions: &Conditions, debugger: Debugging) -> Run {
        self.run_monitor(conditions, Company { debugger: Some(debugger), ..Company::default() })
    }

    /// Runs it so, with `terminal` at the terminal.
    pub fn run_attended(&mut self, conditions: &Conditions, terminal: Attached) -> Run {
        self.run_monitor(conditions, Company { terminal: Some(terminal), ..Company::default() })
    }

    /// Runs it with `monitor` as the program at S-EL2, under these `conditions`.
    pub fn run_with<F>(&mut self, conditions: &Conditions, monitor: F) -> Run
    where
        F: Fn(&mut SimCore, Token, Entry) -> Infallible,
    {
        run_machine(&mut self.machine, &self.scene, conditions, Company::default(), monitor)
    }

    /// Runs it with `monitor` as the program at S-EL2, and with `terminal` at the terminal.
    pub fn run_attended_with<F>(&mut self, conditions: &Conditions, terminal: Attached, monitor: F) -> Run
    where
        F: Fn(&mut SimCore, Token, Entry) -> Infallible,
    {
        let company = Company { terminal: Some(terminal), ..Company::default() };
        run_machine(&mut self.machine, &self.scene, conditions, company, monitor)
    }

    fn run_monitor(&mut self, conditions: &Conditions, company: Company) -> Run {
        *self.spmc = Spmc::new();
        let Self { machine, scene, spmc } = self;
        run_machine(machine, scene, conditions, company, |core, token, entry| begin(spmc, core, token, entry))
    }
}

/// Who takes part in a run from outside.
#[derive(Default)]
struct Company {
    debugger: Option<Debugging>,
    terminal: Option<Attached>,
}

/// Begins the monitor on a core, of which `hal` is the view.
pub fn begin<H: Hal>(spmc: &Spmc<H>, hal: &mut H, token: Token, entry: Entry) -> Infallible {
    match entry {
        Entry::Cold(boot) => spmc.run(hal, token, &boot),
        Entry::Warm { core: index } => spmc.run_secondary(hal, token, index),
    }
}

/// Runs `machine` with `monitor`, under these `conditions`; what the oracle of the `scene` finds is among the findings.
fn run_machine<F>(
    machine: &mut Option<Machine>,
    scene: &Scene,
    conditions: &Conditions,
    company: Company,
    monitor: F,
) -> Run
where
    F: Fn(&mut SimCore, Token, Entry) -> Infallible,
{
    let Conditions { seed, schedule, oracle, interrupts, reads, budget } = conditions;
    let mut ready = machine
        .take()
        .expect("the simulator did not panic in an earlier run")
        .with_budget(*budget)
        .with_seed(*seed)
        .with_schedule(schedule.clone())
        .with_injections(interrupts.as_slice());
    if let Some(debugger) = company.debugger {
        ready = ready.debugged_by(debugger);
    }
    if let Some(terminal) = company.terminal {
        ready = ready.attended_by(terminal);
    }
    let watching = oracle.then(|| Rc::new(RefCell::new(Oracle::new(scene.clone()))));
    if let Some(oracle) = &watching {
        ready = ready.watched_by(oracle.clone());
    }
    let mut run = told(ready.run_cores(monitor));
    run.left.words = reads.iter().map(|at| word(&ready, *at)).collect();
    *machine = Some(ready);
    if let Some(oracle) = watching {
        run.findings.append(&mut oracle.borrow_mut().take_findings());
    }
    run
}

/// Everything of `prepared`.
pub fn contents(prepared: &Prepared) -> Contents {
    let packages = prepared
        .partitions
        .iter()
        .zip(1..)
        .map(|(image, number)| (Pa::secure(layout::partition_base(number)), prepared.package(image)));
    let normal_world = (Pa::non_secure(layout::NORMAL_WORLD), prepared.memory_of(Role::NormalWorld));
    let images = packages.chain([normal_world]).collect();
    Contents::new(
        prepared.core_manifest(MachineKind::Sim).dtb(),
        prepared.cores,
        prepared.version,
        images,
        scene::partitions(prepared),
    )
    .with_logical(&prepared.logical_partitions)
}

/// QEMU's `virt` machine with what of `contents` is no memory's, as far as scenarios see it.
fn board(contents: &Contents) -> Board {
    let (normal_start, normal_size) = layout::NORMAL_RAM;
    let normal = PhysicalRange { start: Pa::non_secure(normal_start), size: normal_size };
    Board {
        ram: vec![secure(layout::SECURE_RAM), normal],
        monitor: secure(layout::MONITOR),
        pool: secure(layout::POOL),
        manifest: Pa::secure(layout::SPMC_MANIFEST),
        normal_world: layout::NORMAL_WORLD,
        gicd: layout::GICD,
        gicr: layout::GICR,
        uart: Pa::secure(layout::SECURE_UART),
        uart_interrupt: Intid(layout::UART_INTERRUPT as u32),
        gpio: layout::GPIO,
        gpio_interrupt: Intid(layout::GPIO_INTERRUPT as u32),
        secure_gpio: Pa::secure(layout::SECURE_GPIO),
        secure_gpio_interrupt: Intid(layout::SECURE_GPIO_INTERRUPT as u32),
        firmware_interrupt: Intid(layout::FIRMWARES as u32),
        gpio_pins: layout::GPIO_PINS.map(|(pin, intid)| (pin, Intid(intid as u32))).to_vec(),
        logical_partitions: contents.logical_partitions.clone(),
        cores: contents.cores.into(),
        budget: BUDGET,
    }
}

/// The eight bytes at `at`, little-endian.
fn word(machine: &Machine, at: Pa) -> u64 {
    let mut bytes = [0; 8];
    machine.read(at, &mut bytes);
    u64::from_le_bytes(bytes)
}

fn told(outcome: Outcome) -> Run {
    let console = String::from_utf8_lossy(&outcome.console) + String::from_utf8_lossy(&outcome.uart);
    let no_boot = Ending::no_boot(&console);
    let console = console.trim().to_string();
    let ending = match outcome.end {
        End::PowerOff => Ending::PowerOff,
        End::Exit(code) => Ending::Other(format!("a program ended it with code {code}")),
        End::Hung { reason, last_exits, stacks } => Ending::Other(format!(
            "it hangs: {reason}; last exits of guests:\n  {}\nstacks of calls, innermost first:\n  {}",
            last_exits.join("\n  "),
            stacks.join("\n  ")
        )),
        End::Terminal => Ending::Terminal,
        End::Debugger => Ending::Other("the debugger ended it".into()),
        End::MonitorStopped(why) => no_boot.unwrap_or_else(|| {
            let said = if console.is_empty() { String::new() } else { format!("; it said:\n  {console}") };
            Ending::Other(format!("the monitor stopped: {why}{said}"))
        }),
    };
    let Outcome { output: stream, findings, schedule, instructions, steps, steps_to_guest, .. } = outcome;
    let Outcome { arrived, interrupts, firmware_interrupts, .. } = outcome;
    let left = Left { words: Vec::new(), arrived, interrupts, firmware_interrupts };
    Run { ending, stream, findings, schedule, console, instructions, steps, steps_to_guest, left }
}
