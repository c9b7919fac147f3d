//! The guests' TLB invalidation instructions, as they act on the machine's own TLB.

use hal::{Ipa, PAGE_SIZE, Space};

use crate::encoding::{Encoding, name};
use crate::mmu::invalidation::{Invalidation, Scope, What};
use crate::platform::Platform;
use crate::unicorn::registers::Registers;

/// True for `TLBI`: `SYS` with CRn 8, or 9 for the variants without the XS attribute.
pub const fn is_invalidation(operation: Encoding) -> bool {
    operation.op0() == 1 && matches!(operation.crn(), 8 | 9)
}

/// HCR_EL2.FB: a guest's local invalidations reach every core.
const HCR_FB: u64 = 1 << 9;

/// What the `TLBI` `operation` with operand `value` names, in `world` (DDI 0487, C5.5).
fn meaning(operation: Encoding, value: u64, world: Space) -> What {
    let el2 = operation.op1() == 4;
    let asid = Some((value >> 48) as u16);
    let stage1 = |scope| if el2 { What::El2(scope) } else { What::Combined(scope) };
    match (el2, operation.crm(), operation.op2()) {
        (true, 0 | 4, by) => {
            let (start, pages) = if is_stage2_range(operation.crm(), by) {
                range(value)
            } else {
                (value << 12 & ((1 << 52) - PAGE_SIZE), 1)
            };
            let start = Ipa { space: world, address: start & ((1 << 52) - 1) };
            What::Stage2 { start, pages }
        }
        // Ranges; the odd ones of EL1 that name every ASID are 3 and 7.
        (_, 2 | 5 | 6, by) => {
            let asid = asid.filter(|_| !el2 && matches!(by, 1 | 5));
            stage1(Scope { pages: Some(range(value)), asid })
        }
        (true, _, 4) => What::El1,
        (true, _, 6) => What::Vmid,
        (true, _, 1 | 5) | (false, _, 3 | 7) => {
            stage1(Scope { pages: Some((sign_extend(value << 12, 56), 1)), asid: None })
        }
        (false, _, 1 | 5) => stage1(Scope { pages: Some((sign_extend(value << 12, 56), 1)), asid }),
        (false, _, 2) => stage1(Scope { pages: None, asid }),
        _ => stage1(Scope::ALL),
    }
}

/// True for `RIPAS2E1`, `RIPAS2LE1` and their shareable forms.
const fn is_stage2_range(crm: u8, op2: u8) -> bool {
    match crm {
        0 => matches!(op2, 2 | 6),
        _ => matches!(op2, 2 | 3 | 6 | 7),
    }
}

/// True where `operation` acts on every core of the inner-shareable domain.
const fn is_shared(operation: Encoding) -> bool {
    match (operation.op1(), operation.crm()) {
        (4, 4) => matches!(operation.op2(), 0 | 3 | 4 | 7),
        (_, crm) => matches!(crm, 0 | 1 | 2 | 3 | 5),
    }
}

/// The first address and the pages of the range that an operand names: none where its granule is not 4 KiB.
const fn range(value: u64) -> (u64, u64) {
    const FOUR_KIB: u64 = 1;
    let (number, scale, granule) = (value >> 39 & 0x1f, value >> 44 & 3, value >> 46 & 3);
    let pages = if granule == FOUR_KIB { (number + 1) << (5 * scale + 1) } else { 0 };
    (sign_extend((value & ((1 << 37) - 1)) << 12, 49), pages)
}

impl Platform {
    /// Forgets what the `TLBI` `operation` with operand `value` names: on every core, or on this one where it is
    /// local.
    pub fn invalidate(&mut self, registers: &Registers, operation: Encoding, value: u64) {
        let here = self.current;
        let world = self.core().world;
        let (vmid, hcr) = match world {
            Space::Secure => (self.core().el2.vmid(), self.core().el2.hcr()),
            Space::NonSecure => {
                ((registers.known(name::VTTBR_EL2) >> 48) as u16, registers.known(name::HCR_EL2))
            }
        };
        let shared = is_shared(operation) || operation.op1() == 0 && hcr & HCR_FB != 0;
        let invalidation = Invalidation { world, vmid, what: meaning(operation, value, world) };
        for (index, core) in self.cores.iter_mut().enumerate() {
            if shared || index == here {
                core.mmu.invalidate(invalidation);
            }
        }
    }
}

/// An address from its low `bits` bits, which an operand has.
const fn sign_extend(address: u64, bits: u32) -> u64 {
    ((address << (64 - bits)).cast_signed() >> (64 - bits)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use hal::{Ipa, Space};

    use super::{is_shared, meaning};
    use crate::encoding::Encoding;
    use crate::mmu::invalidation::{Scope, What};

    /// 4 KiB granule, SCALE, NUM and the page number.
    const fn operand(scale: u64, number: u64, page: u64) -> u64 {
        1 << 46 | scale << 44 | number << 39 | page
    }

    #[test]
    fn a_range_is_forgotten_to_its_last_page_and_no_further() {
        let rvae1is = Encoding::new(1, 0, 8, 2, 1);
        let asid_7 = 7 << 48;
        assert_eq!(
            meaning(rvae1is, asid_7 | operand(0, 2, 0x400), Space::Secure),
            What::Combined(Scope { pages: Some((0x40_0000, 6)), asid: Some(7) })
        );
        let ripas2e1is = Encoding::new(1, 4, 8, 0, 2);
        assert_eq!(
            meaning(ripas2e1is, operand(1, 0, 0x400), Space::NonSecure),
            What::Stage2 { start: Ipa::non_secure(0x40_0000), pages: 64 }
        );
    }

    #[test]
    fn a_range_of_the_upper_half_begins_there() {
        let rvaae1 = Encoding::new(1, 0, 8, 6, 3);
        let page = 0xffff_ff80_0000_0000u64 >> 12 & ((1 << 37) - 1);
        assert_eq!(
            meaning(rvaae1, operand(0, 0, page), Space::Secure),
            What::Combined(Scope { pages: Some((0xffff_ff80_0000_0000, 2)), asid: None })
        );
    }

    #[test]
    fn a_range_of_another_granule_names_nothing() {
        let rvaae1 = Encoding::new(1, 0, 8, 6, 3);
        assert_eq!(
            meaning(rvaae1, 2 << 46 | 1, Space::Secure),
            What::Combined(Scope { pages: Some((0x1000, 0)), asid: None })
        );
    }

    #[test]
    fn local_forms_are_told_from_shared_ones() {
        for (op1, crm, op2, shared) in [
            (0, 7, 0, false), // VMALLE1
            (0, 3, 0, true),  // VMALLE1IS
            (0, 6, 1, false), // RVAE1
            (0, 1, 1, true),  // VAE1OS
            (4, 4, 1, false), // IPAS2E1
            (4, 0, 1, true),  // IPAS2E1IS
            (4, 4, 4, true),  // IPAS2LE1OS
            (4, 7, 6, false), // VMALLS12E1
        ] {
            assert_eq!(is_shared(Encoding::new(1, op1, 8, crm, op2)), shared, "{op1} {crm} {op2}");
        }
    }
}
