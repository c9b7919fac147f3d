//! Shares that are refused: who is named, what is asked for, which pages, how it is sent.

use super::descriptor::{Case, EXECUTABLE, NON_SECURE, NOT_EXECUTABLE, READ_ONLY, READ_WRITE, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::{self, DENIED, INVALID_PARAMETERS};
use crate::machine::layout::{GICD, PAGE, SHARED_PAGE, partition_base};
use crate::program::{Program, args, layout_of};

/// A share with SP1 that is right, to be made wrong.
pub(super) fn right() -> Transaction {
    Transaction::share(&[SP1], &[(SHARED_PAGE, 1)])
}

/// The normal world sends each of `cases`, and then the right one, of which nothing stands in the way.
fn refused(nwd: &mut Program, cases: &[Case]) {
    for (label, change, code, rule) in cases {
        lending::shares(nwd, label, &right().with(change).bytes()).expect_error(*code).shows(rule);
    }
    lending::shares_well(nwd, "shares the page as it must be", &right(), HANDLE);
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
}

/// Shares that name the wrong parties or ask for what a share is not.
pub fn share_rules(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares with the wrong parties", NWD, |nwd| {
        refused(
            nwd,
            &[
                ("shares in SP2's name", |share| share.sender = SP2.endpoint(), DENIED, "share.1"),
                ("shares with nobody", |share| share.receivers.clear(), INVALID_PARAMETERS, "memory.4"),
                (
                    "shares with who is not there",
                    |share| share.receivers[0].0 = 0x8042,
                    INVALID_PARAMETERS,
                    "share.2",
                ),
                (
                    "shares with itself",
                    |share| share.receivers[0].0 = NWD.endpoint(),
                    INVALID_PARAMETERS,
                    "memory.19",
                ),
                (
                    "shares with SP1 and SP1",
                    |share| share.receivers.push((SP1.endpoint(), READ_WRITE)),
                    INVALID_PARAMETERS,
                    "memory.5",
                ),
            ],
        );
    });
    stage.alone("The normal world asks for what a share is not", NWD, |nwd| {
        refused(
            nwd,
            &[
                ("wants the page zeroed", |share| share.flags = 1, INVALID_PARAMETERS, "send.12"),
                (
                    "sets a flag that there is not",
                    |share| share.flags = 1 << 31,
                    INVALID_PARAMETERS,
                    "send.3",
                ),
                ("gives no access", |share| share.receivers[0].1 = 0, INVALID_PARAMETERS, "send.15"),
                (
                    "gives access that is reserved",
                    |share| share.receivers[0].1 = 3,
                    INVALID_PARAMETERS,
                    "memory.20",
                ),
                (
                    "gives leave to execute",
                    |share| share.receivers[0].1 = READ_ONLY | EXECUTABLE,
                    INVALID_PARAMETERS,
                    "send.7",
                ),
                (
                    "forbids to execute, which is not the sender's to say",
                    |share| share.receivers[0].1 = READ_ONLY | NOT_EXECUTABLE,
                    INVALID_PARAMETERS,
                    "send.7",
                ),
                ("says a handle", |share| share.handle = 1, INVALID_PARAMETERS, "send.4"),
                (
                    "sets a permission that there is not",
                    |share| share.receivers[0].1 |= 1 << 4,
                    INVALID_PARAMETERS,
                    "memory.6",
                ),
                (
                    "gives leave to execute, and forbids it",
                    |share| share.receivers[0].1 |= EXECUTABLE | NOT_EXECUTABLE,
                    INVALID_PARAMETERS,
                    "memory.21",
                ),
                (
                    "says a memory type that is reserved",
                    |share| share.attributes |= 3 << 4,
                    INVALID_PARAMETERS,
                    "memory.13",
                ),
                (
                    "says a cacheability that is reserved",
                    |share| share.attributes = 2 << 4 | 2 << 2 | 3,
                    INVALID_PARAMETERS,
                    "memory.14",
                ),
                (
                    "says a shareability that is reserved",
                    |share| share.attributes = 2 << 4 | 3 << 2 | 1,
                    INVALID_PARAMETERS,
                    "memory.15",
                ),
                ("says device memory", |share| share.attributes = 1 << 4, DENIED, "share.3"),
                ("says uncached memory", |share| share.attributes = 2 << 4 | 1 << 2 | 3, DENIED, "share.10"),
                (
                    "says non-secure memory",
                    |share| share.attributes |= NON_SECURE,
                    INVALID_PARAMETERS,
                    "send.5",
                ),
                (
                    "sets an attribute that there is not",
                    |share| share.attributes |= 1 << 7,
                    INVALID_PARAMETERS,
                    "memory.2",
                ),
            ],
        );
    });
}

/// Sets the ranges of `share`, and their sum.
fn set(share: &mut Transaction, ranges: &[(u64, u32)]) {
    share.memory = Transaction::share(&[], ranges).memory;
}

/// Pages that are not the normal world's to share, and ranges that are none.
pub fn share_pages(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares the wrong pages", NWD, |nwd| {
        refused(
            nwd,
            &[
                ("shares a page of SP2", |share| set(share, &[(partition_base(2), 1)]), DENIED, "share.4"),
                ("shares a device", |share| set(share, &[(GICD, 1)]), DENIED, "share.4"),
                ("shares its RX buffer", |share| set(share, &[(layout_of(NWD).rx, 1)]), DENIED, "share.7"),
                (
                    "shares pages up to its TX buffer",
                    |share| set(share, &[(layout_of(NWD).tx - PAGE, 2)]),
                    DENIED,
                    "share.7",
                ),
                (
                    "shares from the middle of a page",
                    |share| set(share, &[(SHARED_PAGE + 8, 1)]),
                    INVALID_PARAMETERS,
                    "memory.27",
                ),
                (
                    "shares a range of no page",
                    |share| set(share, &[(SHARED_PAGE, 0)]),
                    INVALID_PARAMETERS,
                    "memory.10",
                ),
                ("shares no range", |share| set(share, &[]), INVALID_PARAMETERS, "memory.9"),
                (
                    "names a page twice",
                    |share| set(share, &[(SHARED_PAGE, 2), (SHARED_PAGE + PAGE, 1)]),
                    INVALID_PARAMETERS,
                    "memory.11",
                ),
                (
                    "shares beyond the address space",
                    |share| set(share, &[(0u64.wrapping_sub(PAGE), 2)]),
                    INVALID_PARAMETERS,
                    "memory.28",
                ),
                (
                    "counts the pages wrongly",
                    |share| share.memory = Some((2, vec![(SHARED_PAGE, 1)])),
                    INVALID_PARAMETERS,
                    "memory.12",
                ),
            ],
        );
    });
    stage.alone("The normal world shares what it shares already", NWD, |nwd| {
        lending::shares_well(nwd, "shares the page", &right(), HANDLE);
        lending::shares(nwd, "shares it again", &right().bytes()).expect_error(DENIED).shows("share.6");
        let around = Transaction::share(&[SP2], &[(SHARED_PAGE - PAGE, 3)]);
        lending::shares(nwd, "shares pages around it with SP2", &around.bytes())
            .expect_error(DENIED)
            .shows("share.6");
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
        lending::shares_well(nwd, "shares the pages around it with SP2 now", &around, HANDLE);
        lending::reclaims(nwd, "takes them back", HANDLE, 0).expect_success();
    });
}

/// Descriptors that do not come whole, or from elsewhere than the TX buffer.
pub fn share_lengths(stage: &mut Stage) {
    let bytes = right().bytes();
    let size = bytes.len() as u64;
    let access = u32::from(SP1.endpoint()) | u32::from(READ_WRITE) << 16;
    stage.alone("The normal world shares without a TX buffer", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        lending::shares(nwd, "shares a page", &bytes).expect_error(INVALID_PARAMETERS).shows("send.17");
        lending::names_buffers(nwd);
    });
    stage.alone("The normal world says wrong lengths", NWD, |nwd| {
        for (label, total, fragment, buffer, pages, rule) in [
            ("sends nothing", 0, 0, 0, 0, "send.2"),
            ("sends an empty fragment", size, 0, 0, 0, "send.2"),
            ("sends a fragment longer than the whole", size, size + 16, 0, 0, "send.10"),
            ("sends more than its TX buffer holds", PAGE + 16, PAGE + 16, 0, 0, "send.8"),
            ("sends less than a range", size - 16, size - 16, 0, 0, "memory.25"),
            ("sends from a buffer of its choice", size, size, SHARED_PAGE, 0, "send.1"),
            ("says how long that is", size, size, 0, 1, "send.9"),
        ] {
            nwd.call(label, args![ffa::MEM_SHARE, total, fragment, buffer, pages])
                .expect_error(INVALID_PARAMETERS)
                .shows(rule);
        }
        for (label, at, word, rule) in [
            ("says another size of access descriptors", 24, 16, "memory.3"),
            ("puts the access descriptors behind the end", 32, 0x1_0000, "memory.1"),
            ("sets a word of the header that is reserved", 36, 1, "memory.7"),
            ("sets an access flag", 48, access | 1 << 24, "send.13"),
            ("sets an access flag that there is not", 48, access | 2 << 24, "memory.22"),
            ("puts the ranges behind the end", 48 + 4, 0xFFFF_FFF0u32, "memory.1"),
            ("says more ranges than follow", 80 + 4, 2, "memory.25"),
            ("says so many ranges that their size wraps", 80 + 4, 0x1000_0001, "memory.25"),
        ] {
            let mut wrong = bytes.clone();
            wrong[at..at + 4].copy_from_slice(&word.to_le_bytes());
            lending::shares(nwd, label, &wrong).expect_error(INVALID_PARAMETERS).shows(rule);
        }
        lending::shares_well(nwd, "shares the page as it must be", &right(), HANDLE);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}
