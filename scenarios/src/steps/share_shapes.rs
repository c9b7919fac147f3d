//! Shares whose descriptors have their parts where they must not be: each would be right without the rule.

use super::descriptor::{READ_WRITE, Transaction};
use super::lending::{self, HANDLE};
use super::share_rules::right;
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::INVALID_PARAMETERS;

/// Where the header ends, the access descriptor behind it, and its composite.
const ACCESS: usize = 48;
const COMPOSITE: usize = 80;
const RANGE: usize = 96;

/// The first word of an access descriptor of SP1.
const SP1_READS_AND_WRITES: u32 = SP1.endpoint() as u32 | (READ_WRITE as u32) << 16;

/// The parts of a descriptor lie elsewhere than behind each other.
pub fn share_shapes(stage: &mut Stage) {
    stage.alone("The normal world puts the parts of a descriptor elsewhere", NWD, |nwd| {
        let many = (0x8001..).zip([READ_WRITE; 33]).collect();
        let many = right().with(|share| share.receivers = many).bytes();
        for (label, bytes, rule) in [
            ("puts the access descriptor into the header", access_in_header(), "memory.16"),
            ("puts the access descriptor at an odd place", access_elsewhere(), "memory.17"),
            ("puts the ranges into the access descriptor", composite_in_access(), "memory.23"),
            ("has another composite for SP2", two_composites(), "memory.8"),
            ("leaves bytes behind the ranges", [&right().bytes()[..], &[0; 16]].concat(), "memory.25"),
            ("leaves half of them before the ranges", composite_elsewhere(), "send.11"),
            ("shares with more than there can be", many, "memory.18"),
        ] {
            lending::shares(nwd, label, &bytes).expect_error(INVALID_PARAMETERS).shows(rule);
        }
        lending::shares_well(nwd, "shares the page as it must be", &right(), HANDLE);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}

fn put(bytes: &mut [u8], at: usize, words: &[u32]) {
    for (place, word) in bytes[at..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// The tag and what follows is the access descriptor.
fn access_in_header() -> Vec<u8> {
    let mut bytes = right().bytes();
    put(&mut bytes, 16, &[SP1_READS_AND_WRITES, COMPOSITE as u32]);
    put(&mut bytes, 32, &[16]);
    bytes
}

/// The access descriptor lies 8 bytes further back, and all the rest 16.
fn access_elsewhere() -> Vec<u8> {
    let mut bytes = right().bytes();
    bytes.splice(COMPOSITE..COMPOSITE, [0; 8]);
    bytes.splice(ACCESS..ACCESS, [0; 8]);
    put(&mut bytes, 32, &[ACCESS as u32 + 8]);
    put(&mut bytes, ACCESS + 8, &[SP1_READS_AND_WRITES, COMPOSITE as u32 + 16]);
    bytes
}

/// The second half of the access descriptor is the composite.
fn composite_in_access() -> Vec<u8> {
    let mut bytes = right().bytes();
    bytes.drain(COMPOSITE..RANGE);
    put(&mut bytes, ACCESS, &[SP1_READS_AND_WRITES, COMPOSITE as u32 - 16]);
    put(&mut bytes, COMPOSITE - 16, &[1, 1]);
    bytes
}

/// The composite and its range lie 8 bytes further back.
fn composite_elsewhere() -> Vec<u8> {
    let mut bytes = right().bytes();
    bytes.splice(COMPOSITE..COMPOSITE, [0; 8]);
    put(&mut bytes, ACCESS, &[SP1_READS_AND_WRITES, COMPOSITE as u32 + 8]);
    bytes
}

/// The access descriptor of SP2 names another composite than that of SP1.
fn two_composites() -> Vec<u8> {
    let share = Transaction { receivers: Transaction::retrieve(&[SP1, SP2]).receivers, ..right() };
    let mut bytes = share.bytes();
    put(&mut bytes, COMPOSITE + 4, &[RANGE as u32]);
    bytes
}
