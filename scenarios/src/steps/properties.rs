//! Properties of manifests that a partition sees something of.

use super::listing::{info_get, reads_descriptor};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::PACKAGE_IMAGE;
use crate::manifest::Node;
use crate::program::frame::Slot;
use crate::program::{OTHER_ENTRY, Program, Source, args};

/// SP1's `entrypoint-offset` is not where its image begins.
pub fn entry_point(stage: &mut Stage) {
    let elsewhere = PACKAGE_IMAGE as u32 + OTHER_ENTRY as u32;
    stage.partitions[0].extras.set("entrypoint-offset", elsewhere);
    for (role, expected) in [(SP1, 1), (SP2, 0)] {
        stage.alone("A partition says where it was entered", role, |partition| {
            partition
                .testifies("was entered", &[("elsewhere", Source::Slot(Slot::ENTERED_ELSEWHERE))])
                .expect(0, expected);
        });
    }
}

/// Where its package is counts, whatever a partition's manifest says.
pub fn load_address(stage: &mut Stage) {
    stage.partitions[0].extras.edits.remove("", "load-address");
    stage.partitions[1].extras.set("load-address", 0x0E90_0000u64);
    super::first_message(stage);
}

/// Manifests ask for what is not there, and have what nobody reads.
pub fn not_served(stage: &mut Stage) {
    let [sp1, sp2] = &mut stage.partitions[..] else { panic!("two partitions play") };
    sp1.extras.set("lifecycle-support", ());
    sp1.extras.set("some-property", 1u32);
    sp1.extras.edits.add("", Node::new("some-node").with("some-property", "x"));
    sp2.extras.set("abort-action", 2u32);
    super::boot(stage);
    super::first_message(stage);
}

/// A UUID as a manifest's service has it, and as its bytes 0 to 7 and 8 to 15 are read.
const SERVICES: [(&str, [u64; 2]); 2] = [
    ("00112233-4455-6677-8899-aabbccddeeff", [0x7766_5544_3322_1100, 0xFFEE_DDCC_BBAA_9988]),
    ("10112233-4455-6677-8899-aabbccddeeff", [0x7766_5544_3322_1110, 0xFFEE_DDCC_BBAA_9988]),
];
/// The same as a manifest of version 1.0 has it.
const UUIDS: [([u32; 4], [u64; 2]); 2] =
    [([1, 2, 3, 4], [0x2_0000_0001, 0x4_0000_0003]), ([5, 6, 7, 8], [0x6_0000_0005, 0x8_0000_0007])];

/// Methods: receives direct requests, sends them.
const RECEIVES: u32 = 1 << 0;
const SENDS: u32 = 1 << 1;
/// A property that every partition has: AArch64.
const AARCH64: u32 = 1 << 8;

/// Each service of a partition is listed, with its own messaging method: rules `info.2` and `info.4`.
pub fn services(stage: &mut Stage) {
    let methods = [RECEIVES, RECEIVES | SENDS];
    let [sp1, sp2] = &mut stage.partitions[..] else { panic!("two partitions play") };
    let edits = &mut sp1.extras.edits;
    edits.set("", "compatible", "arm,ffa-manifest-1.1");
    edits.remove("", "uuid");
    edits.remove("", "messaging-method");
    let node = Node::new("services").with("compatible", "arm,ffa-manifest-services");
    let service = |(((uuid, _), method), name): (((&str, _), u32), &str)| {
        Node::new(name).with("uuid", uuid).with("messaging-method", method)
    };
    let listed = SERVICES.into_iter().zip(methods).zip(["first", "second"]).map(service);
    edits.add("", listed.fold(node, Node::child));
    sp2.extras.set("uuid", &UUIDS.map(|(words, _)| words).concat()[..]);
    sp2.extras.set("messaging-method", &methods[..]);

    let uuids = [(SP1, SERVICES.map(|(_, uuid)| uuid)), (SP2, UUIDS.map(|(_, uuid)| uuid))];
    stage.alone("SP2 lists what there is", SP2, |sp2: &mut Program| {
        sp2.call("wants all services", &info_get([0, 0], 0)).expect_success().expect(2, 4);
        let all = uuids
            .into_iter()
            .flat_map(|(role, uuids)| uuids.into_iter().zip(methods).map(move |it| (role, it)));
        for (index, (role, (uuid, method))) in (0..).zip(all) {
            reads_descriptor(sp2, index, role, (method | AARCH64).into(), uuid);
        }
        sp2.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
        for (role, [_, second]) in uuids {
            let name = role.name();
            sp2.call(&format!("wants the second service of {name}"), &info_get(second, 0))
                .expect_success()
                .expect(2, 1);
            reads_descriptor(sp2, 0, role, (RECEIVES | SENDS | AARCH64).into(), [0, 0]);
            sp2.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
        }
    });
    let (nwd, partitions) = stage.begin("The normal world asks a partition that has several");
    partitions[0].is_asked("is asked", NWD);
    partitions[0].answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
