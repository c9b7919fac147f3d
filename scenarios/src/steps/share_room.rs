//! Shares for which there is no room.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa::{self, NO_MEMORY};
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::program::args;

/// Transactions that can live at once.
const TRANSACTIONS: u64 = 32;
/// Runs of pages that one can have.
const RUNS: u64 = 32;
/// Pages that one can have.
const PAGES: u32 = 65_536;

/// Page number `index` of those that are shared, none beside another.
const fn page(index: u64) -> (u64, u32) {
    (SHARED_PAGE + 2 * index * PAGE, 1)
}

/// More in one transaction than there is room for, and then more transactions.
pub fn room_for_shares(stage: &mut Stage) {
    stage.alone("The normal world shares too much at once", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        let larger = args![ffa::RXTX_MAP_64, SHARED_PAGE, SHARED_PAGE + 2 * PAGE, 2];
        nwd.call("gives the SPMC buffers of two pages", larger).expect_success();
        nwd.call("sends more than a page", args![ffa::MEM_SHARE, PAGE + 16, PAGE + 16])
            .expect_error(NO_MEMORY)
            .shows("memory.26");
        nwd.call("unmaps them", args![ffa::RXTX_UNMAP]).expect_success();
        lending::names_buffers(nwd);
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, PAGES + 1)]);
        lending::shares(nwd, "shares one page too many", &share.bytes())
            .expect_error(NO_MEMORY)
            .shows("share.5");
        let runs: Vec<_> = (0..=RUNS).map(page).collect();
        let share = Transaction::share(&[SP1], &runs);
        lending::shares(nwd, "shares one run of pages too many", &share.bytes())
            .expect_error(NO_MEMORY)
            .shows("share.8");
        lending::shares_well(nwd, "shares one less", &Transaction::share(&[SP1], &runs[1..]), HANDLE);
        lending::reclaims(nwd, "takes them back", HANDLE, 0).expect_success();
    });
    stage.alone("The normal world shares one page after the other", NWD, |nwd| {
        let share = |index| Transaction::share(&[SP1], &[page(index)]);
        for index in 0..TRANSACTIONS {
            lending::shares_well(nwd, "shares a page", &share(index), HANDLE);
        }
        lending::shares(nwd, "shares one too many", &share(TRANSACTIONS).bytes())
            .expect_error(NO_MEMORY)
            .shows("share.9");
        lending::reclaims(nwd, "takes the last one back", HANDLE, 0).expect_success();
        lending::shares_well(nwd, "shares the other now", &share(TRANSACTIONS), HANDLE);
    });
}
