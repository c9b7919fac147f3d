//! What is in a machine's memory when it is switched on, and what the oracle is told of it.

use hal::Pa;
use hal::memory::PhysicalRange;
use hal_sim::LogicalPartition;
use oracle::{PartitionSpec, Scene};

use super::layout;

/// Memory at switch-on.
pub struct Contents {
    /// How many cores the machine has.
    pub(super) cores: u16,
    /// Where what begins.
    pub(super) images: Vec<(Pa, Vec<u8>)>,
    /// EL3's logical partitions.
    pub(super) logical_partitions: Vec<LogicalPartition>,
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
            logical_partitions: Vec::new(),
            version: version as u32,
        };
        Self { cores, images, logical_partitions: Vec::new(), scene }
    }

    /// The same machine, whose EL3 has these logical `partitions`.
    pub(super) fn with_logical(mut self, partitions: &[LogicalPartition]) -> Self {
        self.logical_partitions = partitions.to_vec();
        self.scene.logical_partitions = partitions.iter().map(|partition| partition.id).collect();
        self
    }
}

/// A range of secure memory.
pub(super) fn secure((start, size): (u64, u64)) -> PhysicalRange {
    PhysicalRange { start: Pa::secure(start), size }
}
