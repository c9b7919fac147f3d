//! Interrupts of the secure world: in the normal world they are EL3's, in a guest the monitor's.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::cpu::Exit;
use hal::interrupt::{Intid, Line, Trigger};
use hal::lock::Token;
use hal::sysreg::{CNTPCT_EL0, HCR_EL2};
use hal::{Cpu, Distributor, Gic, Ipa, Monitor, Registers, Sysregs, Timer};
use hal_sim::{End, Outcome, SimCore};

/// What a secure interrupt 8 that comes after `count` instructions does to a normal world that masks everything and
/// counts to twenty; the monitor's events.
fn secure_interrupt_after(count: u64) -> (Outcome, Vec<(u64, Option<Intid>)>) {
    let normal = assemble(NORMAL_WORLD, |ops| {
        for _ in 0..20 {
            dynasm!(ops; .arch aarch64; add x19, x19, 1);
        }
        dynasm!(ops; .arch aarch64; mov x20, x0; adds xzr, x19, x20);
        exit_with(ops, 19);
    });
    let mut events = Vec::new();
    let outcome = machine(&[], &normal).with_injections(&[pulse(8, count)]).run(|core, mut token, _boot| {
        let mut answer = ready();
        loop {
            let request = core.next_request(&mut token, &answer);
            let intid = core.acknowledge();
            if let Some(intid) = intid {
                end(core, intid);
            }
            events.push((request.0[0], intid));
            assert_eq!(request.0[1..8], [0; 7]);
            answer = Registers([0x5a5a; 18]);
            answer.0[0] = 0x8400_007c;
        }
    });
    (outcome, events)
}

#[test]
fn a_secure_interrupt_leaves_the_normal_world_for_the_monitor_wherever_it_is() {
    for count in 0..=24 {
        let (outcome, events) = secure_interrupt_after(count);
        assert_eq!(events, [(FFA_INTERRUPT, Some(Intid(8)))], "after {count}");
        assert_eq!(outcome.end, End::Exit(20), "after {count}: it goes on where it was");
    }
}

#[test]
fn a_monitor_that_answers_an_interrupt_otherwise_is_told() {
    let normal = assemble(NORMAL_WORLD, |ops| dynasm!(ops; .arch aarch64; again: ; b <again));
    let outcome = machine(&[], &normal)
        .with_injections(&[pulse(8, 3)])
        .run(|core, mut token, _boot| serve(core, &mut token, |_, _, request| request));
    let End::MonitorStopped(words) = outcome.end else { panic!("{:?}", outcome.end) };
    assert!(words.contains("x0 = 0x84000062 instead of FFA_NORMAL_WORLD_RESUME"), "{words}");
}

#[test]
fn a_secure_interrupt_in_a_secure_guest_is_the_monitors_irq_and_the_normal_worlds_its_fiq() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; again: ; add x3, x3, 1; b <again);
    });
    let normal = taking_interrupts(
        NORMAL_WORLD,
        1 << 7,
        |_| {},
        |ops| {
            smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001);
        },
    );
    let mut exits = Vec::new();
    let outcome = machine(&guest, &normal).with_injections(&[pulse(9, 200), pulse(7, 300)]).run(
        |core, mut token, boot| {
            guest_tables(core, &boot, 1);
            core.next_request(&mut token, &ready());
            let mut registers = guest_at(SECURE_GUEST);
            for _ in 0..2 {
                let exit = core.enter(&mut token, &mut registers);
                let intid = core.acknowledge();
                intid.into_iter().for_each(|intid| end(core, intid));
                exits.push((exit, intid));
            }
            panic!("enough")
        },
    );
    assert_eq!(outcome.end, End::MonitorStopped("enough".into()));
    assert_eq!(exits, [(Exit::Irq, Some(Intid(9))), (Exit::Fiq, None)]);
}

/// The monitor is done with `intid` on the first core.
fn end(core: &mut SimCore, intid: Intid) {
    core.drop_priority(intid);
    core.deactivate(intid, 0);
}

/// Enters a secure guest to whom the GIC's registers are mapped, and which does `setup` with the distributor at x3 and
/// the second redistributor frame at x4, and the physical CPU interface for its own.
fn set_up_by_guest(core: &mut SimCore, token: &mut Token, tables: &mut Tables) {
    for page in [GICD, GICR + 0x1_0000] {
        tables.map(core, Ipa::secure(page), page, Rights::ReadWrite);
    }
    core.write_sysreg::<HCR_EL2>(HCR & !(3 << 3));
    let (esr, ..) = enter(core, token, &mut guest_at(SECURE_GUEST));
    assert_eq!(esr >> 26, 0x16, "an HVC");
    core.write_sysreg::<HCR_EL2>(HCR);
}

/// A secure guest for [`set_up_by_guest`].
fn setting_up(setup: impl FnOnce(&mut Assembler)) -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        constant!(ops, 3, GICD);
        constant!(ops, 4, GICR + 0x1_0000);
        setup(ops);
        dynasm!(ops; .arch aarch64; hvc 1; again: ; add x5, x5, 1; b <again);
    })
}

#[test]
fn group_0_in_the_normal_world_is_el3s() {
    let normal = assemble(NORMAL_WORLD, |ops| dynasm!(ops; .arch aarch64; again: ; b <again));
    let guest = setting_up(|ops| {
        dynasm!(ops
            ; .arch aarch64
            ; movz w5, 5
            ; str w5, [x3] // GICD_CTLR: EnableGrp0, EnableGrp1S
            ; str wzr, [x4, 0x80] // GICR_IGROUPR0
            ; str wzr, [x4, 0xd00] // GICR_IGRPMODR0
            ; movz x5, 1
            ; msr register::ICC_IGRPEN0_EL1, x5
        );
    });
    let outcome = machine(&guest, &normal).with_injections(&[pulse(9, 100)]).run(|core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        set_up_by_guest(core, &mut token, &mut tables);
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(outcome.end, End::MonitorStopped("EL3 panics: Group0 interrupt 9 not handled".into()));
}

#[test]
fn the_monitors_own_deadline_interrupts_its_guest_until_it_is_taken_back() {
    let guest = assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; again: ; add x5, x5, 1; b <again);
    });
    let mut seen = None;
    machine(&guest, &off()).run(|core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let intid = core.deadline_interrupt();
        core.claim(intid, Line { priority: 0, trigger: Trigger::Level });
        core.enable(intid, true);
        let now = core.read_sysreg::<CNTPCT_EL0>();
        core.set_deadline(now + 2000);
        let mut registers = guest_at(SECURE_GUEST);
        let exit = core.enter(&mut token, &mut registers);
        let taken = core.acknowledge();
        core.clear_deadline();
        taken.into_iter().for_each(|intid| end(core, intid));
        assert!((900..=1000).contains(&registers.x[5]), "{} rounds of two instructions", registers.x[5]);
        let after = core.acknowledge();
        core.set_deadline(0);
        core.release(intid);
        seen = Some((exit, taken == Some(intid), after, core.acknowledge()));
        core.clear_deadline();
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, Some((Exit::Irq, true, None, None)));
}
