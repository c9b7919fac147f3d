//! The TLB: what was walked once, until an invalidation forgets it.
//!
//! Two caches, as an implementation may have them: stage 2 alone, by IPA, and both stages combined, by virtual
//! address. Nothing is ever evicted, so a missing invalidation always shows.

use std::collections::BTreeMap;

use hal::{Ipa, PAGE_SIZE, Space};

use super::{stage1, stage2};

/// What a stage-2 translation is looked up by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stage2Key {
    /// The security state.
    pub world: Space,
    /// The VMID.
    pub vmid: u16,
    /// The page.
    pub page: Ipa,
}

/// What a combined translation is looked up by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CombinedKey {
    /// The security state.
    pub world: Space,
    /// The regime of EL2, not that of EL1 and EL0.
    pub el2: bool,
    /// The VMID; 0 at EL2.
    pub vmid: u16,
    /// Which stages were on.
    pub stages: (bool, bool),
    /// The first byte of the page.
    pub page: u64,
    /// The ASID, or `None` for a global page.
    pub asid: Option<u16>,
}

/// A cached translation.
#[derive(Clone, Copy, Debug)]
pub struct Cached<T> {
    /// What the tables said.
    pub leaf: T,
    /// A finding has told that they do not say so any more.
    pub reported: bool,
}

/// Both stages of a translation.
pub type Leaves = (stage1::Leaf, stage2::Leaf);

/// The translations that one core remembers.
#[derive(Default)]
pub struct Tlb {
    stage2: BTreeMap<Stage2Key, Cached<stage2::Leaf>>,
    combined: BTreeMap<CombinedKey, Cached<Leaves>>,
}

/// Which combined translations an invalidation by address or ASID forgets.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The security state.
    pub world: Space,
    /// The regime of EL2, not that of EL1 and EL0.
    pub el2: bool,
    /// The VMID; 0 at EL2.
    pub vmid: u16,
    /// Only this page.
    pub page: Option<u64>,
    /// Only this ASID; a page's global entries go all the same.
    pub asid: Option<u16>,
}

impl Tlb {
    /// The stage-2 translation under `key`.
    pub fn stage2(&mut self, key: Stage2Key) -> Option<&mut Cached<stage2::Leaf>> {
        self.stage2.get_mut(&key)
    }

    /// Remembers a stage-2 translation.
    pub fn insert_stage2(&mut self, key: Stage2Key, leaf: stage2::Leaf) {
        self.stage2.insert(
            key,
            Cached {
                leaf,
                reported: false,
            },
        );
    }

    /// The combined translation under `key` with its ASID, or a global one.
    pub fn combined(&mut self, key: CombinedKey) -> Option<&mut Cached<Leaves>> {
        let global = CombinedKey { asid: None, ..key };
        let key = if self.combined.contains_key(&key) {
            key
        } else {
            global
        };
        self.combined.get_mut(&key)
    }

    /// Remembers a combined translation.
    pub fn insert_combined(&mut self, key: CombinedKey, leaves: Leaves) {
        self.combined.insert(
            key,
            Cached {
                leaf: leaves,
                reported: false,
            },
        );
    }

    /// Forgets the stage-2 translations of `pages` pages from `start` on.
    pub fn forget_ipa(&mut self, world: Space, vmid: u16, start: Ipa, pages: u64) {
        let key = |address| Stage2Key {
            world,
            vmid,
            page: Ipa {
                space: start.space,
                address,
            },
        };
        let end = start
            .address
            .saturating_add(pages.saturating_mul(PAGE_SIZE));
        let doomed: Vec<_> = self
            .stage2
            .range(key(start.address)..key(end))
            .map(|(key, _)| *key)
            .collect();
        for key in doomed {
            self.stage2.remove(&key);
        }
    }

    /// Forgets the combined translations in `scope`.
    pub fn forget(&mut self, scope: Scope) {
        self.combined.retain(|key, _| {
            let here = (key.world, key.el2, key.vmid) == (scope.world, scope.el2, scope.vmid);
            let page = scope.page.is_none_or(|page| page == key.page);
            let asid = scope.asid.is_none_or(|asid| match key.asid {
                Some(of_entry) => of_entry == asid,
                None => scope.page.is_some(),
            });
            !(here && page && asid)
        });
    }

    /// Forgets all that is cached under `vmid`, of either stage.
    pub fn forget_vmid(&mut self, world: Space, vmid: u16) {
        self.stage2
            .retain(|key, _| (key.world, key.vmid) != (world, vmid));
        self.forget(Scope {
            world,
            el2: false,
            vmid,
            page: None,
            asid: None,
        });
    }

    /// Forgets all that is cached for EL1 and EL0.
    pub fn forget_el1(&mut self, world: Space) {
        self.stage2.retain(|key, _| key.world != world);
        self.combined.retain(|key, _| key.el2 || key.world != world);
    }
}
