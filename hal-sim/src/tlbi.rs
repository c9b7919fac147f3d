//! The guests' TLB invalidation instructions, as they act on the machine's own TLB.

use hal::{Ipa, PAGE_SIZE, Space};

use crate::encoding::{Encoding, name};
use crate::mmu::tlb::Scope;
use crate::platform::Platform;
use crate::unicorn::registers::Registers;

/// True for `TLBI`: `SYS` with CRn 8, or 9 for the variants without the XS attribute.
pub const fn is_invalidation(operation: Encoding) -> bool {
    operation.op0() == 1 && matches!(operation.crn(), 8 | 9)
}

/// What a `TLBI` forgets.
enum What {
    /// Both stages of a page, in the present or every ASID.
    Page { el2: bool, asid: bool },
    /// Both stages of an ASID.
    Asid,
    /// Stage 1 of the present VMID, or all of EL2.
    All { el2: bool },
    /// Stage 2 of a page.
    StageTwo,
    /// Both stages of the present VMID.
    Vmid,
    /// Everything of EL1 and EL0.
    EveryVmid,
}

/// The meaning of `operation`. A range of addresses is forgotten with all of its VMID or regime.
const fn meaning(operation: Encoding) -> What {
    let el2 = operation.op1() == 4;
    match (el2, operation.crm(), operation.op2()) {
        (true, 0 | 4, _) => What::StageTwo,
        (_, 2 | 5 | 6, _) => What::All { el2 },
        (true, _, 4) => What::EveryVmid,
        (true, _, 6) => What::Vmid,
        (true, _, 1 | 5) => What::Page {
            el2: true,
            asid: false,
        },
        (false, _, 1 | 5) => What::Page {
            el2: false,
            asid: true,
        },
        (false, _, 3 | 7) => What::Page {
            el2: false,
            asid: false,
        },
        (false, _, 2) => What::Asid,
        _ => What::All { el2 },
    }
}

impl Platform {
    /// Forgets, on every core, what the `TLBI` `operation` with operand `value` names. A local one forgets on
    /// every core too: nothing relies on a translation to stay.
    pub fn invalidate(&mut self, registers: &Registers, operation: Encoding, value: u64) {
        let world = self.core().world;
        let vmid = match world {
            Space::Secure => self.core().el2.vmid(),
            Space::NonSecure => (registers.known(name::VTTBR_EL2) >> 48) as u16,
        };
        let page = sign_extend(value << 12);
        let asid = (value >> 48) as u16;
        let everything = Scope {
            world,
            el2: false,
            vmid,
            page: None,
            asid: None,
        };
        for core in &mut self.cores {
            let tlb = &mut core.mmu.tlb;
            match meaning(operation) {
                What::Page { el2: true, .. } => {
                    tlb.forget(Scope {
                        el2: true,
                        vmid: 0,
                        page: Some(page),
                        ..everything
                    });
                }
                What::Page { asid: by_asid, .. } => tlb.forget(Scope {
                    page: Some(page),
                    asid: by_asid.then_some(asid),
                    ..everything
                }),
                What::Asid => tlb.forget(Scope {
                    asid: Some(asid),
                    ..everything
                }),
                What::All { el2: true } => tlb.forget(Scope {
                    el2: true,
                    vmid: 0,
                    ..everything
                }),
                What::All { el2: false } => tlb.forget(everything),
                What::StageTwo => {
                    let start = Ipa {
                        space: world,
                        address: value << 12 & ((1 << 52) - PAGE_SIZE),
                    };
                    tlb.forget_ipa(world, vmid, start, 1);
                }
                What::Vmid => tlb.forget_vmid(world, vmid),
                What::EveryVmid => tlb.forget_el1(world),
            }
        }
    }
}

/// An address from its bits 55 to 12, which an operand has.
const fn sign_extend(address: u64) -> u64 {
    ((address << 8).cast_signed() >> 8).cast_unsigned()
}
