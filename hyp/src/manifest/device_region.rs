//! The device regions of a partition's manifest.

use arrayvec::ArrayVec;
use hal::PAGE_SIZE;

use super::error::{Problem, Report};
use super::interrupts::{self, DeviceInterrupts};
use super::memory_region::{self, RegionAttributes, Streams};
use super::tree::Node;
use crate::capacity::MAX_DEVICE_REGIONS;

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

/// Reads the regions of the node `device-regions`, the present one, and the interrupts that come with them.
#[inline(never)]
pub(super) fn read(
    node: &Node<'_>,
    regions: &mut DeviceRegions,
    interrupts: &mut DeviceInterrupts,
    streams: &mut Streams,
    report: &mut Report<'_>,
) {
    node.properties(&["compatible"], report).compatible(&["arm,ffa-manifest-device-regions"], report);
    for child in node.children() {
        let entered = report.enter(child.name());
        let region = read_region(&child, interrupts, streams, report);
        // What there is no room for is counted below.
        let _ = regions.try_push(region);
        report.leave(entered);
    }
    report.room(node.children().count(), MAX_DEVICE_REGIONS);
    if regions.is_empty() {
        report.node(Problem::Unexpected { reason: "it has no region" });
    }
}

fn read_region(
    node: &Node<'_>,
    own: &mut DeviceInterrupts,
    streams: &mut Streams,
    report: &mut Report<'_>,
) -> DeviceRegion {
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
    interrupts::read(&properties, own, report);
    streams.of_device(&properties, report);
    region
}
