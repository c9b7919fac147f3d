//! What the machine's memory holds for a person's partitions, and what the oracle is told of them.

use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa};
use hyp::manifest::{MemoryRegion, RegionAttributes, Regions};
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
    let specs = partitions.iter().zip(&places).map(|(partition, place)| spec(partition, place)).collect();
    let cores = places.iter().map(|place| place.vcpus as u16).max().unwrap_or(1);
    Contents::new(
        &manifest::core_manifest(&places, cores, ffa::VERSION_1_2),
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
        vcpus: partition.config.execution_contexts,
        smcs: Smcs::Unsaid,
        init_timeout: None,
    }
}

/// What the oracle is told of `partition`: the same that its manifest tells the monitor.
fn spec(partition: &Partition, place: &PartitionPlace) -> PartitionSpec {
    let config = &partition.config;
    let regions = partition.regions.memory.iter().filter_map(|region| self::region(region, place.base));
    let own = PhysicalRange { start: Pa::secure(place.base), size: layout::PARTITION_SIZE };
    PartitionSpec {
        id: place.role.endpoint(),
        name: place.role.name(),
        version: u32::from(config.ffa_version.major) << 16 | u32::from(config.ffa_version.minor),
        services: config.services.iter().map(|service| doubles(service.uuid.to_words())).collect(),
        contexts: config.execution_contexts as u16,
        entry: place.base.wrapping_add(config.entrypoint_offset),
        memory: regions.chain([Region { range: own, rights: Rights::ALL }]).collect(),
        buffers: buffers(&partition.regions, place.base),
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
    let start = |buffer: Option<&MemoryRegion>| Some(region(buffer?, base)?.range.start);
    Some(Buffers { tx: start(tx)?, rx: start(rx)?, pages: tx?.pages.into() })
}

fn region(region: &MemoryRegion, base: u64) -> Option<Region> {
    let start = region.start(base)?;
    let attributes = region.attributes;
    let non_secure = attributes.contains(RegionAttributes::NON_SECURE);
    let start = if non_secure { Pa::non_secure(start) } else { Pa::secure(start) };
    let rights = Rights::READ
        | Rights::WRITE.when(attributes.contains(RegionAttributes::WRITE))
        | Rights::EXECUTE.when(attributes.contains(RegionAttributes::EXECUTE));
    Some(Region { range: PhysicalRange { start, size: u64::from(region.pages) * PAGE_SIZE }, rights })
}
