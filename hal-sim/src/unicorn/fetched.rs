//! Which pages the emulator may hold translated code of, and whether that is still what a new core would execute.
//!
//! A run after another keeps the code that was translated before, which is most of what a run costs. That code is
//! right for as long as nobody but the core itself wrote its page since: the emulator follows the core's own stores.
//! So a page counts as stale when it was written after the core first fetched from it, and an invalidation of the
//! instruction cache then forgets everything; and code of an earlier run is forgotten when its page is written before
//! this run first fetches from it, since a new core would then execute what was written.

use std::collections::BTreeMap;

use hal::Pa;

use crate::ram::{Ram, Time};

/// The pages that a core fetched from since its translated code was forgotten.
#[derive(Default)]
pub struct Fetched {
    /// Each with when that was first.
    pages: BTreeMap<Pa, Time>,
    /// The beginning of this run.
    begun: Time,
    /// How many of the pages that this run wrote were looked at.
    looked_at: usize,
}

impl Fetched {
    /// A new run begins.
    pub fn begin_run(&mut self, ram: &Ram) {
        self.begun = ram.now();
        self.looked_at = 0;
    }

    /// The core fetches from `page`.
    pub fn fetch(&mut self, page: Pa, ram: &Ram) {
        let first = self.pages.entry(page).or_insert_with(|| ram.now());
        // What of it was translated in an earlier run is still right, since it is here.
        *first = (*first).max(self.begun);
    }

    /// True where an invalidation of the instruction cache has something to forget, which it does.
    pub fn invalidates(&mut self, ram: &Ram) -> bool {
        let stale = self.pages.iter().any(|(page, first)| ram.is_written_since(*page, *first));
        if stale {
            self.forget(ram);
        }
        stale
    }

    /// True where this run has written to a page that only earlier ones fetched from; all of them are forgotten then.
    pub fn is_overtaken(&mut self, ram: &Ram) -> bool {
        let (pages, begun) = (&self.pages, self.begun);
        let overtaken = |page: &Pa| pages.get(page).is_some_and(|first| *first < begun);
        let overtaken = ram.any_written_from(&mut self.looked_at, overtaken);
        if overtaken {
            self.forget(ram);
        }
        overtaken
    }

    /// Translated code is forgotten: what is there of these pages will be translated from now on.
    fn forget(&mut self, ram: &Ram) {
        let now = ram.now();
        self.pages.values_mut().for_each(|first| *first = now);
    }
}
