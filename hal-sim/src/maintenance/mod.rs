//! The maintenance that silicon needs and no emulator would notice the lack of: what the monitor wrote, and who
//! need not see it yet.
//!
//! | written | not visible to | until |
//! |---|---|---|
//! | a table entry | walkers | the writing core's next barrier or invalidation |
//! | memory, by the monitor | uncached accesses and walks | a clean of the line |
//! | memory, by the monitor | instruction fetches | a clean and an instruction cache invalidation of the line |
//! | an instruction, by a guest | instruction fetches | an instruction cache invalidation of the line |
//! | a page, cached, by one guest | uncached accesses of another | a clean of the page |
//!
//! What a board's memory holds before the run is visible to all: the loader wrote and cleaned it.

mod aliases;
mod code;
mod lines;
mod watch;

use std::collections::BTreeMap;

use hal::Pa;

use crate::ram::Ram;
use crate::unicorn::{Access, Mapping};

pub use aliases::{Aliases, User};
pub use code::Code;
pub use lines::{Lines, Missing, Operation, page_of};
pub use watch::is_cache_maintenance;

/// An entry that walkers need not see yet.
struct Unsynchronised {
    old: u64,
    core: usize,
}

/// What is not visible to everybody yet.
#[derive(Default)]
pub struct Maintenance {
    /// Cache lines.
    pub lines: Lines,
    /// Who wrote a page cached.
    pub aliases: Aliases,
    /// What guests write.
    pub code: Code,
    entries: BTreeMap<Pa, Unsynchronised>,
}

impl Maintenance {
    /// Notes that `core` wrote the table entry at `at`, which was `old`.
    pub fn entry_written(&mut self, at: Pa, old: u64, core: usize) {
        self.lines.write(at, 8);
        self.entries.entry(at).or_insert(Unsynchronised { old, core });
    }

    /// Takes rights from `mapping`, which was asked for `access`, so that the emulator asks again before an access
    /// of another kind that must be looked at: any in a page with lines that lack something, the first store to a
    /// page, a fetch from a page that is stored to.
    pub fn limit(&mut self, ram: &Ram, mapping: &mut Mapping, access: Access) {
        let page = mapping.page;
        if access == Access::Write {
            self.code.before_store(ram, page);
        }
        let by_kind = self.lines.concern_anybody(page);
        let stored = self.code.knows(page);
        mapping.read &= !by_kind || access != Access::Execute;
        mapping.write &= access == Access::Write || stored && !by_kind;
        mapping.execute &= access == Access::Execute || !stored && !by_kind;
    }

    /// A barrier of `core`: walkers see what it wrote.
    pub fn synchronise(&mut self, core: usize) {
        self.entries.retain(|_, entry| entry.core != core);
    }

    /// What the entry at `at` was before a write that walkers need not see yet; it is told once.
    pub fn take_unsynchronised(&mut self, at: Pa) -> Option<u64> {
        if self.entries.is_empty() {
            return None;
        }
        self.entries.remove(&at).map(|entry| entry.old)
    }
}
