//! A page of the normal world, shared with SP1 for a while.

use super::descriptor::{NON_SECURE, NORMAL_MEMORY, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::SHARED_PAGE;
use crate::program::frame::Slot;
use crate::program::{Access, Arg, Program, Source, Space, args, layout_of};

const PAGE: Slot = Slot::free(3);

/// What is in the page before, what SP1 writes, and what it tries to write when it may no more.
const BEFORE: u64 = 0x0B0B_0B0B;
const WRITTEN: u32 = 0xCAFE_FACE;
const TOO_LATE: u32 = 0xDEAD_0BAD;

/// ESR_EL1 of a data abort (EC 0x25, IL) at a store (WnR): translation fault, level 1,
/// because the tables that mapped the page went back to the pool with it.
pub const WRITE_ABORT: u64 = 0x25 << 26 | 1 << 25 | 1 << 6 | 0b00_0101;

/// MEM_SHARE, RETRIEVE, a write through a non-secure mapping, RELINQUISH, a write that must fault, RECLAIM.
pub fn sharing(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world shares a page with SP1");
    let sp1 = &mut partitions[0];

    nwd.places(&BEFORE.to_le_bytes(), SHARED_PAGE);
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    lending::shares_well(nwd, "shares a page with SP1", &share, HANDLE);

    sp1.is_asked("gets the handle", NWD).handle(3);
    sp1.keeps(HANDLE, 3);
    borrow(sp1, share.bytes().len() as u64);
    lending::relinquishes_well(sp1);
    sp1.attempts("writes the page after RELINQUISH", Access::Write(TOO_LATE), PAGE)
        .expect(0, 1)
        .expect(1, WRITE_ABORT)
        .expect(2, SHARED_PAGE)
        .shows("relinquish.7");
    sp1.answers("has given it back", NWD, args![0]);

    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)]).expect_response(SP1, NWD);
    lending::reads(nwd, "reads its page", SHARED_PAGE, WRITTEN);
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
}

/// SP1 retrieves the page, maps it and writes it.
fn borrow(sp1: &mut Program, size: u64) {
    let rx = layout_of(SP1).rx;
    lending::retrieves(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]))
        .expect(0, ffa::MEM_RETRIEVE_RESP)
        .expect(1, size)
        .expect(2, size);
    sp1.finds_first_range(PAGE, rx);
    sp1.testifies(
        "reads in its RX buffer where the page is",
        &[
            ("sender", Source::Half(rx)),
            ("attributes", Source::Half(rx + 2)),
            ("address", Source::Slot(PAGE)),
        ],
    )
    .expect_all([NWD.endpoint().into(), (NORMAL_MEMORY | NON_SECURE).into(), SHARED_PAGE]);
    lending::releases_rx(sp1);
    sp1.maps(Space::NonSecure, PAGE);
    sp1.attempts("writes the page, mapped non-secure", Access::Write(WRITTEN), PAGE).expect_all([0; 3]);
}
