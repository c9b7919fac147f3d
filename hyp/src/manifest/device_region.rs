//! The device regions of a partition's manifest, and the interrupts that come with them.

use arrayvec::ArrayVec;
use hal::PAGE_SIZE;

use super::error::{Problem, Report};
use super::memory_region::{self, RegionAttributes, Streams};
use super::tree::{Node, Properties};
use crate::capacity::{MAX_DEVICE_INTERRUPTS, MAX_DEVICE_REGIONS};

/// A device region of a partition's manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceRegion {
    /// Its first byte, page-aligned.
    pub base: u64,
    /// 4 KiB pages, at least one; the region ends within the address space.
    pub pages: u32,
    /// What the partition may do with it, never execute; reading always.
    pub attributes: RegionAttributes,
}

/// The device regions of a partition.
pub type DeviceRegions = ArrayVec<DeviceRegion, MAX_DEVICE_REGIONS>;

/// Reads the regions of the node `device-regions`, the present one.
#[inline(never)]
pub(super) fn read(
    node: &Node<'_>,
    regions: &mut DeviceRegions,
    streams: &mut Streams,
    report: &mut Report<'_>,
) {
    node.properties(&["compatible"], report).compatible(&["arm,ffa-manifest-device-regions"], report);
    for child in node.children() {
        let entered = report.enter(child.name());
        let region = read_region(&child, streams, report);
        // What there is no room for is counted below.
        let _ = regions.try_push(region);
        report.leave(entered);
    }
    report.room(node.children().count(), MAX_DEVICE_REGIONS);
    if regions.is_empty() {
        report.node(Problem::Unexpected { reason: "it has no region" });
    }
}

fn read_region(node: &Node<'_>, streams: &mut Streams, report: &mut Report<'_>) -> DeviceRegion {
    const KNOWN: &[&str] = &[
        "description",
        "phandle",
        "base-address",
        "pages-count",
        "attributes",
        "smmu-id",
        "stream-ids",
        "interrupts",
        "interrupts-target",
        "exclusive-access",
    ];
    let properties = node.properties(KNOWN, report);
    let base = properties.pages("base-address", report);
    if base.is_none() {
        report.missing("base-address");
    }
    let region = DeviceRegion {
        base: base.unwrap_or_default(),
        pages: memory_region::page_count(&properties, report),
        attributes: memory_region::attributes(&properties, RegionAttributes::OF_DEVICE, report),
    };
    if region.base.checked_add(u64::from(region.pages) * PAGE_SIZE).is_none() {
        report.value("base-address", region.base, "the region must end below 2^64");
    }
    // Nobody else ever reaches a device region, so exclusive access is what there is.
    properties.flag("exclusive-access", report);
    read_interrupts(&properties, report);
    streams.of_device(&properties, report);
    region
}

/// `interrupts`: pairs of an interrupt and its attributes; `interrupts-target`: triples of an interrupt and a core.
#[inline(never)]
fn read_interrupts(properties: &Properties<'_>, report: &mut Report<'_>) {
    const INTERRUPTS: &str = "interrupts";
    const TARGETS: &str = "interrupts-target";
    /// Priority, secure, level-triggered, type.
    const ATTRIBUTES: u32 = 0xfff;
    let interrupts = properties.cells(INTERRUPTS, 2 * MAX_DEVICE_INTERRUPTS, report);
    let targets = properties.cells(TARGETS, 3 * MAX_DEVICE_INTERRUPTS, report);
    for (name, cells, group) in [(INTERRUPTS, &interrupts, 2), (TARGETS, &targets, 3)] {
        if !cells.len().is_multiple_of(group) {
            let allowed = "an interrupt has 8, a target 12";
            report.length(name, cells.len(), allowed);
        }
    }
    let mut known = ArrayVec::<u32, MAX_DEVICE_INTERRUPTS>::new();
    for [id, attributes] in interrupts.groups() {
        if !matches!(id, 16..1020 | 1056..1120 | 4096..5120) || known.contains(&id) {
            report.value(INTERRUPTS, u64::from(id), "it must be a PPI or an SPI, and be there once");
        }
        if attributes & !ATTRIBUTES != 0 {
            report.value(INTERRUPTS, u64::from(attributes), "attributes have bits 0 to 11");
        }
        // There is room: the list was cut.
        let _ = known.try_push(id);
    }
    for [id, ..] in targets.groups::<3>() {
        if !known.contains(&id) {
            report.value(TARGETS, u64::from(id), "it must be one of this region's interrupts");
        }
    }
    if !interrupts.is_empty() {
        report.not_served(INTERRUPTS);
    }
}
