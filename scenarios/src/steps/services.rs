//! Direct requests to a service: FFA_MSG_SEND_DIRECT_REQ2 and RESP2.

use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::manifest::uuid_of;
use crate::program::{Arg, Program, Role, Site, args};

/// Messaging methods as manifests have them: receives and sends direct requests, and the same to services.
const RECEIVES: u32 = 1 << 0;
const SENDS: u32 = 1 << 1;
const RECEIVES_2: u32 = 1 << 9;
const SENDS_2: u32 = 1 << 10;
const BOTH: u32 = RECEIVES | SENDS;
const BOTH_2: u32 = RECEIVES_2 | SENDS_2;

const NO_UUID: [u64; 2] = [0, 0];
/// The registers x4 to x17.
const PAYLOAD: usize = 14;

/// Fourteen numbers, all different, of 64 bits.
fn numbers(seed: u64) -> [u64; PAYLOAD] {
    std::array::from_fn(|index| (seed << 32) | (0x10 + index as u64))
}

/// The direct message `function` with all its registers.
fn message(function: u64, from: Role, to: Role, words: [u64; 2], payload: [u64; PAYLOAD]) -> Vec<u64> {
    let route = ffa::sender_receiver(from.endpoint(), to.endpoint());
    [function, route].into_iter().chain(words).chain(payload).collect()
}

fn request(from: Role, to: Role, uuid: [u64; 2]) -> Vec<Arg> {
    message(ffa::DIRECT_REQ2, from, to, uuid, numbers(1)).into_iter().map(Arg::from).collect()
}

impl Site {
    /// Requires these registers from x0 on.
    fn expect_registers(&mut self, registers: &[u64]) -> &mut Self {
        for (index, value) in registers.iter().enumerate() {
            self.expect(index, *value);
        }
        self
    }
}

impl Program {
    /// Has the partition's manifest say that it sends and receives direct requests, plain ones and those to services.
    pub(super) fn offers_its_service(&mut self) {
        self.extras.set("messaging-method", BOTH | BOTH_2);
    }

    /// The partition's turn ends; it comes back with a request of `from` to its service `uuid`.
    pub(super) fn is_asked_for(&mut self, label: &str, from: Role, uuid: [u64; 2]) -> &mut Site {
        let role = self.role();
        self.is_woken(label).expect_registers(&message(ffa::DIRECT_REQ2, from, role, uuid, numbers(1)))
    }

    /// The partition will answer `to`, by FFA_MSG_SEND_DIRECT_RESP2.
    pub(super) fn answers_for(&mut self, label: &str, to: Role) {
        let response = message(ffa::DIRECT_RESP2, self.role(), to, NO_UUID, numbers(2));
        let response: Vec<Arg> = response.into_iter().map(Arg::from).collect();
        self.gives_way(label, &response);
    }

    /// Asks the service `uuid` of `to`, which answers.
    pub(super) fn asks_for(&mut self, label: &str, to: Role, uuid: [u64; 2]) -> &mut Site {
        let role = self.role();
        self.call(label, &request(role, to, uuid)).expect_registers(&message(
            ffa::DIRECT_RESP2,
            to,
            role,
            NO_UUID,
            numbers(2),
        ))
    }
}

/// A service is asked by its UUID or by none, by the normal world and by a partition; all registers travel, and of
/// a plain message none beyond x7.
pub fn service_requests(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world asks services of SP1");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    [&mut *sp1, &mut *sp2].into_iter().for_each(Program::offers_its_service);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    for (label, uuid) in [("asks by UUID", uuid_of(SP1)), ("asks by no UUID", NO_UUID)] {
        sp1.is_asked_for("gets all registers", NWD, uuid);
        let route = ffa::sender_receiver(SP1.endpoint(), NWD.endpoint());
        sp1.call("answers as if it were no service", args![ffa::DIRECT_RESP_64, route])
            .expect_error(ffa::DENIED)
            .shows("direct2.45");
        sp1.answers_for("answers with all registers", NWD);
        nwd.asks_for(label, SP1, uuid).shows("direct2.43");
    }

    let (nwd, partitions) = stage.begin("SP1 asks a service of SP2");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.is_asked("is told to ask", NWD);
    sp2.is_asked_for("gets all registers", SP1, uuid_of(SP2));
    sp2.answers_for("answers with all registers", SP1);
    sp1.call("asks SP2 for a service of SP1's", &request(SP1, SP2, uuid_of(SP1)))
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("direct2.40");
    sp1.asks_for("asks by UUID", SP2, uuid_of(SP2)).shows("direct2.43");
    sp1.answers("is done", NWD, args![]);
    nwd.asks("tells SP1 to ask", SP1, args![]).expect_response(SP1, NWD);

    let (nwd, partitions) = stage.begin("A plain message ends with x7");
    let [sp1, _] = partitions else { panic!("two partitions play") };
    sp1.is_asked("is asked", NWD);
    let answer = message(ffa::DIRECT_RESP_64, SP1, NWD, NO_UUID, numbers(3));
    let answer: Vec<Arg> = answer.into_iter().map(Arg::from).collect();
    sp1.gives_way("answers with something in x8 to x17", &answer);
    let seen = message(ffa::DIRECT_RESP_64, SP1, NWD, NO_UUID, numbers(3));
    let beyond = [0; 10];
    nwd.asks("asks", SP1, args![]).expect_registers(&[&seen[..8], &beyond].concat()).shows("direct.44");
}

/// Requests for services that are not there, and answers to requests of another kind.
pub fn service_rules(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, and SP3 agrees on 1.1");
    let [sp1, sp2, sp3] = partitions else { panic!("three partitions play") };
    sp2.extras.set("messaging-method", BOTH);
    [&mut *sp1, &mut *sp3].into_iter().for_each(Program::offers_its_service);
    sp3.call("agrees on a version", args![ffa::VERSION, 0x1_0001])
        .expect(0, ffa::VERSION_1_2)
        .shows("version.7");
    partitions.iter_mut().for_each(Program::initialise);

    let (nwd, _) = stage.begin("The normal world asks for services that are not there");
    nwd.call("asks, and speaks no version with services", &request(NWD, SP1, NO_UUID))
        .expect_error(ffa::NOT_SUPPORTED)
        .shows("direct2.47");

    stage.alone("SP1 asks for services that are not there", SP1, |sp1| {
        sp1.call("asks SP2 for a service of SP1's", &request(SP1, SP2, uuid_of(SP1)))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct2.40");
        sp1.call("asks SP3, which speaks 1.1", &request(SP1, SP3, uuid_of(SP3)))
            .expect_error(ffa::DENIED)
            .shows("direct2.41");
        sp1.call("asks SP2, whose manifest lets it receive none", &request(SP1, SP2, uuid_of(SP2)))
            .expect_error(ffa::DENIED)
            .shows("direct2.42");
        sp1.call("asks itself", &request(SP1, SP1, uuid_of(SP1))).expect_error(ffa::INVALID_PARAMETERS);
        sp1.call(
            "answers a plain request as a service",
            args![ffa::DIRECT_RESP2, ffa::sender_receiver(SP1.endpoint(), NWD.endpoint()),],
        )
        .expect_error(ffa::DENIED)
        .shows("direct2.46");
        for (label, function) in [("sends as in 1.0", ffa::MSG_SEND), ("polls as in 1.0", ffa::MSG_POLL)] {
            sp1.call(label, args![function]).expect_error(ffa::NOT_SUPPORTED).shows("direct.45");
        }
        sp1.call("answers with an error", args![ffa::ERROR, 0, ffa::DENIED])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("abort.9");
        sp1.call("says that it was interrupted", args![ffa::INTERRUPT])
            .expect_error(ffa::DENIED)
            .shows("function.5");
    });
    stage.alone("SP2's manifest lets it send none", SP2, |sp2| {
        sp2.call("asks a service of SP1", &request(SP2, SP1, uuid_of(SP1)))
            .expect_error(ffa::DENIED)
            .shows("direct2.48");
    });
}
