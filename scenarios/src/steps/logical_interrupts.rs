//! A partition works for EL3's logical partition, and is interrupted, yields, aborts: EL3 takes no answer but the last.

use super::interrupts::boot_with_gpio;
use super::logical::{answers_logical, has_asked, has_logical, is_asked_by_logical, request};
use super::{SP1, SP2, Stage, boot};
use crate::ffa;
use crate::machine::layout::{GPIO_INTERRUPT, PHYSICAL_TIMER};
use crate::manifest::Device;
use crate::program::frame::Slot;
use crate::program::{Program, Source, args, computed};

const NUMBER: Slot = Slot::free(1);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED;
/// Rounds of five instructions: the timer fires long before.
const ROUNDS: u64 = 100_000;
/// The timer fires after a ten-thousandth of a second.
const FRACTION: u64 = 10_000;

/// The low half of what SP1 computes: EL3's messages have 32-bit registers.
fn result() -> u64 {
    computed(SEED, ROUNDS) & 0xFFFF_FFFF
}

/// The normal world takes its timer's interrupt, the `count`th.
fn takes_its_interrupt(nwd: &mut Program, count: u64) {
    nwd.takes_interrupts();
    let values =
        [("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))];
    nwd.testifies("has handled its interrupt", &values).expect_all([count, PHYSICAL_TIMER]);
}

/// Interrupts of the normal world wait for the answer, whoever works for it; partitions' do not. Nobody takes the core back
/// by FFA_YIELD.
pub fn queued_for_logical(stage: &mut Stage) {
    has_logical(stage, 1);
    boot_with_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("The normal world's timer fires while SP1 works for EL3");
    let sp1 = &mut partitions[0];
    is_asked_by_logical(sp1, "is told to compute").expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.call("would yield", args![ffa::YIELD]).expect_success().shows("yield.43");
    answers_logical(sp1, "answers with the result", NUMBER);
    nwd.arms_timer(FRACTION);
    has_asked(nwd, "sets its timer and has EL3 ask SP1", SP1, [SEED, 0])
        .expect(3, result())
        .shows("interrupt.19");
    takes_its_interrupt(nwd, 1);

    let (nwd, partitions) = stage.begin("It fires while SP1 works for SP2, which works for EL3");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    is_asked_by_logical(sp2, "is asked").expect(3, SEED);
    sp1.is_asked("is told to compute", SP2).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", SP2, args![NUMBER]);
    let asks = sp2.request(SP1, args![SEED]);
    sp2.call_seeing_interrupts("asks SP1 to compute", &asks)
        .expect_response(SP1, SP2)
        .expect(3, computed(SEED, ROUNDS));
    sp2.keeps(NUMBER, 3);
    answers_logical(sp2, "hands the result on", NUMBER);
    nwd.arms_timer(FRACTION);
    has_asked(nwd, "sets its timer and has EL3 ask SP2", SP2, [SEED, 0])
        .expect(3, result())
        .shows("interrupt.19");
    takes_its_interrupt(nwd, 2);

    let (nwd, partitions) = stage.begin("SP1's interrupt arrives while SP2 works for EL3");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    is_asked_by_logical(sp2, "is asked");
    sp2.asserts_gpio("asserts the GPIO's line, and goes on when SP1 has handled that");
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    answers_logical(sp2, "answers", 5);
    has_asked(nwd, "has EL3 ask SP2", SP2, [0, 0]).expect(3, 5);
}

/// SP1 aborts while it works for EL3, and SP2 for it, which yielded: the normal world runs SP2 on.
pub fn aborts_for_logical(stage: &mut Stage) {
    let sp2_itself = ffa::target(SP2.endpoint(), 0);
    has_logical(stage, 1);
    boot(stage);
    let (nwd, partitions) = stage.begin("SP1 aborts while it works for EL3, and SP2 has yielded to it");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    is_asked_by_logical(sp1, "is asked");
    sp2.is_asked("is asked", SP1);
    sp2.call("yields", args![ffa::YIELD]).expect_success().shows("yield.41");
    sp2.answers("answers SP1", SP1, args![]);
    sp1.asks("asks SP2", SP2, args![]).expect_all([ffa::YIELD, sp2_itself]);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    nwd.call("has EL3 ask SP1", &request(SP1.endpoint(), [0, 0])).expect_error(ffa::ABORTED);
    nwd.call("has EL3 ask SP1 again", &request(SP1.endpoint(), [0, 0])).expect_error(ffa::ABORTED);
    nwd.call("has EL3 ask SP2, which yielded", &request(SP2.endpoint(), [0, 0])).expect_error(ffa::BUSY);
    nwd.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_all([ffa::MSG_WAIT, sp2_itself])
        .shows("abort.19");
    let (nwd, partitions) = stage.begin("EL3 asks SP2");
    let sp2 = &mut partitions[1];
    is_asked_by_logical(sp2, "is asked");
    answers_logical(sp2, "answers", 6);
    has_asked(nwd, "has EL3 ask SP2", SP2, [0, 0]).expect(3, 6);
}

/// SP1 never answers EL3, and an interrupt of the normal world waits for that: it aborts.
pub fn never_answers_logical(stage: &mut Stage) {
    has_logical(stage, 1);
    stage.sp(SP1).extras.interrupt_timeout = Some(1);
    boot(stage);
    let (nwd, partitions) = stage.begin("SP1 never answers EL3");
    let sp1 = &mut partitions[0];
    is_asked_by_logical(sp1, "is asked");
    sp1.never_answers();
    nwd.arms_timer(FRACTION);
    nwd.call_seeing_interrupts("sets its timer and has EL3 ask SP1", &request(SP1.endpoint(), [0, 0]))
        .expect_error(ffa::ABORTED);
    takes_its_interrupt(nwd, 1);
    nwd.asks("asks SP1", SP1, args![]).expect_error(ffa::ABORTED).shows("watch.8");
}
