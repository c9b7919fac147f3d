//! Secure interrupts on one core whose owner is on another, and those that a partition's virtual CPUs send each other.

use super::power::{goes_off, is_off, switches_on};
use super::preemption::asks_and_is_interrupted;
use super::{NWD, SP1, SP2, Stage, lends_signals};
use crate::ffa;
use crate::machine::layout::{GPIO, GPIO_INTERRUPT};
use crate::manifest::Device;
use crate::paravirtual::{FAILED, RECONFIGURE, SEND_IPI};
use crate::program::{Line, Program, Space, args};

/// The virtual interrupt that another virtual CPU sends.
const FROM_VCPU: u64 = 9;
/// What RECONFIGURE changes: the core that the interrupt goes to.
pub(super) const TARGET: u64 = 0;

/// SP1 has the GPIO, with its interrupt of these `attributes`.
pub(super) fn grants_gpio(stage: &mut Stage, attributes: u32) {
    let interrupts = vec![[GPIO_INTERRUPT as u32, attributes]];
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
}

/// Enables the GPIO's interrupt.
pub(super) fn enables_gpio(sp1: &mut Program) {
    sp1.maps(Space::Secure, GPIO);
    sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
}

/// `vcpu` of SP1, which waits, is told of its interrupt `intid`, handles it as its `count`th one, and waits again.
fn handles(vcpu: &mut Program, intid: u64, count: u64) {
    vcpu.is_interrupted("is told of its interrupt", intid).shows("interrupt.7");
    vcpu.takes_interrupts();
    vcpu.has_handled(count, intid);
    vcpu.gives_way("is done", args![ffa::MSG_WAIT]);
}

/// The GPIO's interrupt arrives on core 0 while SP1 runs on core 1, and while it waits there for SP2.
pub fn owner_on_another_core(stage: &mut Stage) {
    grants_gpio(stage, Device::LEVEL);
    lends_signals(stage, &[SP1, SP2]);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, enables_gpio);

    stage.begin("The GPIO's interrupt arrives on core 0 while SP1 runs on core 1");
    let ready = stage.signal("SP1 sees signals, and has its interrupt enabled");
    let runs = stage.signal("SP1 runs on core 1");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 1", NWD);
    sp1.signals(&runs);
    sp1.awaits_interrupts(1);
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.answers("answers", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&ready);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let nwd = stage.nwd(0);
    nwd.signals(&ready);
    nwd.waits_for(&runs);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");

    stage.begin("It arrives on core 0 while SP1 waits on core 1 for SP2's answer");
    let works = stage.signal("SP2 works on core 1");
    let asserted = stage.signal("core 0 asserted the line");
    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked", SP1);
    sp2.signals(&works);
    sp2.waits_for(&asserted);
    sp2.answers("answers", SP1, args![]);
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 1", NWD);
    let request = sp1.request(SP2, args![]);
    sp1.call_seeing_interrupts("asks SP2", &request).expect_response(SP2, SP1);
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.answers("answers", NWD, args![]);
    let answered = stage.signal("core 1 has SP1's answer");
    let nwd = stage.nwd(1);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&answered);
    let nwd = stage.nwd(0);
    nwd.waits_for(&works);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.signals(&asserted);
    nwd.waits_for(&answered);
}

/// SP1's interrupt arrives on core 0 about when SP1 answers on core 1: it is told once, on the one core or the other.
pub fn at_answer(stage: &mut Stage) {
    grants_gpio(stage, Device::LEVEL);
    lends_signals(stage, &[SP1]);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, enables_gpio);
    stage.begin("SP1's interrupt arrives on core 0 while SP1 answers on core 1");
    let ready = stage.signal("SP1 has its interrupt enabled");
    let here = [0, 1].map(|core| stage.signal(format!("core {core} is here")));
    let answered = stage.signal("core 1 has SP1's answer");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 1", NWD);
    sp1.meets("meets core 0", &here[1], &here);
    sp1.answers("answers", NWD, args![]);
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.10");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&ready);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&answered);
    let nwd = stage.nwd(0);
    nwd.signals(&ready);
    nwd.meets("meets SP1", &here[0], &here);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.waits_for(&answered);
}

/// Core 1 asserts the line of SP1's interrupt and releases it, again and again, while SP1 runs on core 0: where that
/// core comes too late to take it, nothing happened.
pub fn released(stage: &mut Stage) {
    /// How often.
    const TIMES: u64 = 200;
    stage.begin("Core 1 asserts and releases the GPIO's line while SP1 works on core 0");
    let works = stage.signal("SP1 works on core 0");
    let released = stage.signal("core 1 asserts the line no more");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.signals(&works);
    sp1.waits_for(&released);
    sp1.drops_interrupts();
    sp1.answers("answers", NWD, args![]);
    stage.nwd(0).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let nwd = stage.nwd(1);
    nwd.waits_for(&works);
    nwd.toggles_gpio(TIMES);
    nwd.signals(&released);
}

/// SP1 is interrupted on core 0, then its interrupt arrives there, and core 1 runs it on: it sees its interrupt there.
pub fn owner_goes_on_elsewhere(stage: &mut Stage) {
    stage.begin("Core 0 is interrupted while it has SP1, whose interrupt arrives then; core 1 runs SP1 on");
    let works = stage.signal("SP1 works on core 0");
    let asserted = stage.signal("core 0 asserted the line while SP1 is stopped");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.signals(&works);
    sp1.waits_for(&asserted);
    sp1.takes_interrupts();
    sp1.has_handled(3, GPIO_INTERRUPT);
    sp1.answers("answers", NWD, args![]);
    let nwd = stage.nwd(0);
    asks_and_is_interrupted(nwd, SP1, 0, 1);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.signals(&asserted);
    let nwd = stage.nwd(1);
    nwd.waits_for(&works);
    nwd.rings(0);
    nwd.waits_for(&asserted);
    nwd.call("runs SP1 on", args![ffa::RUN, ffa::target(SP1.endpoint(), 0)]).expect_response(SP1, NWD);
}

/// SP1, which migrates, has its interrupt sent to the core that it is on; when that goes off, another gets it.
pub fn owner_left_the_core(stage: &mut Stage) {
    stage.begin("SP1 has its interrupt sent to core 1, where it is");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 1", NWD);
    for (label, core, result) in [("has it sent to core 0", 0, FAILED), ("has it sent to its core", 1, 0)] {
        let site = sp1.call_by_hvc(label, args![RECONFIGURE, GPIO_INTERRUPT, TARGET, core]).expect(0, result);
        if result == FAILED {
            site.shows("interrupt.15");
        }
    }
    sp1.answers("answers", NWD, args![]);
    stage.nwd(1).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);

    stage.begin("Core 1 goes off, and core 0 gets the interrupt");
    goes_off(stage, 1);
    is_off(stage, 1);
    let nwd = stage.nwd(0);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    handles(stage.sp(SP1), GPIO_INTERRUPT, 4);
    stage.begin("Core 1 is switched on again");
    switches_on(stage, 1);
}

/// SP1's virtual CPUs interrupt each other, and themselves: one that runs, one that waits.
pub fn between_vcpus(stage: &mut Stage) {
    lends_signals(stage, &[SP1]);
    stage.begin("SP1's vCPU 1 enables the interrupt that others send");
    let lent = stage.signal("SP1 sees signals");
    let enabled = stage.signal("vCPU 1 has it enabled");
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked", NWD);
    vcpu.maps(Space::NonSecure, crate::machine::layout::SIGNALS);
    vcpu.enables_interrupt(FROM_VCPU, Line::Irq);
    vcpu.answers("answers", NWD, args![]);
    stage.nwd(0).signals(&lent);
    let nwd = stage.nwd(1);
    nwd.waits_for(&lent);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&enabled);

    stage.begin("vCPU 0 interrupts vCPU 1, which waits");
    let told = stage.signal("vCPU 1 was told");
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_interrupted("is told of its interrupt", FROM_VCPU).shows("interrupt.7");
    vcpu.takes_interrupts();
    vcpu.has_handled(1, FROM_VCPU);
    vcpu.signals(&told);
    vcpu.gives_way("is done", args![ffa::MSG_WAIT]);
    let vcpu = stage.vcpu(SP1, 0);
    vcpu.is_asked("is asked", NWD);
    vcpu.call_by_hvc("interrupts vCPU 1", args![SEND_IPI, 1]).expect(0, 0);
    vcpu.waits_for(&told);
    vcpu.answers("answers", NWD, args![]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&enabled);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    stage.nwd(1).waits_for(&told);

    stage.begin("vCPU 0 interrupts vCPU 1, which runs");
    let runs = stage.signal("vCPU 1 runs");
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked", NWD);
    vcpu.signals(&runs);
    vcpu.awaits_interrupts(2);
    vcpu.has_handled(2, FROM_VCPU);
    vcpu.answers("answers", NWD, args![]);
    stage.nwd(1).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let vcpu = stage.vcpu(SP1, 0);
    vcpu.is_asked("is asked", NWD);
    vcpu.waits_for(&runs);
    vcpu.call_by_hvc("interrupts vCPU 1", args![SEND_IPI, 1]).expect(0, 0);
    vcpu.answers("answers", NWD, args![]);
    stage.nwd(0).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);

    stage.alone("vCPU 0 interrupts itself", SP1, |vcpu| {
        vcpu.enables_interrupt(FROM_VCPU, Line::Irq);
        vcpu.call_by_hvc("interrupts itself", args![SEND_IPI, 0]).expect(0, 0);
        vcpu.takes_interrupts();
        vcpu.has_handled(1, FROM_VCPU);
    });
}

/// SP1's GPIO interrupts the core that its virtual CPU there asked for; when that goes off, another.
pub fn routed(stage: &mut Stage) {
    grants_gpio(stage, Device::LEVEL);
    lends_signals(stage, &[SP1]);
    stage.alone("SP1's vCPU 0 enables the interrupt of its GPIO", SP1, enables_gpio);

    stage.begin("vCPU 1 has it sent to its core");
    let enabled = stage.signal("core 1 gets the GPIO's interrupt");
    let lent = stage.signal("SP1 sees signals");
    let told = stage.signal("vCPU 1 was told");
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked", NWD);
    vcpu.maps(Space::NonSecure, crate::machine::layout::SIGNALS);
    enables_gpio(vcpu);
    vcpu.call_by_hvc("has it sent to its core", args![RECONFIGURE, GPIO_INTERRUPT, TARGET, 1]).expect(0, 0);
    vcpu.answers("answers", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&lent);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&enabled);
    nwd.waits_for(&told);
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    vcpu.takes_interrupts();
    vcpu.has_handled(1, GPIO_INTERRUPT);
    vcpu.signals(&told);
    vcpu.gives_way("is done", args![ffa::MSG_WAIT]);
    let nwd = stage.nwd(0);
    nwd.signals(&lent);
    nwd.waits_for(&enabled);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.waits_for(&told);

    stage.begin("Core 1 goes off, and core 0 gets the interrupt");
    goes_off(stage, 1);
    is_off(stage, 1);
    let nwd = stage.nwd(0);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    handles(stage.vcpu(SP1, 0), GPIO_INTERRUPT, 1);

    stage.begin("Core 1 is on again, and core 0 still gets it");
    switches_on(stage, 1);
    let nwd = stage.nwd(0);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    handles(stage.vcpu(SP1, 0), GPIO_INTERRUPT, 2);
}
