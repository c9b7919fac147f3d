//! Two worlds on one core: EL3 switches them, and keeps no more than silicon's firmware does.

mod common;

use common::*;
use dynasmrt::{DynasmApi, dynasm};
use hal::context::VectorContext;
use hal::sysreg::*;
use hal::{Registers, Sysregs, Vector};
use hal_sim::End;

/// Makes an SMC with x0 and x1, leaves the answer in x0 to x17.
macro_rules! call {
    ($ops:expr, $id:expr, $x1:expr) => {
        constant!($ops, 0, $id);
        constant!($ops, 1, $x1);
        dynasm!($ops; .arch aarch64; smc 0);
    };
}

#[test]
fn the_normal_world_gets_the_answer_in_all_eighteen_registers() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; movz x17, 17; movz x18, 18);
        call!(ops, DIRECT_REQ, 0x8001);
        // The answer's x17 is the request's, twice; x18 is untouched.
        dynasm!(ops; .arch aarch64; add x20, x17, x18);
        exit_with(ops, 20);
    });
    let mut request = None;
    let outcome = run(&[], &normal, |core, mut token, _boot| {
        serve(core, &mut token, |_, _, mut registers| {
            request = Some(registers);
            registers.0[17] *= 2;
            registers
        })
    });
    assert_eq!(outcome.end, End::Exit(34 + 18));
    let request = request.expect("a request").0;
    assert_eq!((request[0], request[1], request[17]), (DIRECT_REQ, 0x8001, 17));
}

#[test]
fn el1_registers_are_not_banked_so_a_value_left_there_leaks() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; movz x5, 0x11; msr register::TPIDR_EL1, x5);
        call!(ops, DIRECT_REQ, 0x8001);
        dynasm!(ops; .arch aarch64; mrs x20, register::TPIDR_EL1);
        exit_with(ops, 20);
    });
    let mut found = None;
    let outcome = run(&[], &normal, |core, mut token, _boot| {
        serve(core, &mut token, |core, _, registers| {
            found = Some(core.read_sysreg::<TPIDR_EL1>());
            core.write_sysreg::<TPIDR_EL1>(0x22);
            registers
        })
    });
    assert_eq!(found, Some(0x11), "the monitor finds what the normal world left");
    assert_eq!(outcome.end, End::Exit(0x22), "the normal world finds what the monitor left");
}

#[test]
fn vector_registers_are_not_banked_either() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; movi v7.b16, 0x5a);
        call!(ops, DIRECT_REQ, 0x8001);
        dynasm!(ops; .arch aarch64; umov w20, v7.b[3]);
        exit_with(ops, 20);
    });
    let mut found = None;
    let outcome = run(&[], &normal, |core, mut token, _boot| {
        serve(core, &mut token, |core, _, registers| {
            let mut vectors = VectorContext::ZERO;
            core.save_vector(&mut vectors);
            found = Some(vectors.v[7]);
            vectors.v[7] = u128::MAX;
            core.load_vector(&vectors);
            registers
        })
    });
    assert_eq!(found, Some(0x5a5a_5a5a_5a5a_5a5a_5a5a_5a5a_5a5a_5a5a));
    assert_eq!(outcome.end, End::Exit(0xff));
}

#[test]
fn el2_registers_and_general_registers_are_each_worlds_own() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 5, 1 << 31 | 1 << 27);
        dynasm!(ops; .arch aarch64; msr register::HCR_EL2, x5; movz x25, 0x21; mov sp, x25);
        call!(ops, DIRECT_REQ, 0x8001);
        dynasm!(ops; .arch aarch64; mrs x6, register::HCR_EL2; cmp x5, x6; cset x20, eq; mov x7, sp; add x20, x20, x7);
        dynasm!(ops; .arch aarch64; add x20, x20, x25);
        exit_with(ops, 20);
    });
    let mut found = None;
    let outcome = run(&[], &normal, |core, mut token, _boot| {
        core.write_sysreg::<HCR_EL2>(HCR);
        serve(core, &mut token, |core, _, registers| {
            found = Some(core.read_sysreg::<HCR_EL2>());
            registers
        })
    });
    assert_eq!(found, Some(HCR));
    assert_eq!(outcome.end, End::Exit(1 + 0x21 + 0x21));
}

#[test]
fn the_version_is_asked_of_the_monitor_by_a_framework_message() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        call!(ops, 0x8400_0063, 0x1_0001);
        dynasm!(ops; .arch aarch64; mov x20, x0);
        exit_with(ops, 20);
    });
    let mut asked = None;
    let outcome = run(&[], &normal, |core, mut token, _boot| {
        serve(core, &mut token, |_, _, request| {
            asked = Some(request.0[..4].to_vec());
            let mut answer = Registers::ZERO;
            answer.0[..4].copy_from_slice(&[DIRECT_RESP, 0x8000_ffff, 0x8000_0009, 0x1_0002]);
            answer
        })
    });
    assert_eq!(asked, Some(vec![DIRECT_REQ, 0xffff_8000, 0x8000_0008, 0x1_0001]));
    assert_eq!(outcome.end, End::Exit(0x1_0002));
}

#[test]
fn el3_answers_for_itself_what_is_its_own() {
    for (id, x1, register, expected) in [
        (0x8400_0069u64, 0u64, 2, 0u64),  // FFA_ID_GET: the normal world is endpoint 0
        (0x8400_0085, 0, 2, 0x8000),      // FFA_SPM_ID_GET: the SPMC
        (0x8400_008f, 0, 2, 0xffff_ffff), // an id that the SPMD does not list: NOT_SUPPORTED
        (FFA_MSG_WAIT, 0, 0, FFA_ERROR),  // only the secure world waits
        (DIRECT_REQ, 0x8001_8002, 2, 0xffff_fffe), // a forged secure sender: INVALID_PARAMETERS
        (0x8400_0000, 0, 0, 0x1_0001),    // PSCI_VERSION
        (0xc300_0000, 0, 0, 0xffff_ffff), // nobody's call, as far as 32 bits of a code can tell
    ] {
        let normal = assemble(NORMAL_WORLD, |ops| {
            call!(ops, id, x1);
            match register {
                0 => dynasm!(ops; .arch aarch64; mov x20, x0),
                _ => dynasm!(ops; .arch aarch64; mov x20, x2),
            }
            exit_with(ops, 20);
        });
        let outcome = run(&[], &normal, |core, mut token, _boot| {
            serve(core, &mut token, |_, _, request| panic!("{:#x} reached the monitor", request.0[0]))
        });
        assert_eq!(outcome.end, End::Exit(expected as u32), "{id:#x}");
    }
}

#[test]
fn el3_answers_the_monitors_own_questions_at_once() {
    let mut answers = Vec::new();
    run(&[], &off(), |core, mut token, _boot| {
        for (id, x1) in
            [(0x8400_0063, 0x1_0002), (0x8400_0069, 0), (0x8400_0085, 0), (0xc400_0087, 0x0e10_0040)]
        {
            let mut call = Registers::ZERO;
            call.0[..2].copy_from_slice(&[id, x1]);
            let answer = hal::Monitor::call(core, &call).0;
            answers.push((answer[0], answer[2]));
        }
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(answers, [(0x1_0002, 0), (0x8400_0061, 0x8000), (0x8400_0061, 0xffff), (0xc400_0061, 0)]);
}

#[test]
fn an_error_instead_of_ready_ends_the_run_with_its_code() {
    let outcome = run(&[], &off(), |core, mut token, _boot| {
        let mut error = Registers::ZERO;
        error.0[0] = FFA_ERROR;
        error.0[2] = 0xffff_fffd;
        hal::Monitor::next_request(core, &mut token, &error);
        unreachable!("EL3 does not return to a monitor that failed")
    });
    let End::MonitorStopped(words) = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(words.contains("code -3"), "{words}");
}

#[test]
fn registers_hold_the_same_junk_at_reset_for_the_same_seed() {
    let junk = |seed| {
        let mut values = Vec::new();
        machine(&[], &off()).with_seed(seed).run(|core, mut token, _boot| {
            core.write_sysreg::<HCR_EL2>(HCR);
            let mut vectors = VectorContext::ZERO;
            core.save_vector(&mut vectors);
            values = vec![
                core.read_sysreg::<SCTLR_EL12>(),
                core.read_sysreg::<APIAKEYLO_EL1>(),
                core.read_sysreg::<SP_EL1>(),
                core.read_sysreg::<VTTBR_EL2>(),
                vectors.v[31] as u64,
            ];
            serve(core, &mut token, |_, _, request| request)
        });
        values
    };
    assert_eq!(junk(1), junk(1));
    assert_ne!(junk(1), junk(2));
    assert!(junk(1).iter().all(|value| *value != 0));
}
