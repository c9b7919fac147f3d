//! Partitions that abort, and those that go on.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout;
use crate::program::{Program, Role, args};

/// SP1 says at its start that it cannot go on; SP2 begins all the same: rule `abort.1`.
pub fn fails_by_error(stage: &mut Stage) {
    fails(stage, "SP1 cannot initialise itself and says so", |sp1| {
        sp1.call("reports an error that is no end", args![ffa::ERROR, 0, ffa::DENIED])
            .expect_error(ffa::NOT_SUPPORTED);
        sp1.call("aborts by a call of a later version", args![ffa::ABORT]).expect_error(ffa::NOT_SUPPORTED);
        sp1.aborts_by("says that it aborts", args![ffa::ERROR, 0, ffa::ABORTED]);
    });
}

/// The same by FFA_ABORT, which a partition has that was written for 1.3: rule `abort.2`.
pub fn fails_by_abort(stage: &mut Stage) {
    fails(stage, "SP1, written for 1.3, cannot initialise itself and says so", |sp1| {
        sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
        sp1.call("asks for its version", args![ffa::VERSION, ffa::VERSION_1_3]).expect(0, ffa::VERSION_1_3);
        sp1.call("reports an error as before 1.3", args![ffa::ERROR, 0, ffa::ABORTED])
            .expect_error(ffa::NOT_SUPPORTED);
        sp1.call("aborts with a word too much", args![ffa::ABORT, 0, 0, 1])
            .expect_error(ffa::INVALID_PARAMETERS);
        sp1.aborts_by("aborts", args![ffa::ABORT, 0, 42]);
    });
}

/// The same by a fault: SP1 reads what is not its own, and has no vectors. Rule `abort.3`.
pub fn fails_by_fault(stage: &mut Stage) {
    fails(stage, "SP1 takes an abort without vectors", |sp1| {
        sp1.aborts_by_fault("makes a page of the monitor its vectors, and reads it", layout::MONITOR.0);
    });
}

/// SP1's start fails by what `fail` does; SP2 begins and answers, and everybody is told of SP1.
fn fails(stage: &mut Stage, title: &'static str, fail: impl FnOnce(&mut Program)) {
    let (nwd, partitions) = stage.begin(title);
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    fail(sp1);
    sp2.initialise();
    sp2.is_asked("is asked", NWD).expect(3, 1);
    asked_in_vain(sp2, ffa::ABORTED);
    sp2.answers("answers", NWD, args![2]);
    asked_in_vain(nwd, ffa::ABORTED);
    nwd.asks("asks SP2", SP2, args![1]).expect_response(SP2, NWD).expect(3, 2);
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, 2);
}

/// Whoever asks or runs SP1 is refused with `code`: rule `abort.5`.
fn asked_in_vain(caller: &mut Program, code: u64) {
    caller.asks("asks SP1, which has aborted", SP1, args![]).expect_error(code);
    caller.call("runs SP1", args![ffa::RUN, ffa::target(SP1.endpoint(), 0)]).expect_error(code);
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
    sp2.asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED);
    asked_in_vain(sp2, ffa::ABORTED);
    sp2.answers("answers", NWD, args![2]);
    nwd.asks("asks SP2", SP2, args![1]).expect_response(SP2, NWD).expect(3, 2);
    asked_in_vain(nwd, ffa::ABORTED);
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
    nwd.call("runs SP1, which aborts", args![ffa::RUN, sp1_itself]).expect_error(ffa::ABORTED);
    asked_in_vain(nwd, ffa::INVALID_PARAMETERS);
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, 1);
}
