//! FFA_YIELD: a partition gives the core back for a while.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::program::args;

/// What a partition says when it wants to go on, low and high.
const TIMEOUT: [u64; 2] = [0x1234, 2];

/// SP1 yields to who ran it, and to who asked it; FFA_RUN gives it the core again.
pub fn yields(stage: &mut Stage) {
    let [low, high] = TIMEOUT;
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    let (nwd, partitions) = stage.begin("SP1 yields while it is run");
    let sp1 = &mut partitions[0];
    sp1.is_run("is run");
    sp1.call("yields", args![ffa::YIELD, 0, low, high]).expect_success().shows("yield.41");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself])
        .expect_all([ffa::YIELD, sp1_itself, low, high])
        .shows("run.43");
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);

    let (nwd, partitions) = stage.begin("SP1 yields while it handles a request");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.call("yields", args![ffa::YIELD]).expect_success().shows("yield.41");
    sp1.answers("answers", NWD, args![7]);
    nwd.asks("asks SP1", SP1, args![]).expect_all([ffa::YIELD, sp1_itself, 0, 0]).shows("direct.48");
    nwd.asks("asks SP1 once more", SP1, args![]).expect_error(ffa::BUSY).shows("direct.49");
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, NWD).expect(3, 7);
}

/// SP1 yields to SP2, which must run it on before it answers.
pub fn yields_in_chain(stage: &mut Stage) {
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    let (nwd, partitions) = stage.begin("SP1 yields to SP2, which asked it");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is told to ask", NWD);
    sp1.is_asked("is asked by SP2", SP2);
    sp1.call("yields", args![ffa::YIELD]).expect_success();
    sp1.answers("answers SP2", SP2, args![8]);
    sp2.asks("asks SP1", SP1, args![]).expect_all([ffa::YIELD, sp1_itself]);
    let response = ffa::sender_receiver(SP2.endpoint(), NWD.endpoint());
    sp2.call("answers before SP1 has", args![ffa::DIRECT_RESP_64, response])
        .expect_error(ffa::DENIED)
        .shows("yield.42");
    sp2.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, SP2).expect(3, 8);
    sp2.answers("is done", NWD, args![]);
    nwd.asks("tells SP2 to ask SP1", SP2, args![]).expect_response(SP2, NWD);
}

/// SP1 yields to SP2, which initialises itself: it may not run SP1 on, nor be ready before SP1 went on. It fails, and
/// the normal world runs SP1 on, whose answer is nobody's.
pub fn yields_to_who_boots(stage: &mut Stage) {
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    let (nwd, partitions) = stage.begin("SP1 yields to SP2, which boots");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.initialise();
    sp1.is_asked("is asked by SP2, which begins", SP2);
    sp1.call("yields", args![ffa::YIELD]).expect_success().shows("yield.41");
    sp1.answers("answers SP2", SP2, args![8]);
    sp2.asks("asks SP1", SP1, args![]).expect_all([ffa::YIELD, sp1_itself]).shows("direct.48");
    sp2.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_error(ffa::DENIED).shows("run.40");
    sp2.call("says that it is ready", args![ffa::MSG_WAIT]).expect_error(ffa::DENIED).shows("wait.4");
    sp2.aborts_by("says that it aborts", args![ffa::ERROR, 0, ffa::ABORTED]).shows("abort.1");
    nwd.asks("asks SP1, which yielded", SP1, args![]).expect_error(ffa::BUSY).shows("direct.49");
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself])
        .expect_all([ffa::MSG_WAIT, sp1_itself])
        .shows("abort.18")
        .shows("direct.11");

    let (nwd, partitions) = stage.begin("SP1 answers again");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// Who initialises itself neither yields nor runs others; a yield has a timeout and no more.
pub fn yield_rules(stage: &mut Stage) {
    let (_, partitions) = stage.begin("SP1 and SP2 boot");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.call("yields while it initialises itself", args![ffa::YIELD])
        .expect_error(ffa::DENIED)
        .shows("yield.40");
    sp1.initialise();
    sp2.call("runs SP1 while it initialises itself", args![ffa::RUN, ffa::target(SP1.endpoint(), 0)])
        .expect_error(ffa::DENIED)
        .shows("run.40");
    sp1.is_asked("is asked by SP2, which begins", SP2);
    sp1.asks("asks SP2, which waits for it", SP2, args![]).expect_error(ffa::DENIED).shows("direct.50");
    sp1.answers("answers SP2", SP2, args![]);
    sp2.asks("asks SP1", SP1, args![]).expect_response(SP1, SP2);
    sp2.initialise();

    stage.alone("SP1 yields with a payload", SP1, |sp1| {
        sp1.call("yields with something in w4", args![ffa::YIELD, 0, 0, 0, 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("yield.1");
    });
    stage.alone("The normal world yields", NWD, |nwd| {
        nwd.call("yields, though it gives the core itself", args![ffa::YIELD])
            .expect_error(ffa::NOT_SUPPORTED);
    });
}
