//! Partitions that abort, and those that go on.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::machine::layout::{self, SHARED_PAGE};
use crate::program::frame::Slot;
use crate::program::{Arg, Program, Role, Site, args};

/// SP1 says at its start that it cannot go on; SP2 begins all the same: rule `abort.1`.
pub fn fails_by_error(stage: &mut Stage) {
    fails(stage, "SP1 cannot initialise itself and says so", |sp1| {
        sp1.call("reports an error that is no end", args![ffa::ERROR, 0, ffa::DENIED])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("abort.9");
        sp1.call("aborts by a call of a later version", args![ffa::ABORT])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("abort.11");
        sp1.aborts_by("says that it aborts", args![ffa::ERROR, 0, ffa::ABORTED]).shows("abort.1");
    });
}

/// The same by FFA_ABORT, which a partition has that was written for 1.3: rule `abort.2`.
pub fn fails_by_abort(stage: &mut Stage) {
    fails(stage, "SP1, written for 1.3, cannot initialise itself and says so", |sp1| {
        sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
        sp1.call("asks for its version", args![ffa::VERSION, ffa::VERSION_1_3])
            .expect(0, ffa::VERSION_1_3)
            .shows("version.3");
        sp1.call("reports an error as before 1.3", args![ffa::ERROR, 0, ffa::ABORTED])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("abort.10");
        sp1.call("aborts with something in w1", args![ffa::ABORT, 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("abort.8");
        sp1.call("aborts with a word too much", args![ffa::ABORT, 0, 0, 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("abort.17");
        sp1.aborts_by("aborts", args![ffa::ABORT, 0, 42]).shows("abort.2");
    });
}

/// The same by a fault: SP1 reads what is not its own, and has no vectors. Rule `abort.3`.
pub fn fails_by_fault(stage: &mut Stage) {
    fails(stage, "SP1 takes an abort without vectors", |sp1| {
        sp1.aborts_by_fault("makes a page of the monitor its vectors, and reads it", layout::MONITOR.0)
            .shows("abort.3");
    });
}

/// The same by silence: SP1 goes on for ever, and has a millisecond.
pub fn fails_by_silence(stage: &mut Stage) {
    fails(stage, "SP1 never says that it is ready", |sp1| {
        sp1.extras.init_timeout = Some(1);
        sp1.call("asks who it is", args![ffa::ID_GET]).expect_success();
        sp1.never_answers();
    });
}

/// SP2 asks SP1 while it initialises itself, and SP1 never answers: both abort, and SP3 begins.
pub fn waits_in_vain(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP2, which initialises itself, asks SP1, and SP1 never answers");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    sp1.initialise();
    sp1.is_asked("is asked by SP2", SP2);
    sp1.never_answers();
    sp2.extras.init_timeout = Some(1);
    sp2.asks("asks SP1", SP1, args![]).times(0);
    sp2.aborts();
    sp3.initialise();
    sp3.is_asked("is asked", NWD).expect(3, 1);
    for role in [SP1, SP2] {
        asked_in_vain(sp3, role, ffa::ABORTED);
    }
    sp3.answers("answers", NWD, args![3]);
    for (role, rule) in [(SP1, "watch.3"), (SP2, "watch.1")] {
        asks_in_vain(nwd, role, ffa::ABORTED).shows(rule);
        runs_in_vain(nwd, role, ffa::ABORTED);
    }
    nwd.asks("asks SP3", SP3, args![1]).expect_response(SP3, NWD).expect(3, 3);
}

/// SP2 spends its time, and has SP1 work for it when it is over: SP1 answers, and only SP2 aborts.
pub fn is_late(stage: &mut Stage) {
    /// Rounds of five instructions, of which a millisecond has at most 200,000 in all.
    const ROUNDS: u64 = 250_000;
    let (nwd, partitions) = stage.begin("SP2 is late, and SP1 works for it then");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.initialise();
    sp1.is_asked("is asked by SP2", SP2);
    sp1.computes(Slot::free(3), ROUNDS);
    sp1.answers("answers", SP2, args![]);
    sp2.extras.init_timeout = Some(1);
    sp2.asks("asks SP1", SP1, args![]).times(0).shows("watch.2");
    sp2.aborts();
    sp1.is_asked("is asked", NWD).expect(3, 1);
    asked_in_vain(sp1, SP2, ffa::ABORTED);
    sp1.answers("answers", NWD, args![2]);
    asked_in_vain(nwd, SP2, ffa::ABORTED);
    nwd.asks("asks SP1", SP1, args![1]).expect_response(SP1, NWD).expect(3, 2);
}

/// SP1 has a millisecond, is ready in time, and works for longer later: no limit holds then.
pub fn works_later(stage: &mut Stage) {
    /// Rounds of five instructions, of which a millisecond has at most 200,000 in all.
    const ROUNDS: u64 = 300_000;
    let (nwd, partitions) = stage.begin("SP1 was ready in time, and works for longer than that");
    let [sp1] = partitions else { panic!("one partition plays") };
    sp1.extras.init_timeout = Some(1);
    sp1.initialise();
    sp1.is_asked("is asked", NWD);
    sp1.computes(Slot::free(3), ROUNDS);
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD).shows("watch.4");
}

/// SP1's start fails by what `fail` does; SP2 begins and answers, and everybody is told of SP1.
fn fails(stage: &mut Stage, title: &'static str, fail: impl FnOnce(&mut Program)) {
    let (nwd, partitions) = stage.begin(title);
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    fail(sp1);
    sp2.initialise();
    sp2.is_asked("is asked", NWD).expect(3, 1);
    asked_in_vain(sp2, SP1, ffa::ABORTED);
    sp2.answers("answers", NWD, args![2]);
    asked_in_vain(nwd, SP1, ffa::ABORTED);
    nwd.asks("asks SP2", SP2, args![1]).expect_response(SP2, NWD).expect(3, 2);
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, 2);
}

/// Whoever asks or runs `role` is refused with `code`.
fn asked_in_vain(caller: &mut Program, role: Role, code: u64) {
    asks_in_vain(caller, role, code);
    runs_in_vain(caller, role, code);
}

fn asks_in_vain(caller: &mut Program, role: Role, code: u64) -> &mut Site {
    let rule = if code == ffa::ABORTED { "abort.5" } else { "abort.14" };
    let label = format!("asks {}, which has aborted", role.name());
    caller.asks(&label, role, args![]).expect_error(code).shows(rule)
}

fn runs_in_vain(caller: &mut Program, role: Role, code: u64) {
    let rule = if code == ffa::ABORTED { "abort.13" } else { "abort.15" };
    let target = ffa::target(role.endpoint(), 0);
    caller.call(&format!("runs {}", role.name()), args![ffa::RUN, target]).expect_error(code).shows(rule);
}

/// SP1 aborts in the middle of its work for SP2, once by a call and once, in another scenario, by a fault: rule
/// `abort.4`.
pub fn aborts_at_work(stage: &mut Stage) {
    at_work(stage, |sp1| {
        sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
        sp1.aborts_by("aborts", args![ffa::ABORT]);
    });
}

/// The same by a fault.
pub fn faults_at_work(stage: &mut Stage) {
    at_work(stage, |sp1| {
        sp1.aborts_by_fault("makes a page of the monitor its vectors, and reads it", layout::MONITOR.0);
    });
}

fn at_work(stage: &mut Stage, abort: impl FnOnce(&mut Program)) {
    let (nwd, partitions) = stage.begin("SP1 aborts while SP2 waits for it");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is asked", NWD).expect(3, 1);
    sp1.is_asked("is asked by SP2", SP2);
    abort(sp1);
    sp2.asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED).shows("abort.4");
    asked_in_vain(sp2, SP1, ffa::ABORTED);
    sp2.answers("answers", NWD, args![2]);
    nwd.asks("asks SP2", SP2, args![1]).expect_response(SP2, NWD).expect(3, 2);
    asked_in_vain(nwd, SP1, ffa::ABORTED);
}

/// SP1's manifest has it destroyed when it aborts: then it is as if it had never been there. Rule `abort.5`.
pub fn destroyed(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1 aborts while it runs, and is destroyed");
    let sp1 = &mut partitions[0];
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    sp1.extras.set("abort-action", 1u32);
    sp1.is_run("is run");
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    let sp1_itself = ffa::target(Role::Partition(1).endpoint(), 0);
    nwd.call("runs SP1, which aborts", args![ffa::RUN, sp1_itself])
        .expect_error(ffa::ABORTED)
        .shows("abort.12");
    asked_in_vain(nwd, SP1, ffa::INVALID_PARAMETERS);
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, 1)
        .shows("abort.16");
}

/// SP1 aborts while it has borrowed a page: the normal world gets that back. Rule `abort.6`.
pub fn aborts_as_borrower(stage: &mut Stage) {
    lending::introduction(stage);
    let (nwd, partitions) = stage.begin("SP1 borrows a page and aborts");
    let sp1 = &mut partitions[0];
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    lending::shares_well(nwd, "shares a page with SP1", &share, HANDLE);
    sp1.is_asked("gets the handle", NWD).handle(3);
    sp1.keeps(HANDLE, 3);
    lending::retrieves(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]))
        .expect(0, ffa::MEM_RETRIEVE_RESP);
    sp1.aborts_by("aborts", args![ffa::ABORT]).shows("abort.2");
    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)])
        .expect_error(ffa::ABORTED)
        .shows("abort.4");
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success().shows("abort.6");
    lending::shares_well(
        nwd,
        "shares the page with SP2",
        &Transaction::share(&[SP2], &[(SHARED_PAGE, 1)]),
        HANDLE,
    );
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
}
