//! FFA_MSG_SEND2: messages from a TX buffer to an RX buffer.

use super::{NWD, SP1, SP2, SP3, Stage, vms};
use crate::ffa;
use crate::program::{Program, Role, Source, args, layout_of};

/// Receives and sends direct requests and indirect messages.
pub(super) const ALL: u32 = 0b111;

/// Bytes of the header of 1.2.
pub(super) const LONG: u32 = 40;
/// Bytes of the header of 1.1.
const SHORT: u32 = 20;
const PAGE: u32 = 4096;
/// FFA_MSG_WAIT: the caller keeps its RX buffer.
const KEEP_RX: u64 = 1;

const FIRST: u64 = 0x1111_2222_3333_4444;
const SECOND: u64 = 0x5555_6666_7777_8888;

/// A message of two numbers at `offset`, whose header says so and `size`.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    offset: u32,
    size: u32,
    from: u16,
    to: u16,
}

impl Message {
    /// A message of `from` to `to`.
    pub(crate) fn new(from: Role, to: Role) -> Self {
        Self::between(from.endpoint(), to.endpoint())
    }

    /// A message of `from` to `to`, by their ids.
    pub(crate) fn between(from: u16, to: u16) -> Self {
        Self { offset: LONG, size: 16, from, to }
    }

    /// Its bytes, in a TX buffer.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let route = u32::from(self.from) << 16 | u32::from(self.to);
        let header = [0, 0, self.offset, route, self.size].into_iter().flat_map(u32::to_le_bytes);
        let mut bytes: Vec<u8> = header.collect();
        let offset = if self.offset == SHORT { SHORT } else { LONG };
        bytes.resize(offset as usize, 0);
        bytes.extend(FIRST.to_le_bytes().into_iter().chain(SECOND.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// `sender` has it in its TX buffer.
    fn is_placed(self, sender: &mut Program) {
        sender.places(&self.bytes(), layout_of(sender.role()).tx);
    }
}

/// `receiver` reads a message in its RX buffer, from `from`, with the payload at `offset`.
fn reads(receiver: &mut Program, from: Role, offset: u32) {
    let (rx, to) = (layout_of(receiver.role()).rx, receiver.role().endpoint());
    reads_at(receiver, rx, ffa::sender_receiver(from.endpoint(), to), offset);
}

/// `reader` reads a message in the RX buffer at `rx`, with `route` and the payload at `offset`.
pub(super) fn reads_at(reader: &mut Program, rx: u64, route: u64, offset: u32) {
    let at = rx + u64::from(offset);
    reader
        .testifies(
            "reads the message in its RX buffer",
            &[
                ("flags", Source::Double(rx)),
                ("offset", Source::Word(rx + 8)),
                ("sender and receiver", Source::Word(rx + 12)),
                ("size", Source::Word(rx + 16)),
                ("first number, low", Source::Word(at)),
                ("first number, high", Source::Word(at + 4)),
                ("second number, low", Source::Word(at + 8)),
            ],
        )
        .expect_all([0, offset.into(), route, 16, FIRST & 0xFFFF_FFFF, FIRST >> 32, SECOND & 0xFFFF_FFFF]);
}

/// The normal world gets buffers.
fn prepares(nwd: &mut Program) {
    let place = layout_of(NWD);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    nwd.call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1]).expect_success();
}

/// Messages from SP1 to SP2, from the normal world to SP1 and back: a buffer that is full takes no more, until its owner gives
/// it back.
pub fn indirect_messages(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1 sends SP2 a message");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    for partition in [&mut *sp1, &mut *sp2] {
        partition.extras.set("messaging-method", ALL);
    }
    prepares(nwd);
    sp1.is_asked("is told to send", NWD);
    Message::new(SP1, SP2).is_placed(sp1);
    sp1.call("sends SP2 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.53");
    sp1.call("sends SP2 another, and lets it be told later", args![ffa::MSG_SEND2, 0, 2])
        .expect_error(ffa::BUSY)
        .shows("send2.52");
    sp1.answers("is done", NWD, args![]);
    nwd.asks("tells SP1 to send", SP1, args![]).expect_response(SP1, NWD);

    sp2.is_run("is run");
    reads(sp2, SP1, LONG);
    sp2.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success().shows("rxtx.70");
    sp2.call("gives it back once more", args![ffa::RX_RELEASE]).expect_error(ffa::DENIED);
    sp2.gives_way("waits", args![ffa::MSG_WAIT]);
    let sp2_itself = ffa::target(SP2.endpoint(), 0);
    nwd.call("runs SP2", args![ffa::RUN, sp2_itself]).expect_all([ffa::MSG_WAIT, sp2_itself]);

    let (nwd, partitions) = stage.begin("The normal world sends SP1 a message, and SP1 the normal world");
    let sp1 = &mut partitions[0];
    Message::new(NWD, SP1).is_placed(nwd);
    nwd.call("sends SP1 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.53");
    sp1.is_run("is run");
    reads(sp1, NWD, LONG);
    Message::new(SP1, NWD).is_placed(sp1);
    sp1.call("sends the normal world a message", args![ffa::MSG_SEND2, 0, 2])
        .expect_success()
        .shows("send2.53");
    sp1.gives_way("waits, and keeps its RX buffer", args![ffa::MSG_WAIT, 0, KEEP_RX]);
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
    reads(nwd, SP1, LONG);
    nwd.call("sends SP1 another, and SP1 has its RX buffer still", args![ffa::MSG_SEND2])
        .expect_error(ffa::BUSY)
        .shows("send2.52");
    nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
    sp1.is_run("is run");
    sp1.gives_way("waits, and gives its RX buffer back", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
    nwd.call("sends SP1 the other", args![ffa::MSG_SEND2]).expect_success();
}

/// Messages in another's name, for nobody, of a wrong shape, and of who sends or receives none.
pub fn indirect_rules(stage: &mut Stage) {
    const NOBODY: u16 = 0x8042;
    stage.begin("SP1 and SP2 have indirect messages, SP3 has none");
    for role in [SP1, SP2] {
        stage.sp(role).extras.set("messaging-method", ALL);
    }
    stage.alone("The normal world sends what it may not", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        nwd.call("sends without buffers", args![ffa::MSG_SEND2]).expect_error(ffa::DENIED).shows("send2.45");
        prepares(nwd);
        Message::new(NWD, SP1).is_placed(nwd);
        nwd.call("lets SP1 be told later", args![ffa::MSG_SEND2, 0, 2])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("send2.44");
        nwd.call("sends for SP2", args![ffa::MSG_SEND2, u64::from(SP2.endpoint()) << 16])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("send2.43");
        nwd.call("sends for a VM that nobody knows", args![ffa::MSG_SEND2, 5 << 16])
            .expect_error(ffa::DENIED)
            .shows("send2.45");
        vms::knows(nwd, 5);
        Message { to: 5, ..Message::new(NWD, SP1) }.is_placed(nwd);
        nwd.call("sends to a VM", args![ffa::MSG_SEND2])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("send2.49");
    });
    stage.alone("SP1 sends what it may not", SP1, |sp1| {
        let message = Message::new(SP1, SP2);
        for (label, message, shown) in [
            ("sends in SP2's name", Message { from: SP2.endpoint(), ..message }, "send2.46"),
            ("sends to itself", Message { to: SP1.endpoint(), ..message }, "send2.47"),
            ("sends to nobody", Message { to: NOBODY, ..message }, "send2.48"),
            (
                "sends a payload that begins in the header",
                Message { offset: LONG - 8, ..message },
                "send2.41",
            ),
            ("sends more than a page", Message { size: PAGE - LONG + 1, ..message }, "send2.42"),
            ("sends what ends beyond all numbers", Message { size: u32::MAX, ..message }, "send2.42"),
        ] {
            message.is_placed(sp1);
            sp1.call(label, args![ffa::MSG_SEND2]).expect_error(ffa::INVALID_PARAMETERS).shows(shown);
        }
        message.is_placed(sp1);
        for (label, word, flags, shown) in [
            ("says who it is", u64::from(SP1.endpoint()) << 16, 0, "send2.43"),
            ("says for whom it sends", 5 << 16, 0, "send2.43"),
            ("has something else in w1", 1, 0, "send2.40"),
            ("has a flag that there is not", 0, 1, "send2.40"),
        ] {
            let site = sp1.call(label, args![ffa::MSG_SEND2, word, flags]);
            site.expect_error(ffa::INVALID_PARAMETERS).shows(shown);
        }
        Message::new(SP1, SP3).is_placed(sp1);
        sp1.call("sends to SP3", args![ffa::MSG_SEND2]).expect_error(ffa::DENIED).shows("send2.51");
        sp1.call("gives up its buffers", args![ffa::RXTX_UNMAP]).expect_success();
        sp1.call("sends without buffers", args![ffa::MSG_SEND2]).expect_error(ffa::DENIED).shows("send2.45");
    });
    stage.alone("SP3 sends", SP3, |sp3| {
        Message::new(SP3, SP2).is_placed(sp3);
        sp3.call("sends to SP2", args![ffa::MSG_SEND2]).expect_error(ffa::DENIED).shows("send2.50");
        Message::new(SP3, SP1).is_placed(sp3);
        sp3.call("sends to SP1, which has no buffers", args![ffa::MSG_SEND2]).expect_error(ffa::DENIED);
    });
}

/// SP2 speaks 1.1: what it sends and gets has the short header.
pub fn indirect_versions(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP1 speaks 1.2, SP2 speaks 1.1");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    for partition in [&mut *sp1, &mut *sp2] {
        partition.extras.set("messaging-method", ALL);
    }
    sp2.extras.set("ffa-version", 0x1_0001u32);
    sp2.is_asked("is told to send", NWD);
    Message { offset: SHORT, ..Message::new(SP2, SP1) }.is_placed(sp2);
    sp2.call("sends SP1 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.55");
    sp2.answers("is done", NWD, args![]);
    nwd.asks("tells SP2 to send", SP2, args![]).expect_response(SP2, NWD);
    sp1.is_asked("is told to read and to send", NWD);
    reads(sp1, SP2, LONG);
    Message::new(SP1, SP2).is_placed(sp1);
    sp1.call("sends SP2 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.55");
    sp1.answers("is done", NWD, args![]);
    nwd.asks("tells SP1 to read and to send", SP1, args![]).expect_response(SP1, NWD);
    sp2.is_asked("is told to read", NWD);
    reads(sp2, SP1, LONG);
    sp2.answers("is done", NWD, args![]);
    nwd.asks("tells SP2 to read", SP2, args![]).expect_response(SP2, NWD);
}
