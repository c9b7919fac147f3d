//! Partitions with a virtual CPU for each core that abort: on all cores.

use super::power::switches_on;
use super::preemption::handles_interrupt;
use super::{NWD, SP1, SP2, Stage, lends_signals};
use crate::ffa;
use crate::machine::layout;
use crate::program::{Program, Space, args};

/// SP1's virtual CPU of core 1 says at its start that it cannot go on: SP1 aborts, on core 0 too, and SP2 begins on
/// core 1 all the same.
pub fn fails_on_core_1(stage: &mut Stage) {
    fails(stage, "Core 1 is switched on, and SP1 cannot initialise itself there", |vcpu| {
        vcpu.aborts_by("says that it aborts", args![ffa::ERROR, 0, ffa::ABORTED]);
    });
}

/// The same by silence.
pub fn silent_on_core_1(stage: &mut Stage) {
    stage.sp(SP1).extras.init_timeout = Some(1);
    fails(stage, "Core 1 is switched on, and SP1 never says there that it is ready", Program::never_answers);
}

fn fails(stage: &mut Stage, title: &'static str, fail: impl FnOnce(&mut Program)) {
    stage.begin(title);
    fail(stage.vcpu(SP1, 1));
    stage.sp(SP1).aborts();
    switches_on(stage, 1);

    stage.begin("SP1 is gone on both cores, and SP2 is there");
    for core in 0..2 {
        asked_in_vain(stage, core);
        let vcpu = stage.vcpu(SP2, core);
        vcpu.is_asked("is asked on its core", NWD);
        vcpu.answers("answers", NWD, args![]);
        stage.nwd(core).asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);
    }
}

/// The normal world on `core` asks and runs SP1 in vain.
fn asked_in_vain(stage: &mut Stage, core: u16) {
    let nwd = stage.nwd(core);
    nwd.asks("asks SP1, which has aborted", SP1, args![]).expect_error(ffa::ABORTED);
    let target = ffa::target(SP1.endpoint(), core);
    nwd.call("runs its vCPU of SP1", args![ffa::RUN, target]).expect_error(ffa::ABORTED);
}

/// SP1 aborts on core 0 while it runs on core 1, which is interrupted then, and on core 2, which reads what SP1 may not
/// read any more: it runs on neither of them again. On core 3, which is switched on after that, it does not begin.
pub fn aborts_on_all_cores(stage: &mut Stage) {
    lends_signals(stage, &[SP1]);
    stage.begin("SP1 aborts on core 0 while it runs on cores 1 and 2");
    let lent = stage.signal("SP1 sees signals");
    stage.nwd(0).signals(&lent);
    let [works, reads] = [1, 2].map(|core| stage.signal(format!("SP1 runs on core {core}")));
    for (core, begun) in [(1, &works), (2, &reads)] {
        let vcpu = stage.vcpu(SP1, core);
        vcpu.is_asked("is asked on its core", NWD);
        vcpu.maps(Space::NonSecure, layout::SIGNALS);
        vcpu.signals(begun);
        stage.nwd(core).waits_for(&lent);
        stage.nwd(core).asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED);
    }
    stage.vcpu(SP1, 1).never_answers();
    let never = stage.signal("nobody makes true");
    stage.vcpu(SP1, 2).awaits(&never);
    stage.vcpu(SP1, 2).aborts();

    let sp1 = stage.vcpu(SP1, 0);
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    sp1.is_asked("is asked on core 0", NWD);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&works);
    nwd.waits_for(&reads);
    nwd.asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED);
    nwd.rings(1);
    handles_interrupt(stage.nwd(1), 1);
    for core in 0..3 {
        asked_in_vain(stage, core);
    }

    stage.begin("Core 3 is switched on, and SP1 does not begin there");
    switches_on(stage, 3);
    asked_in_vain(stage, 3);
    asks_sp2(stage, 3);
}

/// SP1 aborts on core 0 while SP2 works for its virtual CPU of core 1, which does not get SP2's answer.
pub fn aborts_while_it_waits(stage: &mut Stage) {
    lends_signals(stage, &[SP2]);
    stage.begin("SP1 aborts on core 0 while it waits for SP2 on core 1");
    let lent = stage.signal("SP2 sees signals");
    let works = stage.signal("SP2 works for SP1 on core 1");
    let gone = stage.signal("SP1 has aborted");
    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked by SP1", SP1);
    sp2.signals(&works);
    sp2.waits_for(&gone);
    sp2.answers("answers", SP1, args![]);
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked on core 1", NWD);
    vcpu.asks("asks SP2", SP2, args![]).times(0).shows("abort.7");
    vcpu.aborts();
    let nwd = stage.nwd(1);
    nwd.waits_for(&lent);
    nwd.asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED).shows("abort.4");

    let sp1 = stage.vcpu(SP1, 0);
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    sp1.is_asked("is asked on core 0", NWD);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    let nwd = stage.nwd(0);
    nwd.signals(&lent);
    nwd.waits_for(&works);
    nwd.asks("asks SP1, which aborts", SP1, args![]).expect_error(ffa::ABORTED).shows("abort.4");
    nwd.signals(&gone);
    for core in 0..2 {
        asked_in_vain(stage, core);
    }
    asks_sp2(stage, 1);
}

/// The normal world on `core` asks SP2, which migrates.
fn asks_sp2(stage: &mut Stage, core: u16) {
    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked", NWD);
    sp2.answers("answers", NWD, args![]);
    stage.nwd(core).asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);
}
