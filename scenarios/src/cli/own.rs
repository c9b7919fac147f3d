//! `tantalum run --sp IMAGE --manifest FILE …`: a person's own partitions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use scenarios::machine::sim::Conditions;
use scenarios::own::{Own, Partition, memory_of};
use scenarios::program::Role;

use super::gdb::Gdb;
use super::{Failure, Format, gdb, run};

/// Runs the partitions of these images and manifests, in their order, and tells what happened as `format`.
pub(super) fn run_own(
    images: &[PathBuf],
    manifests: &[PathBuf],
    normal_world: Option<&Path>,
    format: Format,
    conditions: &Conditions,
    gdb: Option<Gdb>,
) -> Result<ExitCode, Failure> {
    if images.len() != manifests.len() {
        let [images, manifests] = [images.len(), manifests.len()];
        let words = "give each --sp IMAGE the --manifest FILE that belongs to it";
        return Err(Failure(format!("{images} images and {manifests} manifests: {words}")));
    }
    let partitions = images.iter().zip(manifests).map(|(image, manifest)| Partition::read(image, manifest));
    let partitions: Vec<Partition> = partitions.collect::<Result<_, _>>().map_err(Failure)?;
    let own = Own::new(&partitions, normal_world).map_err(Failure)?;
    let run = match gdb {
        None => own.run(conditions),
        Some(gdb) => gdb::run(&own.contents, conditions, gdb, |guest| match guest {
            Role::NormalWorld => None,
            Role::Partition(number) => memory_of(&partitions, number),
        })?,
    };
    run.console.lines().for_each(|line| eprintln!("the monitor: {line}"));
    Ok(run::tell_and_judge(&own.prepared, &run, format))
}
