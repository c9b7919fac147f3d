//! Memory that one core shares, and others work with.

use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{PAGE, SHARED_PAGE, SIGNALS};
use crate::program::{Access, Arg, Program, Role, Signal, args};
use crate::steps::descriptor::Transaction;
use crate::steps::lending::{self, HANDLE};
use crate::steps::sharing::WRITE_ABORT;

const BEFORE: u64 = 0x0B0B_0B0B;
const WRITTEN: u32 = 0xCAFE_FACE;
const TOO_LATE: u32 = 0xDEAD_0BAD;

/// Where the cores of the normal world hand each other the handle of the page number `index`.
const fn handle_of(index: u64) -> u64 {
    SIGNALS + 0x800 + 8 * index
}

/// Core 0 shares the page number `index` with `role`, and all cores may know the handle.
fn shares(nwd: &mut Program, role: Role, index: u64) {
    let page = SHARED_PAGE + index * PAGE;
    nwd.places(&BEFORE.to_le_bytes(), page);
    let share = Transaction::share(&[role], &[(page, 1)]);
    lending::shares_well(nwd, &format!("shares a page with {}", role.name()), &share, HANDLE);
    nwd.stores(HANDLE, handle_of(index));
}

/// The normal world hands `role` the handle of the page number `index`.
fn hands_over(nwd: &mut Program, role: Role, index: u64) {
    nwd.loads(HANDLE, handle_of(index));
    let label = format!("hands {} the handle", role.name());
    nwd.asks(&label, role, args![Arg::Handle(HANDLE)]).expect_response(role, NWD);
}

/// A partition is asked, and gets a handle.
fn gets_handle(sp: &mut Program) {
    sp.is_asked("gets the handle", NWD).handle(3);
    sp.keeps(HANDLE, 3);
}

/// A partition retrieves what it got the handle of.
fn retrieves(sp: &mut Program) {
    let request = Transaction::retrieve(&[sp.role()]);
    lending::retrieves_well(sp, "retrieves the page", &request);
}

/// A partition writes `page`, which is not its any more.
fn writes_too_late(sp: &mut Program, page: u64) {
    sp.attempts("writes the page after RELINQUISH", Access::Write(TOO_LATE), page)
        .expect_all([1, WRITE_ABORT, page])
        .shows("relinquish.7");
}

/// Core 0 shares a page with SP1, which retrieves it on core 1 and gives it back on core 3; core 2 gets it back then,
/// and not before.
pub fn shared_across(stage: &mut Stage) {
    lending::introduction(stage);
    stage.begin("Core 0 shares a page with SP1");
    let shared = stage.signal("the page is shared");
    let nwd = stage.nwd(0);
    shares(nwd, SP1, 0);
    nwd.signals(&shared);

    stage.begin("On core 1, SP1 borrows it");
    let borrowed = stage.signal("SP1 borrows the page");
    let sp1 = stage.sp(SP1);
    gets_handle(sp1);
    retrieves(sp1);
    lending::writes(sp1, SHARED_PAGE, WRITTEN);
    sp1.answers("has it", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&shared);
    hands_over(nwd, SP1, 0);
    nwd.signals(&borrowed);

    stage.begin("Core 2 may not take it back");
    let refused = stage.signal("core 2 was refused");
    let nwd = stage.nwd(2);
    nwd.waits_for(&borrowed);
    nwd.loads(HANDLE, handle_of(0));
    lending::reclaims(nwd, "takes the page back too early", HANDLE, 0).expect_error(ffa::DENIED);
    nwd.signals(&refused);

    stage.begin("On core 3, SP1 gives it back");
    let given_back = stage.signal("SP1 has given the page back");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked to give it back", NWD);
    lending::relinquishes_well(sp1);
    writes_too_late(sp1, SHARED_PAGE);
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

/// Each core works with a page and a partition of its own, all at once: retrieve, write, relinquish, reclaim.
pub fn shared_at_once(stage: &mut Stage) {
    lending::introduction(stage);
    let shared = stage.signal("the pages are shared");
    stage.begin("Core 0 shares a page with each partition");
    let partition = |core: u16| Role::Partition(core + 1);
    for core in 0..stage.cores {
        shares(stage.nwd(0), partition(core), core.into());
    }
    stage.nwd(0).signals(&shared);

    stage.begin("All partitions borrow their pages and give them back, at once");
    let cores = 0..stage.cores;
    let here: Vec<Signal> = cores.clone().map(|core| stage.signal(format!("core {core} is here"))).collect();
    for core in cores {
        let (role, page) = (partition(core), SHARED_PAGE + u64::from(core) * PAGE);
        let sp = stage.sp(role);
        gets_handle(sp);
        retrieves(sp);
        lending::writes(sp, page, WRITTEN);
        lending::relinquishes_well(sp);
        writes_too_late(sp, page);
        sp.answers("has given it back", NWD, args![]);

        let nwd = stage.nwd(core);
        if core > 0 {
            nwd.waits_for(&shared);
        }
        nwd.meets("meets the other cores", &here[usize::from(core)], &here);
        hands_over(nwd, role, core.into());
        lending::reads(nwd, "reads the page", page, WRITTEN);
        // A reclaim on an odd core has the page zeroed.
        let zero = u64::from(core % 2);
        lending::reclaims(nwd, "takes the page back", HANDLE, zero).expect_success();
        lending::reads(nwd, "reads it again", page, if zero == 0 { WRITTEN } else { 0 });
    }
}

/// Both virtual CPUs of SP1 use a page that the first one retrieved; when the second one has given it back, the first
/// does not reach it either.
pub fn unmapped_everywhere(stage: &mut Stage) {
    lending::introduction(stage);
    stage.begin("Core 0 shares a page with SP1, whose vCPU 0 retrieves and writes it");
    let written = stage.signal("vCPU 0 has written the page");
    let vcpu = stage.vcpu(SP1, 0);
    gets_handle(vcpu);
    retrieves(vcpu);
    lending::writes(vcpu, SHARED_PAGE, WRITTEN);
    vcpu.answers("has it", NWD, args![]);
    let nwd = stage.nwd(0);
    shares(nwd, SP1, 0);
    hands_over(nwd, SP1, 0);
    nwd.signals(&written);

    stage.begin("vCPU 1 reads it, and gives it back");
    let given_back = stage.signal("vCPU 1 has given the page back");
    let vcpu = stage.vcpu(SP1, 1);
    gets_handle(vcpu);
    vcpu.maps(crate::program::Space::NonSecure, SHARED_PAGE);
    lending::reads(vcpu, "reads what vCPU 0 wrote", SHARED_PAGE, WRITTEN);
    lending::relinquishes_well(vcpu);
    vcpu.answers("has given it back", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&written);
    hands_over(nwd, SP1, 0);
    nwd.signals(&given_back);

    stage.begin("Nor does vCPU 0 reach it any more");
    let vcpu = stage.vcpu(SP1, 0);
    vcpu.is_asked("is asked", NWD);
    writes_too_late(vcpu, SHARED_PAGE);
    vcpu.answers("answers", NWD, args![]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&given_back);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    lending::reads(nwd, "reads its page", SHARED_PAGE, WRITTEN);
}
