//! What a partition's manifest says of the normal world's interrupts: they wait for it.

use super::{NWD, SP1, SP2, Stage, boot};
use crate::machine::layout::PHYSICAL_TIMER;
use crate::program::frame::Slot;
use crate::program::{Program, Role, Source, args, computed};

const NUMBER: Slot = Slot::free(1);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// Rounds of five instructions: the timer fires long before.
const ROUNDS: u64 = 100_000;
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
