//! What the oracle is told of a scenario: the same that manifests and packages tell the monitor.

use hal::Pa;
use oracle::{Buffers, PartitionSpec, Region, Rights};

use super::contents::secure;
use super::layout;
use crate::manifest;
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
    let mut memory: Vec<_> = image.extras.all_regions().map(|region| granted(region, number)).collect();
    let rights = Rights::READ | Rights::WRITE;
    memory.extend(image.extras.devices.iter().map(|device| {
        let mut range = secure((device.base, layout::PAGE));
        if device.non_secure {
            range.start = Pa::non_secure(device.base);
        }
        Region { range, rights }
    }));
    memory.push(Region { range: secure((base, layout::partition_size(number))), rights: Rights::ALL });
    if number == 2 {
        memory.push(Region { range: secure((layout::DATA_REGION, layout::PAGE)), rights });
    }
    let interrupts = image.extras.devices.iter().flat_map(|device| &device.interrupts);
    Some(PartitionSpec {
        id: role.endpoint(),
        name: role.name(),
        version: image.extras.version(),
        services: vec![manifest::uuid_of(role)],
        contexts: image.contexts,
        entry: base + u64::from(image.extras.entry_point_offset()),
        memory,
        interrupts: interrupts.map(|[intid, _]| u64::from(*intid)).collect(),
        notifications: image.extras.receives_notifications(),
        buffers: image.extras.buffers.map(|buffers| self::buffers(buffers, number)),
    })
}

/// The buffers that the partition with this number finds mapped.
fn buffers([tx, rx]: [manifest::Region; 2], number: u16) -> Buffers {
    let start = |region| granted(region, number).range.start;
    Buffers { tx: start(&tx), rx: start(&rx), pages: tx.pages.into() }
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
