//! Direct messages.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::program::args;
use crate::program::frame::Slot;

const NUMBER: Slot = Slot::free(1);
const ELAPSED: Slot = Slot::free(2);

/// A direct request to SP1 comes back changed.
pub fn echo(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A direct request comes back changed");
    let sp1 = &mut partitions[0];
    sp1.is_asked("gets the numbers", NWD).expect(3, 0x1234).expect(7, 0x7777_0000_7777);
    sp1.keeps(NUMBER, 3);
    sp1.adds(NUMBER, 0x1000);
    sp1.answers("sends the first back, 0x1000 more", NWD, args![NUMBER, 0, 0, 0, 0x77]);
    nwd.asks("sends SP1 numbers", SP1, args![0x1234, 0x4444, 0x5555, 0x6666, 0x7777_0000_7777])
        .expect_response(SP1, NWD)
        .expect(3, 0x2234)
        .expect(4, 0)
        .expect(7, 0x77);
}

/// The normal world asks SP2, which asks SP1; the answers come back the same way.
pub fn chain(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A chain: the normal world asks SP2, SP2 asks SP1");
    let [sp1, sp2, ..] = partitions else { panic!("a chain needs two partitions") };
    sp2.is_asked("gets the number", NWD).expect(3, 0x100);
    sp2.keeps(NUMBER, 3);
    sp2.adds(NUMBER, 1);
    sp1.is_asked("gets it from SP2", SP2).expect(3, 0x101);
    sp1.keeps(NUMBER, 3);
    sp1.adds(NUMBER, 0x10);
    sp1.answers("answers SP2, 0x10 more", SP2, args![NUMBER]);
    sp2.asks("hands it on, 1 more", SP1, args![NUMBER]).expect_response(SP1, SP2).expect(3, 0x111);
    sp2.keeps(NUMBER, 3);
    sp2.adds(NUMBER, 1);
    sp2.answers("answers the normal world, 1 more", NWD, args![NUMBER]);
    nwd.asks("sends SP2 a number", SP2, args![0x100]).expect_response(SP2, NWD).expect(3, 0x112);
}

/// SP2 asks itself, and is refused.
pub fn self_request(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP2 may not ask itself");
    let sp2 = &mut partitions[1];
    sp2.is_asked("is told to try", NWD);
    sp2.asks("asks itself", SP2, args![1]).expect_error(ffa::INVALID_PARAMETERS).shows("direct.13");
    sp2.keeps(NUMBER, 2);
    sp2.answers("passes the error code on", NWD, args![NUMBER]);
    nwd.asks("tells SP2 to ask itself", SP2, args![0])
        .expect_response(SP2, NWD)
        .expect(3, ffa::INVALID_PARAMETERS);
}

/// As many direct requests to SP1 as the parameters say, in a loop in which nobody testifies, and the counter ticks
/// that they took.
pub fn many_echoes(stage: &mut Stage) {
    let rounds = stage.parameters.messages;
    let (nwd, partitions) = stage.begin("Many direct requests");
    let sp1 = &mut partitions[0];
    sp1.is_asked("gets the first request", NWD);
    sp1.answers_quietly(NWD, rounds);
    sp1.answers("answers the last request", NWD, args![rounds]);
    nwd.asks("asks for the first time", SP1, args![0]).expect_response(SP1, NWD).expect(3, 0);
    nwd.asks_quietly(SP1, rounds - 1, ELAPSED);
    nwd.measures("asked many times", "ticks of the counter", ELAPSED);
    nwd.asks("asks once more", SP1, args![0]).expect_response(SP1, NWD).expect(3, rounds);
}
