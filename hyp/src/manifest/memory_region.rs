//! A memory region of a partition's manifest.

use bitflags::bitflags;
use hal::PAGE_SIZE;

use super::error::{Error, Problem};
use super::tree::{Node, Value};

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

    pub(super) fn parse(node: &Node<'_>) -> Result<Self, Error> {
        const ADDRESS: &str = "base-address";
        const OFFSET: &str = "load-address-relative-offset";
        let (property, base, found) = match (node.optional(ADDRESS)?, node.optional(OFFSET)?) {
            (Some(address), None) => (ADDRESS, RegionBase::Address(address), address),
            (None, Some(offset)) => (OFFSET, RegionBase::LoadRelative(offset), offset),
            (None, None) => return Err(node.error(ADDRESS, Problem::Missing)),
            (Some(_), Some(_)) => {
                let reason = "there is base-address already";
                return Err(node.error(OFFSET, Problem::Unexpected { reason }));
            }
        };
        let fail = |allowed| node.error(property, Problem::Value { found, allowed });
        if !found.is_multiple_of(PAGE_SIZE) {
            return Err(fail("it must be a multiple of 4096"));
        }
        let region = Self {
            base,
            pages: node.required_within("pages-count", 1..=u32::MAX)?,
            attributes: node.required("attributes")?,
            phandle: node.optional("phandle")?,
        };
        if region.start(0).is_none() {
            return Err(fail("the region must end below 2^64"));
        }
        Ok(region)
    }
}

impl Value for RegionAttributes {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let found = u32::read(bytes)?;
        Self::from_bits(found).filter(|attributes| attributes.contains(Self::READ)).ok_or(Problem::Value {
            found: u64::from(found),
            allowed: "it must be read (1), and may be write (2), execute (4), non-secure (8)",
        })
    }
}
