//! An interrupt of the normal world while a partition computes.

use super::vms::{VM1, VM2};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::PHYSICAL_TIMER;
use crate::program::frame::Slot;
use crate::program::{Source, args, computed};

const NUMBER: Slot = Slot::free(1);
const TARGET: Slot = Slot::free(2);

/// What SP1 begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// Rounds of five instructions: both machines count a nanosecond an instruction, and the timer fires long before.
const ROUNDS: u64 = 100_000;
/// The timer fires after a ten-thousandth of a second.
const FRACTION: u64 = 10_000;

/// The normal world's timer fires while SP1 computes: FFA_INTERRUPT, the handler, FFA_RUN, the right response.
pub fn preemption(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A timer interrupt of the normal world arrives while SP1 computes");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is told to compute", NWD).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", NWD, args![NUMBER]);

    nwd.arms_timer(FRACTION);
    let request = nwd.request(SP1, args![SEED]);
    let sp1_is_preempted = u64::from(SP1.endpoint()) << 16;
    nwd.call_seeing_interrupts("sets its timer and asks SP1 to compute", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp1_is_preempted)
        .shows("preempt.1");
    nwd.keeps(TARGET, 1);
    nwd.takes_interrupts();
    nwd.testifies(
        "has handled its interrupt",
        &[("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))],
    )
    .expect(0, 1)
    .expect(1, PHYSICAL_TIMER);
    nwd.call("runs SP1 on", args![ffa::RUN, TARGET])
        .expect_response(SP1, NWD)
        .expect(3, computed(SEED, ROUNDS))
        .shows("preempt.2");
}

/// The same, but the caller's driver hides it: it takes the interrupt and runs SP1 on until that answers.
pub fn unseen_preemption(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The same once more, unseen by the caller");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is told to compute", NWD).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", NWD, args![NUMBER]);

    nwd.arms_timer(FRACTION);
    nwd.asks("sets its timer and asks SP1 to compute", SP1, args![SEED])
        .expect_response(SP1, NWD)
        .expect(3, computed(SEED, ROUNDS));
    nwd.testifies("has handled another interrupt", &[("interrupts", Source::Slot(Slot::INTERRUPTS))])
        .expect(0, 2);
}

/// The timer fires while SP1 computes for SP2, which was asked by the normal world: each in the chain gets
/// FFA_INTERRUPT from the one behind it, and runs it on.
pub fn preempted_chain(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A timer interrupt arrives while SP1 computes for SP2");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let [sp1_itself, sp2_itself] = [SP1, SP2].map(|role| ffa::target(role.endpoint(), 0));
    sp2.is_asked("is asked", NWD);
    sp1.is_asked("is told to compute", SP2).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", SP2, args![NUMBER]);
    let request = sp2.request(SP1, args![SEED]);
    sp2.call_seeing_interrupts("asks SP1 to compute", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp1_itself);
    sp2.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect_response(SP1, SP2)
        .expect(3, computed(SEED, ROUNDS))
        .shows("preempt.2");
    sp2.keeps(NUMBER, 3);
    sp2.answers("hands the result on", NWD, args![NUMBER]);

    nwd.arms_timer(FRACTION);
    let request = nwd.request(SP2, args![]);
    nwd.call_seeing_interrupts("sets its timer and asks SP2", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp2_itself);
    nwd.takes_interrupts();
    nwd.asks("asks SP2, which is interrupted", SP2, args![]).expect_error(ffa::BUSY).shows("direct.19");
    nwd.asks("asks SP1, which is interrupted", SP1, args![]).expect_error(ffa::BUSY);
    nwd.call("runs SP1, which works for SP2", args![ffa::RUN, sp1_itself])
        .expect_error(ffa::DENIED)
        .shows("run.4");
    nwd.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_response(SP2, NWD)
        .expect(3, computed(SEED, ROUNDS));
}

/// SP2 is run, and asks SP1, which is interrupted: SP2 does not wait before it has run SP1 on.
pub fn waits_for_the_interrupted(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A timer interrupt arrives while SP1 computes for SP2, which is run");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let [sp1_itself, sp2_itself] = [SP1, SP2].map(|role| ffa::target(role.endpoint(), 0));
    sp2.is_run("is run");
    sp1.is_asked("is told to compute", SP2).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", SP2, args![NUMBER]);
    let request = sp2.request(SP1, args![SEED]);
    sp2.call_seeing_interrupts("asks SP1 to compute", &request).expect_all([ffa::INTERRUPT, sp1_itself]);
    sp2.call("waits, and has not run SP1 on", args![ffa::MSG_WAIT]).expect_error(ffa::DENIED).shows("wait.4");
    sp2.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect_response(SP1, SP2)
        .expect(3, computed(SEED, ROUNDS))
        .shows("preempt.2");
    sp2.gives_way("waits", args![ffa::MSG_WAIT]);

    nwd.arms_timer(FRACTION);
    nwd.call_seeing_interrupts("sets its timer and runs SP2", args![ffa::RUN, sp2_itself])
        .expect_all([ffa::INTERRUPT, sp2_itself])
        .shows("preempt.1");
    nwd.takes_interrupts();
    nwd.call("runs SP2 on", args![ffa::RUN, sp2_itself]).expect_all([ffa::MSG_WAIT, sp2_itself]);
}

/// The timer fires while SP1 computes for a VM, for which the hypervisor asked: FFA_RUN, which names no VM, runs it on.
pub fn preempted_for_vm(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A timer interrupt arrives while SP1 computes for VM 1");
    let sp1 = &mut partitions[0];
    let id = SP1.endpoint();
    sp1.is_woken("is told to compute").expect_all([
        ffa::DIRECT_REQ_64,
        ffa::sender_receiver(VM1, id),
        0,
        SEED,
    ]);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    let answer = ffa::sender_receiver(id, VM1);
    sp1.gives_way("answers VM 1", args![ffa::DIRECT_RESP_64, answer, 0, NUMBER]);

    nwd.arms_timer(FRACTION);
    let request = args![ffa::DIRECT_REQ_64, ffa::sender_receiver(VM1, id), 0, SEED];
    nwd.call_seeing_interrupts("sets its timer and asks for VM 1", request)
        .expect_all([ffa::INTERRUPT, ffa::target(id, 0)]);
    nwd.takes_interrupts();
    nwd.call("asks for VM 2", args![ffa::DIRECT_REQ_64, ffa::sender_receiver(VM2, id)])
        .expect_error(ffa::BUSY)
        .shows("direct.19");
    nwd.call("runs SP1 on", args![ffa::RUN, ffa::target(id, 0)])
        .expect_all([ffa::DIRECT_RESP_64, answer, 0, computed(SEED, ROUNDS)])
        .shows("run.80");
}

/// SP2 aborts once it is told that SP1, which computes for it, was interrupted: the normal world runs SP1 on, whose answer is
/// nobody's.
pub fn aborted_chain(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP2 aborts while SP1 computes for it");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let [sp1_itself, sp2_itself] = [SP1, SP2].map(|role| ffa::target(role.endpoint(), 0));
    sp2.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    sp2.is_asked("is asked", NWD);
    sp1.is_asked("is told to compute", SP2).expect(3, SEED);
    sp1.keeps(NUMBER, 3);
    sp1.computes(NUMBER, ROUNDS);
    sp1.answers("answers with the result", SP2, args![NUMBER]);
    let request = sp2.request(SP1, args![SEED]);
    sp2.call_seeing_interrupts("asks SP1 to compute", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp1_itself);
    sp2.aborts_by("aborts", args![ffa::ABORT]);

    nwd.arms_timer(FRACTION);
    let request = nwd.request(SP2, args![]);
    nwd.call_seeing_interrupts("sets its timer and asks SP2", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp2_itself);
    nwd.takes_interrupts();
    nwd.call("runs SP2 on, which aborts", args![ffa::RUN, sp2_itself])
        .expect_error(ffa::ABORTED)
        .shows("abort.12");
    nwd.asks("asks SP1, which is interrupted", SP1, args![]).expect_error(ffa::BUSY);
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect(0, ffa::MSG_WAIT)
        .expect(1, sp1_itself)
        .shows("abort.18")
        .shows("direct.11");
}
