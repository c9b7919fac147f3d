//! What the oracle is told of a scenario: the same that manifests and packages tell the monitor.

use oracle::{PartitionSpec, Region, Rights};

use super::contents::secure;
use super::layout;
use crate::ffa;
use crate::program::{Image, Role};
use crate::scenario::Prepared;

/// The partitions that play in `prepared`, and what is theirs.
pub(super) fn partitions(prepared: &Prepared) -> Vec<PartitionSpec> {
    prepared.partitions.iter().filter_map(partition).collect()
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
