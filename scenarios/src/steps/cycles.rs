//! Who may give the core to whom, and when: FFA_RUN, FFA_MSG_WAIT, responses.

use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::program::{Arg, Role, args};

/// A response of `sender` to `receiver`.
fn response(sender: Role, receiver: Role) -> [Arg; 2] {
    [ffa::DIRECT_RESP_64, ffa::sender_receiver(sender.endpoint(), receiver.endpoint())].map(Arg::from)
}

/// Who handles a request gives the core back to who asked, by an answer, and in no other way.
pub fn response_rules(stage: &mut Stage) {
    stage.alone("SP1 handles a request", SP1, |sp1| {
        sp1.call("answers SP2, which did not ask", &response(SP1, SP2))
            .expect_error(ffa::DENIED)
            .shows("direct.20");
        let [function, route] = response(SP1, NWD);
        sp1.call("answers with a flag that is not a partition's", &[function, route, Arg::Value(1)])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.21");
        sp1.call("waits instead of answering", args![ffa::MSG_WAIT])
            .expect_error(ffa::DENIED)
            .shows("wait.3");
    });
    let (nwd, partitions) = stage.begin("SP1 runs without a request");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_run("is run");
    sp1.call("answers the normal world, which did not ask", &response(SP1, NWD))
        .expect_error(ffa::DENIED)
        .shows("direct.7");
    sp1.call("waits with a flag in the wrong register", args![ffa::MSG_WAIT, 1])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("wait.1");
    sp1.call("waits with a flag that there is not", args![ffa::MSG_WAIT, 0, 2])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("wait.2");
    sp1.call("waits with a payload", args![ffa::MSG_WAIT, 0, 0, 0, 0, 0, 0, 1])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("wait.5");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect(0, ffa::MSG_WAIT).expect(1, sp1_itself);
}

/// Who waits can be run by the normal world, and by nobody else; who is not there by nobody.
pub fn run_rules(stage: &mut Stage) {
    let [nwd_itself, sp1_itself, sp2_itself, sp3_itself] =
        [NWD, SP1, SP2, SP3].map(|role| ffa::target(role.endpoint(), 0));
    let (nwd, partitions) = stage.begin("The normal world runs whom it can");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    nwd.call("runs a partition that is not there", args![ffa::RUN, sp3_itself])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("run.1");
    nwd.call("runs a vCPU that SP1 has not", args![ffa::RUN, sp1_itself + 1])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("run.8");
    nwd.call("runs itself", args![ffa::RUN, nwd_itself]).expect_error(ffa::DENIED).shows("run.2");

    sp1.is_run("is run");
    sp1.call("runs SP2, which waits for a message", args![ffa::RUN, sp2_itself])
        .expect_error(ffa::DENIED)
        .shows("run.5");
    sp1.call("runs the normal world", args![ffa::RUN, nwd_itself]).expect_error(ffa::DENIED).shows("run.2");
    sp1.call("runs a partition that is not there", args![ffa::RUN, sp3_itself])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("run.1");
    sp2.is_asked("is asked by SP1", SP1);
    sp2.asks("asks SP1, which was run and waits for it", SP1, args![])
        .expect_error(ffa::DENIED)
        .shows("direct.10");
    sp2.answers("answers SP1", SP1, args![2]);
    sp1.asks("asks SP2 instead", SP2, args![1]).expect_response(SP2, SP1).expect(3, 2);
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1, which waits", args![ffa::RUN, sp1_itself])
        .expect(0, ffa::MSG_WAIT)
        .expect(1, sp1_itself)
        .shows("run.12");
}

/// The partitions boot one after the other, SP1 first: who begins may ask who waits already, and nobody else; who works
/// for it may not run who has not begun.
pub fn boot_by_the_rules(stage: &mut Stage) {
    let [sp2_itself, sp3_itself] = [SP2, SP3].map(|role| ffa::target(role.endpoint(), 0));
    let (_, partitions) = stage.begin("The partitions boot, SP1 first");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    sp1.initialise();
    sp1.asks("asks SP2, which has not begun", SP2, args![]).expect_error(ffa::BUSY).shows("direct.18");
    sp1.call("runs SP2, which has not begun", args![ffa::RUN, sp2_itself])
        .expect_error(ffa::DENIED)
        .shows("run.40");
    sp1.call("answers the normal world, which did not ask", &response(SP1, NWD))
        .expect_error(ffa::DENIED)
        .shows("direct.7");

    sp2.initialise();
    sp1.is_asked("is asked by SP2, which begins", SP2);
    sp1.call("runs SP3, which has not begun", args![ffa::RUN, sp3_itself])
        .expect_error(ffa::DENIED)
        .shows("run.9");
    sp1.answers("answers SP2", SP2, args![1]);
    sp3.initialise();
    sp2.asks("asks SP1, which waits", SP1, args![]).expect_response(SP1, SP2).expect(3, 1);
}
