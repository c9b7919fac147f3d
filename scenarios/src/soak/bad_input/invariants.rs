//! What holds of everything that a reader accepts.

use hal::PAGE_SIZE;
use hyp::manifest::{CoreManifest, Package, PartitionConfig, Regions};

/// Says which of these promises is broken, where one is.
fn broken<const N: usize>(promises: [(bool, &str); N]) -> Result<(), String> {
    match promises.iter().find(|(is_kept, _)| !is_kept) {
        Some((_, promise)) => Err(format!("what was accepted is otherwise than {promise}")),
        None => Ok(()),
    }
}

/// True where so many bytes from `start` on are whole pages, at least one, below 2^64.
fn is_pages(start: u64, size: u64) -> bool {
    size != 0
        && start.is_multiple_of(PAGE_SIZE)
        && size.is_multiple_of(PAGE_SIZE)
        && start.checked_add(size).is_some()
}

/// Of the monitor's manifest.
pub(super) fn of_core(core: &CoreManifest) -> Result<(), String> {
    let partitions = &core.partitions;
    let disjoint = partitions.iter().enumerate().all(|(index, one)| {
        partitions[..index].iter().all(|other| {
            one.load_address >= other.load_address + other.memory_size
                || other.load_address >= one.load_address + one.memory_size
        })
    });
    let whole = partitions.iter().all(|node| is_pages(node.load_address, node.memory_size));
    let ranges = core.memory.iter().all(|memory| is_pages(memory.range.start.address, memory.range.size));
    broken([
        (core.spmc_id.0 >= 0x8000, "an SPMC's id from 0x8000 on"),
        ((1..=8).contains(&core.cores), "1 to 8 cores"),
        (whole, "whole pages of each partition"),
        (disjoint, "partitions that do not overlap"),
        (partitions.iter().all(|node| (1..=8).contains(&node.vcpu_count)), "1 to 8 vCPUs"),
        (partitions.iter().all(|node| !node.name.contains(char::is_control)), "names of one line"),
        (ranges, "whole pages of each range"),
    ])
}

/// Of a partition's manifest.
pub(super) fn of_partition(config: &PartitionConfig, regions: &Regions) -> Result<(), String> {
    let services = &config.services;
    let different = services.iter().enumerate().all(|(index, one)| {
        !one.uuid.is_nil() && services[..index].iter().all(|other| other.uuid != one.uuid)
    });
    let memory = regions
        .memory
        .iter()
        .all(|region| region.start(0).is_some_and(|start| is_pages(start, region.size())));
    let devices =
        regions.devices.iter().all(|device| is_pages(device.base, u64::from(device.pages) * PAGE_SIZE));
    let mailbox = regions.mailbox.is_none_or(|mailbox| {
        let size = |place: usize| regions.memory.get(place).map(|region| region.pages);
        mailbox.rx != mailbox.tx && size(mailbox.rx).is_some() && size(mailbox.rx) == size(mailbox.tx)
    });
    broken([
        ((1..=8).contains(&config.execution_contexts), "1 to 8 execution contexts"),
        (config.entrypoint_offset.is_multiple_of(4), "an entry point at a multiple of 4"),
        (config.load_address.is_none_or(|load| load.is_multiple_of(PAGE_SIZE)), "a load address at a page"),
        (!services.is_empty() && different, "services with UUIDs of their own"),
        (memory, "whole pages of each memory region"),
        (devices, "whole pages of each device region"),
        (mailbox, "a mailbox of two regions of the same size"),
        (config.boot_info.is_none_or(|wanted| wanted.register <= 3), "boot information in x0 to x3"),
    ])
}

/// Of a package of a partition with so much `memory`.
pub(super) fn of_package(package: &Package, memory: u64) -> Result<(), String> {
    let Package { manifest, image, hob_list, has_free_page } = package;
    let first = if *has_free_page { PAGE_SIZE } else { 24 };
    broken([
        ((1..=4096).contains(&manifest.size), "a manifest of at most a page"),
        (manifest.offset >= first && manifest.end() <= image.offset, "a manifest before the image"),
        (image.offset.is_multiple_of(PAGE_SIZE), "an image at a page"),
        (image.size != 0 && image.end() <= memory, "an image within the partition's memory"),
        (
            hob_list.is_none_or(|list| list.offset >= first && list.end() <= image.offset),
            "a list of hand-off blocks before the image",
        ),
    ])
}
