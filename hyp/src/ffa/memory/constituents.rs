//! The pages of a transaction: the composite descriptor and its ranges.

use hal::PAGE_SIZE;

use super::RANGE_SIZE;
use super::reader::{Reader, refuse, zero};
use crate::ffa::error::Error;
use crate::ffa::wording::{Clause, Item};

/// A run of pages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    /// The first byte, page-aligned, as the sender sees addresses.
    pub address: u64,
    /// 4 KiB pages, at least one. The range ends within the address space.
    pub pages: u32,
}

impl Range {
    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.pages as u64 * PAGE_SIZE
    }

    /// The address behind the last byte; saturates where a range was not checked.
    pub const fn end(&self) -> u64 {
        self.address.saturating_add(self.size())
    }

    const fn overlaps(&self, other: &Self) -> bool {
        self.address < other.end() && other.address < self.end()
    }

    fn read(bytes: Reader<'_>) -> Result<Self, Error> {
        Ok(Self { address: bytes.u64(0)?, pages: bytes.u32(8)? })
    }
}

/// The ranges of a transaction, checked: page-aligned, not empty, disjoint. Read from the descriptor as they are
/// asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Constituents<'a> {
    ranges: &'a [u8],
    total_pages: u32,
}

impl<'a> Constituents<'a> {
    /// Pages in all ranges.
    pub const fn total_pages(&self) -> u32 {
        self.total_pages
    }

    /// How many ranges, at least one.
    pub const fn count(&self) -> usize {
        self.ranges.len() / RANGE_SIZE
    }

    /// The ranges, in the order in which the sender wrote them.
    pub fn iter(&self) -> impl Iterator<Item = Range> + Clone + 'a {
        self.ranges.chunks_exact(RANGE_SIZE).map_while(|bytes| Range::read(Reader(bytes)).ok())
    }

    /// Reads a composite descriptor, which `bytes` must hold to the last byte.
    pub(super) fn parse(bytes: Reader<'a>) -> Result<Self, Error> {
        let (header, ranges) = bytes.split(RANGE_SIZE)?;
        let (total_pages, count) = (header.u32(0)?, header.u32(4)?);
        zero(Item::CompositeReserved, header.u64(8)?)?;
        let length = (count as usize).checked_mul(RANGE_SIZE);
        // rule: memory.9, memory.25
        if count == 0 || length != Some(ranges.length()) {
            return Err(refuse(Item::RangeCount, u64::from(count), Clause::RangesToTheEnd));
        }
        let constituents = Self { ranges: ranges.0, total_pages };
        constituents.check()?;
        Ok(constituents)
    }

    fn check(&self) -> Result<(), Error> {
        let mut pages = 0u64;
        let mut end = 0;
        for (index, bytes) in self.ranges.chunks_exact(RANGE_SIZE).enumerate() {
            let bytes = Reader(bytes);
            zero(Item::RangeReserved, u64::from(bytes.u32(12)?))?;
            let range = Range::read(bytes)?;
            // rule: memory.27
            if !range.address.is_multiple_of(PAGE_SIZE) {
                return Err(refuse(Item::RangeAddress, range.address, Clause::PageAligned));
            }
            // rule: memory.10
            if range.pages == 0 {
                return Err(refuse(Item::RangePages, 0, Clause::AtLeastOne));
            }
            // rule: memory.28
            if range.address.checked_add(range.size()).is_none() {
                return Err(refuse(Item::RangeAddress, range.address, Clause::RangeInAddressSpace));
            }
            // Ranges in ascending order, the usual case, are compared with one number.
            // rule: memory.11
            if range.address < end && self.iter().take(index).any(|earlier| earlier.overlaps(&range)) {
                return Err(refuse(Item::RangeAddress, range.address, Clause::RangesApart));
            }
            end = end.max(range.end());
            pages = pages.saturating_add(u64::from(range.pages));
        }
        // rule: memory.12
        if pages != u64::from(self.total_pages) {
            return Err(refuse(Item::TotalPages, u64::from(self.total_pages), Clause::SumOfRanges));
        }
        Ok(())
    }
}
