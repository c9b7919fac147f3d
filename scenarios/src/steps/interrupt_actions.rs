//! What a partition's manifest says of the normal world's interrupts: they wait for it, or it is told to end.

use super::interrupts::boot_with_gpio;
use super::{NWD, SP1, SP2, SP3, Stage, boot};
use crate::ffa;
use crate::machine::layout::{GPIO_INTERRUPT, PHYSICAL_TIMER};
use crate::manifest::Device;
use crate::paravirtual::{self, MANAGED_EXIT};
use crate::program::frame::Slot;
use crate::program::{Program, Role, Source, args, computed};

const NUMBER: Slot = Slot::free(1);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// Rounds of five instructions: the timer fires long before.
const ROUNDS: u64 = 100_000;
/// Fewer, where no timer is set.
const SHORT: u64 = 100;
/// The timer fires after a ten-thousandth of a second.
const FRACTION: u64 = 10_000;

/// The partition, whose manifest has `action` for interrupts of the normal world, is in `ns-interrupts-action`.
fn set_action(partition: &mut Program, action: u32) {
    partition.extras.set("ns-interrupts-action", action);
}

/// `partition` is told by `from` to compute.
fn is_told_to_compute(partition: &mut Program, from: Role) {
    partition.is_asked("is told to compute", from).expect(3, SEED);
    partition.keeps(NUMBER, 3);
    partition.computes(NUMBER, ROUNDS);
}

/// The normal world sets its timer and asks `to`, which answers with the result, as `rule` says; only then the normal
/// world takes its interrupt, the `count`th.
fn asks_uninterrupted(nwd: &mut Program, to: Role, rule: &'static str, count: u64) {
    nwd.arms_timer(FRACTION);
    let request = nwd.request(to, args![SEED]);
    nwd.call_seeing_interrupts("sets its timer and asks", &request)
        .expect_response(to, NWD)
        .expect(3, computed(SEED, ROUNDS))
        .shows(rule);
    nwd.takes_interrupts();
    let values =
        [("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))];
    nwd.testifies("has handled its interrupt", &values).expect_all([count, PHYSICAL_TIMER]);
}

/// `sp` has a managed exit: it is told by a virtual interrupt, `fiqs` of which come by the FIQ, and answers when it likes.
fn exits(stage: &mut Stage, titles: [&'static str; 3], sp: Role, first: u64, fiqs: u64) {
    let place = usize::from(sp == SP2);
    let (nwd, partitions) = stage.begin(titles[0]);
    let partition = &mut partitions[place];
    is_told_to_compute(partition, NWD);
    partition.takes_interrupts();
    partition.has_handled(1, MANAGED_EXIT).shows("interrupt.3");
    partition.has_handled_fiqs(fiqs).shows("interrupt.3");
    partition.answers("answers with the result", NWD, args![NUMBER]);
    asks_uninterrupted(nwd, sp, "interrupt.3", first);

    let (nwd, partitions) = stage.begin(titles[1]);
    let partition = &mut partitions[place];
    is_told_to_compute(partition, NWD);
    partition.answers("answers with the result", NWD, args![NUMBER]);
    asks_uninterrupted(nwd, sp, "interrupt.3", first + 1);
    stage.alone(titles[2], sp, |partition| {
        partition
            .call_by_hvc("asks which interrupt is pending", args![paravirtual::GET])
            .expect(0, paravirtual::NONE);
        partition.has_handled(1, MANAGED_EXIT).shows("interrupt.4");
    });
}

/// SP1 has a managed exit by the virtual FIQ, SP2 by the virtual IRQ.
pub fn managed_exit(stage: &mut Stage) {
    set_action(stage.sp(SP1), 1);
    set_action(stage.sp(SP2), 1);
    stage.sp(SP2).extras.set("managed-exit-virq", ());
    boot(stage);
    let titles = [
        "The normal world's timer fires while SP1 computes, which takes a managed exit",
        "It fires again, and SP1 answers before it lets interrupts in",
        "The managed exit is over",
    ];
    exits(stage, titles, SP1, 1, 1);
    let titles = [
        "It fires while SP2 computes, which takes a managed exit by the IRQ",
        "It fires again, and SP2 answers before it lets interrupts in",
        "That managed exit is over as well",
    ];
    exits(stage, titles, SP2, 3, 0);
}

/// SP2 has the normal world's interrupts wait, also while SP1 works for it.
pub fn queued_interrupts(stage: &mut Stage) {
    set_action(stage.sp(SP2), 0);
    boot(stage);
    let (nwd, partitions) =
        stage.begin("The normal world's timer fires while SP2 computes, which has it wait");
    let sp2 = &mut partitions[1];
    is_told_to_compute(sp2, NWD);
    sp2.answers("answers with the result", NWD, args![NUMBER]);
    asks_uninterrupted(nwd, SP2, "interrupt.1", 1);

    let (nwd, partitions) = stage.begin("It fires while SP1 computes for SP2");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is asked", NWD).expect(3, SEED);
    is_told_to_compute(sp1, SP2);
    sp1.answers("answers with the result", SP2, args![NUMBER]);
    let request = sp2.request(SP1, args![SEED]);
    sp2.call_seeing_interrupts("asks SP1 to compute", &request)
        .expect_response(SP1, SP2)
        .expect(3, computed(SEED, ROUNDS));
    sp2.keeps(NUMBER, 3);
    sp2.answers("hands the result on", NWD, args![NUMBER]);
    asks_uninterrupted(nwd, SP2, "interrupt.2", 2);
}

/// SP2 has the interrupts of others wait, and SP1's are told when SP2 has answered, or has somebody else work.
pub fn queued_for_others(stage: &mut Stage) {
    let sp2 = stage.sp(SP2);
    set_action(sp2, 0);
    sp2.extras.set("other-s-interrupts-action", 0u32);
    boot_with_gpio(stage, Device::LEVEL, SP2);

    let (nwd, partitions) = stage.begin("SP1's interrupt arrives while SP2 works, which has it wait");
    let [sp1, sp2, _] = partitions else { panic!("three partitions play") };
    sp2.is_asked("is told to compute", NWD).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.asserts_gpio("asserts the GPIO's line");
    sp2.computes(NUMBER, SHORT);
    sp2.answers("answers with the result, and was not stopped", NWD, args![NUMBER]);
    sp1.is_interrupted("is told when SP2 has answered", GPIO_INTERRUPT).shows("interrupt.6");
    sp1.takes_interrupts();
    sp1.has_handled(1, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asks("asks SP2 to compute", SP2, args![SEED])
        .expect_response(SP2, NWD)
        .expect(3, computed(SEED, SHORT));

    let (nwd, partitions) = stage.begin("It arrives while SP2 works for SP1, and SP2 runs SP3 on");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    let [sp2_itself, sp3_itself] = [SP2, SP3].map(|role| ffa::target(role.endpoint(), 0));
    sp1.is_asked("is asked", NWD);
    sp2.is_asked("is asked", SP1);
    sp3.is_asked("is asked", SP2);
    sp3.call("yields", args![ffa::YIELD]).expect_success();
    sp3.answers("answers", SP2, args![SEED]);
    let request = sp1.request(SP2, args![]);
    sp1.call_seeing_interrupts("asks SP2", &request)
        .expect_all([ffa::INTERRUPT, sp2_itself])
        .shows("interrupt.8");
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.call("runs SP2 on", args![ffa::RUN, sp2_itself]).expect_response(SP2, SP1);
    sp1.answers("answers", NWD, args![]);
    sp2.asks("asks SP3", SP3, args![]).expect_all([ffa::YIELD, sp3_itself]);
    sp2.asserts_gpio("asserts the GPIO's line");
    sp2.call_seeing_interrupts("runs SP3 on", args![ffa::RUN, sp3_itself])
        .expect_all([ffa::INTERRUPT, sp3_itself])
        .shows("interrupt.8");
    sp2.call("runs SP3 on again", args![ffa::RUN, sp3_itself]).expect_response(SP3, SP2).expect(3, SEED);
    sp2.answers("answers", SP1, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
