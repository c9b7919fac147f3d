//! A translation, from the TLB and from the tables.

use hal::{Ipa, Pa};

use super::attributes::Memory;
use super::fault::{Fault, Kind};
use super::invalidation::Invalidation;
use super::regime::{Regime, Stage1};
use super::report;
use super::tlb::{CombinedKey, Leaves, Stage2Key, Tlb};
use super::{stage1, stage2};
use crate::maintenance::{Maintenance, Missing, User};
use crate::ram::Ram;
use crate::unicorn::{Access, Mapping};

/// The memory management unit of one core.
#[derive(Default)]
pub struct Mmu {
    /// What it remembers.
    pub tlb: Tlb,
    /// What it found wrong, in words.
    pub findings: Vec<String>,
    /// What the last translation's access lacks, if its line is one of those in the page that do.
    pub concern: Option<Missing>,
    /// The emulator must forget its translations before it goes on.
    pub flush: bool,
}

/// As whom EL1 makes an access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privilege {
    /// As itself.
    Own,
    /// As EL0 (`LDTR`, `STTR`).
    Unprivileged,
}

impl Mmu {
    /// Translates the page at `page` for an access in `regime`.
    pub fn translate(
        &mut self,
        ram: &Ram,
        maintenance: &mut Maintenance,
        regime: &Regime,
        page: u64,
        access: Access,
        privilege: Privilege,
    ) -> Result<Mapping, Fault> {
        self.concern = None;
        if regime.el < 2 {
            self.tlb.runs(regime.world, regime.vmid);
        }
        let leaves = self.leaves(ram, maintenance, regime, page)?;
        let (first, second) = &leaves;
        let el0 = regime.el == 0 || privilege == Privilege::Unprivileged;
        let reachable = regime.stage1.is_none() || if el0 { first.el0 } else { !(regime.pan && first.el0) };
        let executable = !if el0 { first.uxn } else { first.pxn };
        let may_execute = executable && (!el0 || first.el0);
        let allowed = |access| match access {
            Access::Read => (reachable, second.read),
            Access::Write => (reachable && first.write, second.write),
            Access::Execute => (may_execute, if el0 { second.execute_el0 } else { second.execute_el1 }),
        };
        match allowed(access) {
            (false, _) => Err(Fault::stage1(Kind::Permission, first.level)),
            (true, false) => Err(Fault::stage2(Kind::Permission, second.level, first.page)),
            (true, true) => {
                let mut mapping = Mapping {
                    page: second.page,
                    read: allowed(Access::Read) == (true, true),
                    write: allowed(Access::Write) == (true, true),
                    execute: allowed(Access::Execute) == (true, true),
                };
                maintenance.limit(ram, &mut mapping, access);
                let memory = regime.memory(&leaves, access);
                self.look_at_caches(maintenance, regime, memory, &mapping, access);
                Ok(mapping)
            }
        }
    }

    /// Forgets what `invalidation` names, and says for what it came too late.
    pub fn invalidate(&mut self, invalidation: Invalidation) {
        for (key, leaf) in self.tlb.forget(invalidation) {
            let words = report::late(&key, &leaf);
            if !self.findings.contains(&words) {
                self.findings.push(words);
            }
        }
    }

    /// Notes who writes the page of `mapping` cached, and whether lines of it concern the access.
    fn look_at_caches(
        &mut self,
        maintenance: &mut Maintenance,
        regime: &Regime,
        memory: Memory,
        mapping: &Mapping,
        access: Access,
    ) {
        let missing = match (memory, access) {
            (Memory::Cached, Access::Execute) => Missing::MakeExecutable,
            (Memory::Cached, _) => {
                if access == Access::Write {
                    maintenance.aliases.note(mapping.page, User::of(regime));
                }
                return;
            }
            _ => {
                let user = User::of(regime);
                if let Some(other) = maintenance.aliases.take_other(mapping.page, user) {
                    self.findings.push(report::mismatched(mapping.page, user, other));
                }
                Missing::Clean
            }
        };
        let written = missing == Missing::MakeExecutable && maintenance.code.knows(mapping.page);
        if written || maintenance.lines.concern(mapping.page, missing) {
            self.concern = Some(missing);
        }
    }

    /// Both leaves of the page at `page`: cached ones, however old, or fresh ones.
    fn leaves(
        &mut self,
        ram: &Ram,
        maintenance: &mut Maintenance,
        regime: &Regime,
        page: u64,
    ) -> Result<Leaves, Fault> {
        if regime.stage1.is_none() && regime.stage2.is_none() {
            let first = stage1::Leaf::identity(regime.world, page);
            return Ok((first, stage2::Leaf::identity(first.page)));
        }
        let key = CombinedKey {
            world: regime.world,
            el2: regime.el == 2,
            vmid: regime.vmid,
            stages: (regime.stage1.is_some(), regime.stage2.is_some()),
            page,
            asid: regime.stage1.as_ref().map(Stage1::asid),
        };
        if let Some(cached) = self.tlb.combined(key) {
            let (leaves, told, since) = (cached.leaf, cached.reported, cached.wrong_since());
            if !told && let Some(stale) = report::staleness(ram, regime, page, &leaves) {
                cached.reported = true;
                self.findings.push(stale.words(self.tlb.invalidations_after(since)));
            }
            return Ok(leaves);
        }
        let first = match &regime.stage1 {
            None => stage1::Leaf::identity(regime.world, page),
            Some(tables) => tables.walk(regime.world, page, |at, level| {
                let leaf = self.stage2(ram, maintenance, regime, at).map_err(Fault::on_walk)?;
                if !leaf.read {
                    return Err(Fault::stage2(Kind::Permission, leaf.level, at).on_walk());
                }
                let memory = tables.walk_memory(page).min(leaf.memory).only_if(regime.caches.data);
                self.walks(maintenance, User::of(regime), page_offset(leaf.page, at), memory);
                read_entry(ram, leaf.page, at, level)
            })?,
        };
        let second = self.stage2(ram, maintenance, regime, first.page)?;
        let key = if first.global { CombinedKey { asid: None, ..key } } else { key };
        self.tlb.insert_combined(key, (first, second));
        Ok((first, second))
    }

    /// The stage-2 leaf of `ipa`: a cached one, however old, or a fresh one.
    fn stage2(
        &mut self,
        ram: &Ram,
        maintenance: &mut Maintenance,
        regime: &Regime,
        ipa: Ipa,
    ) -> Result<stage2::Leaf, Fault> {
        let Some(tables) = &regime.stage2 else {
            return Ok(stage2::Leaf::identity(ipa));
        };
        let page = Ipa { address: ipa.address & !0xfff, ..ipa };
        let key = Stage2Key { world: regime.world, vmid: regime.vmid, page };
        if let Some(cached) = self.tlb.stage2(key) {
            let (leaf, told, since) = (cached.leaf, cached.reported, cached.wrong_since());
            if !told && let Some(stale) = report::stale_stage2(ram, regime, tables, page, &leaf) {
                cached.reported = true;
                self.findings.push(stale.words(self.tlb.invalidations_after(since)));
            }
            return Ok(leaf);
        }
        let memory = tables.walk_memory().only_if(regime.caches.stage2_walks);
        let leaf = tables.walk_with(regime.world, ipa, |at| {
            let entry = ram.read_u64(at)?;
            if let Some(old) = maintenance.take_unsynchronised(at) {
                self.findings.push(report::unsynchronised(&key, at, old, entry));
            }
            self.walks(maintenance, User::of(regime), at, memory);
            Some(entry)
        })?;
        self.tlb.insert_stage2(key, leaf);
        Ok(leaf)
    }

    /// A walk reads the entry at `at`, cached or not.
    fn walks(&mut self, maintenance: &mut Maintenance, user: User, at: Pa, memory: Memory) {
        if memory != Memory::Cached && maintenance.lines.take(at, Missing::Clean) {
            self.findings.push(report::dirty_table(user, at));
        }
    }
}

/// The byte of `page` that `at` names in another address space.
pub const fn page_offset(page: Pa, at: Ipa) -> Pa {
    Pa { address: page.address | (at.address & 0xfff), ..page }
}

/// Reads the stage-1 table entry at `at`, whose page is `page` in memory.
pub fn read_entry(ram: &Ram, page: Pa, at: Ipa, level: u8) -> Result<u64, Fault> {
    ram.read_u64(page_offset(page, at)).ok_or(Fault::stage1(Kind::ExternalOnWalk, level))
}
