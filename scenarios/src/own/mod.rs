//! A person's own partitions and normal world, from files, in the simulator.
//!
//! A partition is a raw image and its manifest. Both become a package as TF-A's `sptool` makes one, at the manifest's
//! load address or behind the partition before; the monitor's manifest is written for what was given.

pub(crate) mod blob;
mod greeter;
pub(crate) mod setup;

use std::fs;
use std::path::Path;

use hal::Pa;
use hal::memory::PhysicalRange;
use hyp::manifest::{PartitionConfig, Regions, Wrong};

use crate::machine::contents::Contents;
use crate::machine::sim::{Conditions, Loaded};
use crate::machine::{Run, layout};
use crate::manifest::said;
use crate::scenario::Prepared;

/// A partition that a person built.
pub struct Partition {
    /// What its manifest says.
    config: PartitionConfig,
    /// What it may reach beside its own memory.
    regions: Regions,
    /// Its manifest, a device tree blob.
    manifest: Vec<u8>,
    /// Its image.
    image: Vec<u8>,
}

/// The most bytes of an image: what is left of a partition's memory behind the package's header and manifest.
const LARGEST_IMAGE: u64 = layout::PARTITION_SIZE - layout::PACKAGE_IMAGE;
/// The most bytes of a manifest: it ends before the image.
const LARGEST_MANIFEST: u64 = layout::PACKAGE_IMAGE - layout::PACKAGE_MANIFEST;

impl Partition {
    /// Reads a partition's raw image and its manifest, a device tree as source (dts) or blob (dtb).
    ///
    /// # Errors
    /// A sentence that names the file and says what is wrong in it.
    pub fn read(image: &Path, manifest: &Path) -> Result<Self, String> {
        let blob = blob::read(manifest)?;
        within(manifest, blob.len(), LARGEST_MANIFEST)?;
        let (config, regions) = parsed(manifest, &blob)?;
        Ok(Self { config, regions, manifest: blob, image: image_in(image)? })
    }

    /// Where the memory of the `number`-th partition, counted from 1, begins.
    fn base(&self, number: u16) -> u64 {
        self.config.load_address.unwrap_or(layout::partition_base(number))
    }
}

/// What the manifest in `file` says, or everything that is wrong in it, a line each.
fn parsed(file: &Path, blob: &[u8]) -> Result<(PartitionConfig, Regions), String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut regions = Regions::default();
    let (config, said) = said(&name, |report| PartitionConfig::read(blob, &mut regions, report));
    config.map(|config| (config, regions)).map_err(|Wrong| {
        let errors = said.into_iter().filter(|said| said.is_error).map(|said| said.words);
        errors.collect::<Vec<_>>().join("\n")
    })
}

/// The bytes of a raw image.
fn image_in(file: &Path) -> Result<Vec<u8>, String> {
    let image = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if image.starts_with(b"\x7fELF") {
        let words = "an ELF file; give the raw image, which `objcopy -O binary` makes of it";
        return Err(format!("{}: {words}", file.display()));
    }
    within(file, image.len(), LARGEST_IMAGE)?;
    Ok(image)
}

fn within(file: &Path, bytes: usize, limit: u64) -> Result<(), String> {
    match bytes as u64 {
        0 => Err(format!("{}: the file is empty", file.display())),
        found if found > limit => {
            Err(format!("{}: {found} bytes, and there is room for {limit}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Partitions in a machine's memory, with a normal world.
pub struct Own {
    /// The programs whose records a transcript knows: the normal world's, where that is ours; no partition's.
    pub prepared: Prepared,
    /// What is in memory.
    pub contents: Contents,
}

impl Own {
    /// `partitions` and the program in the file `normal_world`, or one that sends each of them a number and powers off.
    ///
    /// # Errors
    /// A sentence that names the file and says what is wrong in it.
    pub fn new(partitions: &[Partition], normal_world: Option<&Path>) -> Result<Self, String> {
        let prepared = greeter::program(partitions.len() as u16);
        let program = match normal_world {
            Some(file) => image_in(file)?,
            None => prepared.normal_world.bytes.clone(),
        };
        Ok(Self { prepared, contents: setup::contents(partitions, program) })
    }

    /// Runs them under the monitor.
    pub fn run(&self, conditions: &Conditions) -> Run {
        Loaded::new(&self.contents).run(conditions)
    }
}

/// The memory of the `number`-th of `partitions`, counted from 1.
pub fn memory_of(partitions: &[Partition], number: u16) -> Option<PhysicalRange> {
    let partition = partitions.get(usize::from(number).checked_sub(1)?)?;
    Some(PhysicalRange { start: Pa::secure(partition.base(number)), size: layout::partition_size(number) })
}
