//! Guests run, and what leaves them arrives at the EL2 program as on silicon.

mod common;

use common::*;
use dynasmrt::{DynasmApi, dynasm};
use hal::Ipa;
use hal_sim::End;

#[test]
fn a_hypervisor_call_exits_with_its_number_after_the_instruction() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; movz x5, 0x77; hvc 0x123);
    });
    let mut seen = None;
    let outcome = run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        let exit = enter(core, &mut token, &mut registers);
        seen = Some((exit, registers.x[5], registers.pc));
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(outcome.end, End::PowerOff);
    assert_eq!(outcome.findings, [""; 0]);
    assert_eq!(seen, Some(((0x5a00_0123, 0), 0x77, SECURE_GUEST + 8)));
}

#[test]
fn a_trapped_monitor_call_exits_at_the_instruction() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; smc 0);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        let (esr, ..) = enter(core, &mut token, &mut registers);
        seen = Some((esr >> 26, registers.pc));
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, Some((0x17, SECURE_GUEST)));
}

#[test]
fn a_load_that_stage_2_refuses_exits_with_syndrome_and_both_addresses() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA + 0x120);
        dynasm!(ops; .arch aarch64; ldrsh w7, [x1, 8]);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        seen = Some(enter(core, &mut token, &mut guest_at(SECURE_GUEST)));
        serve(core, &mut token, |_, _, request| request)
    });
    // Data abort from a lower level, IL, ISV, SAS = halfword, SSE, SRT = 7, translation fault at level 3.
    let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | 1 << 22 | 1 << 21 | 7 << 16 | 0b000111;
    assert_eq!(seen, Some((esr, SECURE_DATA + 0x128)));
}

#[test]
fn a_store_to_a_read_only_page_is_a_permission_fault_of_a_write() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; ldr x0, [x1]; stp x2, x3, [x1, 32]!; hvc 0);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::Read);
        let mut registers = guest_at(SECURE_GUEST);
        let exit = enter(core, &mut token, &mut registers);
        seen = Some((exit, registers.x[1]));
        serve(core, &mut token, |_, _, request| request)
    });
    let esr = 0x24 << 26 | 1 << 25 | 1 << 6 | 0b001111;
    assert_eq!(seen, Some(((esr, SECURE_DATA + 32), SECURE_DATA)));
}

#[test]
fn a_jump_to_a_page_without_execute_right_is_an_instruction_abort() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA + 0x40);
        dynasm!(ops; .arch aarch64; br x1);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::ReadWrite);
        let mut registers = guest_at(SECURE_GUEST);
        let exit = enter(core, &mut token, &mut registers);
        seen = Some((exit, registers.pc));
        serve(core, &mut token, |_, _, request| request)
    });
    let esr = 0x20 << 26 | 1 << 25 | 0b001111;
    assert_eq!(seen, Some(((esr, SECURE_DATA + 0x40), SECURE_DATA + 0x40)));
}

#[test]
fn a_guest_waits_for_interrupts_at_the_instruction_that_traps() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; nop; wfi);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        let (esr, ..) = enter(core, &mut token, &mut registers);
        seen = Some((esr >> 26, registers.pc));
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, Some((0x01, SECURE_GUEST + 4)));
}

#[test]
fn a_guest_takes_its_own_exceptions_in_its_own_vectors() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; svc 0x42; movz x9, 1; hvc 1; .align 0x800);
        // The vectors: synchronous, from this level with its own stack pointer.
        dynasm!(ops; .arch aarch64; .bytes [0u8; 0x200]; mrs x8, register::ESR_EL1; mrs x7, register::ELR_EL1; hvc 2; eret);
    });
    let mut seen = Vec::new();
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        for _ in 0..2 {
            let (esr, ..) = enter(core, &mut token, &mut registers);
            seen.push((esr & 0xffff, registers.x[7], registers.x[8], registers.x[9]));
        }
        serve(core, &mut token, |_, _, request| request)
    });
    let after = SECURE_GUEST + 4;
    assert_eq!(seen, [(2, after, 0x5600_0042, 0), (1, after, 0x5600_0042, 1)]);
}
