//! Interrupts that guests configure by MMIO and the ICC registers, on one to four cores.

mod common;

use std::convert::Infallible;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::Pa;
use hal::lock::Token;
use hal_sim::{Board, End, Entry, Injection, Machine, Schedule, SimCore};

/// Where further cores begin in the normal world.
const SECONDARY: u64 = NORMAL_WORLD + 0x2000;

/// A monitor that lets every core come and go.
fn monitor(core: &mut SimCore, mut token: Token, entry: Entry) -> Infallible {
    if matches!(entry, Entry::Cold(_)) {
        register_secondary_entry(core);
    }
    serve(core, &mut token, |_, _, request| obliging(request))
}

/// Runs `primary` on the first of `cores` cores, and `secondary` on the others, under three schedules: the outcome
/// is the same.
fn run_on(cores: usize, primary: &[u8], secondary: &[u8], injections: &[Injection]) -> End {
    let mut ends = [Schedule::default(), Schedule::RoundRobin(1), Schedule::Seeded(5)].map(|schedule| {
        let mut machine = Machine::new(&Board { cores, ..board() });
        machine.load(Pa::non_secure(NORMAL_WORLD), primary);
        machine.load(Pa::non_secure(SECONDARY), secondary);
        machine.with_schedule(schedule).with_injections(injections).run_cores(monitor).end
    });
    ends.sort_by_key(|end| format!("{end:?}"));
    let [first, _, last] = ends;
    assert_eq!(first, last);
    first
}

/// Emits code that switches on the cores from 1 to below `cores`.
fn switch_on(ops: &mut Assembler, cores: u64) {
    for core in 1..cores {
        smc!(ops, 0 = 0xc400_0003, 1 = core, 2 = SECONDARY, 3 = 0);
    }
}

/// Emits code that waits until the word of `core` in the shared page is `value`.
fn await_word(ops: &mut Assembler, core: u64, value: u32) {
    constant!(ops, 20, NORMAL_DATA + 8 * core);
    dynasm!(ops; .arch aarch64; again: ; ldr x22, [x20]; cmp x22, value; b.ne <again);
}

/// Code of a further core that takes the private interrupts `enabled`: it says 1 in its word of the shared page when
/// it is ready, waits (`wfi`), and says there which interrupt it took, plus one.
fn waiting_core(enabled: u32) -> Vec<u8> {
    let nothing = |_: &mut Assembler| {};
    taking_interrupts(SECONDARY, enabled, nothing, |ops| {
        constant!(ops, 20, NORMAL_DATA);
        dynasm!(ops
            ; .arch aarch64
            ; mrs x21, register::MPIDR_EL1
            ; and x21, x21, 0xff
            ; add x20, x20, x21, lsl 3
            ; movz x21, 1
            ; str x21, [x20]
            ; mov x26, xzr
            ; again:
            ; wfi
            ; msr daifclr, 2
            ; isb
            ; msr daifset, 2
            ; cbz x26, <again
            ; add x26, x26, 1
            ; str x26, [x20]
            ; forever:
            ; wfi
            ; b <forever
        );
    })
}

#[test]
fn an_sgi_wakes_the_cores_that_it_names() {
    for (request, expected) in
        [(3 << 24 | 0b0100, [1, 4, 1]), (3 << 24 | 0b1010, [4, 1, 4]), (5 << 24 | 1 << 40, [6, 6, 6])]
    {
        let primary = assemble(NORMAL_WORLD, |ops| {
            constant!(ops, 3, GICD);
            dynasm!(ops; .arch aarch64; movz w5, 2; str w5, [x3]);
            switch_on(ops, 4);
            (1..4).for_each(|core| await_word(ops, core, 1));
            constant!(ops, 5, request);
            dynasm!(ops; .arch aarch64; msr register::ICC_SGI1R_EL1, x5);
            for (woken, value) in (1..).zip(expected).filter(|(_, value)| *value != 1) {
                await_word(ops, woken, value.into());
            }
            // Long enough for others to wake that must not.
            dynasm!(ops; .arch aarch64; movz x6, 2000; again: ; subs x6, x6, 1; b.ne <again);
            constant!(ops, 20, NORMAL_DATA);
            dynasm!(ops
                ; .arch aarch64
                ; ldp x21, x22, [x20, 8]
                ; ldr x23, [x20, 24]
                ; add x19, x21, x22, lsl 8
                ; add x19, x19, x23, lsl 16
            );
            exit_with(ops, 19);
        });
        let code = u32::from_le_bytes([expected[0], expected[1], expected[2], 0]);
        assert_eq!(run_on(4, &primary, &waiting_core(0xff), &[]), End::Exit(code), "{request:#x}");
    }
}

/// Code of the first core that routes interrupt 40 as `router` says, switches another core on, and ends the run with
/// what that core says in the end.
fn routes(router: u64) -> Vec<u8> {
    assemble(NORMAL_WORLD, |ops| {
        constant!(ops, 3, GICD);
        constant!(ops, 6, router);
        dynasm!(ops
            ; .arch aarch64
            ; movz w5, 2
            ; str w5, [x3]
            ; movz w5, 0x100
            ; str w5, [x3, 0x104] // GICD_ISENABLER1
            ; movz w5, 2, lsl 16
            ; str w5, [x3, 0xc08] // GICD_ICFGR2: by edges
            ; movz w7, 0x6140
            ; str x6, [x3, x7] // GICD_IROUTER40
        );
        switch_on(ops, 2);
        constant!(ops, 20, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; again: ; ldr x19, [x20, 8]; cmp x19, 2; b.lo <again);
        exit_with(ops, 19);
    })
}

#[test]
fn a_shared_interrupt_wakes_the_core_that_it_is_routed_to() {
    for router in [1, 1 << 31] {
        assert_eq!(
            run_on(2, &routes(router), &waiting_core(0), &[pulse(40, 400)]),
            End::Exit(41),
            "{router:#x}"
        );
    }
}

#[test]
fn a_timer_of_each_core_wakes_that_core() {
    for (tval, ctl, intid) in [
        (register::CNTP_TVAL_EL0, register::CNTP_CTL_EL0, 30),
        (register::CNTHP_TVAL_EL2, register::CNTHP_CTL_EL2, 26),
        (register::CNTHV_TVAL_EL2, register::CNTHV_CTL_EL2, 28),
    ] {
        let waits = |base, then: &dyn Fn(&mut Assembler)| {
            let stop = |ops: &mut Assembler| dynasm!(ops; .arch aarch64; msr ctl, xzr; add x28, x28, 1);
            taking_interrupts(base, 1 << intid, stop, |ops| {
                dynasm!(ops
                    ; .arch aarch64
                    ; mov x28, xzr
                    ; movz x5, 5000
                    ; msr tval, x5
                    ; movz x5, 1
                    ; msr ctl, x5
                    ; again:
                    ; wfi
                    ; msr daifclr, 2
                    ; isb
                    ; msr daifset, 2
                    ; cbz x28, <again
                    ; isb
                );
                then(ops);
            })
        };
        let secondary = waits(SECONDARY, &|ops| {
            constant!(ops, 20, NORMAL_DATA);
            dynasm!(ops; .arch aarch64; add x26, x26, x28, lsl 8; str x26, [x20, 8]; again: ; wfi; b <again);
        });
        let primary = waits(NORMAL_WORLD, &|ops| {
            switch_on(ops, 2);
            constant!(ops, 20, NORMAL_DATA);
            dynasm!(ops; .arch aarch64; again: ; ldr x19, [x20, 8]; cbz x19, <again; add x19, x19, x26);
            exit_with(ops, 19);
        });
        assert_eq!(run_on(2, &primary, &secondary, &[]), End::Exit((1 << 8) + 2 * intid), "{intid}");
    }
}

#[test]
fn the_line_of_a_timer_drops_with_its_condition() {
    let normal = taking_interrupts(
        NORMAL_WORLD,
        0,
        |_| {},
        |ops| {
            let pending =
                |ops: &mut Assembler| dynasm!(ops; .arch aarch64; ldr w6, [x4, 0x200]; lsr w6, w6, 30);
            dynasm!(ops; .arch aarch64; msr register::CNTP_TVAL_EL0, xzr; movz x5, 1; msr register::CNTP_CTL_EL0, x5);
            pending(ops);
            dynasm!(ops; .arch aarch64; orr x19, x19, x6; movz x5, 3; msr register::CNTP_CTL_EL0, x5);
            pending(ops);
            dynasm!(ops; .arch aarch64; orr x19, x19, x6, lsl 1; movz x5, 1; msr register::CNTP_CTL_EL0, x5);
            pending(ops);
            dynasm!(ops
                ; .arch aarch64
                ; orr x19, x19, x6, lsl 2
                ; movz x5, 1, lsl 16
                ; msr register::CNTP_TVAL_EL0, x5
            );
            pending(ops);
            dynasm!(ops; .arch aarch64; orr x19, x19, x6, lsl 3);
            exit_with(ops, 19);
        },
    );
    assert_eq!(run_on(1, &normal, &[], &[]), End::Exit(0b0101));
}

#[test]
fn the_timers_of_secure_el2_are_undefined_in_the_normal_world() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        dynasm!(ops; .arch aarch64; b >start; .align 0x800; .bytes [0u8; 0x200]; mrs x19, register::ELR_EL2);
        exit_with(ops, 19);
        dynasm!(ops; .arch aarch64; start:);
        constant!(ops, 1, NORMAL_WORLD + 0x800);
        dynasm!(ops; .arch aarch64; msr register::VBAR_EL2, x1; adr x2, >here; here: ; mrs x3, register::CNTHPS_CTL_EL2);
        exit_with(ops, 31);
    });
    let end = run_on(1, &normal, &[], &[]);
    assert_eq!(end, End::Exit(NORMAL_WORLD as u32 + 0xa48), "the address of the access");
}
