//! Direct messages that come back: all registers of both conventions.

use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::program::frame::Slot;
use crate::program::{Arg, Role, args};

const PAYLOAD: [Slot; 5] = [Slot::free(1), Slot::free(2), Slot::free(3), Slot::free(4), Slot::free(5)];
const NUMBER: Slot = Slot::free(6);

/// x3 to x7 travel whole there and back; SP1 adds 0x1000 to x4.
pub fn echo_64(stage: &mut Stage) {
    const SENT: [u64; 5] =
        [0x3333_0000_1234_5678, 0x4444_FFFF_FFFF_F000, 0x5555_0000_0000_0005, u64::MAX, 1 << 63];
    let (nwd, partitions) = stage.begin("A 64-bit message comes back");
    let sp1 = &mut partitions[0];
    let mut expected = SENT;
    let site = sp1.is_asked("gets five registers", NWD);
    for (register, value) in (3..).zip(SENT) {
        site.expect(register, value);
    }
    for (register, slot) in (3..).zip(PAYLOAD) {
        sp1.keeps(slot, register);
    }
    sp1.adds(PAYLOAD[1], 0x1000);
    expected[1] += 0x1000;
    sp1.answers("sends them back, the second 0x1000 more", NWD, &PAYLOAD.map(Arg::from));
    let site = nwd.asks("sends SP1 five registers", SP1, &SENT.map(Arg::from)).expect_response(SP1, NWD);
    for (register, value) in (3..).zip(expected) {
        site.expect(register, value);
    }
}

/// Of the 32-bit convention's registers only the low halves travel, there and back.
pub fn echo_32(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("A 32-bit message comes back");
    let sp1 = &mut partitions[0];
    sp1.is_woken("gets low halves")
        .expect_message(ffa::DIRECT_REQ_32, NWD, SP1)
        .expect(3, 0x1234_5678)
        .expect(4, 0x4444)
        .expect(5, 0)
        .expect(6, 0xFFFF_FFFF)
        .expect(7, 0x8000_0000);
    sp1.keeps(NUMBER, 3);
    sp1.adds(NUMBER, 0xAAAA_0000_0000_1000);
    let back = ffa::sender_receiver(SP1.endpoint(), NWD.endpoint());
    let answer = args![ffa::DIRECT_RESP_32, back, 0, NUMBER, 0x5555_0000_0000, 0x77_0000_0077];
    sp1.gives_way("answers with more than 32 bits", answer);
    let there = ffa::sender_receiver(NWD.endpoint(), SP1.endpoint());
    let mut request = args![ffa::DIRECT_REQ_32, there, 0, 0x3333_0000_1234_5678, 0x4444].to_vec();
    request.extend(args![0x5555_0000_0000_0000, u64::MAX, 0xFFFF_FFFF_8000_0000]);
    nwd.call("sends more than 32 bits", &request)
        .expect_message(ffa::DIRECT_RESP_32, SP1, NWD)
        .expect(3, 0x1234_6678)
        .expect(4, 0)
        .expect(5, 0x77)
        .shows("direct.22");
}

/// Requests to SP1 and SP2 in turns.
pub fn alternating(stage: &mut Stage) {
    for round in 0..3 {
        let (nwd, partitions) = stage.begin("SP1 is asked, then SP2");
        for (partition, role) in partitions.iter_mut().zip([SP1, SP2]) {
            let number = 0x100 * (round + 1) + u64::from(role.endpoint());
            let [sent, back] = [number, number + 0x1000];
            partition.is_asked("gets the number", NWD).expect(4, sent);
            partition.keeps(NUMBER, 4);
            partition.adds(NUMBER, 0x1000);
            partition.answers("answers, 0x1000 more", NWD, args![0, NUMBER]);
            nwd.asks(&format!("sends {} a number", role.name()), role, args![0, sent])
                .expect_response(role, NWD)
                .expect(4, back);
        }
    }
}

/// Each of three partitions answers for itself; then the normal world asks SP3, and SP3 asks SP1.
pub fn three_partitions(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("Each of three answers for itself");
    for (partition, role) in partitions.iter_mut().zip([SP1, SP2, SP3]) {
        says_who_it_is(partition, role);
        nwd.asks(&format!("asks {} who it is", role.name()), role, args![])
            .expect_response(role, NWD)
            .expect(3, role.endpoint().into());
    }
    let (nwd, partitions) = stage.begin("The normal world asks SP3, SP3 asks SP1");
    let [sp1, _, sp3] = partitions else { panic!("three partitions play") };
    sp3.is_asked("gets the number", NWD).expect(4, 0xBEEF);
    sp3.keeps(NUMBER, 4);
    sp1.is_asked("gets it from SP3", SP3).expect(4, 0xBEEF);
    sp1.keeps(NUMBER, 4);
    sp1.adds(NUMBER, 0x1_0000);
    sp1.answers("answers SP3, 0x10000 more", SP3, args![0, NUMBER]);
    sp3.asks("hands it on", SP1, args![0, NUMBER]).expect_response(SP1, SP3).expect(4, 0x1_BEEF);
    sp3.keeps(NUMBER, 4);
    sp3.answers("answers the normal world", NWD, args![0, NUMBER]);
    nwd.asks("sends SP3 a number", SP3, args![0, 0xBEEF]).expect_response(SP3, NWD).expect(4, 0x1_BEEF);
}

fn says_who_it_is(partition: &mut crate::program::Program, role: Role) {
    partition.is_asked("is asked who it is", NWD);
    partition.call("asks the SPMC", args![ffa::ID_GET]).expect_success().expect(2, role.endpoint().into());
    partition.keeps(NUMBER, 2);
    partition.answers("says its id", NWD, args![NUMBER]);
}
