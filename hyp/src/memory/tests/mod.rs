//! The tables, on a core whose memory is a map.

mod share;
mod stage2;

use std::collections::BTreeMap;
use std::vec::Vec;

use hal::memory::{AccessFault, Frame, Frames, PhysicalMemory, PhysicalRange};
use hal::tlb::Vmid;
use hal::{Ipa, Memory, PAGE_SIZE, Pa, Tlb};

/// Table entries by physical address, and the invalidations that were asked for.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct FakeCore {
    /// Entries that are not zero.
    pub entries: BTreeMap<u64, u64>,
    /// VMID, first address and pages of each invalidation, in order.
    pub invalidated: Vec<(Vmid, Ipa, u64)>,
}

fn place(table: Frame, index: usize) -> u64 {
    table.start().address + 8 * index as u64
}

impl Memory for FakeCore {
    fn read(&mut self, _: Frames, _: u64, _: &mut [u8]) -> Result<(), AccessFault> {
        panic!("tables are reached by entries");
    }

    fn write(&mut self, _: Frames, _: u64, _: &[u8]) -> Result<(), AccessFault> {
        panic!("tables are reached by entries");
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        let start = frames.start().address;
        self.entries.retain(|address, _| *address < start || *address >= start + frames.size());
        Ok(())
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        self.entries.get(&place(table, index)).copied().unwrap_or(0)
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        match entry {
            0 => self.entries.remove(&place(table, index)),
            _ => self.entries.insert(place(table, index), entry),
        };
    }

    fn clean(&mut self, _: Frames) {}

    fn make_executable(&mut self, _: Frames) {}
}

impl Tlb for FakeCore {
    fn synchronise(&mut self) {}

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        self.invalidated.push((vmid, start, pages));
    }

    fn invalidate_vmid(&mut self, _: Vmid) {}

    fn invalidate_all(&mut self) {}
}

/// `pages` pages from `start` on.
pub fn frames(start: Pa, pages: u64) -> Frames {
    let all = |start| PhysicalRange { start, size: 1 << 48 };
    let ranges = [all(Pa::secure(0)), all(Pa::non_secure(0))];
    let nothing = PhysicalRange { start: Pa::secure(0), size: 0 };
    PhysicalMemory::new(&ranges, nothing, &[]).frames(start, pages).unwrap()
}

/// Secure pages for tables.
pub fn pool_frames(pages: u64) -> Frames {
    frames(Pa::secure(0x100 * PAGE_SIZE), pages)
}
