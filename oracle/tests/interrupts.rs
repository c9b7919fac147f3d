//! Secure interrupts: who gets the core for one, and what goes on afterwards.

#[allow(dead_code, reason = "each test file uses a part")]
mod stage;

use stage::*;

const ERROR: u64 = 0x8400_0060;
const ABORT: u64 = 0x8400_0090;
const ABORTED: u64 = 0xffff_fff8;

/// The word that names sender and receiver.
const fn pair(sender: u16, receiver: u16) -> u64 {
    (sender as u64) << 16 | receiver as u64
}

/// The word that names the first virtual CPU of a partition.
const fn target(id: u16) -> u64 {
    (id as u64) << 16
}

/// x0 to x9 of a partition that computes, with 7 in x9.
const WORK: [u64; 10] = [1, 2, 0, 0, 0, 0, 0, 0, 0, 7];

/// The normal world asks SP2, which computes.
fn sp2_works(stage: &Stage) {
    stage.calls(0, &[REQUEST, pair(0, SP2)]);
    stage.enters(0, SP2, &[REQUEST, pair(0, SP2)]);
}

/// SP1 is told of its device's interrupt.
fn sp1_handles(stage: &Stage) {
    stage.enters(0, SP1, &[INTERRUPT, 0, DEVICE]);
}

/// SP1 is, while the normal world runs.
fn sp1_handles_first(stage: &Stage) {
    stage.calls(0, &[INTERRUPT]);
    sp1_handles(stage);
}

/// SP1 is, while SP2 works.
fn sp1_interrupts_sp2(stage: &Stage) {
    sp2_works(stage);
    stage.is_interrupted_securely(0, SP2, &WORK);
    sp1_handles(stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
}

#[test]
fn a_partition_that_waits_handles_its_interrupt_and_the_normal_world_goes_on() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_normal_world_that_goes_on_otherwise_after_an_interrupt_is_found() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[MSG_WAIT, target(SP1)]);
    stage.assert_found("was answered with FFA_MSG_WAIT, which is no answer to it");
}

#[test]
fn an_interrupted_partition_goes_on_as_it_was() {
    let stage = Stage::new();
    sp1_interrupts_sp2(&stage);
    stage.enters(0, SP2, &WORK);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, 0)]);
    stage.answers(0, &[RESPONSE, pair(SP2, 0)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn an_interrupted_partition_that_lost_a_register_is_found() {
    let stage = Stage::new();
    sp1_interrupts_sp2(&stage);
    stage.enters(0, SP2, &WORK[..9]);
    stage.assert_found("SP2 (0x8002) goes on with x9 = 0x0, and left it as 0x7");
}

#[test]
fn another_that_goes_on_instead_of_the_interrupted_one_is_found() {
    let stage = Stage::new();
    sp1_interrupts_sp2(&stage);
    stage.answers(0, &[MSG_WAIT, target(SP1)]);
    stage.assert_found("the normal world runs after an interrupt took the core from SP2 (0x8002)");
}

/// SP2 answers 5, and SP1 handles an interrupt before the answer arrives.
fn sp1_handles_before_an_answer(stage: &Stage) {
    sp2_works(stage);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, 0), 0, 5]);
    sp1_handles(stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
}

#[test]
fn an_answer_that_waited_for_an_interrupt_arrives_as_it_was_sent() {
    let stage = Stage::new();
    sp1_handles_before_an_answer(&stage);
    stage.answers(0, &[RESPONSE, pair(SP2, 0), 0, 5]);
    sp2_works(&stage);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn an_answer_that_an_interrupt_changed_is_found() {
    let stage = Stage::new();
    sp1_handles_before_an_answer(&stage);
    stage.answers(0, &[RESPONSE, pair(SP2, 0), 0, 6]);
    stage.assert_found(
        "the normal world gets x3 = 0x6 after FFA_MSG_SEND_DIRECT_RESP by SP2 (0x8002), who sent 0x5",
    );
}

#[test]
fn a_handler_may_ask_who_has_answered() {
    let stage = Stage::new();
    sp2_works(&stage);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, 0), 0, 5]);
    sp1_handles(&stage);
    stage.exits(0, SP1, &[REQUEST, pair(SP1, SP2)]);
    stage.enters(0, SP2, &[REQUEST, pair(SP1, SP2)]);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, SP1)]);
    stage.enters(0, SP1, &[RESPONSE, pair(SP2, SP1)]);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[RESPONSE, pair(SP2, 0), 0, 5]);
    sp2_works(&stage);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn an_interrupt_that_a_partition_has_not_is_found() {
    let stage = Stage::new();
    stage.calls(0, &[INTERRUPT]);
    stage.enters(0, SP1, &[INTERRUPT, 0, DEVICE + 1]);
    stage.assert_found(
        "SP1 (0x8001) is told after FFA_INTERRUPT by the normal world of interrupt 41, which it has not",
    );
}

#[test]
fn a_second_handler_on_a_core_is_found_and_one_after_the_other_is_right() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.enters(0, SP2, &[INTERRUPT, 0, DEVICE]);
    assert_eq!(stage.findings(), Vec::<String>::new());
    stage.is_interrupted_securely(0, SP2, &WORK);
    sp1_handles(&stage);
    stage.assert_found("SP1 (0x8001) runs after an interrupt took the core from SP2 (0x8002)");
}

#[test]
fn a_partition_that_is_told_of_another_interrupt_when_it_waits_is_right() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
    sp1_handles(&stage);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
    sp1_handles_before_an_answer(&stage);
    stage.answers(0, &[RESPONSE, pair(SP2, 0), 0, 5]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_handler_that_yields_goes_on() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[YIELD]);
    stage.enters(0, SP1, &[SUCCESS]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_handler_that_dies_gives_the_core_back_and_its_death_is_nobody_s_answer() {
    let stage = Stage::new();
    sp1_handles_first(&stage);
    stage.exits(0, SP1, &[ABORT]);
    stage.answers(0, &[NORMAL_WORLD_RESUME]);
    assert_eq!(stage.findings(), Vec::<String>::new());
    let stage = Stage::new();
    sp2_works(&stage);
    stage.is_interrupted_securely(0, SP2, &WORK);
    sp1_handles(&stage);
    stage.exits(0, SP1, &[ABORT]);
    stage.enters(0, SP2, &[ERROR, 0, ABORTED]);
    stage.assert_found("SP2 (0x8002) goes on with x0");
}

#[test]
fn who_initialises_itself_is_not_interrupted() {
    let stage = Stage::with_vcpus(2);
    stage.enters(1, SP1, &[]);
    stage.exits(1, SP1, &[MSG_WAIT]);
    stage.enters(1, SP2, &[]);
    stage.is_interrupted_securely(1, SP2, &WORK);
    // Its time may have been over: then it does not run on.
    stage.enters(1, SP1, &[INTERRUPT, 0, DEVICE]);
    stage.exits(1, SP1, &[MSG_WAIT]);
    stage.enters(1, SP2, &WORK);
    stage.assert_found("SP2 (0x8002) runs after FFA_MSG_WAIT by SP1 (0x8001), and it died before");
}

/// SP1 works, and waits for the answer of SP2, whose interrupt it is not.
fn sp1_waits_for_sp2(stage: &Stage) {
    stage.calls(0, &[REQUEST, pair(0, SP1)]);
    stage.enters(0, SP1, &[REQUEST, pair(0, SP1)]);
    stage.exits(0, SP1, &[REQUEST, pair(SP1, SP2)]);
}

#[test]
fn who_waits_for_an_answer_may_be_told_of_its_interrupt_and_runs_its_callee_on() {
    let stage = Stage::new();
    sp1_waits_for_sp2(&stage);
    stage.enters(0, SP2, &[REQUEST, pair(SP1, SP2)]);
    stage.is_interrupted_securely(0, SP2, &WORK);
    stage.enters(0, SP1, &[INTERRUPT, target(SP2)]);
    stage.exits(0, SP1, &[RUN, target(SP2)]);
    stage.enters(0, SP2, &WORK);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, SP1)]);
    stage.enters(0, SP1, &[RESPONSE, pair(SP2, SP1)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_callee_that_had_not_begun_begins_when_it_is_run_on() {
    let stage = Stage::new();
    sp1_waits_for_sp2(&stage);
    stage.enters(0, SP1, &[INTERRUPT, target(SP2)]);
    stage.exits(0, SP1, &[RUN, target(SP2)]);
    stage.enters(0, SP2, &[REQUEST, pair(SP1, SP2)]);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, SP1)]);
    stage.enters(0, SP1, &[RESPONSE, pair(SP2, SP1)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn who_is_told_that_another_than_its_callee_was_interrupted_is_found() {
    let stage = Stage::new();
    sp1_waits_for_sp2(&stage);
    stage.enters(0, SP2, &[REQUEST, pair(SP1, SP2)]);
    stage.is_interrupted_securely(0, SP2, &WORK);
    stage.enters(0, SP1, &[INTERRUPT, target(SP1)]);
    stage.assert_found("SP1 (0x8001) goes on with FFA_INTERRUPT of 0x80010000");
}
