//! Direct requests that are refused: who is named, who may, who has time.

use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::program::frame::Slot;
use crate::program::{Arg, Messaging, Role, args};

const CODE: Slot = Slot::free(1);

/// A direct request that says it is from `sender` for `receiver`.
fn request(sender: u16, receiver: u16) -> [Arg; 2] {
    [ffa::DIRECT_REQ_64, ffa::sender_receiver(sender, receiver)].map(Arg::from)
}

/// Who asks in another's name is refused, and so is who answers in another's name.
pub fn spoofed_sender(stage: &mut Stage) {
    let [nwd_id, sp1_id, sp2_id] = [NWD, SP1, SP2].map(Role::endpoint);
    stage.alone("The normal world says it is SP1", NWD, |nwd| {
        nwd.call("asks SP2 in SP1's name", &request(sp1_id, sp2_id))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.3");
    });
    stage.alone("SP1 says it is others", SP1, |sp1| {
        sp1.call("asks SP2 in the normal world's name", &request(nwd_id, sp2_id))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.3");
        sp1.call("asks SP2 in the SPMC's name", &request(ffa::SPMC, sp2_id))
            .expect_error(ffa::INVALID_PARAMETERS);
        let in_sp2_name = ffa::sender_receiver(sp2_id, nwd_id);
        sp1.call("answers in SP2's name", args![ffa::DIRECT_RESP_64, in_sp2_name])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.15");
    });
}

/// Requests for nobody, for the SPMC, for oneself, and of a partition for the normal world.
pub fn unknown_receiver(stage: &mut Stage) {
    const NOBODY: u16 = 0x8042;
    stage.alone("The normal world asks who is not there", NWD, |nwd| {
        let from = NWD.endpoint();
        for (label, receiver, rule) in [
            ("asks nobody", NOBODY, "direct.4"),
            ("asks the SPMC", ffa::SPMC, "direct.4"),
            ("asks itself", NWD.endpoint(), "direct.13"),
        ] {
            nwd.call(label, &request(from, receiver)).expect_error(ffa::INVALID_PARAMETERS).shows(rule);
        }
    });
    stage.alone("SP1 asks who is not there", SP1, |sp1| {
        let from = SP1.endpoint();
        for (label, receiver, rule) in [
            ("asks nobody", NOBODY, "direct.4"),
            ("asks the SPMC", ffa::SPMC, "direct.4"),
            ("asks itself", SP1.endpoint(), "direct.13"),
            ("asks the normal world", NWD.endpoint(), "direct.14"),
        ] {
            sp1.call(label, &request(from, receiver)).expect_error(ffa::INVALID_PARAMETERS).shows(rule);
        }
        let framework_bits = 1 << 8;
        let route = ffa::sender_receiver(from, SP2.endpoint());
        sp1.call("sets a flag that partitions have not", args![ffa::DIRECT_REQ_64, route, framework_bits])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.1");
        let to_spmc = ffa::sender_receiver(from, ffa::SPMC);
        sp1.call(
            "tells the SPMC that its core changes its power",
            args![ffa::DIRECT_REQ_32, to_spmc, 1 << 31],
        )
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("direct.12");
    });
}

/// SP1 asks SP2, which asks SP1 back: SP1 waits for an answer and takes no request.
pub fn cycle(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world asks SP1, SP1 asks SP2, SP2 asks SP1");
    let [sp1, sp2, ..] = partitions else { panic!("a cycle needs two partitions") };
    sp1.is_asked("is asked", NWD);
    sp2.is_asked("is asked by SP1", SP1);
    sp2.asks("asks SP1 back", SP1, args![]).expect_error(ffa::BUSY).shows("direct.17");
    sp2.keeps(CODE, 2);
    sp2.answers("tells SP1 the error code", SP1, args![CODE]);
    sp1.asks("asks SP2", SP2, args![]).expect_response(SP2, SP1).expect(3, ffa::BUSY);
    sp1.keeps(CODE, 3);
    sp1.answers("tells the normal world", NWD, args![CODE]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD).expect(3, ffa::BUSY);
}

/// SP1's manifest lets it only receive direct requests, SP3's lets it only send them.
pub fn messaging_methods(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("Only who may receive is asked, and only by who may send");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    sp1.set_messaging(Messaging::Receives);
    sp3.set_messaging(Messaging::Sends);

    nwd.asks("asks SP3, which receives nothing", SP3, args![]).expect_error(ffa::DENIED).shows("direct.5");

    sp1.is_asked("is told to ask SP2", NWD);
    sp1.asks("asks SP2, though it sends nothing", SP2, args![]).expect_error(ffa::DENIED).shows("direct.16");
    sp1.answers("is done", NWD, args![]);
    nwd.asks("tells SP1 to ask SP2", SP1, args![]).expect_response(SP1, NWD);

    sp2.is_asked("is told to ask SP3", NWD);
    sp2.asks("asks SP3, which receives nothing", SP3, args![]).expect_error(ffa::DENIED).shows("direct.5");
    sp2.answers("is done", NWD, args![]);
    nwd.asks("tells SP2 to ask SP3", SP2, args![]).expect_response(SP2, NWD);

    let sp3_itself = ffa::target(SP3.endpoint(), 0);
    sp3.is_run("is run, since nobody may ask it");
    sp2.is_asked("is asked by SP3", SP3);
    sp2.answers("answers SP3", SP3, args![7]);
    sp3.asks("asks SP2", SP2, args![]).expect_response(SP2, SP3).expect(3, 7);
    sp3.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP3", args![ffa::RUN, sp3_itself]).expect(0, ffa::MSG_WAIT).expect(1, sp3_itself);
}
