//! FFA_FEATURES: what there is for whom.

use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::program::{Program, args};

/// FFA_FEATURES(FFA_MEM_RETRIEVE_REQ): the caller knows the NS bit; the answer says that it is told.
const NS_BIT: u64 = 1 << 1;

/// What everybody has that speaks 1.2.
const OF_EVERYBODY: &[u64] = &[
    ffa::ERROR,
    ffa::SUCCESS_32,
    ffa::SUCCESS_64,
    ffa::INTERRUPT,
    ffa::VERSION,
    ffa::FEATURES,
    ffa::RX_RELEASE,
    ffa::RXTX_UNMAP,
    ffa::PARTITION_INFO_GET,
    ffa::ID_GET,
    ffa::SPM_ID_GET,
    ffa::RUN,
    ffa::DIRECT_REQ_32,
    ffa::DIRECT_REQ_64,
];

/// What only the normal world has.
const OF_NORMAL_WORLD: &[u64] = &[ffa::RX_ACQUIRE];

/// What only partitions have.
const OF_PARTITIONS: &[u64] = &[
    ffa::MSG_WAIT,
    ffa::DIRECT_RESP_32,
    ffa::DIRECT_RESP_64,
    ffa::MEM_RELINQUISH,
    ffa::CONSOLE_LOG_32,
    ffa::CONSOLE_LOG_64,
];

/// What nobody has: between the SPMC and the SPMD, of 1.0 alone, of no version.
const OF_NOBODY: &[u64] = &[0x8400_007C, 0x8400_008C, 0x8400_006A, 0x8400_006E, 0x8400_00FF, 0x8400_DEAD];

/// What there is and what there is not, for the normal world and for a partition.
pub fn features(stage: &mut Stage) {
    stage.alone("The normal world asks for features", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        features_of_everybody(nwd);
        has(nwd, "asks for a call of hypervisors", OF_NORMAL_WORLD, Some("features.43"));
        has_not(nwd, "asks for a call of partitions", OF_PARTITIONS, Some("features.9"));
        has_not(nwd, "asks for an interrupt", &[1, 3], Some("features.8"));
    });
    stage.alone("SP1 asks for features", SP1, |sp1| {
        features_of_everybody(sp1);
        has(sp1, "asks for a call of partitions", OF_PARTITIONS, Some("features.12"));
        has_not(sp1, "asks for a call of hypervisors", OF_NORMAL_WORLD, Some("features.42"));
        has_not(
            sp1,
            "asks to name an entry point for vCPUs that it has not",
            &[ffa::SECONDARY_EP_REGISTER_64],
            Some("features.4"),
        );
        has_not(sp1, "asks for a call of 1.3", &[ffa::ABORT], Some("features.40"));
        has_not(sp1, "asks for an interrupt", &[1, 2, 3], Some("features.8"));
    });
}

fn features_of_everybody(caller: &mut Program) {
    has(caller, "asks for a call that everybody has", OF_EVERYBODY, Some("features.11"));
    has(caller, "asks for a list in registers", &[ffa::PARTITION_INFO_GET_REGS], Some("features.44"));
    has_not(caller, "asks for a function that nobody has", OF_NOBODY, Some("features.7"));
    has_not(caller, "asks for a feature that nobody has", &[0, 5, 0xFF], Some("features.8"));
    has_not(caller, "asks for a feature that nobody has", &[0xDEAD], Some("features.1"));
    caller
        .call("asks for a feature with a property", args![ffa::FEATURES, 1, 1])
        .expect_error(ffa::NOT_SUPPORTED)
        .shows("features.1");
    caller
        .call("knows no NS bit and asks to retrieve", args![ffa::FEATURES, ffa::MEM_RETRIEVE_REQ])
        .expect_error(ffa::NOT_SUPPORTED)
        .shows("features.3");
    let known = if caller.role() == NWD { "features.5" } else { "features.10" };
    caller
        .call("knows the NS bit and asks to retrieve", args![ffa::FEATURES, ffa::MEM_RETRIEVE_REQ, NS_BIT])
        .expect_success()
        .expect_bits(2, NS_BIT, NS_BIT)
        .shows(known);
    for map in [ffa::RXTX_MAP_32, ffa::RXTX_MAP_64] {
        // They begin at multiples of 4 KiB, and have four pages at most.
        caller
            .call("asks what RX/TX buffers may be", args![ffa::FEATURES, map])
            .expect_success()
            .expect(2, 4 << 16)
            .shows("features.41");
    }
}

/// `functions` are there, without properties, which shows `rule`.
fn has(caller: &mut Program, label: &str, functions: &[u64], rule: Option<&'static str>) {
    for function in functions {
        let site = caller.call(label, args![ffa::FEATURES, *function]).expect_success().expect(2, 0);
        if let Some(rule) = rule {
            site.shows(rule);
        }
    }
}

/// `functions` or features are not there, which shows `rule`.
pub(super) fn has_not(caller: &mut Program, label: &str, functions: &[u64], rule: Option<&'static str>) {
    for function in functions {
        let site = caller.call(label, args![ffa::FEATURES, *function]).expect_error(ffa::NOT_SUPPORTED);
        if let Some(rule) = rule {
            site.shows(rule);
        }
    }
}
