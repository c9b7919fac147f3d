//! What is wrong with a translation, in words: where, whose, and which maintenance is missing.

use std::fmt;

use hal::{Ipa, Pa, Space};

use super::invalidation::{Invalidation, what_is_wrong};
use super::regime::{Regime, Stage2};
use super::tlb::{Leaves, Stage2Key};
use super::translate::read_entry;
use super::{stage1, stage2};
use crate::maintenance::User;
use crate::ram::Ram;

/// A cached translation that the tables do not hold any more.
pub struct Stale {
    /// What was used, and what the tables have.
    what: String,
    /// The stage-2 translation in it, for the invalidations that should have named it; none for stage 1's.
    stage2: Option<Stage2Key>,
    /// It was cached with both stages combined.
    combined: bool,
}

impl Stale {
    /// The finding, from the invalidations since the translation became stale.
    pub fn words<'a>(&self, since: impl Iterator<Item = &'a Invalidation>) -> String {
        let wrong = match &self.stage2 {
            Some(key) => what_is_wrong(since, key, self.combined),
            None => "a TLBI is missing".into(),
        };
        format!("{}: {wrong}", self.what)
    }
}

/// What is wrong with a cached combined translation, if the tables do not say the same.
pub fn staleness(ram: &Ram, regime: &Regime, page: u64, cached: &Leaves) -> Option<Stale> {
    let (first, second) = cached;
    if let Some(tables) = &regime.stage2
        && let Some(stale) = stale_stage2(ram, regime, tables, first.page, second)
    {
        return Some(Stale { combined: true, ..stale });
    }
    let tables = regime.stage1.as_ref()?;
    let fresh = tables.walk(regime.world, page, |at, level| {
        let leaf = match &regime.stage2 {
            Some(stage2) => stage2.walk(ram, regime.world, at)?,
            None => stage2::Leaf::identity(at),
        };
        read_entry(ram, leaf.page, at, level)
    });
    let same =
        fresh.is_ok_and(|fresh| stage1::Leaf { level: 0, ..fresh } == stage1::Leaf { level: 0, ..*first });
    (!same).then(|| {
        let what = format!(
            "stale stage-1 translation used: {}, virtual address {page:#x} to {}, which its tables do not say any more",
            User::of(regime),
            first.page
        );
        Stale { what, stage2: None, combined: true }
    })
}

/// What is wrong with a cached stage-2 translation of `page`, if the tables do not say the same.
pub fn stale_stage2(
    ram: &Ram,
    regime: &Regime,
    tables: &Stage2,
    page: Ipa,
    cached: &stage2::Leaf,
) -> Option<Stale> {
    let fresh = tables.walk(ram, regime.world, page);
    if fresh.is_ok_and(|fresh| fresh.is_like(cached)) {
        return None;
    }
    let now = match fresh {
        Ok(leaf) => format!("{} ({})", leaf.page, Rights(&leaf)),
        Err(_) => "nothing".into(),
    };
    let what = format!(
        "stale translation used: {}, {page} to {} ({}), where the tables now have {now}",
        User::of(regime),
        cached.page,
        Rights(cached),
    );
    let key = Stage2Key { world: regime.world, vmid: regime.vmid, page };
    Some(Stale { what, stage2: Some(key), combined: false })
}

/// A TLBI that came after a guest could use what it forgets.
pub fn late(key: &Stage2Key, leaf: &stage2::Leaf) -> String {
    format!(
        "late TLBI: {}, {} to {} ({}): its entry was changed and a guest ran before the TLBI came",
        User::guest(key.world, key.vmid),
        key.page,
        leaf.page,
        Rights(leaf)
    )
}

/// A walk that met an entry which the monitor wrote, without a barrier since.
pub fn unsynchronised(key: &Stage2Key, at: Pa, old: u64, new: u64) -> String {
    format!(
        "entry written but not yet synchronised: {}, the walk for {} reads the entry at {at}, which went from \
         {old:#x} to {new:#x}: a DSB is missing",
        User::guest(key.world, key.vmid),
        key.page
    )
}

/// A walk that reads memory where the cache has newer bytes.
pub fn dirty_table(user: User, at: Pa) -> String {
    format!(
        "dirty line: {user}, an uncached table walk reads {at}, which was written cached: a clean is missing"
    )
}

/// A page that one wrote cached and another uses uncached.
pub fn mismatched(page: Pa, user: User, other: User) -> String {
    format!(
        "mismatched attributes: {page} is used uncached by {user}, and was written cached by {other}: a clean is \
         missing, or one of the two mappings is wrong"
    )
}

/// The rights of a stage-2 leaf, in three letters.
struct Rights<'a>(&'a stage2::Leaf);

impl fmt::Display for Rights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage2::Leaf { read, write, execute_el1, .. } = self.0;
        for (right, letter) in [(read, 'r'), (write, 'w'), (execute_el1, 'x')] {
            write!(f, "{}", if *right { letter } else { '-' })?;
        }
        Ok(())
    }
}

/// The name of a security state.
pub const fn world(world: Space) -> &'static str {
    match world {
        Space::Secure => "secure world",
        Space::NonSecure => "normal world",
    }
}
