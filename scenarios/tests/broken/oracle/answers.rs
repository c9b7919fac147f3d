//! Answers that a caller should not get, and registers that a partition should not.

use hal::Registers;
use hal::cpu::GuestRegisters;
use scenarios::ffa;

use super::assert_found;
use crate::machine::Bug;

/// A register of an answer to the normal world is changed where it answers a request.
struct OtherAnswer(usize, u64);

impl Bug for OtherAnswer {
    fn answers(&mut self, answer: &mut Registers) {
        if answer.0[0] == ffa::DIRECT_RESP_64 {
            answer.0[self.0] = self.1;
        }
    }
}

#[test]
fn a_response_delivered_in_anothers_name_is_found() {
    let words = [
        "the normal world gets x1 = 0x80020000 after FFA_MSG_SEND_DIRECT_RESP by SP1 (0x8001), who sent 0x80010000",
    ];
    assert_found("hello", OtherAnswer(1, 0x8002_0000), &words);
}

#[test]
fn a_response_with_another_payload_is_found() {
    let words = ["the normal world gets x4 = 0xbad after FFA_MSG_SEND_DIRECT_RESP by SP1"];
    assert_found("hello", OtherAnswer(4, 0xbad), &words);
}

/// The version message is answered with a version that the monitor does not have.
struct OtherVersion;

impl Bug for OtherVersion {
    fn answers(&mut self, answer: &mut Registers) {
        if answer.0[2] == 1 << 31 | 9 {
            answer.0[3] = 0x1_0001;
        }
    }
}

#[test]
fn a_version_that_the_monitor_does_not_have_is_found() {
    let words = ["FFA_VERSION of the normal world", "was answered with 0x10001 where 0x10002 is due"];
    assert_found("flow", OtherVersion, &words);
}

/// A partition's registers are changed where it gets `when` in x0.
struct OtherRegister {
    when: u64,
    index: usize,
    value: u64,
}

impl Bug for OtherRegister {
    fn enters(&mut self, registers: &mut GuestRegisters) {
        if registers.x[0] == self.when {
            registers.x[self.index] = self.value;
        }
    }
}

#[test]
fn a_refusal_with_a_code_that_the_call_does_not_have_is_found() {
    let bug = OtherRegister { when: ffa::ERROR, index: 2, value: 0xffff_fff7 };
    let words =
        ["FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was refused with NO_DATA, a code that it does not have"];
    assert_found("chain", bug, &words);
}

#[test]
fn an_answer_of_a_form_that_the_call_does_not_have_is_found() {
    let bug = OtherRegister { when: ffa::ERROR, index: 0, value: ffa::SUCCESS_32 };
    let words =
        ["FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was answered with FFA_SUCCESS, which is no answer to it"];
    assert_found("chain", bug, &words);
}

#[test]
fn a_register_that_a_partition_kept_and_lost_is_found() {
    let bug = OtherRegister { when: ffa::DIRECT_REQ_64, index: 25, value: 0xdead };
    assert_found("hello", bug, &["SP1 (0x8001) goes on with x25 = 0xdead, and left it as"]);
}
