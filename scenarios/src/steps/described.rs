//! What the normal world's hypervisor is told of a transaction before it takes the memory back.

use super::descriptor::{NON_SECURE, NORMAL_MEMORY, READ_ONLY, TYPE_SHARE, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::{self, BUSY, INVALID_PARAMETERS};
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::program::frame::Slot;
use crate::program::{Program, Source, layout_of};

/// A header with nothing in it but the handle, which is filled in.
const NOTHING: [u8; 48] = [0; 48];
/// Bytes of the answer: a header, two access descriptors, a composite with two ranges.
const ANSWER: u64 = 48 + 2 * 32 + 16 + 2 * 16;
const TAG: u64 = 0x7A67;

/// The normal world shares two runs of pages with SP1 and SP2, is told of that, wrongly asked for or not, and takes
/// the pages back.
pub fn described(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares pages with SP1 and SP2", NWD, |nwd| {
        let share = Transaction::share(&[SP1, SP2], &[(SHARED_PAGE, 1), (SHARED_PAGE + 2 * PAGE, 2)]);
        let share = share.permitting(READ_ONLY).with(|share| share.tag = TAG);
        lending::shares_well(nwd, "shares the pages", &share, HANDLE);
    });
    stage.alone("Its hypervisor asks what was sent", NWD, |nwd| {
        wrong_requests(nwd);
        lending::asks_what_was_sent(nwd, "asks rightly", &NOTHING)
            .expect_all([ffa::MEM_RETRIEVE_RESP, ANSWER, ANSWER])
            .shows("describe.5");
        reads_answer(nwd);
        lending::asks_what_was_sent(nwd, "asks again, its RX buffer full", &NOTHING)
            .expect_error(BUSY)
            .shows("describe.4");
        lending::releases_rx(nwd);
    });
    lending::hands_over(stage, "SP1 asks as a hypervisor does", HANDLE, SP1, |sp1| {
        lending::asks_what_was_sent(sp1, "asks what was sent", &NOTHING).expect_error(INVALID_PARAMETERS);
    });
    stage.alone("The normal world takes the pages back", NWD, |nwd| {
        lending::reclaims(nwd, "takes the pages back", HANDLE, 0).expect_success();
        lending::asks_what_was_sent(nwd, "asks too late", &NOTHING).expect_error(INVALID_PARAMETERS);
    });
}

fn wrong_requests(nwd: &mut Program) {
    let with = |offset: usize| {
        let mut header = NOTHING;
        header[offset] = 1;
        header
    };
    for (label, offset) in [
        ("names a sender that is not the normal world", 0),
        ("names attributes", 2),
        ("sets a flag", 4),
        ("names a tag", 16),
        ("names the size of an access descriptor", 24),
        ("names a receiver", 28),
        ("sets a reserved field", 40),
    ] {
        lending::asks_what_was_sent(nwd, label, &with(offset))
            .expect_error(INVALID_PARAMETERS)
            .shows("describe.1");
    }
    lending::asks_what_was_sent(nwd, "sends a header that is too short", &NOTHING[..32])
        .expect_error(INVALID_PARAMETERS)
        .shows("describe.2");
    const KEPT: Slot = Slot::free(2);
    nwd.copies(HANDLE, KEPT);
    nwd.sets(HANDLE, 0x7777_7777);
    lending::asks_what_was_sent(nwd, "says a handle that there is not", &NOTHING)
        .expect_error(INVALID_PARAMETERS)
        .shows("describe.3");
    nwd.copies(KEPT, HANDLE);
}

/// What stands in the RX buffer is what was sent.
fn reads_answer(nwd: &mut Program) {
    let rx = layout_of(NWD).rx;
    let (accesses, composite) = (rx + 48, rx + 48 + 2 * 32);
    let (first, second) = (composite + 16, composite + 32);
    nwd.testifies(
        "reads what was sent",
        &[
            ("sender", Source::Half(rx)),
            ("attributes", Source::Half(rx + 2)),
            ("flags", Source::Word(rx + 4)),
            ("tag", Source::Word(rx + 16)),
            ("receivers", Source::Word(rx + 28)),
            ("first", Source::Half(accesses)),
            ("second", Source::Half(accesses + 32)),
            ("pages", Source::Word(composite)),
        ],
    )
    .expect_all([
        0,
        (NORMAL_MEMORY | NON_SECURE).into(),
        TYPE_SHARE.into(),
        TAG,
        2,
        SP1.endpoint().into(),
        SP2.endpoint().into(),
        3,
    ]);
    nwd.testifies(
        "reads which pages",
        &[
            ("ranges", Source::Word(composite + 4)),
            ("first", Source::Word(first)),
            ("its pages", Source::Word(first + 8)),
            ("second", Source::Word(second)),
            ("its pages", Source::Word(second + 8)),
        ],
    )
    .expect_all([2, SHARED_PAGE, 1, SHARED_PAGE + 2 * PAGE, 2]);
}
