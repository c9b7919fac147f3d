//! What the oracle is told of a scenario: the same that manifests and packages tell the monitor.

use hal::Pa;
use hal::memory::PhysicalRange;
use oracle::{PartitionSpec, Region, Rights, Scene};

use super::layout;
use crate::ffa;
use crate::manifest;
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
    let role = image.role;
    let Role::Partition(number) = role else {
        return None;
    };
    let base = layout::partition_base(number);
    let mut memory: Vec<_> = image.extras.regions.iter().map(|region| granted(region, number)).collect();
    let rights = Rights::READ | Rights::WRITE;
    memory.extend(
        image.extras.devices.iter().map(|base| Region { range: secure((*base, layout::PAGE)), rights }),
    );
    memory.push(Region { range: secure((base, layout::PARTITION_SIZE)), rights: Rights::ALL });
    if number == 2 {
        memory.push(Region { range: secure((layout::DATA_REGION, layout::PAGE)), rights });
    }
    Some(PartitionSpec {
        id: role.endpoint(),
        name: role.name(),
        version: image.extras.version(),
        contexts: 1,
        entry: base + layout::PACKAGE_IMAGE,
        memory,
    })
}

/// What a manifest's region grants the partition with this number.
fn granted(region: &manifest::Region, number: u16) -> Region {
    let range = (region.start(number), u64::from(region.pages) * layout::PAGE);
    let mut range = secure(range);
    if region.attributes & manifest::Region::NON_SECURE != 0 {
        range.start = Pa::non_secure(range.start.address);
    }
    let bits = [(1, Rights::READ), (2, Rights::WRITE), (4, Rights::EXECUTE)];
    let rights = bits.into_iter().filter(|(bit, _)| region.attributes & bit != 0);
    Region { range, rights: rights.fold(Rights::NONE, |all, (_, right)| all | right) }
}

fn secure((start, size): (u64, u64)) -> PhysicalRange {
    PhysicalRange { start: Pa::secure(start), size }
}
