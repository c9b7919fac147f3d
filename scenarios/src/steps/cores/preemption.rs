//! Partitions that were interrupted on one core, and what becomes of them on others.

use super::power::{is_off, switches_on};
use super::{NUMBER, NWD, SP1, SP2, Stage, lends_signals};
use crate::ffa;
use crate::machine::layout::{DOORBELL, SIGNALS};
use crate::program::frame::Slot;
use crate::program::{Program, Role, Source, Space, args};

/// The normal world asks `role`, whose virtual CPU `vcpu` does not answer before an interrupt of another core comes, and handles that.
pub(super) fn asks_and_is_interrupted(nwd: &mut Program, role: Role, vcpu: u16, count: u64) {
    let request = nwd.request(role, args![7]);
    let label = format!("asks {}", role.name());
    nwd.call_seeing_interrupts(&label, &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, ffa::target(role.endpoint(), vcpu));
    handles_interrupt(nwd, count);
}

/// The normal world handles its `count`-th interrupt, which another core made.
pub(super) fn handles_interrupt(nwd: &mut Program, count: u64) {
    nwd.takes_interrupts();
    nwd.testifies(
        "has handled an interrupt of another core",
        &[("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))],
    )
    .expect_all([count, DOORBELL]);
}

/// SP1 works on core 0 until that is interrupted; core 1 runs it on, and gets the answer.
pub fn preempted_elsewhere(stage: &mut Stage) {
    lends_signals(stage, &[SP1]);
    stage.begin("Core 1 interrupts core 0 while that has SP1, and runs SP1 on");
    let works = stage.signal("SP1 works on core 0");
    let interrupted = stage.signal("core 0 was interrupted");
    let finished = stage.signal("core 1 has SP1's answer");
    let sp1_itself = ffa::target(SP1.endpoint(), 0);

    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD).expect(3, 7);
    sp1.signals(&works);
    sp1.waits_for(&interrupted);
    sp1.answers("answers", NWD, args![8]);

    let nwd = stage.nwd(0);
    asks_and_is_interrupted(nwd, SP1, 0, 1);
    nwd.asks("asks SP1, which is interrupted", SP1, args![]).expect_error(ffa::BUSY);
    nwd.signals(&interrupted);

    let nwd = stage.nwd(1);
    nwd.waits_for(&works);
    nwd.rings(0);
    nwd.waits_for(&interrupted);
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, NWD).expect(3, 8);
    nwd.signals(&finished);

    stage.begin("Core 0 asks SP1 again");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.answers("answers", NWD, args![]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&finished);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// SP2 asks its core's virtual CPU of SP1, and both are interrupted. SP2 migrates to core 1 and cannot run SP1 on
/// there, nor end its work; back on core 0 it can.
pub fn chain_elsewhere(stage: &mut Stage) {
    lends_signals(stage, &[SP1, SP2]);
    stage.begin("Core 1 interrupts core 0 while SP1 works there for SP2, and runs SP2 on");
    let works = stage.signal("SP1 works on core 0");
    let interrupted = stage.signal("core 0 was interrupted");
    let refused = stage.signal("SP2 was refused on core 1");
    let back = stage.signal("core 1 has given SP2 up");
    let [sp1_itself, sp2_itself] = [SP1, SP2].map(|role| ffa::target(role.endpoint(), 0));

    let sp1 = stage.vcpu(SP1, 0);
    sp1.is_asked("is asked by SP2", SP2);
    sp1.signals(&works);
    sp1.waits_for(&back);
    sp1.answers("answers", SP2, args![8]);
    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked by core 0", NWD).expect(3, 7);
    let request = sp2.request(SP1, args![]);
    sp2.call_seeing_interrupts("asks SP1", &request).expect(0, ffa::INTERRUPT).expect(1, sp1_itself);
    sp2.call("runs SP1 of core 0 on", args![ffa::RUN, sp1_itself]).expect_error(ffa::DENIED).shows("run.7");
    let answer = ffa::sender_receiver(SP2.endpoint(), NWD.endpoint());
    sp2.call("answers before SP1 has", args![ffa::DIRECT_RESP_64, answer])
        .expect_error(ffa::DENIED)
        .shows("direct.9");
    sp2.signals(&refused);
    sp2.waits_for(&back);
    sp2.call("runs SP1 on, on core 0 again", args![ffa::RUN, sp1_itself])
        .expect_response(SP1, SP2)
        .expect(3, 8);
    sp2.keeps(NUMBER, 3);
    sp2.answers("hands the answer on", NWD, args![NUMBER]);

    let nwd = stage.nwd(0);
    asks_and_is_interrupted(nwd, SP2, 0, 1);
    nwd.signals(&interrupted);
    nwd.waits_for(&refused);
    nwd.rings(1);
    nwd.waits_for(&back);
    nwd.call("runs SP2 on", args![ffa::RUN, sp2_itself]).expect_response(SP2, NWD).expect(3, 8);

    let nwd = stage.nwd(1);
    nwd.waits_for(&works);
    nwd.rings(0);
    nwd.waits_for(&interrupted);
    nwd.call_seeing_interrupts("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp2_itself);
    handles_interrupt(nwd, 1);
    nwd.signals(&back);
}

/// Core 1 goes off with two partitions interrupted on it: its virtual CPU of SP1 loses its work and begins again with
/// the core, SP2 goes on on core 0.
pub fn off_in_work(stage: &mut Stage) {
    lends_signals(stage, &[SP1, SP2]);
    stage.begin("Core 1 is interrupted while it has SP1 and while it has SP2, and goes off");
    let lent = stage.signal("the partitions see signals");
    let [sp1_works, sp2_works] = [SP1, SP2].map(|role| stage.signal(format!("{} works", role.name())));
    let off = stage.signal("core 1 is off");
    let sp2_itself = ffa::target(SP2.endpoint(), 0);

    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked on core 1", NWD).expect(3, 7);
    vcpu.maps(Space::NonSecure, SIGNALS);
    vcpu.works_until_off(&sp1_works);
    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked on core 1", NWD).expect(3, 7);
    sp2.signals(&sp2_works);
    sp2.waits_for(&off);
    sp2.answers("answers", NWD, args![8]);

    let nwd = stage.nwd(0);
    nwd.signals(&lent);
    for works in [&sp1_works, &sp2_works] {
        nwd.waits_for(works);
        nwd.rings(1);
    }
    let nwd = stage.nwd(1);
    nwd.waits_for(&lent);
    asks_and_is_interrupted(nwd, SP1, 1, 1);
    asks_and_is_interrupted(nwd, SP2, 0, 2);
    nwd.goes_off().shows("power.2");
    is_off(stage, 1);

    stage.begin("Core 0 runs SP2 on");
    let nwd = stage.nwd(0);
    nwd.signals(&off);
    nwd.call("runs SP2 on", args![ffa::RUN, sp2_itself])
        .expect_response(SP2, NWD)
        .expect(3, 8)
        .shows("power.3");

    stage.begin("Core 1 is on again, and its vCPU of SP1 begins again");
    switches_on(stage, 1);
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked on core 1", NWD);
    vcpu.answers("answers", NWD, args![]);
    stage.nwd(1).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
