//! Scenarios: what happens, who plays, where it can.

mod catalogue;
mod verdict;

pub use catalogue::{all, find};
pub use verdict::{Verdict, judge};

use crate::machine::{MachineKind, layout};
use crate::manifest::{self, Node, PartitionPlace};
use crate::program::{Image, Role, Site};
use crate::steps::Stage;

/// A flow that a person wrote once and that runs on every machine it names.
pub struct Scenario {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// What it shows, in a line.
    pub shows: &'static str,
    /// How many partitions play.
    pub partitions: u16,
    /// Where it runs.
    pub runs_on: RunsOn,
    /// Its steps.
    steps: &'static [fn(&mut Stage)],
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
}

impl Default for Parameters {
    fn default() -> Self {
        Self { messages: 100 }
    }
}

/// A scenario ready to be loaded into a machine.
pub struct Prepared {
    /// The scenario's name.
    pub name: &'static str,
    /// The normal world's program.
    pub normal_world: Image,
    /// The partitions' programs.
    pub partitions: Vec<Image>,
}

impl Scenario {
    /// Assembles the programs.
    pub fn prepare(&self, parameters: &Parameters) -> Prepared {
        let mut stage = Stage::new(self.partitions, parameters);
        self.steps.iter().for_each(|step| step(&mut stage));
        let (normal_world, partitions) = stage.finish();
        Prepared { name: self.name, normal_world, partitions }
    }
}

impl Prepared {
    /// The partitions that play.
    pub fn roles(&self) -> Vec<Role> {
        self.partitions.iter().map(|image| image.role).collect()
    }

    /// What the SPMC is told.
    pub fn core_manifest(&self) -> Node {
        let place = |image: &Image| {
            let number = image.role.index() as u16;
            PartitionPlace { role: image.role, base: layout::partition_base(number), vcpus: 1 }
        };
        let places: Vec<_> = self.partitions.iter().map(place).collect();
        manifest::core_manifest(&places)
    }

    /// The package of `partition`.
    pub fn package(&self, partition: &Image) -> Vec<u8> {
        manifest::package(&manifest::partition_manifest(partition).dtb(), &partition.bytes)
    }

    /// All programs, the normal world's first.
    pub fn programs(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.normal_world).chain(&self.partitions)
    }

    /// The sites of program `number`.
    pub fn sites(&self, number: u16) -> Option<&[Site]> {
        self.programs().nth(number.into()).map(|image| &image.sites[..])
    }
}
