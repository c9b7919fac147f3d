//! EL3's logical partitions: they ask partitions, and nobody asks them, or notifies them.

use hal_sim::LogicalPartition;

use super::indirect::Message;
use super::listing::{DESCRIPTOR, SEEN_BY_NORMAL_WORLD, SEEN_BY_PARTITION, info_get};
use super::notifications::{OF_ALL, asks_for, boots, says};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::firmware::{FIND, IDS, SEND};
use crate::manifest::uuid_of;
use crate::program::{Arg, Program, Role, Site, args, layout_of};

const INVALID: u64 = ffa::INVALID_PARAMETERS;

/// The first of them, by its id.
pub(super) const LP1: u16 = *IDS.start();
/// An id between those of partitions and theirs.
const NOBODY: u16 = LP1 - 1;
/// As many as two answers of EL3's list.
const LISTED: u16 = 6;
/// What they are: they send direct requests, and run in AArch64.
const SENDS: u64 = 1 << 1 | 1 << 8;

/// How many descriptors an answer holds.
const ROOM: usize = 5;

/// EL3 has so many logical partitions.
pub(super) fn has_logical(stage: &mut Stage, count: u16) {
    stage.logical_partitions = (0..count).map(logical).collect();
}

/// The logical partition with this number.
fn logical(number: u16) -> LogicalPartition {
    LogicalPartition { id: LP1 + number, uuid: [0x1ee7, 1 << 40 | u64::from(number)] }
}

/// The arguments with which the normal world has the first logical partition ask `receiver`.
pub(super) fn request(receiver: u16, payload: [u64; 2]) -> [Arg; 5] {
    let [a, b] = payload;
    [SEND, ffa::sender_receiver(LP1, receiver), 0, a, b].map(Arg::from)
}

/// `partition` is asked by the first logical partition.
pub(super) fn is_asked_by_logical<'a>(partition: &'a mut Program, label: &str) -> &'a mut Site {
    let route = ffa::sender_receiver(LP1, partition.role().endpoint());
    partition.is_woken(label).expect_all([ffa::DIRECT_REQ_32, route, 0]).shows("direct.83")
}

/// `partition` will answer the first logical partition.
pub(super) fn answers_logical(partition: &mut Program, label: &str, payload: impl Into<Arg>) {
    let route = ffa::sender_receiver(partition.role().endpoint(), LP1);
    let mut answer = args![ffa::DIRECT_RESP_32, route, 0].to_vec();
    answer.push(payload.into());
    partition.gives_way(label, &answer);
}

/// The normal world has the first logical partition ask `receiver`, which answers with what is expected further.
pub(super) fn has_asked<'a>(
    nwd: &'a mut Program,
    label: &str,
    receiver: Role,
    payload: [u64; 2],
) -> &'a mut Site {
    let answer = ffa::sender_receiver(receiver.endpoint(), LP1);
    nwd.call_seeing_interrupts(label, &request(receiver.endpoint(), payload)).expect_all([
        ffa::DIRECT_RESP_32,
        answer,
        0,
    ])
}

/// A logical partition asks SP1 before the normal world's first call, and SP2 through it; nobody else speaks for it, or to it.
pub fn logical_partitions_ask(stage: &mut Stage) {
    has_logical(stage, 1);
    let (nwd, partitions) =
        stage.begin("EL3's logical partition asks SP1, and the normal world agrees on a version");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.initialise();
    sp2.initialise();
    is_asked_by_logical(sp1, "is asked").expect(3, 7).expect(4, 8).expect(5, 0);
    sp1.call(
        "answers in another's name",
        args![ffa::DIRECT_RESP_32, ffa::sender_receiver(SP2.endpoint(), LP1), 0],
    )
    .expect_error(INVALID)
    .shows("direct.15");
    sp1.call(
        "answers the normal world",
        args![ffa::DIRECT_RESP_32, ffa::sender_receiver(SP1.endpoint(), 0), 0],
    )
    .expect_error(ffa::DENIED)
    .shows("direct.20");
    answers_logical(sp1, "answers", 9);
    has_asked(nwd, "has EL3 ask SP1", SP1, [7, 8]).expect(3, 9);
    nwd.call("has EL3 look for partitions, too early", args![FIND, 0, 0, 0]).expect_error(ffa::NOT_SUPPORTED);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2])
        .expect(0, ffa::VERSION_1_2)
        .shows("version.41");

    let (nwd, partitions) = stage.begin("It asks who cannot be asked");
    nwd.call("has it ask who is not there", &request(NOBODY, [0, 0])).expect_error(INVALID);
    let to_sp1 = ffa::sender_receiver(LP1, SP1.endpoint());
    let to_logical = ffa::sender_receiver(NWD.endpoint(), LP1);
    nwd.call("asks in its name", args![ffa::DIRECT_REQ_64, to_sp1]).expect_error(INVALID).shows("direct.86");
    nwd.call("asks it", args![ffa::DIRECT_REQ_64, to_logical]).expect_error(INVALID).shows("direct.85");
    nwd.call("asks a service of it", args![ffa::DIRECT_REQ2, to_logical])
        .expect_error(INVALID)
        .shows("direct.85");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is asked", NWD);
    sp1.call("asks it", args![ffa::DIRECT_REQ_64, ffa::sender_receiver(SP1.endpoint(), LP1)])
        .expect_error(INVALID)
        .shows("direct.84");
    sp1.call("asks a service of it", args![ffa::DIRECT_REQ2, ffa::sender_receiver(SP1.endpoint(), LP1)])
        .expect_error(INVALID)
        .shows("direct.84");
    sp1.call("asks SP2 in its name", args![ffa::DIRECT_REQ_64, ffa::sender_receiver(LP1, SP2.endpoint())])
        .expect_error(INVALID)
        .shows("direct.3");
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// Notifications and indirect messages are for partitions and VMs.
pub fn logical_partitions_notify_nobody(stage: &mut Stage) {
    use ffa::{NOTIFICATION_BIND, NOTIFICATION_BITMAP_CREATE, NOTIFICATION_SET, NOTIFICATION_UNBIND};
    has_logical(stage, 1);
    let sp1 = SP1.endpoint();
    boots(stage, &[SP1]);
    stage.alone("SP1 would be notified by EL3's logical partition, and notify it", SP1, |program| {
        for (label, function, ids, rule) in [
            ("lets it notify SP1", NOTIFICATION_BIND, [LP1, sp1], "notification.42"),
            ("lets it no more", NOTIFICATION_UNBIND, [LP1, sp1], "notification.42"),
            ("binds in its name", NOTIFICATION_BIND, [sp1, LP1], "notification.47"),
            ("notifies it", NOTIFICATION_SET, [sp1, LP1], "notification.27"),
            ("notifies in its name", NOTIFICATION_SET, [LP1, sp1], "notification.70"),
        ] {
            says(program, label, function, ids, 0, 1).expect_error(INVALID).shows(rule);
        }
        asks_for(program, "gets its notifications", LP1, 0, OF_ALL)
            .expect_error(INVALID)
            .shows("notification.31");
        program.places(&Message::between(sp1, LP1).bytes(), layout_of(SP1).tx);
        program.call("sends it a message", args![ffa::MSG_SEND2]).expect_error(INVALID).shows("send2.48");
    });
    stage.alone("The normal world would, too", NWD, |nwd| {
        for (label, function, ids, rule) in [
            ("lets it be notified by SP1", NOTIFICATION_BIND, [sp1, LP1], "notification.47"),
            ("notifies it", NOTIFICATION_SET, [0, LP1], "notification.27"),
            ("notifies SP1 in its name", NOTIFICATION_SET, [LP1, sp1], "notification.70"),
        ] {
            says(nwd, label, function, ids, 0, 1).expect_error(INVALID).shows(rule);
        }
        asks_for(nwd, "gets its notifications", LP1, 0, OF_ALL)
            .expect_error(INVALID)
            .shows("notification.31");
        nwd.call("creates its notifications", args![NOTIFICATION_BITMAP_CREATE, u64::from(LP1), 1])
            .expect_error(INVALID)
            .shows("notification.46");
    });
}

/// A descriptor: id, properties, UUID.
type Descriptor = (u16, u64, [u64; 2]);

/// `site` has `shown` of `count` descriptors from number `start` on.
fn lists(site: &mut Site, start: u64, shown: &[Descriptor], count: u64) {
    let last = start + shown.len() as u64 - 1;
    site.expect(0, ffa::SUCCESS_64).expect(2, DESCRIPTOR << 48 | last << 16 | (count - 1));
    for (register, (id, properties, [low, high])) in (3..).step_by(3).zip(shown) {
        site.expect(register, properties << 32 | 1 << 16 | u64::from(*id));
        site.expect(register + 1, *low).expect(register + 2, *high);
    }
    for register in 3 + 3 * shown.len()..18 {
        site.expect(register, 0);
    }
}

/// A partition is told of EL3's logical partitions behind the others; the normal world, and EL3 itself, are not.
pub fn logical_partitions_are_listed(stage: &mut Stage) {
    has_logical(stage, LISTED);
    let own = |properties| [SP1, SP2].map(|role| (role.endpoint(), properties, uuid_of(role)));
    let others = (0..LISTED).map(|number| (logical(number).id, SENDS, logical(number).uuid));
    let all: Vec<Descriptor> = own(SEEN_BY_PARTITION).into_iter().chain(others).collect();
    let get =
        |uuid: [u64; 2], start: u64| [ffa::PARTITION_INFO_GET_REGS, uuid[0], uuid[1], start].map(Arg::from);
    let count = all.len() as u64;
    stage.alone("The normal world is of version 1.2", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    });
    stage.alone("SP1 lists partitions, and EL3's", SP1, |sp1| {
        for start in 0..all.len() {
            let shown = &all[start..all.len().min(start + ROOM)];
            let site = sp1.call(&format!("wants those from number {start} on"), &get([0, 0], start as u64));
            lists(site.shows("info.49"), start as u64, shown, count);
        }
        sp1.call("wants more than there are", &get([0, 0], count)).expect_error(INVALID).shows("info.42");
        let (id, properties, uuid) = all[all.len() - 1];
        let site = sp1.call("wants those with the UUID of EL3's last", &get(uuid, 0));
        lists(site.shows("info.49"), 0, &[(id, properties, [0, 0])], 1);
        sp1.call("wants a second of these", &get(uuid, 1)).expect_error(INVALID).shows("info.42");
        let site = sp1.call("wants those with SP2's UUID", &get(uuid_of(SP2), 0));
        lists(site, 0, &[(SP2.endpoint(), SEEN_BY_PARTITION, [0, 0])], 1);
        sp1.call("wants those with a UUID that nobody has", &get([1, 2], 0))
            .expect_error(INVALID)
            .shows("info.48");
        sp1.call("counts for its RX buffer", &info_get([0, 0], 1)).expect_success().expect(2, 2);
    });
    stage.alone("The normal world lists partitions, and EL3 does", NWD, |nwd| {
        let own = own(SEEN_BY_NORMAL_WORLD);
        lists(nwd.call("wants all", &get([0, 0], 0)), 0, &own, 2);
        nwd.call("wants those with a UUID of EL3's", &get(logical(0).uuid, 0))
            .expect_error(INVALID)
            .shows("info.48");
        let asks = |uuid: [u64; 2]| [FIND, uuid[0], uuid[1], 0].map(Arg::from);
        lists(nwd.call("has EL3 look for all", &asks([0, 0])), 0, &own, 2);
        let (id, properties, _) = own[1];
        lists(nwd.call("has EL3 look for SP2", &asks(uuid_of(SP2))), 0, &[(id, properties, [0, 0])], 1);
        nwd.call("has EL3 look for who is not there", &asks([1, 2])).expect_error(INVALID);
    });
}
