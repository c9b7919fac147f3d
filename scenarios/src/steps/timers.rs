//! Timers of partitions: each has its own, whoever runs, and the normal world keeps its.

use super::{NWD, SP1, SP2, SP3, Stage, boot};
use crate::ffa;
use crate::machine::layout::PHYSICAL_TIMER;
use crate::paravirtual::{DEACTIVATE, ENABLE, GET, NONE, TIMER};
use crate::program::frame::Slot;
use crate::program::{Line, Program, Role, Site, Source, args, computed, register};

const NUMBER: Slot = Slot::free(1);
const READ: Slot = Slot::free(2);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// Rounds of five instructions: a timer fires long before.
const ROUNDS: u64 = 100_000;
/// A timer fires after a ten-thousandth of a second, or half of that later.
const SOON: u64 = 10_000;
const LATER: u64 = 6_666;
/// So long after it was armed it has fired.
const LONG: u64 = 3_000;

/// A timer's registers.
const TVAL: u32 = register(3, 3, 14, 2, 0);
const CTL: u32 = register(3, 3, 14, 2, 1);
const CVAL: u32 = register(3, 3, 14, 2, 2);

/// CNTP_CTL_EL0: ENABLE, IMASK, ISTATUS.
const ENABLED: u64 = 1;
const MASKED: u64 = 2;
const MET: u64 = 4;

/// All boot, and `partitions` enable the interrupts of their timers.
fn boot_with_timers(stage: &mut Stage, partitions: &[Role]) {
    boot(stage);
    for role in partitions {
        stage.alone("A partition enables the interrupt of its timer", *role, |partition| {
            partition.enables_interrupt(TIMER, Line::Irq);
        });
    }
}

/// `partition`, which waits, is told of its timer, handles that as its `count`th interrupt, and waits again.
fn handles(partition: &mut Program, count: u64) {
    partition.is_interrupted("is told of its timer", TIMER).shows("timer.3");
    partition.takes_interrupts();
    partition.has_handled(count, TIMER);
    partition.gives_way("is done", args![ffa::MSG_WAIT]);
}

/// SP1 computes in a loop, and its timer interrupts that: it answers with the interrupt's number.
pub fn timer_of_who_works(stage: &mut Stage) {
    boot_with_timers(stage, &[SP1]);
    let (nwd, partitions) = stage.begin("SP1 works, and its timer interrupts that");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is told to compute", NWD).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.arms_timer(SOON);
    sp1.computes_interruptibly(NUMBER, ROUNDS);
    sp1.has_handled(1, TIMER).shows("timer.2");
    sp1.answers("answers", NWD, args![NUMBER, 0, Slot::INTERRUPT_ID]);
    nwd.asks("asks SP1 to compute", SP1, args![SEED])
        .expect_response(SP1, NWD)
        .expect(3, computed(SEED, ROUNDS))
        .expect(5, TIMER);
}

/// SP1 arms its timer and answers: it is told while the normal world runs.
pub fn timer_of_who_waits(stage: &mut Stage) {
    for (title, count) in [("SP1's timer fires while the normal world runs", 2), ("It does so once more", 3)]
    {
        let (nwd, partitions) = stage.begin(title);
        let sp1 = &mut partitions[0];
        sp1.is_asked("is asked", NWD);
        sp1.arms_timer(SOON);
        sp1.answers("answers with its timer armed", NWD, args![]);
        handles(sp1, count);
        nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
        nwd.lets_time_pass(LONG);
        nwd.notes("goes on");
    }
}

/// SP1 arms its timer and asks SP2, which works when it fires: SP1 has the core, and runs SP2 on.
pub fn timer_of_who_asked(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1's timer fires while SP2 works for it");
    let [sp1, sp2, ..] = partitions else { panic!("two partitions play") };
    let sp2_itself = ffa::target(SP2.endpoint(), 0);
    sp1.is_asked("is asked", NWD);
    sp2.is_asked("is told to compute", SP1).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.computes(NUMBER, ROUNDS);
    sp2.answers("answers with the result", SP1, args![NUMBER]);
    sp1.arms_timer(SOON);
    let request = sp1.request(SP2, args![SEED]);
    sp1.call_seeing_interrupts("asks SP2 to compute", &request).expect_all([ffa::INTERRUPT, sp2_itself]);
    sp1.takes_interrupts();
    sp1.has_handled(4, TIMER);
    sp1.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_response(SP2, SP1)
        .expect(3, computed(SEED, ROUNDS));
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// The timers of SP1 and SP2 are armed at once, and fire one after the other while the normal world runs; then while SP3
/// works.
pub fn timers_of_two(stage: &mut Stage) {
    boot_with_timers(stage, &[SP1, SP2]);
    let arm = |nwd: &mut Program, partitions: &mut [Program], count, fractions: [u64; 2]| {
        for (role, fraction) in [SP1, SP2].into_iter().zip(fractions) {
            let partition = &mut partitions[role.index() - 1];
            partition.is_asked("is asked", NWD);
            partition.arms_timer(fraction);
            partition.answers("answers with its timer armed", NWD, args![]);
            handles(partition, count);
            nwd.asks("asks a partition to arm its timer", role, args![]).expect_response(role, NWD);
        }
    };
    let (nwd, partitions) = stage.begin("The timers of SP1 and SP2 fire while the normal world runs");
    arm(nwd, partitions, 1, [SOON, LATER]);
    nwd.lets_time_pass(LONG);
    nwd.notes("goes on");

    let (nwd, partitions) = stage.begin("They fire while SP3 works, SP2's first");
    arm(nwd, partitions, 2, [LATER, SOON]);
    let sp3 = &mut partitions[2];
    sp3.is_asked("is told to compute", NWD).expect(3, SEED);
    sp3.keeps(NUMBER, 3);
    sp3.computes(NUMBER, ROUNDS);
    sp3.answers("answers with the result", NWD, args![NUMBER]);
    nwd.asks("asks SP3 to compute", SP3, args![SEED])
        .expect_response(SP3, NWD)
        .expect(3, computed(SEED, ROUNDS));
}

/// SP1 asks which interrupt is pending: `expected`.
fn is_pending<'a>(sp1: &'a mut Program, label: &str, expected: u64) -> &'a mut Site {
    sp1.call_by_hvc(label, args![GET]).expect(0, expected)
}

/// SP1 reads a register of its timer.
fn reads<'a>(sp1: &'a mut Program, label: &str, register: u32, name: &'static str) -> &'a mut Site {
    sp1.reads_register(READ, register);
    sp1.testifies(label, &[(name, Source::Slot(READ))])
}

/// A timer's registers, and what they make of its interrupt.
pub fn timer_registers(stage: &mut Stage) {
    const FAR: u64 = 1 << 62;
    boot_with_timers(stage, &[SP1]);
    stage.alone("SP1's timer is over as soon as it is armed", SP1, |sp1| {
        sp1.writes_register(CVAL, 0);
        is_pending(sp1, "asks before its timer is enabled", NONE);
        sp1.writes_register(CTL, ENABLED);
        reads(sp1, "sees that it is over", CTL, "CNTP_CTL_EL0").expect(0, ENABLED | MET);
        is_pending(sp1, "asks which interrupt is pending", TIMER).shows("timer.1");
        is_pending(sp1, "asks again, having taken it", NONE);
        sp1.call_by_hvc("is done with it, and its timer is still over", args![DEACTIVATE, TIMER, TIMER])
            .expect(0, 0);
        is_pending(sp1, "asks which is pending now", TIMER).shows("timer.5");
        sp1.call_by_hvc("is done with it again", args![DEACTIVATE, TIMER, TIMER]).expect(0, 0);
        sp1.writes_register(CTL, ENABLED | MASKED);
        reads(sp1, "masks it", CTL, "CNTP_CTL_EL0").expect(0, ENABLED | MASKED | MET);
        is_pending(sp1, "asks which is pending, and none is", NONE).shows("timer.4");
        sp1.writes_register(CTL, ENABLED);
        is_pending(sp1, "asks when it is not masked any more", TIMER);
        sp1.writes_register(CVAL, FAR);
    });
    stage.alone("SP1 moves its timer", SP1, |sp1| {
        reads(sp1, "has moved it far away", CTL, "CNTP_CTL_EL0").expect(0, ENABLED);
        reads(sp1, "reads what it compares with", CVAL, "CNTP_CVAL_EL0").expect(0, FAR);
        is_pending(sp1, "asks which is pending, and none is", NONE);
        sp1.writes_register(TVAL, 0xffff_ffff);
        reads(sp1, "moves it to just before now", CTL, "CNTP_CTL_EL0").expect(0, ENABLED | MET);
        sp1.reads_fields(
            "reads what is left, which is less than nothing",
            TVAL,
            &[("sign", 28), ("upper half", 32)],
        )
        .expect_all([0, 0xf, 0]);
        sp1.writes_register(TVAL, 0x7fff_ffff);
        reads(sp1, "moves it far away by that", CTL, "CNTP_CTL_EL0").expect(0, ENABLED);
        is_pending(sp1, "asks which is pending, and none is", NONE).shows("timer.4");
        sp1.writes_register(CVAL, 0);
        sp1.call_by_hvc("wants its interrupt no more", args![ENABLE, TIMER, 0, 0]).expect(0, 0);
        is_pending(sp1, "asks which is pending, and none is", NONE);
        sp1.call_by_hvc("wants its interrupt again", args![ENABLE, TIMER, 1, 0]).expect(0, 0);
        is_pending(sp1, "asks which is pending now", TIMER);
        sp1.writes_register(CTL, 0);
        reads(sp1, "turns it off", CTL, "CNTP_CTL_EL0").expect(0, 0);
    });
}

/// SP1 plays with its timer while the normal world's runs: that fires all the same, and stops SP1.
pub fn timer_beside_the_normal_worlds(stage: &mut Stage) {
    let (nwd, partitions) =
        stage.begin("The normal world's timer fires while SP1 computes, which has its own");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_asked("is told to compute", NWD).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.writes_register(CVAL, u64::MAX);
    sp1.writes_register(CTL, ENABLED | MASKED);
    sp1.computes(NUMBER, ROUNDS);
    sp1.writes_register(CTL, 0);
    sp1.answers("answers with the result", NWD, args![NUMBER]);
    nwd.arms_timer(SOON);
    let request = nwd.request(SP1, args![SEED]);
    nwd.call_seeing_interrupts("sets its timer and asks SP1 to compute", &request)
        .expect_all([ffa::INTERRUPT, sp1_itself]);
    nwd.takes_interrupts();
    nwd.testifies(
        "has handled its interrupt",
        &[("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))],
    )
    .expect_all([1, PHYSICAL_TIMER]);
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect_response(SP1, NWD)
        .expect(3, computed(SEED, ROUNDS));
}

/// SP1 aborts with its timer armed: nothing comes of it.
pub fn timer_of_who_aborted(stage: &mut Stage) {
    boot_with_timers(stage, &[SP1]);
    let (nwd, partitions) = stage.begin("SP1 aborts with its timer armed");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    sp1.is_asked("is asked", NWD);
    sp1.arms_timer(SOON);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    nwd.asks("asks SP1", SP1, args![]).expect_error(ffa::ABORTED);
    nwd.lets_time_pass(LONG);
    sp2.is_asked("is asked", NWD);
    sp2.answers("answers", NWD, args![]);
    nwd.asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);
}

/// SP1 is told of its timer and never ends handling it: it aborts, and who was interrupted goes on.
pub fn never_handles(stage: &mut Stage) {
    boot_with_timers(stage, &[SP1]);
    let (nwd, partitions) = stage.begin("SP1 never ends handling its interrupt");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.interrupt_timeout = Some(1);
    sp1.is_asked("is asked", NWD);
    sp1.arms_timer(SOON);
    sp1.answers("answers with its timer armed", NWD, args![]);
    sp1.is_interrupted("is told of its timer", TIMER);
    sp1.never_answers();
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.lets_time_pass(LONG);
    sp2.is_asked("is asked", NWD);
    sp2.answers("answers", NWD, args![]);
    nwd.asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);
    nwd.asks("asks SP1", SP1, args![]).expect_error(ffa::ABORTED).shows("watch.5");
}

/// SP1 is to end its work because of an interrupt of the normal world, and does not: it aborts.
pub fn never_exits(stage: &mut Stage) {
    stage.sp(SP1).extras.set("ns-interrupts-action", 1u32);
    stage.sp(SP1).extras.interrupt_timeout = Some(1);
    boot(stage);
    let (nwd, partitions) = stage.begin("SP1 never ends its work for an interrupt of the normal world");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.never_answers();
    nwd.arms_timer(SOON);
    let request = nwd.request(SP1, args![]);
    nwd.call_seeing_interrupts("sets its timer and asks SP1", &request)
        .expect_error(ffa::ABORTED)
        .shows("watch.6");
    nwd.takes_interrupts();
    nwd.testifies("has handled its interrupt", &[("interrupts", Source::Slot(Slot::INTERRUPTS))])
        .expect(0, 1);
}

/// While SP1 does not end its work, SP2 handles an interrupt, without a limit: SP1 aborts all the same.
pub fn never_exits_after_another(stage: &mut Stage) {
    stage.sp(SP1).extras.set("ns-interrupts-action", 1u32);
    stage.sp(SP1).extras.interrupt_timeout = Some(2);
    stage.sp(SP2).extras.interrupt_timeout = Some(0);
    boot_with_timers(stage, &[SP2]);
    let (nwd, partitions) = stage.begin("SP1 never ends its work, while SP2 handles an interrupt");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is asked", NWD);
    sp2.arms_timer(LONG);
    sp2.answers("answers with its timer armed", NWD, args![]);
    sp2.is_interrupted("is told of its timer", TIMER);
    sp2.writes_register(CTL, 0);
    sp2.gives_way("is done", args![ffa::MSG_WAIT]);
    sp1.is_asked("is asked", NWD);
    sp1.never_answers();
    nwd.asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);
    nwd.arms_timer(SOON);
    let request = nwd.request(SP1, args![]);
    nwd.call_seeing_interrupts("sets its timer and asks SP1", &request)
        .expect_error(ffa::ABORTED)
        .shows("watch.7");
    nwd.takes_interrupts();
}
