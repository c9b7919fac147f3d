//! Timers and interrupts, on virtual time; determinism; runs that do not end.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::cpu::Exit;
use hal::sysreg::HCR_EL2;
use hal::{Cpu, Monitor, Registers, Sysregs};
use hal_sim::{End, Outcome};

/// Nanoseconds, and instructions, until the normal world's timer signals.
const DELAY: u64 = 5_000;

/// Normal-world code: vectors, the GIC and the timer on, then what `rest` says. The handler counts in x28 and turns
/// the timer off.
fn with_timer(rest: impl FnOnce(&mut Assembler)) -> Vec<u8> {
    let count = |ops: &mut Assembler| {
        dynasm!(ops; .arch aarch64; add x28, x28, 1; msr register::CNTP_CTL_EL0, xzr);
    };
    taking_interrupts(NORMAL_WORLD, 1 << 30, count, |ops| {
        dynasm!(ops
            ; .arch aarch64
            ; movz x5, DELAY as u32
            ; msr register::CNTP_TVAL_EL0, x5
            ; movz x5, 1
            ; msr register::CNTP_CTL_EL0, x5
        );
        rest(ops);
    })
}

/// Ends the run with the count of interrupts, shifted up by eight, and the last acknowledged id.
fn exit(ops: &mut Assembler) {
    dynasm!(ops; .arch aarch64; lsl x20, x28, 8; add x20, x20, x26);
    exit_with(ops, 20);
}

/// One interrupt, of the physical timer.
const ONE_TIMER_INTERRUPT: End = End::Exit(1 << 8 | 30);

/// A secure guest that counts in x3 for ever.
fn counting_guest() -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; again: ; add x3, x3, 1; b <again);
    })
}

/// The normal world calls the secure one, which runs until its guest is preempted.
fn preemption() -> (Outcome, Vec<(Exit, u64)>) {
    let normal = with_timer(|ops| {
        constant!(ops, 0, DIRECT_REQ);
        dynasm!(ops; .arch aarch64; smc 0; mov x19, x0; msr daifclr, 2; nop; msr daifset, 2);
        exit(ops);
    });
    let mut exits = Vec::new();
    let outcome = run(&counting_guest(), &normal, |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        let mut answer = ready();
        loop {
            core.next_request(&mut token, &answer);
            let exit = core.enter(&mut token, &mut registers);
            exits.push((exit, registers.x[3]));
            // The interrupt is not the secure world's to acknowledge.
            assert_eq!(hal::Gic::acknowledge(core), None);
            answer = Registers::ZERO;
            answer.0[0] = FFA_INTERRUPT;
        }
    });
    (outcome, exits)
}

#[test]
fn a_timer_of_the_normal_world_preempts_a_secure_guest_and_then_fires_there() {
    let (outcome, exits) = preemption();
    assert_eq!(outcome.end, ONE_TIMER_INTERRUPT);
    let [(Exit::Fiq, count)] = exits[..] else { panic!("{exits:?}") };
    // The loop has two instructions; a dozen pass in the normal world before it begins.
    assert!((DELAY / 2 - 10..DELAY / 2).contains(&count), "{count}");
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn the_same_run_twice_is_the_same_to_the_last_bit() {
    assert_eq!(preemption(), preemption());
}

#[test]
fn a_masked_interrupt_is_taken_right_after_it_is_unmasked() {
    let normal = with_timer(|ops| {
        constant!(ops, 6, DELAY);
        dynasm!(ops
            ; .arch aarch64
            ; again:
            ; sub x6, x6, 1
            ; cbnz x6, <again
            ; mov x7, x28
            ; msr daifclr, 2
            ; mov x8, x28
            ; msr daifset, 2
            ; cmp x7, 0
            ; csel x28, x8, xzr, eq
        );
        exit(ops);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    assert_eq!(outcome.end, ONE_TIMER_INTERRUPT);
}

#[test]
fn an_idle_core_skips_to_the_deadline() {
    let normal = with_timer(|ops| {
        dynasm!(ops; .arch aarch64; msr daifclr, 2; wfi; msr daifset, 2);
        exit(ops);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    assert_eq!(outcome.end, ONE_TIMER_INTERRUPT);
    assert!(outcome.instructions < 100, "{}", outcome.instructions);
}

#[test]
fn a_guest_that_reads_the_timer_it_is_denied_exits() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; nop; mrs x4, register::CNTPCT_EL0);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        seen = Some((enter(core, &mut token, &mut registers).0, registers.pc));
        serve(core, &mut token, |_, _, request| request)
    });
    // Op0 3, Op2 1, Op1 3, CRn 14, Rt 4, CRm 0, a read.
    let iss = 3 << 20 | 1 << 17 | 3 << 14 | 14 << 10 | 4 << 5 | 1;
    assert_eq!(seen, Some((0x18 << 26 | 1 << 25 | iss, SECURE_GUEST + 4)));
}

#[test]
fn what_the_normal_world_allows_its_guests_does_not_open_the_timer_to_a_partition() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; mrs x4, register::CNTPCT_EL0);
    });
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; movz x1, 0xfff; msr register::CNTHCTL_EL2, x1);
        constant!(ops, 0, DIRECT_REQ);
        dynasm!(ops; .arch aarch64; smc 0);
    });
    let mut seen = None;
    run(&guest, &normal, |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        core.next_request(&mut token, &ready());
        seen = Some(enter(core, &mut token, &mut guest_at(SECURE_GUEST)).0 >> 26);
        panic!("enough")
    });
    assert_eq!(seen, Some(0x18));
}

#[test]
fn a_virtual_interrupt_is_taken_when_the_guest_unmasks_it() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; nop; msr daifclr, 2; hvc 1; .align 0x800; .bytes [0u8; 0x280]);
        dynasm!(ops; .arch aarch64; mrs x7, register::ELR_EL1; hvc 2; eret);
    });
    let mut seen = Vec::new();
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        core.write_sysreg::<HCR_EL2>(HCR | 1 << 7);
        let mut registers = guest_at(SECURE_GUEST);
        seen.push((enter(core, &mut token, &mut registers).0 & 0xffff, registers.x[7]));
        core.write_sysreg::<HCR_EL2>(HCR);
        seen.push((enter(core, &mut token, &mut registers).0 & 0xffff, registers.x[7]));
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, [(2, SECURE_GUEST + 8), (1, SECURE_GUEST + 8)]);
}

#[test]
fn a_run_without_an_end_is_reported_with_its_last_exits() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 0, 0x8400_0000);
        dynasm!(ops; .arch aarch64; smc 0; again: ; b <again);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    let End::Hung { reason, last_exits, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.contains("1000000 instructions"), "{reason}");
    assert_eq!(last_exits.len(), 1);
    assert!(last_exits[0].starts_with("NS-EL2 at 0x60000014: SMC to EL3"), "{last_exits:?}");
}

#[test]
fn a_core_that_waits_for_nothing_is_hung() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; wfi);
    });
    let outcome =
        run(&[], &normal, |core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    let End::Hung { reason, .. } = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(reason.contains("WFI at 0x60000000"), "{reason}");
}
