//! Calls on all cores: at once, each to its own virtual CPU, or in turns, to one that migrates.

use super::{NWD, Stage, reads_its_number};
use crate::machine::layout;
use crate::program::frame::Slot;
use crate::program::{Role, Signal, args};

const COUNT: Slot = Slot::free(3);
const ANSWER: Slot = Slot::free(4);

/// All cores ask the first partition with a virtual CPU for each: all of these run at once, and meet.
pub fn together(stage: &mut Stage) {
    let role = stage.pinned()[0];
    stage.begin("All cores ask at once, each its own vCPU");
    let Role::Partition(number) = role else { panic!("a partition is pinned") };
    let page = layout::partition_base(number) + layout::SIGNALS_OF_PARTITION;
    let cores = 0..stage.cores;
    let here: Vec<Signal> = cores.clone().map(|core| stage.signal(format!("core {core} is here"))).collect();
    let inside: Vec<Signal> =
        cores.clone().map(|core| stage.signal_in(page, format!("vCPU {core} is inside"))).collect();
    for core in cores {
        let own = usize::from(core);
        let nwd = stage.nwd(core);
        nwd.meets("meets the other cores", &here[own], &here);
        let question = 0x100 * u64::from(core);
        nwd.asks(&format!("asks {}", role.name()), role, args![question])
            .expect_response(role, NWD)
            .expect(3, question + 1);

        let vcpu = stage.vcpu(role, core);
        vcpu.is_asked("is asked on its core", NWD).expect(3, question);
        vcpu.keeps(ANSWER, 3);
        vcpu.adds(ANSWER, 1);
        reads_its_number(vcpu);
        vcpu.meets("meets the other vCPUs, which are all asked", &inside[own], &inside);
        vcpu.answers("answers, 1 more", NWD, args![ANSWER]);
    }
}

/// Each core asks the first partition that migrates, one after the other and back.
pub fn in_turn(stage: &mut Stage) {
    let role = stage.migrating()[0];
    stage.begin("The cores ask in turn, and the only vCPU migrates");
    let there: Vec<u16> = (0..stage.cores).collect();
    let back = there.iter().rev().skip(1);
    let mut last = None;
    for (core, count) in there.iter().chain(back).zip(1..) {
        asks_next(stage, role, *core, count, &mut last);
    }
}

/// The normal world on `core` asks `role`, which is asked for the `count`-th time, after the `last` has got its
/// answer.
pub(super) fn asks_next(stage: &mut Stage, role: Role, core: u16, count: u64, last: &mut Option<Signal>) {
    let sp = stage.sp(role);
    sp.is_asked("is asked", NWD).expect(3, core.into());
    sp.adds(COUNT, 1);
    reads_its_number(sp);
    sp.answers("says how often it was asked", NWD, args![COUNT]);
    let next = stage.signal(format!("core {core} has its answer"));
    let nwd = stage.nwd(core);
    if let Some(last) = last {
        nwd.waits_for(last);
    }
    nwd.asks(&format!("asks {}", role.name()), role, args![u64::from(core)])
        .expect_response(role, NWD)
        .expect(3, count);
    nwd.signals(&next);
    *last = Some(next);
}
