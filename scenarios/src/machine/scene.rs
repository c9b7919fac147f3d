//! What the oracle is told of a scenario: the same that manifests and packages tell the monitor.

use hal::Pa;
use hal::memory::PhysicalRange;
use oracle::{PartitionSpec, Region, Rights, Scene};

use super::layout;
use crate::ffa;
use crate::program::{Image, Role};
use crate::scenario::Prepared;

/// Who plays in `prepared`, and whose memory is whose.
pub(super) fn scene(prepared: &Prepared) -> Scene {
    let (start, size) = layout::NORMAL_RAM;
    Scene {
        monitor: [layout::MONITOR, layout::POOL].map(secure).to_vec(),
        normal_world: vec![PhysicalRange { start: Pa::non_secure(start), size }],
        partitions: prepared.partitions.iter().filter_map(partition).collect(),
        version: ffa::VERSION_1_2 as u32,
    }
}

fn partition(image: &Image) -> Option<PartitionSpec> {
    let role = image.context.role;
    let Role::Partition(number) = role else {
        return None;
    };
    let base = layout::partition_base(number);
    let mut memory = vec![Region { range: secure((base, layout::PARTITION_SIZE)), rights: Rights::ALL }];
    if number == 2 {
        let rights = Rights::READ | Rights::WRITE;
        memory.push(Region { range: secure((layout::DATA_REGION, layout::PAGE)), rights });
    }
    Some(PartitionSpec {
        id: role.endpoint(),
        name: role.name(),
        version: ffa::VERSION_1_2 as u32,
        contexts: image.contexts,
        entry: base + layout::PACKAGE_IMAGE,
        memory,
    })
}

fn secure((start, size): (u64, u64)) -> PhysicalRange {
    PhysicalRange { start: Pa::secure(start), size }
}
