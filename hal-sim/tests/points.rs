//! Interrupts that come at other points than after a guest instruction, or are gone when somebody asks.

mod common;

use common::*;
use dynasmrt::{DynasmLabelApi, dynasm};
use hal::interrupt::{Intid, Line, Trigger};
use hal::{Cpu, Distributor, Gic, Monitor, Registers};
use hal_sim::{Counted, End, Injection, Signal, When};

/// A shared interrupt that nothing is connected to.
const SHARED: Intid = Intid(50);
/// That of the secure GPIO.
const GPIO: Intid = Intid(41);
/// EL3's own.
const FIRMWARES: Intid = Intid(287);

/// An interrupt after so many steps.
const fn after(steps: u64, intid: Intid, signal: Signal) -> Injection {
    Injection { intid, core: 0, signal, counted: Counted::Steps, when: When::After(steps) }
}

/// A guest that counts for ever.
fn counts(at: u64) -> Vec<u8> {
    assemble(at, |ops| dynasm!(ops; .arch aarch64; again: ; add x5, x5, 1; b <again))
}

#[test]
fn an_interrupt_comes_between_two_calls_of_the_monitor() {
    for steps in 2..20 {
        let mut asked = 0;
        let outcome = machine(&[], &off()).with_injections(&[after(steps, SHARED, Signal::Pulse)]).run(
            |core, mut token, _boot| {
                core.claim(SHARED, Line { priority: 0, trigger: Trigger::Edge });
                core.enable(SHARED, true);
                while core.acknowledge().is_none() {
                    asked += 1;
                }
                core.drop_priority(SHARED);
                core.deactivate(SHARED, 0);
                serve(core, &mut token, |_, _, request| request)
            },
        );
        assert_eq!((outcome.end, outcome.arrived), (End::PowerOff, 1));
        assert_eq!(asked, steps - 2, "two calls came before");
    }
}

#[test]
fn a_glitch_takes_the_core_and_is_gone_when_the_monitor_asks() {
    let mut asked = None;
    machine(&counts(SECURE_GUEST), &off()).with_injections(&[after(100, GPIO, Signal::Glitch)]).run(
        |core, mut token, boot| {
            core.claim(GPIO, Line { priority: 0, trigger: Trigger::Level });
            core.enable(GPIO, true);
            guest_tables(core, &boot, 1);
            let exit = core.enter(&mut token, &mut guest_at(SECURE_GUEST));
            asked = Some((exit, core.acknowledge()));
            panic!("that is all")
        },
    );
    assert_eq!(asked, Some((hal::cpu::Exit::Irq, None)));
}

#[test]
fn el3_handles_its_own_interrupt_in_the_normal_world_and_when_the_monitor_asks_it_to() {
    let normal = assemble(NORMAL_WORLD, |ops| {
        for _ in 0..100 {
            dynasm!(ops; .arch aarch64; add x19, x19, 1);
        }
        exit_with(ops, 19);
    });
    let pulses = [50, 150].map(|steps| after(steps, FIRMWARES, Signal::Pulse));
    let outcome =
        machine(&counts(SECURE_GUEST), &normal).with_injections(&pulses).run(|core, mut token, boot| {
            guest_tables(core, &boot, 1);
            assert!(!core.group_zero_is_pending());
            assert_eq!(core.enter(&mut token, &mut guest_at(SECURE_GUEST)), hal::cpu::Exit::Fiq);
            assert!(core.group_zero_is_pending());
            let mut request = Registers::ZERO;
            request.0[0] = 0x8400_008c;
            assert_eq!(core.call(&request).0[0], 0x8400_0061, "FFA_SUCCESS");
            assert!(!core.group_zero_is_pending());
            serve(core, &mut token, |_, _, request| request)
        });
    assert_eq!((outcome.end, outcome.firmware_interrupts), (End::Exit(100), 2));
    assert_eq!(outcome.interrupts, [""; 0], "nothing is left of them");
}
