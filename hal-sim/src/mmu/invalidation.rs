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
    let nearest =
        since.map(|invalidation| invalidation.fell_short(key, combined)).max_by_key(|(near, _)| *near);
    match nearest {
        Some((1.., how)) => format!("a TLBI is missing, the one since was {how}"),
        _ => "a TLBI is missing".into(),
    }
}

#[cfg(test)]
mod tests {
    use hal::memory::PhysicalRange;
    use hal::{Ipa, Pa, Space};

    use super::{Invalidation, Scope, What};
    use crate::maintenance::Maintenance;
    use crate::mmu::regime::{Caches, Regime, Stage2};
    use crate::mmu::{Mmu, Privilege};
    use crate::ram::Ram;
    use crate::unicorn::Access;

    const TABLES: u64 = 0x10_0000;
    const VMID: u16 = 7;
    /// A level-1 block that may be read and written.
    const BLOCK: u64 = 1 << 30 | 1 << 10 | 3 << 6 | 0b1111 << 2 | 1;

    /// What is found when a page of a block that is gone is used after these invalidations.
    fn found_after(invalidations: &[What]) -> Vec<String> {
        let ram = Ram::new(&[PhysicalRange { start: Pa::non_secure(TABLES), size: 0x1000 }]);
        let entry = |value: u64| ram.write(Pa::non_secure(TABLES), &value.to_le_bytes()).expect("RAM");
        let caches = Caches { data: true, instructions: true, stage2_walks: true, by_default: false };
        let vtcr = 25 | 1 << 6 | 1 << 8 | 1 << 10 | 5 << 16;
        let stage2 = Some(Stage2 { vttbr: TABLES, vtcr, vsttbr: 0, vstcr: 0 });
        let regime =
            Regime { world: Space::NonSecure, el: 1, pan: false, stage1: None, stage2, vmid: VMID, caches };
        let mut mmu = Mmu::default();
        let mut maintenance = Maintenance::default();
        let mut load = |mmu: &mut Mmu| {
            mmu.translate(&ram, &mut maintenance, &regime, 0x3000, Access::Read, Privilege::Own).is_ok()
        };
        entry(BLOCK);
        assert!(load(&mut mmu));
        entry(0);
        for what in invalidations {
            mmu.invalidate(Invalidation { world: Space::NonSecure, vmid: VMID, what: *what });
        }
        let reached = load(&mut mmu);
        assert_eq!(reached, !mmu.findings.is_empty(), "what is stale is used, and told");
        mmu.findings
    }

    fn stage2(page: u64, pages: u64) -> What {
        What::Stage2 { start: Ipa::non_secure(page << 12), pages }
    }

    #[test]
    fn stage_2_and_both_stages_combined_must_be_forgotten() {
        assert_eq!(found_after(&[stage2(3, 1), What::Combined(Scope::ALL)]), [""; 0]);
        let found = found_after(&[stage2(3, 1)]);
        let words = "normal world, VMID 7, non-secure 0x3000 to non-secure 0x40003000 (rwx), where the tables now have \
                     nothing: a TLBI is missing, the one since was too narrow: it named stage 2 alone (IPAS2E1)";
        assert!(found[0].contains(words), "{found:?}");
        let found = found_after(&[What::Combined(Scope::ALL)]);
        assert!(found[0].contains("too narrow: it named both stages combined (VMALLE1)"), "{found:?}");
    }

    #[test]
    fn a_range_reaches_its_last_page_and_no_further() {
        assert_eq!(found_after(&[stage2(2, 2), What::Combined(Scope::ALL)]), [""; 0]);
        let found = found_after(&[stage2(1, 2), What::Combined(Scope::ALL)]);
        assert!(found[0].contains("too narrow: it named non-secure 0x1000, 2 pages"), "{found:?}");
    }

    #[test]
    fn everything_under_another_vmid_is_not_enough() {
        assert_eq!(found_after(&[What::Vmid]), [""; 0]);
        assert_eq!(found_after(&[What::El1]), [""; 0]);
        let found = found_after(&[]);
        assert!(found[0].ends_with("a TLBI is missing"), "{found:?}");
    }
}
