//! How a guest sees each ID register: the table of registers and fields.

use hal::Sysregs;
use hal::sysreg::{self, Sysreg};

/// Between which values a guest reads each field of an ID register; a field has four bits.
#[derive(Clone, Copy)]
pub(super) struct View {
    least: u64,
    most: u64,
}

/// A field, and between which values a guest reads it.
struct Field {
    shift: u32,
    least: u64,
    most: u64,
}

/// The field at bit `shift` as the core has it. The name is for the reader.
const fn own(_name: &str, shift: u32) -> Field {
    Field { shift, least: 0, most: 0xf }
}

/// The same, but at most `most`.
const fn at_most(_name: &str, shift: u32, most: u64) -> Field {
    Field { shift, least: 0, most }
}

/// The field at bit `shift`, which is `value` on all cores.
const fn always(_name: &str, shift: u32, value: u64) -> Field {
    Field { shift, least: value, most: value }
}

impl View {
    /// The whole register as the core has it.
    const ALL: Self = Self { least: 0, most: u64::MAX };

    /// The named fields; all others are zero.
    const fn of(fields: &[Field]) -> Self {
        let mut view = Self { least: 0, most: 0 };
        let mut rest = fields;
        while let [field, more @ ..] = rest {
            view.least |= field.least << field.shift;
            view.most |= field.most << field.shift;
            rest = more;
        }
        view
    }

    /// What the guest reads where the core has `value`.
    pub(super) fn limit(self, value: u64) -> u64 {
        (0..u64::BITS).step_by(4).fold(0, |seen, shift| {
            let field = |register: u64| register >> shift & 0xf;
            seen | field(value).max(field(self.least)).min(field(self.most)) << shift
        })
    }
}

const PFR0: View = View::of(&[
    own("State0", 0),
    own("State1", 4),
    own("State2", 8),
    own("State3", 12),
    at_most("CSV2", 16, 1),
    own("DIT", 24),
]);

const PFR1: View = View::of(&[
    own("ProgMod", 0),
    own("Security", 4),
    own("MProgMod", 8),
    own("Virtualization", 12),
    own("GenTimer", 16),
    own("Sec_frac", 20),
    own("Virt_frac", 24),
]);

/// Armv8's debug, which the architecture requires.
const DFR0: View = View::of(&[at_most("CopDbg", 0, 6), at_most("CopSDbg", 4, 6)]);

/// All but SpecSEI.
const MMFR4: View = View { least: 0, most: !0xf };

const PFR2: View = View::of(&[own("CSV3", 0), own("SSBS", 4)]);

const AA64PFR0: View = View::of(&[
    own("EL0", 0),
    own("EL1", 4),
    own("EL2", 8),
    own("EL3", 12),
    own("FP", 16),
    own("AdvSIMD", 20),
    own("SEL2", 36),
    own("DIT", 48),
    at_most("CSV2", 56, 1),
    own("CSV3", 60),
]);

const AA64PFR1: View = View::of(&[own("BT", 0), own("SSBS", 4), at_most("CSV2_frac", 32, 1)]);

/// Armv8's debug with two breakpoints, of which one knows contexts, and two watchpoints: the least that the architecture
/// lets a core say. No OS Double Lock.
const AA64DFR0: View = View::of(&[
    always("DebugVer", 0, 6),
    always("BRPs", 12, 1),
    always("WRPs", 20, 1),
    always("CTX_CMPs", 28, 0),
    always("DoubleLock", 36, 0xf),
]);

/// All but TME.
const AA64ISAR0: View = View { least: 0, most: !(0xf << 24) };

/// All but LS64.
const AA64ISAR1: View = View { least: 0, most: !(0xf << 60) };

const AA64ISAR2: View = View::of(&[
    own("WFxT", 0),
    own("RPRES", 4),
    own("GPA3", 8),
    own("APA3", 12),
    own("BC", 20),
    own("PAC_frac", 24),
    own("CLRBHB", 28),
    own("RPRFM", 48),
    own("CSSC", 52),
]);

const AA64MMFR0: View = View::of(&[
    own("PARange", 0),
    own("ASIDBits", 4),
    own("BigEnd", 8),
    own("SNSMem", 12),
    own("BigEndEL0", 16),
    own("TGran16", 20),
    own("TGran64", 24),
    own("TGran4", 28),
    own("ExS", 44),
    at_most("ECV", 60, 1),
]);

const AA64MMFR1: View = View::of(&[
    at_most("HAFDBS", 0, 2),
    own("HPDS", 12),
    own("PAN", 20),
    own("ETS", 36),
    own("AFP", 44),
    own("nTLBPA", 48),
    own("TIDCP1", 52),
    own("CMOW", 56),
    own("ECBHB", 60),
]);

const AA64MMFR2: View = View::of(&[
    own("CnP", 0),
    own("UAO", 4),
    own("LSM", 8),
    own("VARange", 16),
    own("CCIDX", 20),
    own("ST", 28),
    own("AT", 32),
    own("IDS", 36),
    own("TTL", 48),
    own("BBM", 52),
    own("E0PD", 60),
]);

/// Defines [`of_core`]: which registers are not zero, and how a guest sees them.
macro_rules! views {
    ($($register:ident: $view:expr;)*) => {
        /// What the core has in the register whose encoding has this number, and how a guest sees it.
        pub(super) fn of_core(core: &impl Sysregs, register: u64) -> (u64, View) {
            $(const $register: u64 = number(encoding::<sysreg::$register>());)*
            match register {
                $($register => (core.read_sysreg::<sysreg::$register>(), $view),)*
                _ => (0, View::ALL),
            }
        }
    };
}

views! {
    REVIDR_EL1: View::ALL;
    ID_PFR0_EL1: PFR0;
    ID_PFR1_EL1: PFR1;
    ID_DFR0_EL1: DFR0;
    ID_MMFR0_EL1: View::ALL;
    ID_MMFR1_EL1: View::ALL;
    ID_MMFR2_EL1: View::ALL;
    ID_MMFR3_EL1: View::ALL;
    ID_ISAR0_EL1: View::ALL;
    ID_ISAR1_EL1: View::ALL;
    ID_ISAR2_EL1: View::ALL;
    ID_ISAR3_EL1: View::ALL;
    ID_ISAR4_EL1: View::ALL;
    ID_ISAR5_EL1: View::ALL;
    ID_MMFR4_EL1: MMFR4;
    ID_ISAR6_EL1: View::ALL;
    MVFR0_EL1: View::ALL;
    MVFR1_EL1: View::ALL;
    MVFR2_EL1: View::ALL;
    ID_PFR2_EL1: PFR2;
    ID_AA64PFR0_EL1: AA64PFR0;
    ID_AA64PFR1_EL1: AA64PFR1;
    ID_AA64DFR0_EL1: AA64DFR0;
    ID_AA64ISAR0_EL1: AA64ISAR0;
    ID_AA64ISAR1_EL1: AA64ISAR1;
    ID_AA64ISAR2_EL1: AA64ISAR2;
    ID_AA64MMFR0_EL1: AA64MMFR0;
    ID_AA64MMFR1_EL1: AA64MMFR1;
    ID_AA64MMFR2_EL1: AA64MMFR2;
}

/// op0, op1, CRn, CRm and op2 of `R`, as [`Syndrome::register`] gives them.
pub(super) const fn encoding<R: Sysreg>() -> [u64; 5] {
    [R::OP0 as u64, R::OP1 as u64, R::CRN as u64, R::CRM as u64, R::OP2 as u64]
}

/// One number for a register's encoding.
pub(super) const fn number([op0, op1, crn, crm, op2]: [u64; 5]) -> u64 {
    op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}
