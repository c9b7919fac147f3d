//! What a partition does beside FF-A: calls that are not FF-A's, the other conduit, a wait, registers that are not
//! its own.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::manifest::Smcs;
use crate::program::{args, register};
use crate::psci;

/// SMCCC's "unknown function".
const UNKNOWN: u64 = u64::MAX;
const PSCI_VERSION: u64 = 0x8400_0000;
const SMCCC_VERSION: u64 = 0x8000_0000;
const SMCCC_ARCH_FEATURES: u64 = 0x8000_0001;
/// SMCCC 1.2.
const SMCCC_1_2: u64 = 0x1_0002;
/// The revision of EL3's standard secure services, which is 0.1.
const STD_SVC_REVISION: u64 = 0x8400_FF03;
/// Their UUID.
const STD_SVC_UID: u64 = 0x8400_FF01;
/// SMCCC's hint that the caller keeps nothing in SVE registers.
const SVE_HINT: u64 = 1 << 16;
/// A function of a chip's maker.
const SILICON_SERVICE: u64 = 0xC200_0001;
/// In FF-A's range, but no function of FF-A.
const NO_FUNCTION: u64 = 0x8400_00EE;

/// ESR_EL1 of an undefined instruction: exception class 0, IL.
const UNDEFINED: u64 = 1 << 25;

/// An SMC that the SPMC does not serve is answered, never carried out; a WFI comes back.
pub fn unknown_smc(stage: &mut Stage) {
    stage.alone("SP1 makes calls that are not FF-A's", SP1, |sp1| {
        for (label, function) in [
            ("asks for PSCI's version", PSCI_VERSION),
            ("switches its core off", psci::CPU_OFF),
            ("switches the machine off", psci::SYSTEM_OFF),
            ("asks for a service of the chip", SILICON_SERVICE),
        ] {
            sp1.call(label, args![function]).expect(0, UNKNOWN).shows("smc.45").shows("function.4");
        }
        sp1.call("calls a function that FF-A has not", args![NO_FUNCTION])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("function.1");
        sp1.call("says that an interrupt came", args![ffa::INTERRUPT])
            .expect_error(ffa::DENIED)
            .shows("function.5");
        sp1.waits_for_interrupt();
        sp1.call("is back from WFI", args![ffa::ID_GET]).expect_success().expect(2, SP1.endpoint().into());
    });
}

/// SP1 learns of the calling convention, and gets what the SPMC's manifest lets it call at EL3; SP2 may call all.
pub fn smcs(stage: &mut Stage) {
    stage.begin("The SPMC's manifest says who calls what at EL3");
    stage.sp(SP1).extras.smcs = Smcs::These(&[0x8400_FF03]);
    stage.sp(SP2).extras.smcs = Smcs::All;
    stage.alone("SP1 may call one function", SP1, |sp1| {
        sp1.call("asks for the convention's version", args![SMCCC_VERSION])
            .expect(0, SMCCC_1_2)
            .shows("smc.42");
        sp1.call("asks whether there is a version", args![SMCCC_ARCH_FEATURES, SMCCC_VERSION])
            .expect(0, 0)
            .shows("smc.43");
        sp1.call("asks whether there is something else", args![SMCCC_ARCH_FEATURES, SILICON_SERVICE])
            .expect(0, UNKNOWN)
            .shows("smc.46");
        sp1.call("calls what it may", args![STD_SVC_REVISION, 0, 0, 0, 0, 0, 0, 7])
            .expect_all([0, 1])
            .expect(7, 7)
            .shows("smc.40");
        sp1.call("calls it with the SVE hint", args![STD_SVC_REVISION | SVE_HINT])
            .expect_all([0, 1])
            .shows("smc.41");
        sp1.call("calls what it may not", args![STD_SVC_UID]).expect(0, UNKNOWN).shows("smc.45");
        sp1.call("asks who it is, with the SVE hint", args![ffa::ID_GET | SVE_HINT])
            .expect_success()
            .expect(2, SP1.endpoint().into())
            .shows("smc.47");
    });
    stage.alone("SP2 may call all", SP2, |sp2| {
        sp2.call("calls a service", args![STD_SVC_REVISION]).expect_all([0, 1]).shows("smc.44");
        sp2.call("calls what EL3 has not", args![SILICON_SERVICE]).expect(0, UNKNOWN);
    });
}

/// A partition may call by HVC as well.
pub fn hvc(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1 calls by HVC");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.is_asked("is told to begin", NWD);
    sp1.call_by_hvc("asks who it is, by HVC", args![ffa::ID_GET])
        .expect_success()
        .expect(2, SP1.endpoint().into());
    sp2.is_asked("is asked by SP1", SP1).expect(3, 1);
    sp2.answers("answers SP1", SP1, args![2]);
    let request = sp1.request(SP2, args![1]);
    sp1.call_by_hvc("asks SP2, by HVC", &request).expect_response(SP2, SP1).expect(3, 2);
    sp1.call_by_hvc("makes a call that is not FF-A's, by HVC", args![PSCI_VERSION]).expect(0, UNKNOWN);
    sp1.answers("is done", NWD, args![]);
    nwd.asks("tells SP1 to begin", SP1, args![]).expect_response(SP1, NWD);
}

/// Registers that a partition could leave something in and that no switch moves are undefined for it.
pub fn trapped_registers(stage: &mut Stage) {
    stage.alone("SP1 reads registers that are not for partitions", SP1, |sp1| {
        for (name, register, rule) in REFUSED {
            sp1.attempts_register(&format!("reads {name}"), register).expect_all([1, UNDEFINED]).shows(rule);
        }
    });
    stage.alone("SP1 writes registers that are not for partitions", SP1, |sp1| {
        for (name, register, rule) in [
            ("ID_AA64PFR0_EL1", register(3, 0, 0, 4, 0), "registers.3"),
            ("ACTLR_EL1", register(3, 0, 1, 0, 1), "registers.5"),
            ("LORC_EL1", register(3, 0, 10, 4, 3), "registers.5"),
            ("ERRSELR_EL1", register(3, 0, 5, 3, 1), "registers.5"),
            ("MDSCR_EL1", register(2, 0, 0, 2, 2), "registers.4"),
            ("OSLAR_EL1", register(2, 0, 1, 0, 4), "registers.4"),
            ("PMUSERENR_EL0", register(3, 3, 9, 14, 0), "registers.4"),
            ("an implementation defined register", register(3, 0, 15, 2, 0), "registers.5"),
        ] {
            sp1.attempts_write(&format!("writes {name}"), register).expect_all([1, UNDEFINED]).shows(rule);
        }
        sp1.attempts_set_and_way("cleans the cache by set and way")
            .expect_all([1, UNDEFINED])
            .shows("registers.5");
    });
}

/// Registers that a partition may not read, and the rule that each shows. Some machines do not have all of them.
const REFUSED: [(&str, u32, &str); 20] = [
    ("ACTLR_EL1", register(3, 0, 1, 0, 1), "registers.5"),
    ("MDSCR_EL1", register(2, 0, 0, 2, 2), "registers.4"),
    ("DBGBVR0_EL1", register(2, 0, 0, 0, 4), "registers.4"),
    ("OSLSR_EL1", register(2, 0, 1, 1, 4), "registers.4"),
    ("PMCR_EL0", register(3, 3, 9, 12, 0), "registers.4"),
    ("PMCCNTR_EL0", register(3, 3, 9, 13, 0), "registers.4"),
    ("PMSCR_EL1", register(3, 0, 9, 9, 0), "registers.5"),
    ("TRFCR_EL1", register(3, 0, 1, 2, 1), "registers.5"),
    ("TRBLIMITR_EL1", register(3, 0, 9, 11, 0), "registers.5"),
    ("TRCPRGCTLR", register(2, 1, 0, 1, 0), "registers.5"),
    ("AMCR_EL0", register(3, 3, 13, 2, 0), "registers.5"),
    ("MPAM1_EL1", register(3, 0, 10, 5, 0), "registers.5"),
    ("LORC_EL1", register(3, 0, 10, 4, 3), "registers.5"),
    ("ERRIDR_EL1", register(3, 0, 5, 3, 0), "registers.5"),
    ("SCXTNUM_EL1", register(3, 0, 13, 0, 7), "registers.5"),
    ("ZCR_EL1", register(3, 0, 1, 2, 0), "registers.5"),
    ("SMIDR_EL1", register(3, 1, 0, 0, 6), "registers.5"),
    ("GCR_EL1", register(3, 0, 1, 0, 6), "registers.5"),
    ("an implementation defined register", register(3, 0, 15, 2, 0), "registers.5"),
    ("HCR_EL2", register(3, 4, 1, 1, 0), "registers.5"),
];

/// What a partition learns of the core: fields of what it does not get read as zero, on a core that has it too.
pub fn id_registers(stage: &mut Stage) {
    stage.alone("SP1 reads what the core has", SP1, |sp1| {
        for (name, register, hidden) in HIDDEN {
            let site = sp1.reads_fields(&format!("reads {name}"), register, hidden).shows("registers.1");
            for index in 0..=hidden.len() {
                site.expect(index, 0);
            }
        }
        sp1.reads_fields("reads the debug of ID_AA64DFR0_EL1", register(3, 0, 0, 5, 0), DEBUG)
            .expect_all([0, 6, 1, 1, 0, 0xf])
            .shows("registers.1");
        sp1.reads_fields("reads the rest of ID_AA64PFR0_EL1", register(3, 0, 0, 4, 0), GIVEN)
            .expect(0, 0)
            .shows("registers.2");
        for (name, register) in [
            ("a reserved ID register", register(3, 0, 0, 3, 7)),
            ("ID_AA64ZFR0_EL1, of SVE", register(3, 0, 0, 4, 4)),
            ("ID_AA64SMFR0_EL1, of SME", register(3, 0, 0, 4, 5)),
            ("AIDR_EL1, implementation defined", register(3, 1, 0, 0, 7)),
        ] {
            let low = &[("low bits", 0)];
            sp1.reads_fields(&format!("reads {name}"), register, low).expect_all([0, 0]).shows("registers.2");
        }
    });
}

/// Fields of a register: what each is called, and its first bit.
type Fields = &'static [(&'static str, u32)];

/// ID registers, and fields of what partitions do not get.
const HIDDEN: [(&str, u32, Fields); 6] = [
    (
        "ID_AA64PFR0_EL1",
        register(3, 0, 0, 4, 0),
        &[("GIC", 24), ("RAS", 28), ("SVE", 32), ("MPAM", 40), ("AMU", 44), ("RME", 52)],
    ),
    ("ID_AA64PFR1_EL1", register(3, 0, 0, 4, 1), &[("MTE", 8), ("RAS_frac", 12), ("SME", 24), ("NMI", 36)]),
    (
        "ID_AA64DFR0_EL1",
        register(3, 0, 0, 5, 0),
        &[
            ("TraceVer", 4),
            ("PMUVer", 8),
            ("PMSVer", 32),
            ("TraceFilt", 40),
            ("TraceBuffer", 44),
            ("BRBE", 52),
        ],
    ),
    (
        "ID_AA64MMFR1_EL1",
        register(3, 0, 0, 7, 1),
        &[("VMIDBits", 4), ("VH", 8), ("LO", 16), ("SpecSEI", 24), ("HCX", 40)],
    ),
    ("ID_AA64MMFR2_EL1", register(3, 0, 0, 7, 2), &[("IESB", 12), ("NV", 24), ("FWB", 40), ("EVT", 56)]),
    ("ID_AA64MMFR0_EL1", register(3, 0, 0, 7, 0), &[("TGran4_2", 40), ("FGT", 56)]),
];

/// The fields of ID_AA64DFR0_EL1 that may not be zero.
const DEBUG: Fields = &[("DebugVer", 0), ("BRPs", 12), ("WRPs", 20), ("CTX_CMPs", 28), ("DoubleLock", 36)];

/// Fields of ID_AA64PFR0_EL1 that are as the core has them.
const GIVEN: Fields = &[("EL1", 4), ("EL3", 12), ("FP", 16), ("AdvSIMD", 20)];
