//! Scenarios: what happens, who plays, where it can.

mod catalogue;
mod verdict;
mod wrong_boots;

pub use catalogue::{all, find};
pub use verdict::{FOUND_BY_MACHINE, SHOULD_NOT_BOOT, Verdict, judge};

use hal_sim::LogicalPartition;

use crate::ffa;
use crate::machine::{Ending, MachineKind, layout};
use crate::manifest::{self, Edits, Node, PartitionPlace};
use crate::program::{Image, Role, Site, layout_of};
use crate::steps::Stage;

/// A flow that a person wrote once and that runs on every machine it names.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// What it shows, in a line.
    pub shows: &'static str,
    /// How many partitions play.
    pub partitions: u16,
    /// How many cores the machine has.
    pub cores: u16,
    /// The numbers of the partitions that have a virtual CPU for each core; the others have one that migrates.
    pub pinned: &'static [u16],
    /// Whether it has a window, short enough that all its schedules with two preemptions are explored.
    pub explored: bool,
    /// Whether its transcript can be compared.
    pub testimony: Testimony,
    /// Where it runs.
    pub runs_on: RunsOn,
    /// How it ends.
    pub ends: Ends,
    /// Lines that come out of the machine's UARTs: what the monitor says on its console, what a partition prints.
    pub says: &'static [&'static str],
    /// The ids of the rules (`rules/`) that its end shows.
    pub rules: &'static [&'static str],
    /// Its steps.
    steps: &'static [fn(&mut Stage)],
}

/// What of a scenario's testimony is the same in every run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Testimony {
    /// All of it: each execution context sees the same, whichever core is faster.
    Same,
    /// Not what the guests testify in detail, for this reason: only what is required of them is judged.
    Varies(&'static str),
}

/// How a scenario ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// The normal world powers the machine off.
    PowerOff,
    /// The monitor does not boot, and says this of why. Nobody testifies.
    NoBoot(&'static str),
}

impl Ends {
    /// True where programs run, and testify.
    pub fn boots(self) -> bool {
        self == Self::PowerOff
    }

    /// True where a machine that ended with `ending` did so.
    pub fn is(self, ending: &Ending) -> bool {
        match (self, ending) {
            (Self::PowerOff, Ending::PowerOff) => true,
            (Self::NoBoot(why), Ending::NoBoot(said)) => why == said,
            _ => false,
        }
    }
}

/// Where a scenario runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunsOn {
    /// On both machines, with the same testimony.
    Both,
    /// On one, for this reason.
    Only(MachineKind, &'static str),
}

impl RunsOn {
    /// True when the scenario runs on `machine`.
    pub fn includes(self, machine: MachineKind) -> bool {
        match self {
            RunsOn::Both => true,
            RunsOn::Only(only, _) => only == machine,
        }
    }
}

/// What can be chosen when a scenario is prepared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// Direct messages of the scenarios that count them, at least 2.
    pub messages: u64,
    /// Who handles interrupts from outside that are the secure world's, in the simulator.
    pub server: Option<Server>,
}

/// Who handles interrupts from outside that are the secure world's, and what has them come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Server {
    /// Who handles them.
    pub handler: Handler,
    /// What has them come.
    pub by: By,
}

/// Who handles interrupts from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handler {
    /// SP1, whatever it does otherwise.
    FirstPartition,
    /// One partition more, which does nothing else.
    Witness,
}

/// What has interrupts from outside come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Devices.
    Devices,
    /// The timer of its first virtual CPU, once [`TIMER_AT`](crate::machine::layout::TIMER_AT) is past.
    Timer,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { messages: 100, server: None }
    }
}

/// A scenario ready to be loaded into a machine.
pub struct Prepared {
    /// The scenario's name.
    pub name: &'static str,
    /// How many cores the machine has.
    pub cores: u16,
    /// How it ends.
    pub ends: Ends,
    /// Lines that come out of the machine's UARTs.
    pub says: &'static [&'static str],
    /// The ids of the rules that its end shows.
    pub rules: &'static [&'static str],
    /// What the monitor's manifest has otherwise than usual.
    pub monitor: Edits,
    /// The version of FF-A that the SPMC's manifest says.
    pub version: u64,
    /// EL3's logical partitions, in the simulator.
    pub logical_partitions: Vec<LogicalPartition>,
    /// The normal world's program on the first core.
    pub normal_world: Image,
    /// The programs of the partitions' first virtual CPUs.
    pub partitions: Vec<Image>,
    /// The programs of all further execution contexts.
    pub further: Vec<Image>,
}

impl Scenario {
    /// Assembles the programs.
    pub fn prepare(&self, parameters: &Parameters) -> Prepared {
        let mut stage = Stage::new(self, parameters);
        self.steps.iter().for_each(|step| step(&mut stage));
        stage.finish()
    }
}

impl Prepared {
    /// A machine with so many `cores` that has no partition, which boots, and whose normal world powers it off.
    pub fn alone(name: &'static str, cores: u16, normal_world: Image) -> Self {
        Self {
            name,
            cores,
            ends: Ends::PowerOff,
            says: &[],
            rules: &[],
            monitor: Edits::default(),
            version: ffa::VERSION_1_2,
            logical_partitions: Vec::new(),
            normal_world,
            partitions: Vec::new(),
            further: Vec::new(),
        }
    }

    /// The partitions that play.
    pub fn roles(&self) -> Vec<Role> {
        self.partitions.iter().map(|image| image.context.role).collect()
    }

    /// What the SPMC is told on `machine`.
    ///
    /// QEMU's time is the host's where it has several cores, and the host may be busy: timeouts are longer there.
    pub fn core_manifest(&self, machine: MachineKind) -> Node {
        const BUSY_HOST: u32 = 200;
        let scale = if machine == MachineKind::Qemu && self.cores > 1 { BUSY_HOST } else { 1 };
        let place = |image: &Image| {
            let role = image.context.role;
            let number = role.index() as u16;
            let base = layout::partition_base(number);
            PartitionPlace {
                role,
                base,
                size: layout::partition_size(number),
                vcpus: image.contexts.into(),
                smcs: image.extras.smcs,
                init_timeout: image.extras.init_timeout.map(|timeout| timeout * scale),
                interrupt_timeout: image.extras.interrupt_timeout.map(|timeout| timeout * scale),
            }
        };
        let places: Vec<_> = self.partitions.iter().map(place).collect();
        let manifest = manifest::core_manifest(&places, self.cores, self.version);
        self.monitor.applied_to(manifest)
    }

    /// The package of `partition`.
    pub fn package(&self, partition: &Image) -> Vec<u8> {
        let bytes = self.memory_of(partition.context.role);
        let manifest = manifest::partition_manifest(partition).dtb();
        partition.extras.package(&manifest, &bytes)
    }

    /// The programs of all execution contexts of `role`, as they are in memory from the first one on.
    pub fn memory_of(&self, role: Role) -> Vec<u8> {
        let first = layout_of(role).image;
        let mut bytes = Vec::new();
        for image in self.programs().filter(|image| image.context.role == role) {
            bytes.resize((layout_of(image.context).image - first) as usize, 0);
            bytes.extend(&image.bytes);
        }
        bytes
    }

    /// All programs, those of first execution contexts before others, and the normal world's first.
    pub fn programs(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.normal_world).chain(&self.partitions).chain(&self.further)
    }

    /// The program with this number in its records.
    pub fn program(&self, number: u16) -> Option<&Image> {
        self.programs().find(|image| image.context.number() == number)
    }

    /// The sites of program `number`.
    pub fn sites(&self, number: u16) -> Option<&[Site]> {
        self.program(number).map(|image| &image.sites[..])
    }
}
