//! Whole boots of a platform of which one file is broken: the machine boots, or one line says why not and it stops.

use hal::Pa;
use hal::memory::PhysicalRange;
use hyp::manifest::{CoreManifest, MemoryKind, Package, PartitionConfig, Regions};
use oracle::PartitionSpec;

use super::reading::{Kind, Reading, memory};
use super::valid::{Form, Valid};
use crate::check::{self, File};
use crate::ffa;
use crate::machine::contents::Contents;
use crate::machine::sim::{Conditions, Loaded};
use crate::machine::{Ending, Run, layout};
use crate::manifest::quietly;
use crate::own::setup;
use crate::program::Role;

/// Guest instructions after which a run is over: programs of broken partitions may run for ever.
const BUDGET: u64 = 1 << 18;

/// What the monitor's line begins with where it refuses, and where it boots.
const REFUSED: &str = "Tantalum does not boot: ";
const BOOTED: &str = "Tantalum: ";

/// The files of a platform with two partitions.
pub(super) struct Platform {
    core: Vec<u8>,
    packages: Vec<Vec<u8>>,
}

/// What came of a boot.
pub(super) struct Booted {
    /// Why it was refused, where it was.
    pub refused: Option<String>,
    /// Everything that the monitor said.
    pub console: String,
    /// `tantalum check` says that something is wrong.
    pub is_checked_wrong: bool,
}

impl Platform {
    /// The platform of which the file of this kind is `bytes`, in the `form` where that is a manifest.
    pub fn new(valid: &Valid, kind: Kind, bytes: &[u8], form: Form) -> Self {
        let package = |number| match kind {
            Kind::Manifest(broken) if broken == number => valid.package(number, form, bytes),
            Kind::Package(broken) if broken == number => bytes.to_vec(),
            _ => {
                let image = &valid.prepared.partitions[usize::from(number - 1)];
                valid.package(number, Form::Two, &crate::manifest::partition_manifest(image).dtb())
            }
        };
        let core = if kind == Kind::Core { bytes.to_vec() } else { Valid::core(2, 1).dtb() };
        Self { core, packages: vec![package(1), package(2)] }
    }

    /// Boots it; `reading` is what the readers say of the broken file, where that reaches them as it is.
    ///
    /// # Errors
    /// A sentence, where the machine does anything else than to boot or to refuse with a line.
    pub fn boot(&self, valid: &Valid, reading: Option<&Reading>) -> Result<Booted, String> {
        let mut core = Box::new(CoreManifest::EMPTY);
        let core = quietly(|report| core.read(&self.core, report)).ok().map(|()| core);
        let specs = core.as_ref().and_then(|core| self.specs(core));
        let run = self.run(valid, specs.clone().unwrap_or_default());
        let lines = |start| run.console.lines().filter_map(move |line: &str| line.strip_prefix(start));
        let (refused, booted): (Vec<_>, Vec<_>) = (lines(REFUSED).collect(), lines(BOOTED).collect());
        let said = format!("the monitor said:\n{}\nand {:?}", run.console, run.ending);
        let refused = match (&refused[..], &booted[..]) {
            ([why], []) => Some(why.to_string()),
            ([], [_]) => None,
            _ => return Err(format!("one line must say that it boots or why not: {said}")),
        };
        let stopped = matches!(&run.ending, Ending::NoBoot(_));
        if stopped != refused.is_some() {
            return Err(format!("it stops where it does not boot, and only there: {said}"));
        }
        if let Some(first) = reading.and_then(Reading::first_error)
            && refused.as_deref() != Some(first)
        {
            return Err(format!("the line must be the first finding, \"{first}\": {said}"));
        }
        if refused.is_none() {
            core.as_ref().map_or(Err("it boots without a manifest".into()), |core| self.apart(core))?;
            if let (Some(_), Some(finding)) = (&specs, run.findings.first()) {
                return Err(format!("{finding}\n{said}"));
            }
        }
        let is_checked_wrong = self.check(reading)?;
        Ok(Booted { refused, console: run.console, is_checked_wrong })
    }

    /// The page of its package in which the monitor finds the manifest of partition `number`, if it looks for it.
    pub fn manifest(&self, number: u16) -> Option<Vec<u8>> {
        let bytes = self.packages.get(usize::from(number) - 1)?;
        let mut source = |offset, into: &mut [u8]| memory(bytes, offset, into);
        let package = quietly(|report| Package::read(&mut source, layout::PARTITION_SIZE, report)).ok()?;
        let mut page = vec![0; layout::PAGE as usize];
        memory(bytes, package.manifest.offset, &mut page).then_some(page)
    }

    fn run(&self, valid: &Valid, specs: Vec<PartitionSpec>) -> Run {
        let packages = (1..).zip(&self.packages);
        let packages =
            packages.map(|(number, bytes)| (Pa::secure(layout::partition_base(number)), bytes.clone()));
        let normal_world =
            (Pa::non_secure(layout::NORMAL_WORLD), valid.prepared.memory_of(Role::NormalWorld));
        let oracle = !specs.is_empty();
        let images = packages.chain([normal_world]).collect();
        let contents = Contents::new(self.core.clone(), 1, ffa::VERSION_1_2, images, specs);
        let conditions = Conditions { budget: BUDGET, oracle, ..Conditions::default() };
        Loaded::new(&contents).run(&conditions)
    }

    /// What the oracle is told: what manifests say, as it is, of a platform whose packages are where they are due.
    fn specs(&self, core: &CoreManifest) -> Option<Vec<PartitionSpec>> {
        let is_due = core.version.to_word() == ffa::VERSION_1_2 as u32
            && core.partitions.len() == self.packages.len()
            && core.has(MemoryKind::NonSecure, Pa::non_secure(layout::NORMAL_RAM.0), layout::NORMAL_RAM.1);
        let specs = self.read(core).map(|(number, own, config, regions)| {
            setup::spec(&config, &regions, Role::Partition(number), own)
        });
        Some(specs.collect::<Vec<_>>()).filter(|specs| is_due && specs.len() == self.packages.len())
    }

    /// The partitions whose packages and manifests are right, where the monitor's manifest has them.
    fn read(
        &self,
        core: &CoreManifest,
    ) -> impl Iterator<Item = (u16, PhysicalRange, PartitionConfig, Regions)> {
        (1..).zip(&core.partitions).filter_map(|(number, node)| {
            let base = layout::partition_base(number);
            let bytes = self.packages.get(usize::from(number) - 1).filter(|_| node.load_address == base)?;
            let mut source = |offset, into: &mut [u8]| memory(bytes, offset, into);
            let package = quietly(|report| Package::read(&mut source, node.memory_size, report)).ok()?;
            let mut manifest = [0; 4096];
            memory(bytes, package.manifest.offset, &mut manifest);
            let mut regions = Regions::default();
            let config = quietly(|report| PartitionConfig::read(&manifest, &mut regions, report)).ok()?;
            let own = PhysicalRange { start: Pa::secure(node.load_address), size: node.memory_size };
            Some((number, own, config, regions))
        })
    }

    /// Whether nobody has what another has, as the manifests say it.
    fn apart(&self, core: &CoreManifest) -> Result<(), String> {
        let mut taken: Vec<(u16, PhysicalRange)> = [layout::MONITOR, layout::POOL]
            .map(|(start, size)| (0, PhysicalRange { start: Pa::secure(start), size }))
            .into();
        for (number, own, config, regions) in self.read(core) {
            let mut spec = setup::spec(&config, &regions, Role::Partition(number), own).memory;
            spec.retain(|region| region.range == own || !own.contains(region.range.start, region.range.size));
            for (index, region) in spec.iter().enumerate() {
                let all = taken.iter().chain([]).map(|(_, range)| range);
                let others = all.chain(spec[..index].iter().map(|region| &region.range));
                if let Some(other) = others.into_iter().find(|other| overlap(other, &region.range)) {
                    return Err(format!(
                        "it boots, and sp{number} has {:?}, which overlaps {other:?}",
                        region.range
                    ));
                }
            }
            taken.extend(spec.iter().map(|region| (number, region.range)));
        }
        Ok(())
    }

    /// True where `tantalum check` finds an error in these files; it says at least what `reading` does.
    fn check(&self, reading: Option<&Reading>) -> Result<bool, String> {
        let core = File::new("tos_fw_config.dtb", self.core.clone());
        let packages = (1..).zip(&self.packages);
        let packages = packages.map(|(number, bytes)| File::new(format!("sp{number}.pkg"), bytes.clone()));
        let checked = check::check(&std::iter::once(core).chain(packages).collect::<Vec<_>>(), None);
        let wrong = checked.errors() != 0;
        match reading.and_then(Reading::first_error) {
            Some(error) if !wrong => Err(format!("the check finds nothing wrong: {error}")),
            _ => Ok(wrong),
        }
    }
}

fn overlap(one: &PhysicalRange, other: &PhysicalRange) -> bool {
    one.start.space == other.start.space
        && one.start.address < other.start.address.saturating_add(other.size)
        && other.start.address < one.start.address.saturating_add(one.size)
}
