//! What the machine's memory holds for a person's partitions, and what the oracle is told of them.

use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa};
use hyp::ffa::partition_info::Properties;
use hyp::manifest::{MemoryRegion, PartitionConfig, RegionAttributes, Regions};
use oracle::{Buffers, PartitionSpec, Region, Rights};

use super::Partition;
use crate::ffa;
use crate::machine::contents::Contents;
use crate::machine::layout;
use crate::manifest::{self, Format, PartitionPlace, Smcs};
use crate::program::Role;

/// Everything of `partitions` and of the normal world's `program`.
pub(super) fn contents(partitions: &[Partition], program: Vec<u8>) -> Contents {
    let places: Vec<_> = (1..).zip(partitions).map(|(number, partition)| place(partition, number)).collect();
    let mut images = vec![(Pa::non_secure(layout::NORMAL_WORLD), program)];
    images.extend(partitions.iter().zip(&places).map(|(partition, place)| {
        (Pa::secure(place.base), manifest::package(&Format::Spkg2, &partition.manifest, &partition.image))
    }));
    let specs = partitions.iter().zip(&places).map(|(partition, place)| {
        let own = PhysicalRange { start: Pa::secure(place.base), size: place.size };
        spec(&partition.config, &partition.regions, place.role, own)
    });
    let specs = specs.collect();
    let cores = places.iter().map(|place| place.vcpus as u16).max().unwrap_or(1);
    Contents::new(
        manifest::core_manifest(&places, cores, ffa::VERSION_1_2).dtb(),
        cores,
        ffa::VERSION_1_2,
        images,
        specs,
    )
}

fn place(partition: &Partition, number: u16) -> PartitionPlace {
    PartitionPlace {
        role: Role::Partition(number),
        base: partition.base(number),
        size: layout::partition_size(number),
        vcpus: partition.config.execution_contexts,
        smcs: Smcs::Unsaid,
        init_timeout: None,
        interrupt_timeout: None,
    }
}

/// The most bytes of a region: no range of the machine's memory is larger, and the oracle lists every page.
const LARGEST_REGION: u64 = layout::NORMAL_RAM.1;

/// What the oracle is told of the partition `role`, whose memory is `own`: the same that its manifest tells the monitor,
/// but for regions that cannot be.
pub(crate) fn spec(
    config: &PartitionConfig,
    regions: &Regions,
    role: Role,
    own: PhysicalRange,
) -> PartitionSpec {
    let base = own.start.address;
    let memory = regions.memory.iter().filter_map(|region| {
        let start = region.start(base)?;
        Some(granted(region.attributes, start, region.size()))
    });
    let devices = regions
        .devices
        .iter()
        .map(|device| granted(device.attributes, device.base, u64::from(device.pages) * PAGE_SIZE));
    PartitionSpec {
        id: role.endpoint(),
        name: role.name(),
        version: config.ffa_version.to_word(),
        services: config.services.iter().map(|service| doubles(service.uuid.to_words())).collect(),
        contexts: config.execution_contexts as u16,
        entry: base.wrapping_add(config.entrypoint_offset),
        memory: memory
            .chain(devices)
            .chain([Region { range: own, rights: Rights::ALL }])
            .filter(|region| region.range.size <= LARGEST_REGION)
            .collect(),
        interrupts: config.interrupts.iter().map(|interrupt| u64::from(interrupt.intid.0)).collect(),
        notifications: config.messaging().contains(Properties::RECEIVES_NOTIFICATIONS),
        buffers: buffers(regions, base),
    }
}

/// A UUID as two registers carry it.
fn doubles([a, b, c, d]: [u32; 4]) -> [u64; 2] {
    [(a, b), (c, d)].map(|(low, high)| u64::from(high) << 32 | u64::from(low))
}

/// The buffers that the manifest gives it.
fn buffers(regions: &Regions, base: u64) -> Option<Buffers> {
    let mailbox = regions.mailbox?;
    let [tx, rx] = [mailbox.tx, mailbox.rx].map(|place| regions.memory.get(place));
    let start = |buffer: Option<&MemoryRegion>| {
        let buffer = buffer?;
        Some(granted(buffer.attributes, buffer.start(base)?, buffer.size()).range.start)
    };
    Some(Buffers { tx: start(tx)?, rx: start(rx)?, pages: tx?.pages.into() })
}

/// What a region with these attributes grants.
fn granted(attributes: RegionAttributes, start: u64, size: u64) -> Region {
    let non_secure = attributes.contains(RegionAttributes::NON_SECURE);
    let start = if non_secure { Pa::non_secure(start) } else { Pa::secure(start) };
    let rights = Rights::READ
        | Rights::WRITE.when(attributes.contains(RegionAttributes::WRITE))
        | Rights::EXECUTE.when(attributes.contains(RegionAttributes::EXECUTE));
    Region { range: PhysicalRange { start, size }, rights }
}
