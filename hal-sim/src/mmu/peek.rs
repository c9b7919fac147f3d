//! A translation that leaves no trace: no copy in the TLB, no finding.

use hal::{Ipa, Pa};

use super::regime::{Regime, Stage1};
use super::stage2;
use super::tlb::CombinedKey;
use super::translate::read_entry;
use super::{Fault, Mmu};
use crate::ram::Ram;

impl Mmu {
    /// Where an access to the page at `page` in `regime` goes, whether it is allowed or not, and the stage-2 entry
    /// that says so, if one does.
    pub fn peek(&mut self, ram: &Ram, regime: &Regime, page: u64) -> Option<(Pa, Option<Pa>)> {
        let key = CombinedKey {
            world: regime.world,
            el2: regime.el == 2,
            vmid: regime.vmid,
            stages: (regime.stage1.is_some(), regime.stage2.is_some()),
            page,
            asid: regime.stage1.as_ref().map(Stage1::asid),
        };
        let second = match self.tlb.combined(key) {
            Some(cached) => cached.leaf.1,
            None => walk(ram, regime, page).ok()?,
        };
        Some((second.page, regime.stage2.is_some().then_some(second.at)))
    }
}

fn walk(ram: &Ram, regime: &Regime, page: u64) -> Result<stage2::Leaf, Fault> {
    let below = |ipa: Ipa| match &regime.stage2 {
        None => Ok(stage2::Leaf::identity(ipa)),
        Some(tables) => tables.walk(ram, regime.world, Ipa { address: ipa.address & !0xfff, ..ipa }),
    };
    let ipa = match &regime.stage1 {
        None => Ipa { space: regime.world, address: page },
        Some(tables) => {
            let read = |at, level| read_entry(ram, below(at)?.page, at, level);
            tables.walk(regime.world, page, read)?.page
        }
    };
    below(ipa)
}
