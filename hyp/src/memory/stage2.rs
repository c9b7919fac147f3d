//! The stage-2 tables of one partition: a tree for each intermediate physical address space.
//!
//! 4 KiB granule, 39-bit input addresses, walks begin at level 1 with one page. Both trees stand in secure memory
//! and share a VMID. **A change either completes or never began**: the pages that it needs are counted first, and
//! the first entry is written only when the pool has them all.
//!
//! The secure tree maps secure pages and the non-secure tree non-secure ones, at their own addresses: a partition
//! reaches normal-world memory through its own stage 1 (NS=1) and the non-secure tree only.

use hal::memory::{DeviceRange, ENTRIES, Frame, Frames};
use hal::tlb::Vmid;
use hal::{Ipa, Memory, PAGE_SIZE, Pa, Space, Tlb};

use super::entry::{Entry, Mapping};
use super::pool::PagePool;

/// Bits of an input address.
const INPUT_BITS: u32 = 39;

/// VTCR_EL2 and VSTCR_EL2: T0SZ, SL0 = level 1, walks inner and outer write-back, inner shareable, 4 KiB, RES1.
const CONTROL: u64 = (64 - INPUT_BITS as u64) | 1 << 6 | 1 << 8 | 1 << 10 | 0b11 << 12 | 1 << 31;

/// VTCR_EL2: [`CONTROL`], PS = 40 bits, and NSA: outputs for non-secure input addresses are non-secure. NSW is 0:
/// the non-secure tree stands in secure memory too.
pub const VTCR: u64 = CONTROL | 0b010 << 16 | 1 << 30;

/// VSTCR_EL2: T0SZ, SL0, RES1; SW and SA are 0: secure walks to secure outputs.
pub const VSTCR: u64 = (64 - INPUT_BITS as u64) | 1 << 6 | 1 << 31;

/// The pool has too few pages for a change, or the change names an address beyond the tables' reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapError {
    /// The pool cannot supply the tables.
    NoPages,
    /// An address above what 39 bits name.
    OutOfReach,
    /// A page is mapped already.
    Mapped,
}

/// Pages that a guest may be given: of memory, or of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pages {
    start: Pa,
    count: u64,
}

impl Pages {
    /// True when a page is in both.
    pub fn overlaps(&self, frames: &Frames) -> bool {
        let other = frames.start();
        self.start.space == other.space
            && self.start.address < other.address.saturating_add(frames.size())
            && other.address <= self.last()
    }

    /// The address of the last byte.
    const fn last(&self) -> u64 {
        self.start.address.saturating_add(self.count * PAGE_SIZE - 1)
    }
}

impl From<Frames> for Pages {
    fn from(frames: Frames) -> Self {
        Self { start: frames.start(), count: frames.pages() }
    }
}

impl From<DeviceRange> for Pages {
    fn from(device: DeviceRange) -> Self {
        Self { start: device.start(), count: device.pages() }
    }
}

/// The tables of one partition.
#[derive(Debug)]
pub struct Stage2 {
    secure: Frame,
    non_secure: Frame,
    /// The pool's pages: every table is one of them.
    tables: Frames,
    vmid: Vmid,
}

impl Stage2 {
    /// Tables that map nothing, under `vmid`; `None` when the pool has not two pages.
    pub fn new(memory: &mut impl Memory, pool: &mut PagePool, vmid: Vmid) -> Option<Self> {
        if pool.free() < 2 {
            return None;
        }
        let tables = pool.frames()?;
        Some(Self { secure: pool.take(memory)?, non_secure: pool.take(memory)?, tables, vmid })
    }

    /// The value of VSTTBR_EL2.
    pub const fn vsttbr(&self) -> u64 {
        self.secure.start().address
    }

    /// The value of VTTBR_EL2, with the VMID of both trees.
    pub const fn vttbr(&self) -> u64 {
        (self.vmid.0 as u64) << 48 | self.non_secure.start().address
    }

    /// Maps `frames`, memory or a device's, at their own addresses, in the tree of their space.
    ///
    /// Refuses where a page is mapped already: a valid entry is never replaced by another.
    pub fn map<C: Memory + Tlb>(
        &self,
        core: &mut C,
        pool: &mut PagePool,
        frames: impl Into<Pages>,
        mapping: Mapping,
    ) -> Result<(), MapError> {
        self.map_pages(core, pool, frames.into(), mapping)
    }

    fn map_pages<C: Memory + Tlb>(
        &self,
        core: &mut C,
        pool: &mut PagePool,
        pages: Pages,
        mapping: Mapping,
    ) -> Result<(), MapError> {
        let start = pages.start.address;
        if start >> INPUT_BITS != 0 || pages.last() >> INPUT_BITS != 0 {
            return Err(MapError::OutOfReach);
        }
        if self.maps_any(core, pages) {
            return Err(MapError::Mapped);
        }
        if self.missing_tables(core, pages) > pool.free() {
            return Err(MapError::NoPages);
        }
        let mut table: Option<Frame> = None;
        for page in 0..pages.count {
            let address = start + page * PAGE_SIZE;
            if table.is_none() || index(3, address) == 0 {
                table = self.leaf_table(core, pool, pages.start.space, address);
            }
            if let Some(table) = table {
                core.write_entry(table, index(3, address), Entry::page(address, mapping).0);
            }
        }
        core.synchronise();
        Ok(())
    }

    /// Unmaps `frames`, and returns when no core can reach them through this partition's tables any more.
    ///
    /// Tables that become empty go back to the pool.
    pub fn unmap<C: Memory + Tlb>(&self, core: &mut C, pool: &mut PagePool, frames: Frames) {
        let mut page = 0;
        while page < frames.pages() {
            let ipa = at(frames, page);
            // The pages that one table of level 3 describes.
            let run = (ENTRIES - index(3, ipa.address)) as u64;
            let run = run.min(frames.pages() - page);
            if let Some(table) = self.table(core, ipa, 3) {
                for step in 0..run {
                    let slot = index(3, ipa.address + step * PAGE_SIZE);
                    core.write_entry(table, slot, Entry::INVALID.0);
                }
                core.invalidate(self.vmid, ipa, run);
                self.prune(core, pool, ipa);
            }
            page += run;
        }
    }

    /// Gives the tables on the way to `ipa` back that map nothing.
    fn prune<C: Memory + Tlb>(&self, core: &mut C, pool: &mut PagePool, ipa: Ipa) {
        for level in [3, 2] {
            let tables = self.table(core, ipa, level).zip(self.table(core, ipa, level - 1));
            let Some((table, above)) = tables else { return };
            if (0..ENTRIES).any(|slot| core.read_entry(table, slot) != Entry::INVALID.0) {
                return;
            }
            core.write_entry(above, index(level - 1, ipa.address), Entry::INVALID.0);
            core.invalidate(self.vmid, ipa, 1);
            pool.give_back(core, table);
        }
    }

    /// What is mapped at `ipa`, if anything is.
    pub fn lookup(&self, memory: &impl Memory, ipa: Ipa) -> Option<Mapping> {
        if ipa.address >> INPUT_BITS != 0 {
            return None;
        }
        let table = self.table(memory, ipa, 3)?;
        let entry = Entry(memory.read_entry(table, index(3, ipa.address)));
        entry.is_valid().then(|| entry.mapping())
    }

    /// True when page number `page` of `frames` is mapped.
    pub fn maps(&self, memory: &impl Memory, frames: Frames, page: u64) -> bool {
        self.lookup(memory, at(frames, page)).is_some()
    }

    /// True when one of `pages` is mapped.
    pub fn maps_any(&self, memory: &impl Memory, pages: impl Into<Pages>) -> bool {
        let pages = pages.into();
        let mut page = 0;
        while page < pages.count {
            let address = pages.start.address + page * PAGE_SIZE;
            if address >> INPUT_BITS != 0 {
                return false;
            }
            // The pages that one table of level 3 describes.
            let run = ((ENTRIES - index(3, address)) as u64).min(pages.count - page);
            let table = self.table(memory, Ipa { space: pages.start.space, address }, 3);
            let valid =
                |table, step| Entry(memory.read_entry(table, index(3, address) + step as usize)).is_valid();
            if table.is_some_and(|table| (0..run).any(|step| valid(table, step))) {
                return true;
            }
            page += run;
        }
        false
    }

    /// The mapping that all of `frames` have, or `None` where they differ or one is not mapped.
    pub fn lookup_all(&self, memory: &impl Memory, frames: Frames) -> Option<Mapping> {
        let first = self.lookup(memory, at(frames, 0))?;
        let same = |page| self.lookup(memory, at(frames, page)) == Some(first);
        (1..frames.pages()).all(same).then_some(first)
    }

    fn root(&self, space: Space) -> Frame {
        match space {
            Space::Secure => self.secure,
            Space::NonSecure => self.non_secure,
        }
    }

    /// The table of `level` on the way to `ipa`, or `None` where it is missing.
    fn table(&self, memory: &impl Memory, ipa: Ipa, level: u32) -> Option<Frame> {
        let mut table = self.root(ipa.space);
        for above in 1..level {
            table = self.next_table(memory, table, index(above, ipa.address))?;
        }
        Some(table)
    }

    /// How many tables a mapping of `frames` still needs.
    fn missing_tables(&self, memory: &impl Memory, pages: Pages) -> u64 {
        let (first, last) = (pages.start.address, pages.last());
        let root = self.root(pages.start.space);
        let mut missing = 0;
        for gigabyte in first >> shift(1)..=last >> shift(1) {
            let low = first.max(gigabyte << shift(1)) >> shift(2);
            let high = last.min(((gigabyte + 1) << shift(1)) - 1) >> shift(2);
            match self.next_table(memory, root, index(1, gigabyte << shift(1))) {
                None => missing += 1 + (high - low + 1),
                Some(table) => {
                    for block in low..=high {
                        if self.next_table(memory, table, index(2, block << shift(2))).is_none() {
                            missing += 1;
                        }
                    }
                }
            }
        }
        missing
    }

    /// The level-3 table for `address`, made where it is missing; the caller has counted the pages.
    fn leaf_table<C: Memory>(
        &self,
        core: &mut C,
        pool: &mut PagePool,
        space: Space,
        address: u64,
    ) -> Option<Frame> {
        let mut table = self.root(space);
        for level in [1, 2] {
            let slot = index(level, address);
            table = match self.next_table(core, table, slot) {
                Some(next) => next,
                None => {
                    let fresh = pool.take(core)?;
                    core.write_entry(table, slot, Entry::table(fresh.start().address).0);
                    fresh
                }
            };
        }
        Some(table)
    }

    /// The table that entry `index` of `table` names, if it names one.
    fn next_table(&self, memory: &impl Memory, table: Frame, index: usize) -> Option<Frame> {
        let entry = Entry(memory.read_entry(table, index));
        if entry.is_valid() { self.tables.frame_at(entry.address()) } else { None }
    }
}

/// Where page number `page` of `frames` is mapped: at its own address.
const fn at(frames: Frames, page: u64) -> Ipa {
    let start = frames.start();
    Ipa { space: start.space, address: start.address + page * PAGE_SIZE }
}

/// The lowest address bit that `level` translates.
const fn shift(level: u32) -> u32 {
    12 + 9 * (3 - level)
}

/// The entry for `address` in a table of `level`.
const fn index(level: u32, address: u64) -> usize {
    (address >> shift(level)) as usize % ENTRIES
}
