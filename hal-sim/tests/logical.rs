//! EL3's logical partitions: what comes of an answer to them that is none.

mod common;

use common::normal_world::exit_with;
use common::*;
use dynasmrt::{DynasmApi, dynasm};
use hal::boot::Boot;
use hal::lock::Token;
use hal::{Monitor, Pa, Registers};
use hal_sim::{Board, End, LogicalPartition, Machine, Outcome, SimCore};

/// SMCs of the platform: a logical partition sends a request, or looks for partitions.
const SEND: u64 = 0x8200_0010;
const FIND: u64 = 0x8200_0011;

const INFO_GET_REGS: u64 = 0xc400_008b;
const DENIED: u64 = 0xffff_fffa;

/// Runs an EL2 program on a machine whose EL3 has a logical partition, and whose normal world makes the SMC `id`, and ends
/// the run with x2 of the answer.
fn run_with_logical(id: u64, program: impl FnOnce(&mut SimCore, Token)) -> Outcome {
    let normal = assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 0, id);
        constant!(ops, 1, if id == SEND { 0xffc0_8001 } else { 0 });
        dynasm!(ops; .arch aarch64; movz x2, 0; movz x3, 0; smc 0; mov x20, x2);
        exit_with(ops, 20);
    });
    let logical_partitions = vec![LogicalPartition { id: 0xffc0, uuid: [1, 2] }];
    let mut machine = Machine::new(&Board { logical_partitions, ..board() });
    machine.load(Pa::non_secure(NORMAL_WORLD), &normal);
    machine.run(|core: &mut SimCore, token: Token, _: Boot| {
        program(core, token);
        unreachable!("the normal world ends the run")
    })
}

/// The registers of a call.
fn call(x: [u64; 3]) -> Registers {
    let mut registers = Registers::ZERO;
    registers.0[..3].copy_from_slice(&x);
    registers
}

#[test]
fn el3_takes_nothing_but_a_response_or_an_error_for_the_answer_to_a_request() {
    let outcome = run_with_logical(SEND, |core, mut token| {
        let request = core.next_request(&mut token, &call([FFA_MSG_WAIT, 0, 0]));
        assert_eq!(request.0[..3], [DIRECT_REQ, 0xffc0_8001, 0]);
        for function in [FFA_MSG_WAIT, FFA_INTERRUPT, 0x8400_006c, DIRECT_REQ, 0x8400_0061] {
            let denied = core.next_request(&mut token, &call([function, 0x8001_0000, 0]));
            assert_eq!(denied.0[..3], [FFA_ERROR, 0, DENIED], "{function:#x}");
        }
        core.next_request(&mut token, &call([DIRECT_RESP, 0x8001_ffc0, 7]));
    });
    assert_eq!(outcome.end, End::Exit(7));
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn a_call_of_the_monitors_that_el3_would_take_for_its_list_is_found() {
    let outcome = run_with_logical(FIND, |core, mut token| {
        let request = core.next_request(&mut token, &call([FFA_MSG_WAIT, 0, 0]));
        assert_eq!(request.0[0], INFO_GET_REGS);
        core.call(&call([INFO_GET_REGS, 0, 0]));
        core.next_request(&mut token, &call([FFA_ERROR, 0, 9]));
    });
    assert_eq!(outcome.end, End::Exit(9));
    let [finding] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
    assert!(
        finding.contains("EL3 takes the call 0xc400008b for the answer to its logical partition"),
        "{finding}"
    );
}
