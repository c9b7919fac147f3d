//! What is in a machine's memory when it is switched on, and what the oracle is told of it.

use hal::Pa;
use hal::memory::PhysicalRange;
use oracle::{PartitionSpec, Scene};

use super::layout;

/// Memory at switch-on.
pub struct Contents {
    /// How many cores the machine has.
    pub(super) cores: u16,
    /// Where what begins.
    pub(super) images: Vec<(Pa, Vec<u8>)>,
    /// Whose memory is whose: the same that manifests and packages tell the monitor.
    pub(super) scene: Scene,
}

impl Contents {
    /// A machine with so many `cores`, the monitor's manifest as a blob, which says `version`, and `images` of `partitions` and
    /// of the normal world.
    pub fn new(
        core_manifest: Vec<u8>,
        cores: u16,
        version: u64,
        mut images: Vec<(Pa, Vec<u8>)>,
        partitions: Vec<PartitionSpec>,
    ) -> Self {
        images.push((Pa::secure(layout::SPMC_MANIFEST), core_manifest));
        let (start, size) = layout::NORMAL_RAM;
        let scene = Scene {
            monitor: [layout::MONITOR, layout::POOL].map(secure).to_vec(),
            normal_world: vec![PhysicalRange { start: Pa::non_secure(start), size }],
            partitions,
            version: version as u32,
        };
        Self { cores, images, scene }
    }
}

/// A range of secure memory.
pub(super) fn secure((start, size): (u64, u64)) -> PhysicalRange {
    PhysicalRange { start: Pa::secure(start), size }
}
