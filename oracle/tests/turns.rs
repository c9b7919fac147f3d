//! Who may run next: call chains, cores, preemption.

#[allow(dead_code, reason = "each test file uses a part")]
mod stage;

use stage::*;

/// The word that names sender and receiver.
const fn pair(sender: u16, receiver: u16) -> u64 {
    (sender as u64) << 16 | receiver as u64
}

/// The word that names the first virtual CPU of a partition.
const fn target(id: u16) -> u64 {
    (id as u64) << 16
}

/// `from` asks `to`, on `core`, and `to` runs.
fn asks(stage: &Stage, core: usize, from: u16, to: u16) {
    let request = [REQUEST, pair(from, to)];
    if from == 0 {
        stage.calls(core, &request);
    } else {
        stage.exits(core, from, &request);
    }
    stage.enters(core, to, &request);
}

#[test]
fn requests_and_responses_that_nest_are_right() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    asks(&stage, 0, SP1, SP2);
    stage.exits(0, SP2, &[RESPONSE, pair(SP2, SP1)]);
    stage.enters(0, SP1, &[RESPONSE, pair(SP2, SP1)]);
    stage.exits(0, SP1, &[RESPONSE, pair(SP1, 0)]);
    stage.answers(0, &[RESPONSE, pair(SP1, 0)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_call_chain_with_a_cycle_is_found() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    asks(&stage, 0, SP1, SP2);
    asks(&stage, 0, SP2, SP1);
    stage.assert_found(
        "SP1 (0x8001) runs after FFA_MSG_SEND_DIRECT_REQ by SP2 (0x8002): it is blocked itself, so the call chain \
         has a cycle",
    );
}

#[test]
fn a_virtual_cpu_on_two_cores_is_found() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    asks(&stage, 1, 0, SP1);
    stage.assert_found("virtual CPU 0 of SP1 (0x8001) runs on core 1 and on core 0");
}

#[test]
fn a_partition_that_has_answered_on_one_core_may_be_asked_on_another() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    stage.exits(0, SP1, &[RESPONSE, pair(SP1, 0)]);
    asks(&stage, 1, 0, SP1);
    stage.answers(0, &[RESPONSE, pair(SP1, 0)]);
    stage.exits(1, SP1, &[RESPONSE, pair(SP1, 0)]);
    stage.answers(1, &[RESPONSE, pair(SP1, 0)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_response_on_the_core_of_another_is_found() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    stage.exits(0, SP1, &[RESPONSE, pair(SP1, SP2)]);
    stage.enters(0, SP2, &[RESPONSE, pair(SP1, SP2)]);
    stage.assert_found("SP2 (0x8002) runs after FFA_MSG_SEND_DIRECT_RESP by SP1 (0x8001): no request of it");
}

#[test]
fn a_request_that_another_than_its_receiver_gets_is_found() {
    let stage = Stage::new();
    stage.calls(0, &[REQUEST, pair(0, SP1)]);
    stage.enters(0, SP2, &[REQUEST, pair(0, SP1)]);
    stage.assert_found(
        "SP2 (0x8002) runs after FFA_MSG_SEND_DIRECT_REQ by the normal world: the call names another",
    );
}

#[test]
fn waiting_instead_of_answering_is_found_where_the_monitor_allows_it() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    stage.exits(0, SP1, &[MSG_WAIT]);
    stage.answers(0, &[MSG_WAIT, target(SP1)]);
    stage.assert_found("FFA_MSG_WAIT is no answer to a direct request");
}

/// SP1 is interrupted with 7 in x9, and the normal world runs it again.
fn preempted(stage: &Stage) {
    asks(stage, 0, 0, SP1);
    stage.is_interrupted(0, SP1, &[1, 2, 0, 0, 0, 0, 0, 0, 0, 7]);
    stage.answers(0, &[INTERRUPT, target(SP1)]);
    stage.calls(0, &[RUN, target(SP1)]);
}

#[test]
fn a_preempted_partition_goes_on_as_it_was() {
    let stage = Stage::new();
    preempted(&stage);
    stage.enters(0, SP1, &[1, 2, 0, 0, 0, 0, 0, 0, 0, 7]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_preempted_partition_that_lost_a_register_is_found() {
    let stage = Stage::new();
    preempted(&stage);
    stage.enters(0, SP1, &[1, 2]);
    stage.assert_found("SP1 (0x8001) goes on with x9 = 0x0, and left it as 0x7");
}

#[test]
fn a_preempted_partition_that_migrates_goes_on_on_another_core_and_answers_there() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    stage.is_interrupted(0, SP1, &[]);
    stage.answers(0, &[INTERRUPT, target(SP1)]);
    stage.calls(1, &[RUN, target(SP1)]);
    stage.enters(1, SP1, &[]);
    stage.exits(1, SP1, &[RESPONSE, pair(SP1, 0)]);
    stage.answers(1, &[RESPONSE, pair(SP1, 0)]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_partition_preempted_in_the_call_chain_of_another_that_the_normal_world_runs_is_found() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    asks(&stage, 0, SP1, SP2);
    stage.is_interrupted(0, SP2, &[]);
    stage.enters(0, SP1, &[INTERRUPT, target(SP2)]);
    stage.is_interrupted(0, SP1, &[INTERRUPT, target(SP2)]);
    stage.answers(0, &[INTERRUPT, target(SP1)]);
    stage.calls(1, &[RUN, target(SP2)]);
    stage.enters(1, SP2, &[]);
    stage.assert_found(
        "SP2 (0x8002) runs after FFA_RUN by the normal world: it was stopped in another's call chain",
    );
}

#[test]
fn an_interrupt_told_of_the_wrong_partition_is_found() {
    let stage = Stage::new();
    asks(&stage, 0, 0, SP1);
    stage.is_interrupted(0, SP1, &[]);
    stage.answers(0, &[INTERRUPT, target(SP2)]);
    stage.assert_found("where FFA_INTERRUPT, 0x80010000 is due");
}

/// The virtual CPUs of core 1 initialise themselves.
fn core_1_begins(stage: &Stage) {
    for id in [SP1, SP2] {
        stage.enters(1, id, &[]);
        stage.exits(1, id, &[MSG_WAIT]);
    }
    stage.answers(1, &[MSG_WAIT]);
}

#[test]
fn virtual_cpus_begin_again_after_their_core_was_off() {
    let stage = Stage::with_vcpus(2);
    core_1_begins(&stage);
    // The SPMD's message that the core goes off, and the answer to it.
    stage.calls(1, &[0x8400_006f, 0xffff_8000, 1 << 31, 0x8400_0002]);
    stage.answers(1, &[0x8400_0070, 0x8000_ffff, 1 << 31 | 2, 0]);
    core_1_begins(&stage);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_virtual_cpu_that_begins_again_on_a_core_that_was_not_off_is_found() {
    let stage = Stage::with_vcpus(2);
    core_1_begins(&stage);
    core_1_begins(&stage);
    stage.assert_found("SP1 (0x8001) begins again, and it is Waiting");
}

#[test]
fn a_virtual_cpu_that_begins_elsewhere_than_its_partition_said_is_found() {
    let stage = Stage::with_vcpus(2);
    asks(&stage, 0, 0, SP1);
    stage.exits(0, SP1, &[SECONDARY_EP_REGISTER, page_of(SP1) + 0x10]);
    stage.enters(0, SP1, &[SUCCESS]);
    stage.enters(1, SP1, &[]);
    stage.assert_found("SP1 (0x8001) does not begin at its entry point");
}
