//! Which cache lines hold what memory, or an instruction cache, does not have.
//!
//! Three bits for each line of 64 bytes, 64 lines a page: written and not yet at the point of coherency, where
//! uncached accesses read; not yet at the point of unification, where instruction fetches read; and not yet
//! invalidated in the instruction caches. A page without a bit has no record, so looking costs next to nothing.

use std::collections::BTreeMap;

use hal::{PAGE_SIZE, Pa};

/// Bytes in a cache line.
pub const LINE: u64 = 64;

/// The lines of one page, a bit each.
#[derive(Clone, Copy, Default)]
struct Page {
    coherency: u64,
    unification: u64,
    instructions: u64,
}

/// Maintenance of caches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// A clean to the point of coherency (`DC CVAC`, `DC CIVAC`).
    CleanToCoherency,
    /// A clean to the point of unification (`DC CVAU`).
    CleanToUnification,
    /// An invalidation of instruction caches (`IC IVAU`). Before the clean it only lets the old bytes in again.
    InvalidateInstructions,
}

/// What is missing for an access to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It is dirty, and the access does not look into the caches.
    Clean,
    /// An instruction fetch may get what was there before.
    MakeExecutable,
}

/// The lines of all memory.
#[derive(Default)]
pub struct Lines(BTreeMap<Pa, Page>);

impl Lines {
    /// Notes that `size` bytes from `start` were written through the caches.
    pub fn write(&mut self, start: Pa, size: u64) {
        for (page, mask) in pages(start, size) {
            let lines = self.0.entry(page).or_default();
            lines.coherency |= mask;
            lines.unification |= mask;
            lines.instructions |= mask;
        }
    }

    /// Does `operation` to the lines of `size` bytes from `start`.
    pub fn maintain(&mut self, start: Pa, size: u64, operation: Operation) {
        let last = Pa { address: start.address + (size.max(1) - 1), ..start };
        let touched: Vec<_> = self.0.range(page_of(start)..=page_of(last)).map(|(page, _)| *page).collect();
        for page in touched {
            let from = start.address.max(page.address);
            let to = last.address.min(page.address + PAGE_SIZE - 1);
            self.apply(page, mask(from % PAGE_SIZE, to % PAGE_SIZE), operation);
        }
    }

    /// Invalidates all of the instruction caches.
    pub fn invalidate_instructions(&mut self) {
        let pages: Vec<_> = self.0.keys().copied().collect();
        for page in pages {
            self.apply(page, u64::MAX, Operation::InvalidateInstructions);
        }
    }

    fn apply(&mut self, page: Pa, mask: u64, operation: Operation) {
        let Some(lines) = self.0.get_mut(&page) else { return };
        match operation {
            Operation::CleanToCoherency => {
                lines.coherency &= !mask;
                lines.unification &= !mask;
            }
            Operation::CleanToUnification => lines.unification &= !mask,
            Operation::InvalidateInstructions => lines.instructions &= !mask | lines.unification,
        }
        if lines.coherency | lines.unification | lines.instructions == 0 {
            self.0.remove(&page);
        }
    }

    /// True where a line of the page at `page` lacks anything.
    pub fn concern_anybody(&self, page: Pa) -> bool {
        self.0.contains_key(&page)
    }

    /// True where `missing` holds for a line of the page at `page`.
    pub fn concern(&self, page: Pa, missing: Missing) -> bool {
        self.0.get(&page).is_some_and(|lines| lines.of(missing) != 0)
    }

    /// True where `missing` holds for the line of the byte at `at`; it is told once.
    pub fn take(&mut self, at: Pa, missing: Missing) -> bool {
        let bit = mask(at.address % PAGE_SIZE, at.address % PAGE_SIZE);
        let Some(lines) = self.0.get_mut(&page_of(at)) else { return false };
        let concerned = lines.of(missing) & bit != 0;
        match missing {
            Missing::Clean => lines.coherency &= !bit,
            Missing::MakeExecutable => {
                lines.unification &= !bit;
                lines.instructions &= !bit;
            }
        }
        concerned
    }
}

impl Page {
    /// The lines for which `missing` holds.
    const fn of(&self, missing: Missing) -> u64 {
        match missing {
            Missing::Clean => self.coherency,
            Missing::MakeExecutable => self.unification | self.instructions,
        }
    }
}

/// The page of a byte.
pub const fn page_of(at: Pa) -> Pa {
    Pa { address: at.address & !(PAGE_SIZE - 1), ..at }
}

/// The lines from the one of byte `from` of a page to that of byte `to`, a bit each.
const fn mask(from: u64, to: u64) -> u64 {
    (u64::MAX >> (63 - to / LINE)) & (u64::MAX << (from / LINE))
}

/// The pages that `size` bytes from `start` on are in, each with its lines.
fn pages(start: Pa, size: u64) -> impl Iterator<Item = (Pa, u64)> {
    let end = start.address + size;
    let first = page_of(start).address;
    (first..end).step_by(PAGE_SIZE as usize).map(move |address| {
        let from = start.address.max(address);
        let to = (end - 1).min(address + PAGE_SIZE - 1);
        (Pa { address, ..start }, mask(from % PAGE_SIZE, to % PAGE_SIZE))
    })
}

#[cfg(test)]
mod tests {
    use hal::Pa;

    use super::{Lines, Missing, Operation};

    const PAGE: Pa = Pa::secure(0x1000);

    /// Which of three lines, the last in the next page, lack what.
    fn lacking(lines: &Lines, missing: Missing) -> [bool; 3] {
        let mut lines = Lines(lines.0.clone());
        [0x1000, 0x1040, 0x2000].map(|address| lines.take(Pa::secure(address), missing))
    }

    #[test]
    fn a_write_concerns_the_lines_that_it_touches_and_no_other() {
        let mut lines = Lines::default();
        assert!(!lines.concern(PAGE, Missing::Clean));
        lines.write(Pa::secure(0x107f), 1);
        assert_eq!(lacking(&lines, Missing::Clean), [false, true, false]);
        lines.write(Pa::secure(0x1fff), 2);
        assert_eq!(lacking(&lines, Missing::Clean), [false, true, true]);
        assert!(!lines.concern(Pa::non_secure(0x1000), Missing::Clean));
    }

    #[test]
    fn a_clean_to_unification_leaves_a_line_dirty_for_uncached_accesses() {
        let mut lines = Lines::default();
        lines.write(PAGE, 0x40);
        lines.maintain(PAGE, 0x40, Operation::CleanToUnification);
        lines.maintain(PAGE, 0x40, Operation::InvalidateInstructions);
        assert_eq!(lacking(&lines, Missing::MakeExecutable), [false; 3]);
        assert_eq!(lacking(&lines, Missing::Clean), [true, false, false]);
        lines.maintain(PAGE, 0x1000, Operation::CleanToCoherency);
        assert!(!lines.concern(PAGE, Missing::Clean));
    }

    #[test]
    fn instruction_caches_invalidated_before_the_clean_are_filled_again_with_old_bytes() {
        let mut lines = Lines::default();
        lines.write(PAGE, 0x40);
        lines.invalidate_instructions();
        lines.maintain(PAGE, 0x40, Operation::CleanToCoherency);
        assert_eq!(lacking(&lines, Missing::MakeExecutable), [true, false, false]);
    }
}
