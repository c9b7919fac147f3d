//! Secure interrupts whose owner is stopped, gone, or far up the call chain; and what it does while it handles one.

use super::interrupts::{boot_with_gpio, handles};
use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::machine::layout::{GPIO_INTERRUPT, PHYSICAL_TIMER};
use crate::manifest::Device;
use crate::program::frame::Slot;
use crate::program::{Program, Site, Source, args, computed};

const NUMBER: Slot = Slot::free(1);
const MASK: Slot = Slot::free(2);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// How long it does.
const ROUNDS: u64 = 100;
/// Rounds in which the timer fires, after a ten-thousandth of a second.
const LONG: u64 = 100_000;
const FRACTION: u64 = 10_000;
/// A priority mask that is the normal world's alone.
const PRIORITIES: u32 = 0xC0;

/// The normal world has handled its timer's interrupt, its `count`th.
fn has_handled_timer(nwd: &mut Program, count: u64) -> &mut Site {
    let values =
        [("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))];
    nwd.testifies("has handled its timer's interrupt", &values).expect_all([count, PHYSICAL_TIMER])
}

/// SP1 asked SP2, which asked SP3: both are stopped, and each is run on by who asked it.
pub fn interrupt_up_the_chain(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP3);
    let (nwd, partitions) =
        stage.begin("SP1's interrupt arrives while SP3 works for SP2, which works for SP1");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    let [sp2_itself, sp3_itself] = [SP2, SP3].map(|role| ffa::target(role.endpoint(), 0));
    sp1.is_asked("is asked", NWD);
    sp2.is_asked("is asked", SP1);
    sp3.is_asked("is told to compute", SP2).expect(3, SEED);
    sp3.keeps(NUMBER, 3);
    sp3.asserts_gpio("asserts the GPIO's line");
    sp3.computes(NUMBER, ROUNDS);
    sp3.answers("answers with the result", SP2, args![NUMBER]);
    let request = sp1.request(SP2, args![]);
    sp1.call_seeing_interrupts("asks SP2", &request)
        .expect_all([ffa::INTERRUPT, sp2_itself])
        .shows("interrupt.8");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_response(SP2, SP1)
        .expect(3, computed(SEED, ROUNDS));
    sp1.answers("answers", NWD, args![]);
    let request = sp2.request(SP3, args![SEED]);
    sp2.call_seeing_interrupts("asks SP3 to compute", &request)
        .expect_all([ffa::INTERRUPT, sp3_itself])
        .shows("interrupt.8");
    sp2.call("runs SP3 on", args![ffa::RUN, sp3_itself])
        .expect_response(SP3, SP2)
        .expect(3, computed(SEED, ROUNDS));
    sp2.keeps(NUMBER, 3);
    sp2.answers("hands the result on", SP1, args![NUMBER]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// The normal world's timer stopped SP1, whose interrupt arrives then: it sees it when it is run on.
pub fn interrupt_of_the_preempted(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("SP1's interrupt arrives while SP1 is interrupted itself");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_asked("is told to compute", NWD).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, LONG);
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.answers("answers with the result", NWD, args![NUMBER]);
    nwd.arms_timer(FRACTION);
    let request = nwd.request(SP1, args![SEED]);
    nwd.call_seeing_interrupts("sets its timer and asks SP1", &request)
        .expect_all([ffa::INTERRUPT, sp1_itself]);
    nwd.takes_interrupts();
    has_handled_timer(nwd, 1);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on, and SP1 is not told");
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect_response(SP1, NWD)
        .expect(3, computed(SEED, LONG));
}

/// SP1 yielded, and its interrupt arrives then: the same.
pub fn interrupt_of_who_yielded(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1's interrupt arrives while SP1 has yielded");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_asked("is asked", NWD);
    sp1.call("yields", args![ffa::YIELD]).expect_success();
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_all([ffa::YIELD, sp1_itself]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on, and SP1 is not told");
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, NWD);
}

/// SP1, which handles an interrupt, asks SP2; the normal world's timer fires then and waits, and its priority mask is
/// its own afterwards.
pub fn handler_asks(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("SP1 asks SP2 while it handles an interrupt, and the timer fires");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    sp2.is_asked("is told to compute", SP1).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.computes(NUMBER, LONG);
    sp2.answers("answers with the result", SP1, args![NUMBER]);
    let request = sp1.request(SP2, args![SEED]);
    sp1.call_seeing_interrupts("asks SP2 to compute", &request)
        .expect_response(SP2, SP1)
        .expect(3, computed(SEED, LONG));
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.masks_priorities(PRIORITIES);
    nwd.arms_timer(FRACTION);
    nwd.asserts_gpio("sets its timer and asserts the GPIO's line");
    nwd.notes("goes on");
    nwd.reads_priority_mask(MASK);
    nwd.testifies("has its priority mask", &[("ICC_PMR_EL1", Source::Slot(MASK))])
        .expect_all([PRIORITIES.into()]);
    nwd.takes_interrupts();
    has_handled_timer(nwd, 1).shows("interrupt.1");
}

/// What SP1 may not do while it handles an interrupt, or what has no effect then.
pub fn handler_rules(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1 makes calls that end no handler");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let [sp1_itself, sp2_itself] = [SP1, SP2].map(|role| ffa::target(role.endpoint(), 0));
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT);
    let answer = ffa::sender_receiver(SP1.endpoint(), NWD.endpoint());
    sp1.call("answers nobody's request", args![ffa::DIRECT_RESP_64, answer]).expect_error(ffa::DENIED);
    sp1.call("yields", args![ffa::YIELD]).expect_success();
    sp1.call("runs SP2, which waits", args![ffa::RUN, sp2_itself]).expect_error(ffa::DENIED);
    sp2.is_asked("is asked", SP1);
    sp2.call("yields", args![ffa::YIELD]).expect_success();
    sp2.answers("answers", SP1, args![]);
    sp1.asks("asks SP2", SP2, args![]).expect_all([ffa::YIELD, sp2_itself]);
    sp1.call("waits, and has not run SP2 on", args![ffa::MSG_WAIT]).expect_error(ffa::DENIED);
    sp1.call("runs SP2 on", args![ffa::RUN, sp2_itself]).expect_response(SP2, SP1);
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    nwd.call("runs SP1, which waits", args![ffa::RUN, sp1_itself]).expect(0, ffa::MSG_WAIT);
    sp1.is_run("is run");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
}

/// SP1 aborts while it handles an interrupt, whose line stays asserted: nobody is interrupted any more.
pub fn interrupt_of_the_aborted(stage: &mut Stage) {
    stage.sp(SP1).extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    boot_with_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("SP1 handles its interrupt");
    handles(&mut partitions[0], 1);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    let (nwd, partitions) = stage.begin("SP1 aborts while it handles one, with the line asserted");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
    sp2.is_asked("is asked", NWD);
    sp2.asserts_gpio("asserts the GPIO's line");
    sp2.answers("answers", NWD, args![SEED]);
    nwd.asks("asks SP2", SP2, args![]).expect_response(SP2, NWD).expect(3, SEED).shows("interrupt.17");
    nwd.asks("asks SP1", SP1, args![]).expect_error(ffa::ABORTED);
}
