//! Memory that one core shares, and others work with.

use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{SHARED_PAGE, SIGNALS};
use crate::program::{Arg, args};
use crate::steps::descriptor::Transaction;
use crate::steps::lending::{self, HANDLE};

/// Where the cores of the normal world hand each other the handle.
const HANDLE_OF_ALL: u64 = SIGNALS + 0x800;

const BEFORE: u64 = 0x0B0B_0B0B;
const WRITTEN: u32 = 0xCAFE_FACE;

/// Core 0 shares a page with SP1, which retrieves it on core 1 and gives it back on core 3; core 2 gets it back then,
/// and not before.
pub fn shared_across(stage: &mut Stage) {
    lending::introduction(stage);
    stage.begin("Core 0 shares a page with SP1");
    let shared = stage.signal("the page is shared");
    let nwd = stage.nwd(0);
    nwd.places(&BEFORE.to_le_bytes(), SHARED_PAGE);
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    lending::shares_well(nwd, "shares the page", &share, HANDLE);
    nwd.stores(HANDLE, HANDLE_OF_ALL);
    nwd.signals(&shared);

    stage.begin("On core 1, SP1 borrows it");
    let borrowed = stage.signal("SP1 borrows the page");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("gets the handle", NWD).handle(3);
    sp1.keeps(HANDLE, 3);
    lending::retrieves_well(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]));
    lending::writes(sp1, SHARED_PAGE, WRITTEN);
    sp1.answers("has it", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&shared);
    nwd.loads(HANDLE, HANDLE_OF_ALL);
    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)]).expect_response(SP1, NWD);
    nwd.signals(&borrowed);

    stage.begin("Core 2 may not take it back");
    let refused = stage.signal("core 2 was refused");
    let nwd = stage.nwd(2);
    nwd.waits_for(&borrowed);
    nwd.loads(HANDLE, HANDLE_OF_ALL);
    lending::reclaims(nwd, "takes the page back too early", HANDLE, 0).expect_error(ffa::DENIED);
    nwd.signals(&refused);

    stage.begin("On core 3, SP1 gives it back");
    let given_back = stage.signal("SP1 has given the page back");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked to give it back", NWD);
    lending::relinquishes_well(sp1);
    sp1.answers("has given it back", NWD, args![]);
    let nwd = stage.nwd(3);
    nwd.waits_for(&refused);
    nwd.asks("asks SP1 to give it back", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&given_back);

    stage.begin("Core 2 takes it back");
    let nwd = stage.nwd(2);
    nwd.waits_for(&given_back);
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    lending::reads(nwd, "reads its page", SHARED_PAGE, WRITTEN);
}
