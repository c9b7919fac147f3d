//! Registers that are forgotten, or hold what they should not.

use hal::Vector;
use hal::context::VectorContext;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::{Cpu, Gic};
use hal_sim::SimCore;
use scenarios::ffa;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "TPIDR_EL1 is not switched",
        scenario: "flow",
        checker: Checker::Registers,
        words: &["TPIDR_EL1 of the normal world was not kept", "the pattern of SP"],
        bug: || Box::new(NotSwitched("TPIDR_EL1")),
    },
    Planted {
        what: "a pointer authentication key is not switched",
        scenario: "flow",
        checker: Checker::Registers,
        words: &["APIAKeyLo_EL1 of the normal world was not kept", "the pattern of SP"],
        bug: || Box::new(NotSwitched("APIAKEYLO_EL1")),
    },
    Planted {
        what: "V7 is not switched",
        scenario: "flow",
        checker: Checker::Registers,
        words: &["V7 (low half) of the normal world was not kept", "the pattern of SP"],
        bug: || Box::new(VectorNotSwitched),
    },
    Planted {
        what: "a partition goes on without its x25",
        scenario: "hello",
        checker: Checker::Turns,
        words: &["SP1 (0x8001) goes on with x25 = 0xdead, and left it as"],
        bug: || Box::new(X25Lost),
    },
    Planted {
        what: "the normal world's priority mask is not restored",
        scenario: "preempt",
        checker: Checker::Flow,
        words: &[
            "NWd \"sets its timer and asks SP1 to compute\"",
            "x0 expected 0x84000062 (FFA_INTERRUPT), found 0xc4000070",
        ],
        bug: || Box::new(MaskNotRestored),
    },
    Planted {
        what: "the normal world's priority mask is not restored, and another core's interrupt never comes",
        scenario: "preempted-elsewhere",
        checker: Checker::NoEnd,
        words: &["it hangs: 2097152 instructions without an end"],
        bug: || Box::new(MaskNotRestored),
    },
    Planted {
        what: "non-secure addresses lead to secure memory: VTCR_EL2.NSA is clear",
        scenario: "share",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches secure 0x60100000",
            "a non-secure address must not lead to a secure page",
        ],
        bug: || Box::new(OtherSysreg("VTCR_EL2", |value| value & !NON_SECURE_OUTPUT)),
    },
    Planted {
        what: "two partitions have one VMID",
        scenario: "chain",
        checker: Checker::Reach,
        words: &["SP2 (0x8002) and SP1 (0x8001) have the same VMID 1"],
        bug: || Box::new(OtherSysreg("VTTBR_EL2", |value| value & !(0xffff << 48) | 1 << 48)),
    },
    Planted {
        what: "table walks are uncached, and tables are not cleaned",
        scenario: "hello",
        checker: Checker::Line,
        words: &["an uncached table walk reads secure 0xe2", "which was written cached: a clean is missing"],
        bug: || Box::new(OtherSysreg("VTCR_EL2", |value| value & !CACHED_WALKS)),
    },
];

/// VTCR_EL2.NSA.
const NON_SECURE_OUTPUT: u64 = 1 << 30;
/// VTCR_EL2.IRGN0 and ORGN0.
const CACHED_WALKS: u64 = 0b1111 << 8;

/// A register stays in the core when guests change.
struct NotSwitched(&'static str);

impl Bug for NotSwitched {
    fn leaves_out(&self, name: &str) -> bool {
        name == self.0
    }
}

/// V7 stays in the core when guests change.
struct VectorNotSwitched;

impl Bug for VectorNotSwitched {
    fn load_vector(&self, core: &mut SimCore, from: &VectorContext) {
        let mut left = VectorContext::ZERO;
        core.save_vector(&mut left);
        let mut context = *from;
        context.v[7] = left.v[7];
        core.load_vector(&context);
    }
}

/// Whoever gets a request has lost x25.
struct X25Lost;

impl Bug for X25Lost {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if registers.x[0] == ffa::DIRECT_REQ_64 {
            registers.x[25] = 0xdead;
        }
        core.enter(token, registers)
    }
}

/// The normal world goes on with a mask that lets no interrupt through.
struct MaskNotRestored;

impl Bug for MaskNotRestored {
    fn set_priority_mask(&self, core: &mut SimCore, _: u8) {
        core.set_priority_mask(0);
    }
}

/// A system register gets another value.
struct OtherSysreg(&'static str, fn(u64) -> u64);

impl Bug for OtherSysreg {
    fn register(&self, name: &str, value: u64) -> u64 {
        if name == self.0 { (self.1)(value) } else { value }
    }
}
