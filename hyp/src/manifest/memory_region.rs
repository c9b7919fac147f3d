//! The memory regions of a partition's manifest, and what all regions have.

use arrayvec::ArrayVec;
use bitflags::bitflags;
use hal::PAGE_SIZE;

use super::error::{Problem, Report};
use super::tree::{Allowed, Node, Properties};
use crate::capacity::{MAX_DMA_DEVICES, MAX_REGIONS, MAX_STREAMS};

bitflags! {
    /// What a partition may do with a region, and in which world it is.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct RegionAttributes: u32 {
        /// It may read it.
        const READ = 1 << 0;
        /// It may write it.
        const WRITE = 1 << 1;
        /// It may execute it.
        const EXECUTE = 1 << 2;
        /// It is memory of the normal world.
        const NON_SECURE = 1 << 3;
    }
}

impl RegionAttributes {
    /// Those that a device region may have.
    pub(super) const OF_DEVICE: Self = Self::all().difference(Self::EXECUTE);
}

/// Where a region begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionBase {
    /// At this address, page-aligned.
    Address(u64),
    /// This many bytes behind the partition's load address, page-aligned.
    LoadRelative(u64),
}

/// A memory region of a partition's manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryRegion {
    /// Where it begins.
    pub base: RegionBase,
    /// 4 KiB pages, at least one.
    pub pages: u32,
    /// What the partition may do with it; reading always.
    pub attributes: RegionAttributes,
    /// What other nodes call it, if they do.
    pub phandle: Option<u32>,
}

/// The memory regions of a partition.
pub type MemoryRegions = ArrayVec<MemoryRegion, MAX_REGIONS>;

impl MemoryRegion {
    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.pages as u64 * PAGE_SIZE
    }

    /// The region's first byte for a partition that is loaded at `load_address`; `None` where the region would not
    /// end within the address space.
    pub fn start(&self, load_address: u64) -> Option<u64> {
        let start = match self.base {
            RegionBase::Address(address) => address,
            RegionBase::LoadRelative(offset) => load_address.checked_add(offset)?,
        };
        start.checked_add(self.size()).map(|_| start)
    }

    fn read(node: &Node<'_>, streams: &Streams, report: &mut Report<'_>) -> Self {
        const ADDRESS: &str = "base-address";
        const OFFSET: &str = "load-address-relative-offset";
        const KNOWN: &[&str] = &[
            "description",
            "phandle",
            ADDRESS,
            OFFSET,
            "pages-count",
            "attributes",
            "smmu-id",
            "stream-ids",
            "stream-ids-access-permissions",
        ];
        let properties = node.properties(KNOWN, report);
        let (address, offset) = (properties.pages(ADDRESS, report), properties.pages(OFFSET, report));
        let (property, base, found) = match (address, offset) {
            (Some(address), None) => (ADDRESS, RegionBase::Address(address), address),
            (_, Some(offset)) => (OFFSET, RegionBase::LoadRelative(offset), offset),
            (None, None) => {
                report.missing(ADDRESS);
                (ADDRESS, RegionBase::Address(0), 0)
            }
        };
        if address.is_some() && offset.is_some() {
            report.unexpected(OFFSET, "there is base-address already");
        }
        let region = Self {
            base,
            pages: page_count(&properties, report),
            attributes: attributes(&properties, RegionAttributes::all(), report),
            phandle: properties.optional("phandle", &Allowed::CELL, report).map(|phandle| phandle as u32),
        };
        if region.start(0).is_none() {
            report.value(property, found, "the region must end below 2^64");
        }
        streams.of_memory(&properties, report);
        region
    }
}

/// Reads the regions of the node `memory-regions`, the present one.
pub(super) fn read(node: &Node<'_>, regions: &mut MemoryRegions, streams: &Streams, report: &mut Report<'_>) {
    node.properties(&["compatible"], report).compatible(&["arm,ffa-manifest-memory-regions"], report);
    for child in node.children() {
        let entered = report.enter(child.name());
        let region = MemoryRegion::read(&child, streams, report);
        if let Some(phandle) = region.phandle
            && regions.iter().any(|other| other.phandle == region.phandle)
        {
            report.value("phandle", u64::from(phandle), "it must not be another region's");
        }
        // What there is no room for is counted below.
        let _ = regions.try_push(region);
        report.leave(entered);
    }
    report.room(node.children().count(), MAX_REGIONS);
    if regions.is_empty() {
        report.node(Problem::Unexpected { reason: "it has no region" });
    }
}

/// `pages-count` of a region.
#[inline(never)]
pub(super) fn page_count(properties: &Properties<'_>, report: &mut Report<'_>) -> u32 {
    properties.required("pages-count", &Allowed::within(1, u64::from(u32::MAX)), report) as u32
}

/// `attributes` of a region that may have `allowed`.
#[inline(never)]
pub(super) fn attributes(
    properties: &Properties<'_>,
    allowed: RegionAttributes,
    report: &mut Report<'_>,
) -> RegionAttributes {
    const NAME: &str = "attributes";
    let found = properties.required(NAME, &Allowed::CELL, report);
    let attributes = RegionAttributes::from_bits_truncate(found as u32);
    let known = u64::from(attributes.bits()) == found && allowed.contains(attributes);
    if properties.bytes(NAME).is_some() && !(known && attributes.contains(RegionAttributes::READ)) {
        let words = if allowed.contains(RegionAttributes::EXECUTE) {
            "it must be read (1), and may be write (2), execute (4), non-secure (8)"
        } else {
            "it must be read (1), and may be write (2), non-secure (8)"
        };
        report.value(NAME, found, words);
    }
    attributes
}

/// The streams by which a partition's devices reach memory.
#[derive(Debug, Default)]
pub(super) struct Streams {
    devices: usize,
    ids: ArrayVec<u32, { MAX_DMA_DEVICES * MAX_STREAMS }>,
}

impl Streams {
    /// `smmu-id` and `stream-ids` of a device region.
    #[inline(never)]
    pub fn of_device(&mut self, properties: &Properties<'_>, report: &mut Report<'_>) {
        let Some(ids) = streams(properties, report) else { return };
        self.devices += 1;
        if self.devices > MAX_DMA_DEVICES {
            let limit = MAX_DMA_DEVICES;
            report.property(SMMU, Problem::TooMany { found: self.devices, limit });
        }
        for id in ids {
            // There is room for those of as many devices as there may be.
            let _ = self.ids.try_push(id);
        }
    }

    /// The same of a memory region, and `stream-ids-access-permissions`.
    #[inline(never)]
    fn of_memory(&self, properties: &Properties<'_>, report: &mut Report<'_>) {
        const PERMISSIONS: &str = "stream-ids-access-permissions";
        let ids = streams(properties, report).unwrap_or_default();
        for id in ids.iter().filter(|id| !self.ids.contains(id)) {
            report.value(STREAMS, u64::from(*id), "it must be a stream of a device region");
        }
        let permissions = properties.cells(PERMISSIONS, MAX_STREAMS, report);
        let first = permissions.iter().next();
        if first.is_some()
            && (permissions.len() != ids.len() || permissions.iter().any(|one| Some(one) != first))
        {
            let allowed = "it must be one number for each stream, always the same";
            report.length(PERMISSIONS, permissions.len(), allowed);
        }
    }
}

const SMMU: &str = "smmu-id";
const STREAMS: &str = "stream-ids";

/// The streams of a region behind an SMMU.
#[inline(never)]
fn streams(properties: &Properties<'_>, report: &mut Report<'_>) -> Option<ArrayVec<u32, MAX_STREAMS>> {
    let ids = properties.cells(STREAMS, MAX_STREAMS, report);
    if properties.optional(SMMU, &Allowed::CELL, report).is_none() {
        if !ids.is_empty() {
            report.missing(SMMU);
        }
        return None;
    }
    report.not_served(SMMU);
    Some(ids.iter().take(MAX_STREAMS).collect())
}
