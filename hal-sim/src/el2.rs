//! The EL2 registers of an EL2 program that is Rust code: the monitor of the secure world.
//!
//! EL3 switches EL2 registers with the world, so these are one world's own. The normal world's EL2 program is
//! machine code: its EL2 registers are the emulator's. The few that decide what EL1 may do live there too while
//! this world runs ([`FORWARDED`]).

use crate::encoding::{Encoding, name};
use crate::junk::Junk;
use crate::mmu::regime::Stage2;
use crate::unicorn::registers::Registers;

/// Every EL2 register that a monitor can name; the index of a register here is its [`Slot`].
pub const NAMES: [Encoding; 34] = [
    name::HCR_EL2,
    name::VTTBR_EL2,
    name::VTCR_EL2,
    name::VSTTBR_EL2,
    name::VSTCR_EL2,
    name::CPTR_EL2,
    name::MDCR_EL2,
    name::CNTHCTL_EL2,
    name::VPIDR_EL2,
    name::VMPIDR_EL2,
    name::CNTVOFF_EL2,
    Encoding::new(3, 4, 1, 1, 3), // HSTR_EL2
    Encoding::new(3, 4, 1, 1, 7), // HACR_EL2
    Encoding::new(3, 4, 1, 2, 2), // HCRX_EL2
    name::SCTLR_EL2,
    Encoding::new(3, 4, 1, 0, 1), // ACTLR_EL2
    name::TTBR0_EL2,
    Encoding::new(3, 4, 2, 0, 1), // TTBR1_EL2
    name::TCR_EL2,
    name::MAIR_EL2,
    Encoding::new(3, 4, 10, 3, 0), // AMAIR_EL2
    name::VBAR_EL2,
    Encoding::new(3, 4, 13, 0, 1), // CONTEXTIDR_EL2
    Encoding::new(3, 4, 13, 0, 2), // TPIDR_EL2
    Encoding::new(3, 6, 4, 1, 0),  // SP_EL2
    name::ELR_EL2,
    name::SPSR_EL2,
    name::ESR_EL2,
    name::FAR_EL2,
    name::HPFAR_EL2,
    Encoding::new(3, 4, 12, 1, 1), // VDISR_EL2
    Encoding::new(3, 4, 5, 1, 0),  // AFSR0_EL2
    Encoding::new(3, 4, 5, 1, 1),  // AFSR1_EL2
    Encoding::new(3, 4, 13, 0, 7), // SCXTNUM_EL2
];

/// Where [`El2`] keeps a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Slot(usize);

impl Slot {
    /// The index of the register in [`NAMES`].
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The registers that the emulator needs while a guest of this world runs: they decide what traps and what the
/// guest reads as its identity.
pub const FORWARDED: [Slot; 6] =
    [slot_of(name::HCR_EL2), slot_of(name::CPTR_EL2), slot_of(name::MDCR_EL2), CNTHCTL, VPIDR, VMPIDR];

/// CNTHCTL_EL2.
pub const CNTHCTL: Slot = slot_of(name::CNTHCTL_EL2);
/// CNTVOFF_EL2.
pub const CNTVOFF: Slot = slot_of(name::CNTVOFF_EL2);

const VPIDR: Slot = slot_of(name::VPIDR_EL2);
const VMPIDR: Slot = slot_of(name::VMPIDR_EL2);

/// HCR_EL2.FMO: FIQs are taken to EL2.
pub const HCR_FMO: u64 = 1 << 3;
/// HCR_EL2.IMO: IRQs are taken to EL2.
pub const HCR_IMO: u64 = 1 << 4;
/// HCR_EL2.VF: a virtual FIQ is pending.
pub const HCR_VF: u64 = 1 << 6;
/// HCR_EL2.VI: a virtual IRQ is pending.
pub const HCR_VI: u64 = 1 << 7;
/// HCR_EL2.TGE: exceptions of EL0 are taken to EL2.
pub const HCR_TGE: u64 = 1 << 27;
/// HCR_EL2.E2H: the virtualisation host extensions.
pub const HCR_E2H: u64 = 1 << 34;

/// The slot of `register`, if EL2 has it.
pub const fn slot(register: Encoding) -> Option<Slot> {
    let mut index = 0;
    while index < NAMES.len() {
        if NAMES[index].is(register) {
            return Some(Slot(index));
        }
        index += 1;
    }
    None
}

/// The slot of `register`, which EL2 has.
const fn slot_of(register: Encoding) -> Slot {
    match slot(register) {
        Some(slot) => slot,
        None => panic!("not a register of EL2"),
    }
}

/// One world's EL2 registers.
pub struct El2 {
    values: [u64; NAMES.len()],
}

impl El2 {
    /// The registers at the monitor's entry: those that firmware clears are zero, the others hold junk.
    pub fn at_entry(junk: &mut Junk) -> Self {
        let mut el2 = Self { values: std::array::from_fn(|_| junk.next()) };
        for cleared in [name::HCR_EL2, name::CPTR_EL2, name::MDCR_EL2, name::SCTLR_EL2, name::CNTVOFF_EL2] {
            el2.set(slot_of(cleared), 0);
        }
        el2
    }

    /// The register in `slot`.
    pub const fn get(&self, slot: Slot) -> u64 {
        self.values[slot.0]
    }

    /// Writes the register in `slot`.
    pub const fn set(&mut self, slot: Slot, value: u64) {
        self.values[slot.0] = value;
    }

    /// HCR_EL2.
    pub const fn hcr(&self) -> u64 {
        self.values[0]
    }

    /// The registers of stage 2.
    pub const fn stage2(&self) -> Stage2 {
        Stage2 { vttbr: self.values[1], vtcr: self.values[2], vsttbr: self.values[3], vstcr: self.values[4] }
    }

    /// The VMID of both stage 2s.
    pub const fn vmid(&self) -> u16 {
        (self.values[1] >> 48) as u16
    }

    /// True where `_EL12` names exist and plain `_EL1` names are EL2's.
    pub const fn host_extensions(&self) -> bool {
        self.hcr() & HCR_E2H != 0
    }

    /// Gives the emulator the register in `slot`, in the form that it knows.
    pub fn forward(&self, slot: Slot, core: &Registers) {
        let value = self.get(slot);
        let register = NAMES[slot.0];
        let value = match register {
            name::HCR_EL2 => value & !HCR_OURS,
            name::CPTR_EL2 if self.host_extensions() => classic_cptr(value),
            _ => value,
        };
        core.set_system(register, value);
    }
}

/// What the emulator must not do itself: stage 2 (VM, PTW, DC) and virtual interrupts (VF, VI, VSE).
const HCR_OURS: u64 = 1 | 1 << 2 | 1 << 12 | 7 << 6;

/// CPTR_EL2 without the virtualisation host extensions, from its form with them: the emulator knows that one only.
const fn classic_cptr(value: u64) -> u64 {
    const TCPAC: u64 = 1 << 31;
    const TZ: u64 = 1 << 8;
    let sve_traps = value >> 16 & 1 == 0;
    value & TCPAC | if sve_traps { TZ } else { 0 }
}
