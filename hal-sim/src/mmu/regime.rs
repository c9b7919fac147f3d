//! The translation regime that a core is in: what its registers say, in the form that the walkers want.

use hal::Space;

use super::attributes::Memory;
use super::tlb::Leaves;
use crate::el2::El2;
use crate::encoding::name;
use crate::unicorn::Access;
use crate::unicorn::registers::{Registers, pstate};

/// HCR_EL2.VM: stage 2 is on.
pub const HCR_VM: u64 = 1;
/// HCR_EL2.DC: stage 1 of EL1 and EL0 is off.
pub const HCR_DC: u64 = 1 << 12;

/// HCR_EL2.CD and HCR_EL2.ID: stage 2 makes data, or instructions, uncached.
const HCR_CD: u64 = 1 << 32;
const HCR_ID: u64 = 1 << 33;
/// SCTLR_ELx.M: stage 1 is on.
const SCTLR_M: u64 = 1;
/// SCTLR_ELx.C and SCTLR_ELx.I: data, and instructions, may be cached.
const SCTLR_C: u64 = 1 << 2;
const SCTLR_I: u64 = 1 << 12;
/// SCTLR_ELx.WXN: what is writable is not executable.
const SCTLR_WXN: u64 = 1 << 19;

/// The stage-1 half of a regime that is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage1 {
    /// The table base registers; the second covers the upper half, where there is one.
    pub ttbr: [u64; 2],
    /// TCR_ELx.
    pub tcr: u64,
    /// MAIR_ELx.
    pub mair: u64,
    /// What is writable is not executable.
    pub wxn: bool,
    /// EL1 and EL0 share it: two halves, an ASID, separate rights for EL0.
    pub el1: bool,
}

impl Stage1 {
    /// Bits of an output address.
    pub const fn output_bits(&self) -> u64 {
        address_bits(if self.el1 { self.tcr >> 32 } else { self.tcr >> 16 })
    }

    /// The ASID of accesses now.
    pub const fn asid(&self) -> u16 {
        const A1: u64 = 1 << 22;
        if !self.el1 {
            return 0;
        }
        let upper = (self.tcr & A1 != 0) as usize;
        (self.ttbr[upper] >> 48) as u16
    }
}

/// Bits of an address, from the encoding that TCR_EL1.IPS, TCR_EL2.PS and VTCR_EL2.PS share; the core has 48.
pub const fn address_bits(encoding: u64) -> u64 {
    match encoding & 7 {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        _ => 48,
    }
}

/// The registers of stage 2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage2 {
    /// VTTBR_EL2.
    pub vttbr: u64,
    /// VTCR_EL2.
    pub vtcr: u64,
    /// VSTTBR_EL2.
    pub vsttbr: u64,
    /// VSTCR_EL2.
    pub vstcr: u64,
}

/// What may be cached, whatever the tables say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caches {
    /// Data: SCTLR_ELx.C and not HCR_EL2.CD.
    pub data: bool,
    /// Instructions: SCTLR_ELx.I and not HCR_EL2.ID.
    pub instructions: bool,
    /// Tables of stage 2: not HCR_EL2.CD.
    pub stage2_walks: bool,
    /// With stage 1 off, everything is: HCR_EL2.DC.
    pub by_default: bool,
}

impl Caches {
    /// The caches that SCTLR_ELx and HCR_EL2 leave on.
    const fn of(sctlr: u64, hcr: u64) -> Self {
        let by_default = hcr & HCR_DC != 0;
        Self {
            data: (by_default || sctlr & SCTLR_C != 0) && hcr & HCR_CD == 0,
            instructions: (by_default || sctlr & SCTLR_I != 0) && hcr & HCR_ID == 0,
            stage2_walks: hcr & HCR_CD == 0,
            by_default,
        }
    }
}

/// A translation regime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Regime {
    /// The security state.
    pub world: Space,
    /// The exception level of the access: 0, 1 or 2.
    pub el: u64,
    /// Privileged access never: EL1 does not reach what EL0 can.
    pub pan: bool,
    /// Stage 1, unless it is off.
    pub stage1: Option<Stage1>,
    /// Stage 2, unless it is off.
    pub stage2: Option<Stage2>,
    /// The VMID of EL1 and EL0; 0 at EL2.
    pub vmid: u16,
    /// What may be cached.
    pub caches: Caches,
}

impl Regime {
    /// The regime of a core in `world`; in the secure one, `el2` holds the EL2 registers.
    pub fn of(core: &Registers, world: Space, el2: &El2) -> Self {
        let state = core.pstate();
        let el = (state & pstate::EL) >> 2;
        let pan = state & pstate::PAN != 0;
        if el == 2 {
            return Self {
                world,
                el,
                pan,
                stage1: el2_stage1(core),
                stage2: None,
                vmid: 0,
                caches: Caches::of(core.known(name::SCTLR_EL2), 0),
            };
        }
        let (hcr, stage2) = match world {
            Space::Secure => (el2.hcr(), el2.stage2()),
            Space::NonSecure => {
                let stage2 = Stage2 {
                    vttbr: core.known(name::VTTBR_EL2),
                    vtcr: core.known(name::VTCR_EL2),
                    vsttbr: 0,
                    vstcr: 0,
                };
                (core.known(name::HCR_EL2), stage2)
            }
        };
        let sctlr = core.known(name::SCTLR_EL1);
        let stage1 = (sctlr & SCTLR_M != 0 && hcr & HCR_DC == 0).then(|| Stage1 {
            ttbr: [core.known(name::TTBR0_EL1), core.known(name::TTBR1_EL1)],
            tcr: core.known(name::TCR_EL1),
            mair: core.known(name::MAIR_EL1),
            wxn: sctlr & SCTLR_WXN != 0,
            el1: true,
        });
        let on = hcr & (HCR_VM | HCR_DC) != 0;
        Self {
            world,
            el,
            pan,
            stage1,
            stage2: on.then_some(stage2),
            vmid: (stage2.vttbr >> 48) as u16,
            caches: Caches::of(sctlr, hcr),
        }
    }

    /// The memory type of an `access` by way of both leaves.
    pub fn memory(&self, leaves: &Leaves, access: Access) -> Memory {
        let (first, second) = leaves;
        let fetch = access == Access::Execute;
        let stage1 = match &self.stage1 {
            Some(_) => first.memory,
            None if fetch || self.caches.by_default => Memory::Cached,
            None => Memory::Device,
        };
        let on = if fetch { self.caches.instructions } else { self.caches.data };
        stage1.min(second.memory).only_if(on)
    }
}

/// Stage 1 of EL2 without the virtualisation host extensions, unless it is off.
fn el2_stage1(core: &Registers) -> Option<Stage1> {
    let sctlr = core.known(name::SCTLR_EL2);
    (sctlr & SCTLR_M != 0).then(|| Stage1 {
        ttbr: [core.known(name::TTBR0_EL2), 0],
        tcr: core.known(name::TCR_EL2),
        mair: core.known(name::MAIR_EL2),
        wxn: sctlr & SCTLR_WXN != 0,
        el1: false,
    })
}
