//! The TLB: what was walked once, until an invalidation forgets it.
//!
//! Two caches, as an implementation may have them: stage 2 alone, by IPA, and both stages combined, by virtual
//! address. Nothing is ever evicted, so a missing invalidation always shows. What was cached knows when, and when
//! the monitor changed its table entry, so that a report can say what was wrong with the invalidations since.

use std::collections::{BTreeMap, VecDeque};

use hal::{Ipa, Pa, Space};

use super::invalidation::{Invalidation, What};
use super::stage2::means_the_same;
use super::{stage1, stage2};

/// How many invalidations are remembered for reports.
const REMEMBERED: usize = 64;

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

/// The change of a table entry under a cached translation.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// When, in the TLB's own count.
    time: u64,
    /// This TLB's core made it.
    own: bool,
    /// That core ran a guest of the VMID since.
    ran: bool,
}

/// A cached translation.
#[derive(Clone, Copy, Debug)]
pub struct Cached<T> {
    /// What the tables said.
    pub leaf: T,
    /// A finding has told that they do not say so any more.
    pub reported: bool,
    /// When it was cached, in the TLB's own count.
    since: u64,
    /// The monitor's last change of an entry that it came from.
    change: Option<Change>,
}

impl<T> Cached<T> {
    /// When it became wrong, or else when it was cached.
    pub fn wrong_since(&self) -> u64 {
        self.change.map_or(self.since, |change| change.time)
    }

    /// It outlived a run of a guest, and nobody has said so.
    fn is_late(&self) -> bool {
        !self.reported && self.change.is_some_and(|change| change.own && change.ran)
    }
}

/// Both stages of a translation.
pub type Leaves = (stage1::Leaf, stage2::Leaf);

/// The translations that one core remembers.
#[derive(Default)]
pub struct Tlb {
    stage2: BTreeMap<Stage2Key, Cached<stage2::Leaf>>,
    combined: BTreeMap<CombinedKey, Cached<Leaves>>,
    /// Counts changes and invalidations.
    time: u64,
    /// A cached translation has a change.
    changed: bool,
    /// The last invalidations, each with its time.
    invalidations: VecDeque<(u64, Invalidation)>,
}

impl Tlb {
    /// The stage-2 translation under `key`.
    pub fn stage2(&mut self, key: Stage2Key) -> Option<&mut Cached<stage2::Leaf>> {
        self.stage2.get_mut(&key)
    }

    /// Remembers a stage-2 translation.
    pub fn insert_stage2(&mut self, key: Stage2Key, leaf: stage2::Leaf) {
        let cached = self.fresh(leaf);
        self.stage2.insert(key, cached);
    }

    /// The combined translation under `key` with its ASID, or a global one.
    pub fn combined(&mut self, key: CombinedKey) -> Option<&mut Cached<Leaves>> {
        let global = CombinedKey { asid: None, ..key };
        let key = if self.combined.contains_key(&key) { key } else { global };
        self.combined.get_mut(&key)
    }

    /// Remembers a combined translation.
    pub fn insert_combined(&mut self, key: CombinedKey, leaves: Leaves) {
        let cached = self.fresh(leaves);
        self.combined.insert(key, cached);
    }

    fn fresh<T>(&self, leaf: T) -> Cached<T> {
        Cached { leaf, reported: false, since: self.time, change: None }
    }

    /// Invalidations after `time`, oldest first.
    pub fn invalidations_after(&self, time: u64) -> impl Iterator<Item = &Invalidation> {
        self.invalidations.iter().filter(move |(when, _)| *when > time).map(|(_, invalidation)| invalidation)
    }

    /// Notes that the entry at `at`, which was valid, became `new`; `own` core's monitor did it. True where
    /// something cached came from the entry.
    pub fn entry_changed(&mut self, at: Pa, new: u64, own: bool) -> bool {
        self.time += 1;
        let change = Change { time: self.time, own, ran: false };
        let touch = |leaf: &stage2::Leaf, old: &mut Option<Change>| {
            if leaf.came_from(at) {
                let restored = leaf.at == at && means_the_same(leaf.entry, new);
                *old = if restored { None } else { old.or(Some(change)) };
                return true;
            }
            false
        };
        let mut any = false;
        for cached in self.stage2.values_mut() {
            any |= touch(&cached.leaf, &mut cached.change);
        }
        for cached in self.combined.values_mut() {
            any |= touch(&cached.leaf.1, &mut cached.change);
        }
        self.changed |= any;
        any
    }

    /// The entry that a translation still cached came from, where the entry at `at` was changed since.
    pub fn broken_entry(&self, at: Pa) -> Option<u64> {
        let stage2 = self.stage2.values().map(|cached| (&cached.leaf, cached.change));
        let combined = self.combined.values().map(|cached| (&cached.leaf.1, cached.change));
        let mut broken = stage2.chain(combined).filter(|(leaf, change)| leaf.at == at && change.is_some());
        broken.next().map(|(leaf, _)| leaf.entry)
    }

    /// Notes that a guest under `vmid` runs.
    pub fn runs(&mut self, world: Space, vmid: u16) {
        if !self.changed {
            return;
        }
        let stage2 = self.stage2.iter_mut().map(|(key, cached)| (key.world, key.vmid, &mut cached.change));
        let combined =
            self.combined.iter_mut().map(|(key, cached)| (key.world, key.vmid, &mut cached.change));
        for (_, _, change) in stage2.chain(combined).filter(|&(of, id, _)| (of, id) == (world, vmid)) {
            if let Some(change) = change {
                change.ran = true;
            }
        }
    }

    /// Forgets what `invalidation` names. Gives the translations that it came too late for.
    pub fn forget(&mut self, invalidation: Invalidation) -> Vec<(Stage2Key, stage2::Leaf)> {
        self.time += 1;
        if self.invalidations.len() == REMEMBERED {
            self.invalidations.pop_front();
        }
        self.invalidations.push_back((self.time, invalidation));
        let mut late = Vec::new();
        let stage2_too = matches!(invalidation.what, What::Stage2 { .. } | What::Vmid | What::El1);
        if stage2_too {
            self.stage2.retain(|key, cached| {
                let doomed = invalidation.names_stage2(key);
                if doomed && cached.is_late() {
                    late.push((*key, cached.leaf));
                }
                !doomed
            });
        }
        if !matches!(invalidation.what, What::Stage2 { .. }) {
            self.combined.retain(|key, cached| {
                let doomed = invalidation.names_combined(key);
                if doomed && cached.is_late() {
                    let page = cached.leaf.0.page;
                    late.push((Stage2Key { world: key.world, vmid: key.vmid, page }, cached.leaf.1));
                }
                !doomed
            });
        }
        self.changed = self.changed
            && (self.stage2.values().any(|cached| cached.change.is_some())
                || self.combined.values().any(|cached| cached.change.is_some()));
        late
    }
}
