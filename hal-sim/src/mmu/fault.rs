//! Faults of the memory management unit and their syndromes.

use hal::Ipa;

use crate::unicorn::Access;

/// Why an access was not translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An output address is larger than it may be.
    AddressSize,
    /// No valid entry, or an input address that the tables do not cover.
    Translation,
    /// The entry's access flag is clear.
    AccessFlag,
    /// The entry does not allow the access.
    Permission,
    /// There is nothing at the physical address.
    External,
    /// There is nothing at the physical address of a table.
    ExternalOnWalk,
}

/// A fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Why.
    pub kind: Kind,
    /// The level of the lookup that found it.
    pub level: u8,
    /// Where stage 2 refused.
    pub stage2: Option<Stage2>,
}

/// A fault of stage 2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage2 {
    /// The address that it did not translate.
    pub ipa: Ipa,
    /// Stage 1 was reading a table there.
    pub on_walk: bool,
}

impl Fault {
    /// A fault of stage 1.
    pub const fn stage1(kind: Kind, level: u8) -> Self {
        Self { kind, level, stage2: None }
    }

    /// A fault of stage 2.
    pub const fn stage2(kind: Kind, level: u8, ipa: Ipa) -> Self {
        Self { kind, level, stage2: Some(Stage2 { ipa, on_walk: false }) }
    }

    /// The same fault, met while stage 1 read a table.
    pub const fn on_walk(mut self) -> Self {
        if let Some(stage2) = &mut self.stage2 {
            stage2.on_walk = true;
        }
        self
    }

    /// The fault status code.
    pub const fn status(&self) -> u64 {
        let level = self.level as u64;
        match self.kind {
            Kind::AddressSize => level,
            Kind::Translation => 0b000100 | level,
            Kind::AccessFlag => 0b001000 | level,
            Kind::Permission => 0b001100 | level,
            Kind::External => 0b010000,
            Kind::ExternalOnWalk => 0b010100 | level,
        }
    }

    /// The syndrome of an abort for an `access` that `from`, an exception level, made and `target` takes.
    /// `template` has the fields of a load or store that an abort to EL2 describes.
    pub const fn syndrome(&self, access: Access, from: u64, target: u64, template: u64) -> u64 {
        const IL: u64 = 1 << 25;
        let same = (from == target) as u64;
        let on_walk = matches!(self.stage2, Some(Stage2 { on_walk: true, .. })) as u64;
        let status = IL | on_walk << 7 | self.status();
        match access {
            Access::Execute => (0x20 + same) << 26 | status,
            Access::Read | Access::Write => {
                let described = self.stage2.is_some() && on_walk == 0 && target == 2;
                let template = if described { template } else { 0 };
                let write = matches!(access, Access::Write) as u64;
                (0x24 + same) << 26 | status | template | write << 6
            }
        }
    }

    /// HPFAR_EL2 without its NS bit.
    pub const fn hpfar(&self) -> u64 {
        match self.stage2 {
            Some(stage2) => stage2.ipa.address >> 12 << 4,
            None => 0,
        }
    }
}
