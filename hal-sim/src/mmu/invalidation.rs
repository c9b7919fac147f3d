//! What one TLB invalidation forgets, and what was wrong with those that left a stale translation.

use hal::{Ipa, PAGE_SIZE, Space};

use super::tlb::{CombinedKey, Stage2Key};

/// One invalidation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invalidation {
    /// The security state.
    pub world: Space,
    /// The VMID; 0 for the regime of EL2.
    pub vmid: u16,
    /// What of it.
    pub what: What,
}

/// What an invalidation names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Stage 2 alone of `pages` pages from `start` on.
    Stage2 {
        /// The first page.
        start: Ipa,
        /// How many.
        pages: u64,
    },
    /// Both stages combined.
    Combined(Scope),
    /// Everything under the VMID.
    Vmid,
    /// Everything of EL1 and EL0.
    El1,
    /// The regime of EL2.
    El2(Scope),
}

/// Which virtual addresses an invalidation names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Only as many pages from this address on.
    pub pages: Option<(u64, u64)>,
    /// Only this ASID; a page's global entries go all the same.
    pub asid: Option<u16>,
}

impl Scope {
    /// All addresses of all ASIDs.
    pub const ALL: Self = Self { pages: None, asid: None };

    /// True where it names the page and ASID of `key`.
    fn names(&self, key: &CombinedKey) -> bool {
        let page = self.pages.is_none_or(|(start, pages)| {
            key.page.checked_sub(start).is_some_and(|offset| offset / PAGE_SIZE < pages)
        });
        let asid = self.asid.is_none_or(|asid| match key.asid {
            Some(of_entry) => of_entry == asid,
            None => self.pages.is_some(),
        });
        page && asid
    }
}

impl Invalidation {
    /// True where it names the stage-2 translation under `key`.
    pub fn names_stage2(&self, key: &Stage2Key) -> bool {
        let mine = (key.world, key.vmid) == (self.world, self.vmid);
        match self.what {
            What::Stage2 { start, pages } => {
                mine && key.page.space == start.space && covers(start, pages, key.page)
            }
            What::Vmid => mine,
            What::El1 => key.world == self.world,
            What::Combined(_) | What::El2(_) => false,
        }
    }

    /// True where it names the combined translation under `key`.
    pub fn names_combined(&self, key: &CombinedKey) -> bool {
        let mine = !key.el2 && (key.world, key.vmid) == (self.world, self.vmid);
        match self.what {
            What::Stage2 { .. } => false,
            What::Combined(scope) => mine && scope.names(key),
            What::Vmid => mine,
            What::El1 => !key.el2 && key.world == self.world,
            What::El2(scope) => key.el2 && key.world == self.world && scope.names(key),
        }
    }

    /// Why it did not forget a stale translation of `key`, and how near it came: 0 for not at all.
    fn fell_short(&self, key: &Stage2Key, combined: bool) -> (u8, String) {
        if self.world != key.world {
            return (0, String::new());
        }
        match self.what {
            What::Stage2 { start, pages } => {
                let named = format!("it named {start}, {pages} page{}", if pages == 1 { "" } else { "s" });
                let covers = covers(start, pages, key.page);
                match (self.vmid == key.vmid, start.space == key.page.space, covers) {
                    (true, true, true) if combined => {
                        let rest = "it named stage 2 alone (IPAS2E1), not both stages combined (VMALLE1)";
                        (5, format!("too narrow: {rest}"))
                    }
                    (true, false, true) => (4, format!("of the wrong space: {named}")),
                    (true, true, false) => (3, format!("too narrow: {named}")),
                    (false, true, true) => (2, format!("of the wrong VMID: it named VMID {}", self.vmid)),
                    _ => (0, String::new()),
                }
            }
            What::Combined(_) if self.vmid == key.vmid && !combined => {
                (1, "too narrow: it named both stages combined (VMALLE1), not stage 2 alone (IPAS2E1)".into())
            }
            What::Vmid if self.vmid != key.vmid => {
                (1, format!("of the wrong VMID: it named VMID {}", self.vmid))
            }
            _ => (0, String::new()),
        }
    }
}

/// True where `page` has an address of the `pages` pages from `start` on.
fn covers(start: Ipa, pages: u64, page: Ipa) -> bool {
    page.address.checked_sub(start.address).is_some_and(|offset| offset / PAGE_SIZE < pages)
}

/// What is wrong with the invalidations since a translation of `key` became stale: of those that came near, the
/// one that came nearest is told.
pub fn what_is_wrong<'a>(
    since: impl Iterator<Item = &'a Invalidation>,
    key: &Stage2Key,
    combined: bool,
) -> String {
    let nearest = since.map(|invalidation| invalidation.fell_short(key, combined)).max_by_key(|(near, _)| *near);
    match nearest {
        Some((1.., how)) => format!("a TLBI is missing, the one since was {how}"),
        _ => "a TLBI is missing".into(),
    }
}
