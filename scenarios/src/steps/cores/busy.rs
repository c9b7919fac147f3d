//! A partition that one core has is busy for the others.

use super::{NUMBER, NWD, SP1, SP2, SP3, Stage, lends_signals};
use crate::ffa;
use crate::program::{Signal, Source, args, layout_of};
use crate::steps::lending;

/// All cores ask SP1 at once, and ask again until they are served.
pub fn contended(stage: &mut Stage) {
    /// Rounds of five instructions: long enough for the others to find SP1 busy.
    const ROUNDS: u64 = 2_000;
    stage.begin("All cores ask SP1 at once");
    let cores = 0..stage.cores;
    let here: Vec<Signal> = cores.clone().map(|core| stage.signal(format!("core {core} is here"))).collect();
    for core in cores {
        let nwd = stage.nwd(core);
        nwd.meets("meets the other cores", &here[usize::from(core)], &here);
        let request = nwd.request(SP1, args![u64::from(core)]);
        nwd.call_until_served("asks SP1, until it is not busy", &request)
            .expect_response(SP1, NWD)
            .expect(3, 0x40 + u64::from(core));

        let sp1 = stage.sp(SP1);
        sp1.is_asked("is asked by a core", NWD);
        sp1.keeps(NUMBER, 3);
        sp1.adds(NUMBER, 0x40);
        sp1.computes(super::Slot::free(5), ROUNDS);
        sp1.answers("answers it, 0x40 more", NWD, args![NUMBER]);
    }
}

/// All cores have the partitions listed at once, in the one RX buffer that they have.
pub fn contended_rx(stage: &mut Stage) {
    lending::introduction(stage);
    stage.begin("All cores ask who is there, at once");
    let cores = 0..stage.cores;
    let partitions = stage.partitions.len() as u64;
    let here: Vec<Signal> = cores.clone().map(|core| stage.signal(format!("core {core} is here"))).collect();
    for core in cores {
        let nwd = stage.nwd(core);
        nwd.meets("meets the other cores", &here[usize::from(core)], &here);
        let list = args![ffa::PARTITION_INFO_GET];
        nwd.call_until_served("asks who is there, until the RX buffer is free", list)
            .expect_success()
            .expect(2, partitions);
        let first = layout_of(NWD).rx;
        nwd.testifies("reads the first id", &[("id", Source::Half(first))]).expect(0, SP1.endpoint().into());
        lending::releases_rx(nwd);
    }
}

/// While SP2 waits on core 0 for SP1, which runs there, core 1 gets neither of them, nor another core's virtual CPU of
/// SP3: but its own.
pub fn busy_elsewhere(stage: &mut Stage) {
    lends_signals(stage, &[SP1]);
    stage.begin("Core 0 has SP2 and SP1, and core 1 asks for them");
    let runs = stage.signal("SP1 runs on core 0");
    let refused = stage.signal("core 1 was refused");
    let [sp1_itself, sp2_itself, sp3_itself] = [SP1, SP2, SP3].map(|role| ffa::target(role.endpoint(), 0));

    let sp2 = stage.sp(SP2);
    sp2.is_asked("is asked", NWD);
    sp2.asks("asks SP1", SP1, args![]).expect_response(SP1, SP2);
    sp2.answers("answers", NWD, args![]);
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked", SP2);
    sp1.signals(&runs);
    sp1.waits_for(&refused);
    sp1.answers("answers", SP2, args![]);
    stage.nwd(0).asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);

    let sp3 = stage.vcpu(SP3, 1);
    sp3.is_asked("is asked on its core", NWD);
    sp3.answers("answers", NWD, args![]);
    let nwd = stage.nwd(1);
    nwd.waits_for(&runs);
    nwd.asks("asks SP2, which waits for SP1", SP2, args![]).expect_error(ffa::BUSY).shows("direct.17");
    nwd.call("runs SP2, which waits for SP1", args![ffa::RUN, sp2_itself])
        .expect_error(ffa::DENIED)
        .shows("run.11");
    nwd.asks("asks SP1, which runs", SP1, args![]).expect_error(ffa::BUSY).shows("direct.6");
    nwd.call("runs SP1, which runs", args![ffa::RUN, sp1_itself]).expect_error(ffa::BUSY).shows("run.3");
    nwd.call("runs the vCPU of SP3 of another core", args![ffa::RUN, sp3_itself])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("run.6");
    nwd.asks("asks its own vCPU of SP3", SP3, args![]).expect_response(SP3, NWD).shows("direct.8");
    nwd.signals(&refused);
}
