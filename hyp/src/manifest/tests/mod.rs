//! Tests of manifests and packages: the valid ones, each thing that can be wrong, and broken bytes.

mod core_rules;
mod package_rules;
mod partition_rules;
mod properties;
mod trees;

use super::{CoreManifest, Error};

/// The monitor's manifest in `bytes`.
fn parse_core(bytes: &[u8]) -> Result<CoreManifest, Error> {
    let mut manifest = CoreManifest::EMPTY;
    manifest.read(bytes).map(|()| manifest)
}
