//! Which of the code that an engine translated stays from one run to the next.
//!
//! Translated code stays where it is what an engine without any would translate: of pages whose bytes are those of the
//! loaded state when the engine first fetches from them in a run. So
//! - a page that was fetched from and written in one run, by anybody and in whatever order, makes the engine forget
//!   all of its code at the end of that run: some of it may be of bytes that are gone;
//! - a page with kept code that is written before the engine fetches from it is reached at [another
//!   address](super::ANEW) for the rest of the run, where the engine has no code. Forgetting code then and there would
//!   not do: it would also hide that the guest misses maintenance for what it fetched earlier in this run.

use std::collections::BTreeSet;

use hal::Pa;

use super::Mapping;
use crate::ram::Ram;

/// The pages of an engine's translated code.
#[derive(Default)]
pub(super) struct Translated {
    /// Pages that earlier runs left code of: that of the loaded state.
    kept: BTreeSet<Pa>,
    /// Pages that this run may fetch from.
    fetched: BTreeSet<Pa>,
    /// Pages that this run reaches where there is no code from earlier runs.
    anew: BTreeSet<Pa>,
}

impl Translated {
    /// Notes that the engine gets `mapping`. True where it must reach the page where it has no code.
    pub(super) fn reaches(&mut self, ram: &Ram, mapping: &Mapping) -> bool {
        let page = mapping.page;
        let first = self.kept.contains(&page) && !self.fetched.contains(&page);
        if first && (mapping.write || ram.is_written(page)) {
            self.anew.insert(page);
        }
        if mapping.execute {
            self.fetched.insert(page);
        }
        self.anew.contains(&page)
    }

    /// Ends a run, whose writes `ram` still knows. True where the engine must forget its code.
    pub(super) fn end_run(&mut self, ram: &Ram) -> bool {
        let mut fetched = std::mem::take(&mut self.fetched);
        let anew = std::mem::take(&mut self.anew);
        let gone = !anew.is_empty() || fetched.iter().any(|&page| ram.is_written(page));
        if gone {
            self.kept.clear();
        } else {
            self.kept.append(&mut fetched);
        }
        gone
    }
}
