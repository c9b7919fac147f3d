//! A translation, from the TLB and from the tables.

use hal::{Ipa, Pa, Space};

use super::fault::{Fault, Kind};
use super::regime::{Regime, Stage1, Stage2};
use super::tlb::{CombinedKey, Leaves, Stage2Key, Tlb};
use super::{stage1, stage2};
use crate::ram::Ram;
use crate::unicorn::{Access, Mapping};

/// The memory management unit of one core.
#[derive(Default)]
pub struct Mmu {
    /// What it remembers.
    pub tlb: Tlb,
    /// What it found wrong, in words.
    pub findings: Vec<String>,
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
        regime: &Regime,
        page: u64,
        access: Access,
        privilege: Privilege,
    ) -> Result<Mapping, Fault> {
        let (first, second) = self.leaves(ram, regime, page)?;
        let el0 = regime.el == 0 || privilege == Privilege::Unprivileged;
        let reachable = regime.stage1.is_none()
            || if el0 {
                first.el0
            } else {
                !(regime.pan && first.el0)
            };
        let executable = !if el0 { first.uxn } else { first.pxn };
        let may_execute = executable && (!el0 || first.el0);
        let allowed = |access| match access {
            Access::Read => (reachable, second.read),
            Access::Write => (reachable && first.write, second.write),
            Access::Execute => (
                may_execute,
                if el0 {
                    second.execute_el0
                } else {
                    second.execute_el1
                },
            ),
        };
        match allowed(access) {
            (false, _) => Err(Fault::stage1(Kind::Permission, first.level)),
            (true, false) => Err(Fault::stage2(Kind::Permission, second.level, first.page)),
            (true, true) => Ok(Mapping {
                page: second.page,
                read: allowed(Access::Read) == (true, true),
                write: allowed(Access::Write) == (true, true),
                execute: allowed(Access::Execute) == (true, true),
            }),
        }
    }

    /// Both leaves of the page at `page`: cached ones, however old, or fresh ones.
    fn leaves(&mut self, ram: &Ram, regime: &Regime, page: u64) -> Result<Leaves, Fault> {
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
            let (leaves, told) = (cached.leaf, cached.reported);
            if !told && let Some(words) = staleness(ram, regime, page, &leaves) {
                cached.reported = true;
                self.findings.push(words);
            }
            return Ok(leaves);
        }
        let first = match &regime.stage1 {
            None => stage1::Leaf::identity(regime.world, page),
            Some(tables) => tables.walk(regime.world, page, |at, level| {
                let leaf = self.stage2(ram, regime, at).map_err(Fault::on_walk)?;
                if !leaf.read {
                    return Err(Fault::stage2(Kind::Permission, leaf.level, at).on_walk());
                }
                read_entry(ram, leaf.page, at, level)
            })?,
        };
        let second = self.stage2(ram, regime, first.page)?;
        let key = if first.global {
            CombinedKey { asid: None, ..key }
        } else {
            key
        };
        self.tlb.insert_combined(key, (first, second));
        Ok((first, second))
    }

    /// The stage-2 leaf of `ipa`: a cached one, however old, or a fresh one.
    fn stage2(&mut self, ram: &Ram, regime: &Regime, ipa: Ipa) -> Result<stage2::Leaf, Fault> {
        let Some(tables) = &regime.stage2 else {
            return Ok(stage2::Leaf::identity(ipa));
        };
        let page = Ipa {
            address: ipa.address & !0xfff,
            ..ipa
        };
        let key = Stage2Key {
            world: regime.world,
            vmid: regime.vmid,
            page,
        };
        if let Some(cached) = self.tlb.stage2(key) {
            let leaf = cached.leaf;
            if !cached.reported
                && let Some(words) = stale_stage2(ram, regime, tables, page, &leaf)
            {
                cached.reported = true;
                self.findings.push(words);
            }
            return Ok(leaf);
        }
        let leaf = tables.walk(ram, regime.world, ipa)?;
        self.tlb.insert_stage2(key, leaf);
        Ok(leaf)
    }
}

/// Reads the stage-1 table entry at `at`, whose page is `page` in memory.
fn read_entry(ram: &Ram, page: Pa, at: Ipa, level: u8) -> Result<u64, Fault> {
    let address = Pa {
        address: page.address | (at.address & 0xfff),
        ..page
    };
    ram.read_u64(address)
        .ok_or(Fault::stage1(Kind::ExternalOnWalk, level))
}

/// What is wrong with a cached combined translation, if the tables do not say the same.
fn staleness(ram: &Ram, regime: &Regime, page: u64, cached: &Leaves) -> Option<String> {
    let (first, second) = cached;
    if let Some(tables) = &regime.stage2
        && let Some(words) = stale_stage2(ram, regime, tables, first.page, second)
    {
        return Some(words);
    }
    let tables = regime.stage1.as_ref()?;
    let fresh = tables.walk(regime.world, page, |at, level| {
        let leaf = match &regime.stage2 {
            Some(stage2) => stage2.walk(ram, regime.world, at)?,
            None => stage2::Leaf::identity(at),
        };
        read_entry(ram, leaf.page, at, level)
    });
    let same = fresh.is_ok_and(|fresh| {
        stage1::Leaf { level: 0, ..fresh } == stage1::Leaf { level: 0, ..*first }
    });
    (!same).then(|| {
        let who = if regime.el == 2 { "EL2".into() } else { format!("VMID {}", regime.vmid) };
        format!(
            "stale stage-1 translation used: {} world, {who}, virtual address {page:#x} to {}, which its tables do \
             not say any more: a TLBI is missing",
            regime.world, first.page
        )
    })
}

/// What is wrong with a cached stage-2 translation of `page`, if the tables do not say the same.
fn stale_stage2(
    ram: &Ram,
    regime: &Regime,
    tables: &Stage2,
    page: Ipa,
    cached: &stage2::Leaf,
) -> Option<String> {
    let fresh = tables.walk(ram, regime.world, page);
    if fresh.is_ok_and(|fresh| {
        stage2::Leaf { level: 0, ..fresh }
            == stage2::Leaf {
                level: 0,
                ..*cached
            }
    }) {
        return None;
    }
    let now = match fresh {
        Ok(leaf) => format!("{} ({})", leaf.page, rights(&leaf)),
        Err(_) => "nothing".into(),
    };
    Some(format!(
        "stale translation used: {} VMID {}, {page} to {} ({}), where the tables now have {now}: a TLBI is missing",
        world(regime.world),
        regime.vmid,
        cached.page,
        rights(cached),
    ))
}

/// The name of a security state.
fn world(world: Space) -> &'static str {
    match world {
        Space::Secure => "secure world,",
        Space::NonSecure => "normal world,",
    }
}

/// The rights of a stage-2 leaf, in three letters.
fn rights(leaf: &stage2::Leaf) -> String {
    let letter = |right, letter| if right { letter } else { '-' };
    [
        letter(leaf.read, 'r'),
        letter(leaf.write, 'w'),
        letter(leaf.execute_el1, 'x'),
    ]
    .iter()
    .collect()
}
