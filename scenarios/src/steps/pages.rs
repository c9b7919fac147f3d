//! Pages across shares: zeroed, shared again, and never there in the secure space.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::program::frame::Slot;
use crate::program::{Access, Space};

const BEFORE: u32 = 0x0B0B_0B0B;
const BY_SP1: u32 = 0x1111_FACE;
const BY_SP2: u32 = 0x2222_FACE;
const OTHER: Slot = Slot::free(2);

/// ESR_EL1 of a data abort (EC 0x25, IL) at a load: translation fault, at a level that these bits tell.
const TRANSLATION_ABORT: u64 = 0x25 << 26 | 1 << 25 | 0b00_0100;
const LEVEL: u64 = 0b11;

/// The owner has the page zeroed when it takes it back.
pub fn reclaim_zero(stage: &mut Stage) {
    const ZERO: u64 = 1;
    const LAST: u64 = SHARED_PAGE + PAGE - 8;
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1", NWD, |nwd| {
        nwd.places(&u64::from(BEFORE).to_le_bytes(), LAST);
        nwd.places(&u64::from(BEFORE).to_le_bytes(), LAST + 8);
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1 writes it", HANDLE, SP1, |sp1| {
        lending::retrieves_well(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]));
        lending::writes(sp1, SHARED_PAGE, BY_SP1);
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the page back, zeroed", NWD, |nwd| {
        lending::reads(nwd, "reads its page", SHARED_PAGE, BY_SP1);
        lending::reclaims(nwd, "takes the page back, zeroed", HANDLE, ZERO).expect_success();
        lending::reads(nwd, "reads the page's first word", SHARED_PAGE, 0).shows("reclaim.5");
        lending::reads(nwd, "reads the page's end", LAST, 0);
        lending::reads(nwd, "reads the page behind it", LAST + 8, BEFORE);
    });
}

/// A page of the normal world has no secure twin: SP1 reaches it by a non-secure mapping only.
pub fn secure_alias(stage: &mut Stage) {
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1", NWD, |nwd| {
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1 maps it in either space", HANDLE, SP1, |sp1| {
        lending::retrieves_well(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]));
        sp1.maps(Space::Secure, SHARED_PAGE);
        sp1.attempts("reads it, mapped secure", Access::Read, SHARED_PAGE)
            .expect(0, 1)
            .expect_bits(1, !LEVEL, TRANSLATION_ABORT)
            .expect(2, SHARED_PAGE);
        sp1.unmaps(SHARED_PAGE);
        lending::writes(sp1, SHARED_PAGE, BY_SP1);
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reads(nwd, "reads its page", SHARED_PAGE, BY_SP1);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}

/// Two shares live at once and end in the other order; a page that was taken back is shared again.
pub fn share_again(stage: &mut Stage) {
    let share = |role, page| Transaction::share(&[role], &[(page, 1)]);
    lending::introduction(stage);
    stage.alone("The normal world shares one page with SP1, one with SP2", NWD, |nwd| {
        lending::shares_well(nwd, "shares the first page with SP1", &share(SP1, SHARED_PAGE), HANDLE);
        lending::shares_well(nwd, "shares the second page with SP2", &share(SP2, SHARED_PAGE + PAGE), OTHER);
    });
    lending::hands_over(stage, "SP2 writes its page", OTHER, SP2, |sp2| {
        lending::retrieves_well(sp2, "retrieves its page", &Transaction::retrieve(&[SP2]));
        lending::writes(sp2, SHARED_PAGE + PAGE, BY_SP2);
        lending::relinquishes_well(sp2);
    });
    stage.alone("The normal world takes the first back and shares it with SP2", NWD, |nwd| {
        lending::reclaims(nwd, "takes the first page back", HANDLE, 0).expect_success();
        lending::shares_well(nwd, "shares it with SP2", &share(SP2, SHARED_PAGE), HANDLE);
    });
    lending::hands_over(stage, "SP2 writes the first page", HANDLE, SP2, |sp2| {
        lending::retrieves_well(sp2, "retrieves the first page", &Transaction::retrieve(&[SP2]));
        lending::writes(sp2, SHARED_PAGE, BY_SP1);
        lending::relinquishes_well(sp2);
    });
    stage.alone("The normal world takes both back", NWD, |nwd| {
        lending::reads(nwd, "reads the first page", SHARED_PAGE, BY_SP1);
        lending::reads(nwd, "reads the second page", SHARED_PAGE + PAGE, BY_SP2);
        lending::reclaims(nwd, "takes the second page back", OTHER, 0).expect_success();
        lending::reclaims(nwd, "takes the first page back", HANDLE, 0).expect_success();
    });
}
