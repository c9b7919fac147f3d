//! Tests of manifests and packages: the valid ones, each thing that can be wrong, and broken bytes.

mod core_rules;
mod later_rules;
mod package_rules;
mod partition_rules;
mod properties;
mod region_rules;
mod transfer_rules;
mod trees;

use std::string::{String, ToString};
use std::vec::Vec;

use super::{CoreManifest, Finding, PartitionConfig, Regions, Report, Wrong};
use trees::Tree;

/// What a reader made of some bytes, and all that it said.
struct Read<T> {
    value: Option<T>,
    errors: Vec<String>,
    notes: Vec<String>,
}

impl<T> Read<T> {
    /// What was read, about which nothing was said.
    #[track_caller]
    fn silent(self) -> T {
        assert_eq!((self.errors, self.notes), (Vec::new(), Vec::new()));
        self.value.unwrap()
    }
}

/// Has `read` read what is called `name`. It fails where it says that something is wrong, and only there.
fn read<T>(name: &str, read: impl FnOnce(&mut Report<'_>) -> Result<T, Wrong>) -> Read<T> {
    let (mut errors, mut notes) = (Vec::new(), Vec::new());
    let mut tell = |finding: &Finding<'_>| {
        let list = if finding.problem.is_error() { &mut errors } else { &mut notes };
        list.push(finding.to_string());
    };
    let value = read(&mut Report::new(name, &mut tell)).ok();
    assert_eq!(value.is_none(), !errors.is_empty(), "{errors:?}");
    Read { value, errors, notes }
}

/// The monitor's manifest in `bytes`.
fn read_core(bytes: &[u8]) -> Read<CoreManifest> {
    let mut manifest = CoreManifest::EMPTY;
    let said = read("monitor manifest", |report| manifest.read(bytes, report));
    Read { value: said.value.map(|()| manifest), errors: said.errors, notes: said.notes }
}

/// The manifest of the partition sp2 in `bytes`.
fn read_partition(bytes: &[u8]) -> Read<(PartitionConfig, Regions)> {
    let mut regions = Regions::EMPTY;
    let said = read("sp2", |report| PartitionConfig::read(bytes, &mut regions, report));
    Read { value: said.value.map(|config| (config, regions)), errors: said.errors, notes: said.notes }
}

/// Expects that nothing but this is wrong with the partition's manifest `tree`.
#[track_caller]
fn partition_refused(tree: Tree, sentence: &str) {
    assert_eq!(read_partition(&tree.blob()).errors, [sentence]);
}

/// Expects that the manifest with `bytes` as the property at `path` is refused; `None` takes the property away.
#[track_caller]
fn property_refused(path: &str, property: &str, bytes: Option<Vec<u8>>, sentence: &str) {
    let tree = trees::partition_manifest().at(path, |node| match bytes {
        Some(bytes) => node.set(property, bytes),
        None => node.without(property),
    });
    partition_refused(tree, sentence);
}
