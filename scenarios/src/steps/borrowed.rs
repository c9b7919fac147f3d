//! Memory that is borrowed: what borrowers may do with it, and with the pages beside it.

use super::descriptor::{EXECUTABLE, NOT_EXECUTABLE, READ_ONLY, READ_WRITE, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::{self, DENIED, INVALID_PARAMETERS};
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::program::{Access, Source, Space, layout_of};

const BEFORE: u32 = 0x0B0B_0B0B;
const BY_SP1: u32 = 0x1111_FACE;
const BY_SP2: u32 = 0x2222_FACE;

/// ESR_EL1 of a data abort (EC 0x25, IL) at a load: translation fault, level 3.
const READ_ABORT: u64 = 0x25 << 26 | 1 << 25 | 0b00_0111;
/// The same at a store (WnR): permission fault, level 3.
const WRITE_FORBIDDEN: u64 = 0x25 << 26 | 1 << 25 | 1 << 6 | 0b00_1111;

/// ESR_EL1 of an instruction abort (EC 0x21, IL): permission fault, level 3.
const FETCH_FORBIDDEN: u64 = 0x21 << 26 | 1 << 25 | 0b00_1111;

/// Flags of a retrieve: the receiver does not name the other receivers.
const BYPASS_MULTI_BORROWER_CHECK: u32 = 1 << 10;

/// SP1 borrows a page that it may only read: it neither writes nor executes it.
pub fn share_read_only(stage: &mut Stage) {
    // Nobody has written there.
    const CODE: u64 = SHARED_PAGE + 0x800;
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1, read-only", NWD, |nwd| {
        nwd.places(&u64::from(BEFORE).to_le_bytes(), SHARED_PAGE);
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]).permitting(READ_ONLY);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1 reads it, and tries to write and to execute it", HANDLE, SP1, |sp1| {
        let unspecified = Transaction::retrieve(&[SP1]).permitting(0);
        lending::retrieves(sp1, "retrieves it without saying for what", &unspecified)
            .expect(0, ffa::MEM_RETRIEVE_RESP);
        // Behind the header: its own id, then its permissions.
        let access = layout_of(SP1).rx + 48;
        let values = [("receiver", Source::Half(access)), ("permissions", Source::Half(access + 2))];
        sp1.testifies("reads in its RX buffer what it may", &values)
            .expect_all([SP1.endpoint().into(), (READ_ONLY | NOT_EXECUTABLE).into()])
            .shows("retrieve.29");
        lending::releases_rx(sp1);
        sp1.maps(Space::NonSecure, SHARED_PAGE);
        lending::reads(sp1, "reads the page", SHARED_PAGE, BEFORE);
        sp1.attempts("writes the page", Access::Write(BY_SP1), SHARED_PAGE)
            .expect_all([1, WRITE_FORBIDDEN, SHARED_PAGE])
            .shows("retrieve.30");
        sp1.unmaps(SHARED_PAGE);
        sp1.maps(Space::NonSecureCode, SHARED_PAGE);
        sp1.attempts("executes from the page", Access::Execute, CODE)
            .expect_all([1, FETCH_FORBIDDEN, CODE])
            .shows("retrieve.23");
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reads(nwd, "reads its page", SHARED_PAGE, BEFORE);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}

/// SP1 and SP2 borrow the same page; it is the owner's again when both have given it back.
pub fn two_borrowers(stage: &mut Stage) {
    const WORD_OF_SP2: u64 = SHARED_PAGE + 8;
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1 and SP2", NWD, |nwd| {
        let share = Transaction::share(&[SP1, SP2], &[(SHARED_PAGE, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1 writes it", HANDLE, SP1, |sp1| {
        let both = || Transaction::retrieve(&[SP1, SP2]);
        let unchecked = both().with(|request| request.flags |= BYPASS_MULTI_BORROWER_CHECK);
        lending::retrieves(sp1, "names both, and says that it does not", &unchecked)
            .expect_error(INVALID_PARAMETERS)
            .shows("retrieve.14");
        let reserved = READ_WRITE | EXECUTABLE | NOT_EXECUTABLE;
        let reserved = both().with(|request| request.receivers[1].1 = reserved);
        lending::retrieves(sp1, "says that SP2 may execute, and may not", &reserved)
            .expect_error(INVALID_PARAMETERS)
            .shows("memory.21");
        lending::retrieves_well(sp1, "retrieves it, naming both", &both());
        lending::writes(sp1, SHARED_PAGE, BY_SP1);
    });
    lending::hands_over(stage, "SP2 writes it too", HANDLE, SP2, |sp2| {
        let alone =
            Transaction::retrieve(&[SP2]).with(|request| request.flags |= BYPASS_MULTI_BORROWER_CHECK);
        lending::retrieves(sp2, "retrieves it, naming itself only", &alone)
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .shows("retrieve.31");
        lending::releases_rx(sp2);
        lending::writes(sp2, WORD_OF_SP2, BY_SP2);
        lending::reads(sp2, "reads what SP1 wrote", SHARED_PAGE, BY_SP1);
    });
    stage.alone("SP1 gives it back", SP1, lending::relinquishes_well);
    stage.alone("SP2 has it still", NWD, |nwd| {
        lending::reads(nwd, "reads what SP1 wrote", SHARED_PAGE, BY_SP1);
        lending::reads(nwd, "reads what SP2 wrote", WORD_OF_SP2, BY_SP2);
        lending::reclaims(nwd, "reclaims what SP2 has", HANDLE, 0).expect_error(DENIED).shows("reclaim.4");
    });
    stage.alone("SP2 gives it back", SP2, lending::relinquishes_well);
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}

/// Three ranges in one share: SP1 reaches their pages, and no page between or behind them.
pub fn many_pages(stage: &mut Stage) {
    let page = |index: u64| SHARED_PAGE + index * PAGE;
    let share = Transaction::share(&[SP1], &[(page(0), 1), (page(2), 2), (page(5), 3)]);
    let size = share.bytes().len() as u64;
    let written = [(0, 0xA0), (3, 0xA3), (7, 0xA7)];
    lending::introduction(stage);
    stage.alone("The normal world shares six pages in three ranges", NWD, |nwd| {
        lending::shares_well(nwd, "shares pages 0, 2 to 3, 5 to 7", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1 writes into each range and reads beside them", HANDLE, SP1, |sp1| {
        lending::retrieves(sp1, "retrieves the pages", &Transaction::retrieve(&[SP1]))
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .expect(1, size);
        lending::releases_rx(sp1);
        for (index, value) in written {
            lending::writes(sp1, page(index), value);
        }
        for index in [1, 4, 8] {
            sp1.maps(Space::NonSecure, page(index));
            sp1.attempts(&format!("reads page {index}, which is not shared"), Access::Read, page(index))
                .expect_all([1, READ_ABORT, page(index)]);
        }
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the pages back", NWD, |nwd| {
        for (index, value) in written {
            lending::reads(nwd, &format!("reads page {index}"), page(index), value);
        }
        lending::reclaims(nwd, "takes the pages back", HANDLE, 0).expect_success();
    });
}
