//! Timers of partitions: who is told of one, and when.

#[allow(dead_code, reason = "each test file uses a part")]
mod stage;

use stage::*;

const ENABLE: u64 = 0xff03;
const GET: u64 = 0xff04;
/// The interrupt of a partition's timers.
const TIMER: u64 = 3;

/// CNTP_CTL_EL0 and CNTP_CVAL_EL0 by their op2.
const CONTROL: u64 = 1;
const COMPARE: u64 = 2;

/// When SP1's timer is due, and when nobody can miss that any more.
const DUE: u64 = 1000;
const LATE: u64 = DUE + (1 << 17);

/// The word that names sender and receiver.
const fn pair(sender: u16, receiver: u16) -> u64 {
    (sender as u64) << 16 | receiver as u64
}

/// SP1 works for the normal world, wants its timer's interrupt, and armed it.
fn sp1_arms(stage: &Stage) {
    stage.calls(0, &[REQUEST, pair(0, SP1)]);
    stage.enters(0, SP1, &[REQUEST, pair(0, SP1)]);
    stage.exits_by_hvc(0, SP1, &[ENABLE, TIMER, 1]);
    stage.enters(0, SP1, &[0, TIMER, 1]);
    for (register, value) in [(COMPARE, DUE), (CONTROL, 1)] {
        stage.writes_timer(0, SP1, register, value);
        stage.enters(0, SP1, &[value]);
    }
}

/// SP1 answers with its timer armed.
fn sp1_waits(stage: &Stage) {
    sp1_arms(stage);
    stage.exits(0, SP1, &[RESPONSE, pair(SP1, 0)]);
    stage.answers(0, &[RESPONSE, pair(SP1, 0)]);
}

/// SP1 is told of its timer while the normal world runs, and handles it.
fn sp1_handles(stage: &Stage) {
    stage.calls(0, &[INTERRUPT]);
    stage.asserts.set(true);
    stage.enters(0, SP1, &[INTERRUPT, 0, TIMER]);
    stage.exits_by_hvc(0, SP1, &[GET]);
    stage.asserts.set(false);
    stage.enters(0, SP1, &[TIMER]);
    stage.writes_timer(0, SP1, CONTROL, 0);
    stage.enters(0, SP1, &[0]);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
}

#[test]
fn a_partition_that_waits_is_told_of_its_timer_when_it_is_due() {
    let stage = Stage::new();
    sp1_waits(&stage);
    stage.now.set(DUE);
    sp1_handles(&stage);
    stage.now.set(LATE);
    stage.calls(0, &[INTERRUPT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_partition_that_is_told_too_early_is_found() {
    let stage = Stage::new();
    sp1_waits(&stage);
    stage.now.set(DUE - 1);
    sp1_handles(&stage);
    stage.assert_found("SP1 (0x8001) is told of its timer, which is not due");
}

#[test]
fn a_partition_that_armed_nothing_and_finds_its_timers_interrupt_is_found() {
    let stage = Stage::new();
    stage.calls(0, &[REQUEST, pair(0, SP2)]);
    stage.enters(0, SP2, &[REQUEST, pair(0, SP2)]);
    stage.exits_by_hvc(0, SP2, &[GET]);
    stage.enters(0, SP2, &[TIMER]);
    stage.assert_found("SP2 (0x8002) is told of its timer, which is not due");
}

#[test]
fn a_partition_that_waits_in_vain_for_its_timer_is_found() {
    let stage = Stage::new();
    sp1_waits(&stage);
    stage.now.set(LATE);
    stage.calls(0, &[INTERRUPT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
    stage.assert_found("the normal world runs while SP1 (0x8001) waits, and its timer is due");
}

#[test]
fn a_partition_that_runs_on_behind_its_timer_is_found() {
    let stage = Stage::new();
    sp1_arms(&stage);
    stage.now.set(LATE);
    stage.exits(0, SP1, &[RESPONSE, pair(SP1, 0)]);
    stage.assert_found("SP1 (0x8001) ran for more than 65536 instructions after its timer was due");
}

#[test]
fn a_partition_that_goes_on_without_its_timers_interrupt_is_found() {
    let stage = Stage::new();
    sp1_arms(&stage);
    stage.now.set(DUE);
    stage.is_interrupted_securely(0, SP1, &[1]);
    stage.now.set(LATE);
    stage.enters(0, SP1, &[1]);
    stage.assert_found("SP1 (0x8001) goes on without an interrupt, and its timer is due");
}
