//! Secure interrupts: whom they find where, and who is told.

use super::{NWD, SP1, SP2, Stage, boot};
use crate::ffa;
use crate::machine::layout::{GPIO, GPIO_INTERRUPT, UART_INTERRUPT};
use crate::manifest::Device;
use crate::paravirtual::{DEACTIVATE, ENABLE, FAILED, GET, NONE, RECONFIGURE, SEND_IPI};
use crate::program::frame::Slot;
use crate::program::{Line, Program, Role, Space, args, computed};

const NUMBER: Slot = Slot::free(1);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// How long it does.
const ROUNDS: u64 = 100;

/// The GPIO is SP1's, with its interrupt of these `attributes`. `other` reaches the GPIO too, in the normal world's
/// address space.
fn grant_gpio(stage: &mut Stage, attributes: u32, other: Role) {
    let interrupts = vec![[GPIO_INTERRUPT as u32, attributes]];
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
    stage.sp(other).extras.devices = vec![Device { non_secure: true, ..Device::at(GPIO) }];
}

/// All boot; SP1 enables the GPIO's interrupt of these `attributes`, and `other` can assert its line.
pub(super) fn boot_with_gpio(stage: &mut Stage, attributes: u32, other: Role) {
    boot(stage);
    prepare_gpio(stage, attributes, other);
}

/// SP1 enables the interrupt of the GPIO, which is its own with these `attributes`; `other` can assert its line.
pub(super) fn prepare_gpio(stage: &mut Stage, attributes: u32, other: Role) {
    grant_gpio(stage, attributes, other);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, |sp1| {
        sp1.maps(Space::Secure, GPIO);
        sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    });
    let title = if other == SP2 { "SP2 maps the GPIO" } else { "SP3 maps the GPIO" };
    stage.alone(title, other, |other| other.maps(Space::NonSecure, GPIO));
}

/// All boot; the GPIO's interrupt is triggered by its level, or by the rise of its line.
pub fn boot_with_level(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP2);
}

/// See [`boot_with_level`].
pub fn boot_with_edge(stage: &mut Stage) {
    boot_with_gpio(stage, Device::EDGE, SP2);
}

/// SP1, which waits, is told of the GPIO's interrupt, handles it as its `count`th one, and waits again.
pub(super) fn handles(sp1: &mut Program, count: u64) {
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    sp1.takes_interrupts();
    sp1.has_handled(count, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
}

/// SP1 waits, and the normal world has the core.
fn while_normal_world_runs(stage: &mut Stage, title: &'static str, count: u64) {
    let (nwd, partitions) = stage.begin(title);
    handles(&mut partitions[0], count);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
}

/// SP1 waits, and SP2 has the core.
fn while_sp2_works(stage: &mut Stage, title: &'static str, count: u64) {
    let (nwd, partitions) = stage.begin(title);
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is told to compute", NWD).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.asserts_gpio("asserts the GPIO's line");
    handles(sp1, count);
    sp2.computes(NUMBER, ROUNDS);
    sp2.answers("answers with the result", NWD, args![NUMBER]);
    nwd.asks("asks SP2 to compute", SP2, args![SEED])
        .expect_response(SP2, NWD)
        .expect(3, computed(SEED, ROUNDS));
}

/// The line's level triggers the interrupt, and SP1 waits.
pub fn level_interrupt(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP2);
    while_normal_world_runs(stage, "The GPIO's interrupt arrives while the normal world runs", 1);
    while_sp2_works(stage, "It arrives while SP2 works for the normal world", 2);
    while_normal_world_runs(stage, "It arrives while the normal world runs, once more", 3);
}

/// The same, triggered by the rise of its line.
pub fn edge_interrupt(stage: &mut Stage) {
    boot_with_gpio(stage, Device::EDGE, SP2);
    while_normal_world_runs(stage, "The GPIO's interrupt arrives while the normal world runs", 1);
    while_sp2_works(stage, "It arrives while SP2 works for the normal world", 2);
    while_normal_world_runs(stage, "It arrives while the normal world runs, once more", 3);
}

/// SP1 is asked, and its interrupt arrives while it works: it sees it when it lets interrupts in, or when it has answered.
pub fn interrupt_of_who_works(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("The GPIO's interrupt arrives while SP1 works");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.asserts_gpio("asserts the GPIO's line");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);

    let (nwd, partitions) = stage.begin("It arrives again, and SP1 answers before it lets interrupts in");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.asserts_gpio("asserts the GPIO's line");
    sp1.answers("answers", NWD, args![SEED]);
    sp1.is_interrupted("is told at once", GPIO_INTERRUPT).shows("interrupt.10");
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD).expect(3, SEED);
}

/// SP1 waits for SP2's answer when its interrupt arrives.
pub fn interrupt_of_who_asked(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("It arrives while SP1 waits for the answer of SP2");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let sp2_itself = ffa::target(SP2.endpoint(), 0);
    sp1.is_asked("is asked", NWD);
    sp2.is_asked("is told to compute", SP1).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.asserts_gpio("asserts the GPIO's line");
    sp2.computes(NUMBER, ROUNDS);
    sp2.answers("answers with the result", SP1, args![NUMBER]);
    let request = sp1.request(SP2, args![SEED]);
    sp1.call_seeing_interrupts("asks SP2 to compute", &request)
        .expect_all([ffa::INTERRUPT, sp2_itself])
        .shows("interrupt.8");
    sp1.takes_interrupts();
    sp1.has_handled(3, GPIO_INTERRUPT);
    sp1.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_response(SP2, SP1)
        .expect(3, computed(SEED, ROUNDS));
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// SP1's interrupt arrives while SP2 initialises itself: SP1 is told when that is over, before the normal world runs.
pub fn interrupt_at_boot(stage: &mut Stage) {
    grant_gpio(stage, Device::LEVEL, SP2);
    let (_, partitions) = stage.begin("The GPIO's interrupt arrives while SP2 initialises itself");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.maps(Space::Secure, GPIO);
    sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    sp1.initialise();
    sp2.maps(Space::NonSecure, GPIO);
    sp2.asserts_gpio("asserts the GPIO's line");
    sp2.sees_gpio("sees that nobody has handled it yet", NUMBER).expect_all([1]).shows("interrupt.5");
    sp2.initialise();
    handles(sp1, 1);
}

/// SP1's interrupt arrives while SP1 initialises itself: it is told when all have done that.
pub fn interrupt_before_ready(stage: &mut Stage) {
    grant_gpio(stage, Device::LEVEL, SP2);
    let (_, partitions) = stage.begin("The GPIO's interrupt arrives while SP1 initialises itself");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.maps(Space::Secure, GPIO);
    sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    sp1.asserts_gpio("asserts the GPIO's line");
    sp1.initialise();
    sp2.initialise();
    sp1.is_interrupted("is told when SP2 has initialised itself", GPIO_INTERRUPT);
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
}

/// Calls about interrupts that are not the caller's, or that say what cannot be, fail.
pub fn interrupt_calls(stage: &mut Stage) {
    stage.alone("SP1 makes wrong calls about interrupts", SP1, |sp1| {
        let unknown = [
            ("enables an interrupt that it has not", ENABLE),
            ("deactivates it", DEACTIVATE),
            ("reconfigures it", RECONFIGURE),
        ];
        for (label, number) in unknown {
            sp1.call_by_hvc(label, args![number, UART_INTERRUPT, 1, 0])
                .expect(0, FAILED)
                .shows("interrupt.11");
        }
        sp1.call_by_hvc("asks which is pending, and none is", args![GET])
            .expect(0, NONE)
            .shows("interrupt.12");
        sp1.call_by_hvc(
            "deactivates its own, which is not active",
            args![DEACTIVATE, GPIO_INTERRUPT, GPIO_INTERRUPT],
        )
        .expect(0, 0);
        let wrong = [
            ("reconfigures the managed exit", [4, 2, 1], "interrupt.14"),
            ("reconfigures what is not there", [GPIO_INTERRUPT, 3, 1], "interrupt.14"),
            ("turns it to neither on nor off", [GPIO_INTERRUPT, 2, 2], "interrupt.14"),
            ("sends it to a core that is not there", [GPIO_INTERRUPT, 0, 99], "interrupt.15"),
        ];
        for (label, [intid, what, value], rule) in wrong {
            sp1.call_by_hvc(label, args![RECONFIGURE, intid, what, value]).expect(0, FAILED).shows(rule);
        }
        sp1.call_by_hvc("interrupts a vCPU that is not there", args![SEND_IPI, 1])
            .expect(0, FAILED)
            .shows("interrupt.16");
    });
}
