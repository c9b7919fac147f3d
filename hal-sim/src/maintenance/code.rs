//! Code that guests write: what instruction fetches may still see of it.
//!
//! A page is copied before the first store to it, and the copy follows when instruction caches are invalidated. An
//! instruction that differs from the copy was written, and nobody has made it visible to fetches since.

use std::collections::BTreeMap;

use hal::{PAGE_SIZE, Pa};

use super::lines::page_of;
use crate::ram::Ram;

/// A page as fetches may see it.
type Copy = Box<[u8; PAGE_SIZE as usize]>;

/// The pages that guests store to.
#[derive(Default)]
pub struct Code(BTreeMap<Pa, Copy>);

impl Code {
    /// True where stores to `page` need not be told any more.
    pub fn knows(&self, page: Pa) -> bool {
        self.0.contains_key(&page)
    }

    /// Copies `page`, which is about to be stored to for the first time.
    pub fn before_store(&mut self, ram: &Ram, page: Pa) {
        self.0.entry(page).or_insert_with(|| {
            let mut copy = Box::new([0; PAGE_SIZE as usize]);
            // Where there is no RAM there is a device, which is not executed.
            let _ = ram.read(page, copy.as_mut_slice());
            copy
        });
    }

    /// True where the instruction at `at` is not what fetches may see; told once.
    pub fn take_stale(&mut self, ram: &Ram, at: Pa) -> bool {
        let Some(copy) = self.0.get_mut(&page_of(at)) else { return false };
        let offset = (at.address % PAGE_SIZE) as usize & !3;
        let mut now = [0; 4];
        let seen = &mut copy[offset..offset + 4];
        let stale = ram.read(at, &mut now).is_some() && *seen != now;
        seen.copy_from_slice(&now);
        stale
    }

    /// Fetches see `size` bytes from `start`, inside the pages that are known, as they are now.
    pub fn made_visible(&mut self, ram: &Ram, start: Pa, size: u64) {
        let end = start.address.saturating_add(size);
        for (page, copy) in self.0.range_mut(page_of(start)..Pa { address: end, ..start }) {
            let from = start.address.max(page.address);
            let to = end.min(page.address + PAGE_SIZE);
            let part = (from - page.address) as usize..(to - page.address) as usize;
            let _ = ram.read(Pa { address: from, ..*page }, &mut copy[part]);
        }
    }

    /// Fetches see all of memory as it is now.
    pub fn all_made_visible(&mut self, ram: &Ram) {
        for (page, copy) in &mut self.0 {
            let _ = ram.read(*page, copy.as_mut_slice());
        }
    }
}
