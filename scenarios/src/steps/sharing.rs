//! A page of the normal world, shared with SP1 for a while.

use super::descriptor::{self, NON_SECURE, NORMAL_MEMORY, RETRIEVE_SIZE, SHARE_SIZE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::SHARED_PAGE;
use crate::program::frame::Slot;
use crate::program::{Access, Arg, Program, Source, args, layout_of};

const HANDLE: Slot = Slot::free(1);
const PAGE: Slot = Slot::free(3);

/// What is in the page before, what SP1 writes, and what it tries to write when it may no more.
const BEFORE: u64 = 0x0B0B_0B0B;
const WRITTEN: u32 = 0xCAFE_FACE;
const TOO_LATE: u32 = 0xDEAD_0BAD;

/// ESR_EL1 of a data abort (EC 0x25, IL) at a store (WnR): translation fault, level 1,
/// because the tables that mapped the page went back to the pool with it.
const WRITE_ABORT: u64 = 0x25 << 26 | 1 << 25 | 1 << 6 | 0b00_0101;

/// MEM_SHARE, RETRIEVE, a write through a non-secure mapping, RELINQUISH, a write that must fault, RECLAIM.
pub fn sharing(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world shares a page with SP1");
    let sp1 = &mut partitions[0];
    let tx = layout_of(NWD).tx;

    nwd.places(&BEFORE.to_le_bytes(), SHARED_PAGE);
    nwd.places(&descriptor::share(NWD.endpoint(), SP1.endpoint(), SHARED_PAGE), tx);
    let size = SHARE_SIZE as u64;
    nwd.call("shares a page with SP1", args![ffa::MEM_SHARE, size, size]).expect(0, ffa::SUCCESS_32);
    nwd.keeps_handle(HANDLE);

    sp1.is_asked("gets the handle", NWD).handle(3);
    sp1.keeps(HANDLE, 3);
    borrow(sp1);
    give_back(sp1);
    sp1.answers("has given it back", NWD, args![0]);

    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)]).expect_response(SP1, NWD);
    nwd.testifies("reads its page", &[("content", Source::Word(SHARED_PAGE))]).expect(0, WRITTEN.into());
    nwd.call("takes the page back", args![ffa::MEM_RECLAIM, Arg::Low(HANDLE), Arg::High(HANDLE)])
        .expect(0, ffa::SUCCESS_32);
}

/// SP1 retrieves the page, maps it and writes it.
fn borrow(sp1: &mut Program) {
    let place = layout_of(SP1);
    sp1.places(&descriptor::retrieve(NWD.endpoint(), SP1.endpoint()), place.tx);
    sp1.stores(HANDLE, place.tx + descriptor::HANDLE);
    let size = RETRIEVE_SIZE as u64;
    sp1.call("retrieves the page", args![ffa::MEM_RETRIEVE_REQ, size, size])
        .expect(0, ffa::MEM_RETRIEVE_RESP)
        .expect(1, SHARE_SIZE as u64)
        .expect(2, SHARE_SIZE as u64);
    sp1.finds_first_range(PAGE, place.rx);
    sp1.testifies(
        "reads in its RX buffer where the page is",
        &[
            ("sender", Source::Half(place.rx)),
            ("attributes", Source::Half(place.rx + 2)),
            ("address", Source::Slot(PAGE)),
        ],
    )
    .expect_all([NWD.endpoint().into(), (NORMAL_MEMORY | NON_SECURE).into(), SHARED_PAGE]);
    sp1.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect(0, ffa::SUCCESS_32);
    sp1.maps_non_secure(PAGE);
    sp1.attempts("writes the page, mapped non-secure", Access::Write(WRITTEN), PAGE).expect_all([0; 3]);
}

/// SP1 relinquishes the page, and writes it all the same.
fn give_back(sp1: &mut Program) {
    let tx = layout_of(SP1).tx;
    sp1.places(&descriptor::relinquish(SP1.endpoint()), tx);
    sp1.stores(HANDLE, tx);
    sp1.call("relinquishes the page", args![ffa::MEM_RELINQUISH]).expect(0, ffa::SUCCESS_32);
    sp1.attempts("writes the page after RELINQUISH", Access::Write(TOO_LATE), PAGE)
        .expect(0, 1)
        .expect(1, WRITE_ABORT)
        .expect(2, SHARED_PAGE);
}
