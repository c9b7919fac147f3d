//! Retrieves, relinquishes and reclaims that are refused.

use super::descriptor::{
    Case, EXECUTABLE, NON_SECURE, NOT_EXECUTABLE, READ_ONLY, READ_WRITE, Transaction, relinquish,
};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::{self, BUSY, DENIED, INVALID_PARAMETERS};
use crate::machine::layout::SHARED_PAGE;
use crate::program::frame::Slot;
use crate::program::{Program, args};

const TAG: u64 = 0x7A67_7A67;
const NO_HANDLE: u64 = 0x7777_7777;
const KEPT: Slot = Slot::free(2);

/// The request with which SP1 gets the page that is shared with it alone, read-only.
fn right() -> Transaction {
    Transaction::retrieve(&[SP1]).permitting(READ_ONLY).with(|request| request.tag = TAG)
}

/// A borrower must ask for what was sent to it, once, and for no more.
pub fn retrieve_rules(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1, read-only", NWD, |nwd| {
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]).permitting(READ_ONLY);
        lending::shares_well(nwd, "shares the page", &share.with(|share| share.tag = TAG), HANDLE);
    });
    lending::hands_over(stage, "SP1 asks wrongly, then rightly, then again", HANDLE, SP1, |sp1| {
        wrong_requests(sp1);
        sp1.call("has the partitions listed in its RX buffer", args![ffa::PARTITION_INFO_GET])
            .expect_success();
        lending::retrieves(sp1, "asks rightly, its RX buffer full", &right())
            .expect_error(BUSY)
            .shows("retrieve.9");
        lending::releases_rx(sp1);
        lending::retrieves_well(sp1, "asks rightly", &right());
        lending::retrieves(sp1, "asks once more", &right()).expect_error(DENIED).shows("retrieve.20");
        lending::relinquishes_well(sp1);
    });
    lending::hands_over(stage, "SP2 asks for what SP1 may have", HANDLE, SP2, |sp2| {
        let own = right().with(|request| request.receivers[0].0 = SP2.endpoint());
        lending::retrieves(sp2, "asks for itself", &own)
            .expect_error(INVALID_PARAMETERS)
            .shows("retrieve.28");
        lending::retrieves(sp2, "asks for SP1", &right())
            .expect_error(INVALID_PARAMETERS)
            .shows("retrieve.18");
    });
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}

fn wrong_requests(sp1: &mut Program) {
    let cases: &[Case] = &[
        ("says another tag", |request| request.tag += 1, INVALID_PARAMETERS, "retrieve.15"),
        ("says that it was lent", |request| request.flags = 2 << 3, INVALID_PARAMETERS, "retrieve.16"),
        ("says that SP2 sent it", |request| request.sender = SP2.endpoint(), DENIED, "retrieve.7"),
        ("wants to write", |request| request.receivers[0].1 = READ_WRITE, DENIED, "retrieve.19"),
        (
            "wants to execute",
            |request| request.receivers[0].1 = READ_ONLY | EXECUTABLE,
            INVALID_PARAMETERS,
            "retrieve.8",
        ),
        (
            "says not to execute, which goes without saying",
            |request| request.receivers[0].1 = READ_ONLY | NOT_EXECUTABLE,
            INVALID_PARAMETERS,
            "retrieve.8",
        ),
        ("says device memory", |request| request.attributes = 1 << 4, DENIED, "retrieve.21"),
        (
            "says non-secure memory",
            |request| request.attributes |= NON_SECURE,
            INVALID_PARAMETERS,
            "retrieve.5",
        ),
        ("wants it zeroed", |request| request.flags |= 1, INVALID_PARAMETERS, "retrieve.4"),
        (
            "wants it zeroed when relinquished",
            |request| request.flags |= 1 << 2,
            INVALID_PARAMETERS,
            "retrieve.27",
        ),
        (
            "sets a flag that there is not",
            |request| request.flags |= 1 << 11,
            INVALID_PARAMETERS,
            "retrieve.3",
        ),
        ("wants it in slices of time", |request| request.flags |= 1 << 1, INVALID_PARAMETERS, "retrieve.11"),
        ("wants it zeroed, whatever it is", |request| request.flags = 1, INVALID_PARAMETERS, "retrieve.22"),
        ("wants it aligned", |request| request.flags |= 1 << 9, INVALID_PARAMETERS, "retrieve.12"),
        (
            "names SP2 too",
            |request| request.receivers.push((SP2.endpoint(), READ_ONLY)),
            INVALID_PARAMETERS,
            "retrieve.17",
        ),
        (
            "names SP2 alone",
            |request| request.receivers[0].0 = SP2.endpoint(),
            INVALID_PARAMETERS,
            "retrieve.18",
        ),
        (
            "names the pages",
            |request| request.memory = Some((1, vec![(SHARED_PAGE, 1)])),
            INVALID_PARAMETERS,
            "retrieve.2",
        ),
    ];
    for (label, change, code, rule) in cases {
        lending::retrieves(sp1, label, &right().with(change)).expect_error(*code).shows(rule);
    }
    let bytes = right().bytes();
    let size = bytes.len() as u64;
    lending::places_request(sp1, &bytes);
    sp1.call("sends the request in fragments", args![ffa::MEM_RETRIEVE_REQ, size, size - 16])
        .expect_error(INVALID_PARAMETERS)
        .shows("retrieve.1");
    let longer = [&bytes[..], &[0; 16]].concat();
    lending::retrieves_by(sp1, "sends bytes behind the request", &longer)
        .expect_error(INVALID_PARAMETERS)
        .shows("retrieve.10");
    let mut marked = bytes;
    marked[48 + 8] = 1;
    lending::retrieves_by(sp1, "says something that the owner did not", &marked)
        .expect_error(INVALID_PARAMETERS)
        .shows("retrieve.24");
    with_another_handle(sp1, |sp1| {
        lending::retrieves(sp1, "says a handle that there is not", &right())
            .expect_error(INVALID_PARAMETERS)
            .shows("retrieve.6");
    });
}

/// Has `act` find a handle in [`HANDLE`] that nobody gave out.
fn with_another_handle(caller: &mut Program, act: impl FnOnce(&mut Program)) {
    caller.copies(HANDLE, KEPT);
    caller.sets(HANDLE, NO_HANDLE);
    act(caller);
    caller.copies(KEPT, HANDLE);
}

/// What is retrieved is relinquished once, by who has it; what nobody has is reclaimed once.
pub fn relinquish_reclaim_rules(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1", NWD, |nwd| {
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    let request = Transaction::retrieve(&[SP1]);
    lending::hands_over(stage, "SP1 retrieves the page", HANDLE, SP1, |sp1| {
        lending::relinquishes(sp1, "relinquishes what it has not retrieved", &relinquish(0, &[SP1]))
            .expect_error(INVALID_PARAMETERS)
            .shows("relinquish.4");
        lending::retrieves_well(sp1, "retrieves the page", &request);
    });
    stage.alone("The normal world wants it back too early", NWD, |nwd| {
        lending::reclaims(nwd, "reclaims what SP1 has", HANDLE, 0).expect_error(DENIED).shows("reclaim.4");
    });
    stage.alone("SP1 relinquishes the page", SP1, |sp1| {
        for (label, bytes, rule) in [
            ("relinquishes in SP2's name", relinquish(0, &[SP2]), "relinquish.3"),
            ("relinquishes for two", relinquish(0, &[SP1, SP2]), "relinquish.2"),
            ("relinquishes for nobody", relinquish(0, &[]), "relinquish.2"),
            ("wants the page zeroed", relinquish(1, &[SP1]), "relinquish.5"),
            ("sets a flag that there is not", relinquish(4, &[SP1]), "relinquish.1"),
        ] {
            lending::relinquishes(sp1, label, &bytes).expect_error(INVALID_PARAMETERS).shows(rule);
        }
        with_another_handle(sp1, |sp1| {
            lending::relinquishes(sp1, "says a handle that there is not", &relinquish(0, &[SP1]))
                .expect_error(INVALID_PARAMETERS)
                .shows("relinquish.6");
        });
        lending::relinquishes_well(sp1);
        lending::relinquishes(sp1, "relinquishes it again", &relinquish(0, &[SP1]))
            .expect_error(INVALID_PARAMETERS)
            .shows("relinquish.4");
    });
    stage.alone("The normal world reclaims the page", NWD, |nwd| {
        with_another_handle(nwd, |nwd| {
            lending::reclaims(nwd, "says a handle that there is not", HANDLE, 0)
                .expect_error(INVALID_PARAMETERS)
                .shows("reclaim.2");
        });
        lending::reclaims(nwd, "sets a flag that there is not", HANDLE, 4)
            .expect_error(INVALID_PARAMETERS)
            .shows("reclaim.1");
        lending::reclaims(nwd, "reclaims the page", HANDLE, 0).expect_success().shows("reclaim.6");
        lending::reclaims(nwd, "reclaims it again", HANDLE, 0)
            .expect_error(INVALID_PARAMETERS)
            .shows("reclaim.2");
    });
    stage.alone("SP1 comes too late", SP1, |sp1| {
        lending::retrieves(sp1, "retrieves what was reclaimed", &request)
            .expect_error(INVALID_PARAMETERS)
            .shows("retrieve.6");
        sp1.call("gives up its buffers", args![ffa::RXTX_UNMAP]).expect_success();
        lending::retrieves(sp1, "retrieves without buffers", &request)
            .expect_error(INVALID_PARAMETERS)
            .shows("send.17");
        lending::relinquishes(sp1, "relinquishes without buffers", &relinquish(0, &[SP1]))
            .expect_error(INVALID_PARAMETERS)
            .shows("send.17");
    });
}
