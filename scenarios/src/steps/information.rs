//! Boot information.

use super::{NWD, Stage};
use crate::ffa;
use crate::machine::layout;
use crate::manifest::Node;
use crate::program::frame::Slot;
use crate::program::{Program, Source, args};

/// A device tree's magic, as a little-endian core reads it.
const DEVICE_TREE: u64 = 0xEDFE_0DD0;
/// What the list of hand-off blocks begins with here.
const HOB_LIST: u64 = 0x0123_4567_89AB_CDEF;

const SIGNATURE: u64 = 0x0FFA;
const HEADER: u64 = 32;
const DESCRIPTOR: u64 = 32;

/// SP1 finds its manifest by x2, SP2, whose package is a transfer list, its manifest and hand-off blocks by x0.
pub fn boot_information(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, and are told where they find what");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let node =
        || Node::new("boot-info").with("compatible", "arm,ffa-manifest-boot-info").with("ffa_manifest", ());
    wants(sp1, 2, node());
    wants(sp2, 0, node().with("hob_list", ()));
    sp2.extras.hob_list = Some(HOB_LIST.to_le_bytes().into());
    sp1.initialise();
    sp2.initialise();

    let (nwd, partitions) = stage.begin("They say what they were told");
    for (partition, register, descriptors) in
        partitions.iter_mut().zip([2, 0]).zip([1, 2]).map(|((a, b), c)| (a, b, c))
    {
        let role = partition.role();
        let base = layout::partition_base(role.index() as u16);
        partition.is_asked("is asked", NWD);
        found_at_start(partition, register, base);
        header(partition, base, descriptors);
        let manifest = base + layout::PACKAGE_MANIFEST;
        descriptor(partition, base + HEADER, 0, manifest);
        partition
            .testifies("reads its manifest", &[("magic", Source::Word(manifest))])
            .expect(0, DEVICE_TREE);
        if descriptors == 2 {
            let list = base + layout::PACKAGE_HOB_LIST;
            descriptor(partition, base + HEADER + DESCRIPTOR, 1, list);
            partition
                .testifies("reads the hand-off blocks", &[("first", Source::Double(list))])
                .expect(0, HOB_LIST);
        }
        partition.answers("answers", NWD, args![]);
        nwd.asks(&format!("asks {}", role.name()), role, args![]).expect_response(role, NWD);
    }
}

fn wants(partition: &mut Program, register: u32, node: Node) {
    partition.extras.set("gp-register-num", register);
    partition.extras.nodes.push(node);
}

/// x`register` was the address, the others zero, and the first word was there with caches off.
fn found_at_start(partition: &mut Program, register: usize, base: u64) {
    let values = ["x0", "x1", "x2", "x3"].into_iter().zip((0..4).map(Slot::at_start).map(Source::Slot));
    let word = ("word there, uncached", Source::Slot(Slot::WORD_AT_START));
    let values: Vec<_> = values.chain([word]).collect();
    let site = partition.testifies("had this at its start", &values);
    for index in 0..4 {
        site.expect(index, if index == register { base } else { 0 });
    }
    site.expect(4, SIGNATURE);
}

fn header(partition: &mut Program, base: u64, descriptors: u64) {
    let words = ["signature", "version", "bytes", "bytes of a descriptor", "descriptors", "first descriptor"];
    let values: Vec<_> = words.into_iter().zip((0..).map(|index| Source::Word(base + 4 * index))).collect();
    let site = partition.testifies("reads the header", &values);
    site.expect(0, SIGNATURE).expect(1, ffa::VERSION_1_2);
    site.expect(3, DESCRIPTOR).expect(4, descriptors).expect(5, HEADER);
}

fn descriptor(partition: &mut Program, at: u64, kind: u64, contents: u64) {
    partition
        .testifies(
            "reads a descriptor",
            &[
                ("name", Source::Double(at)),
                ("name goes on", Source::Double(at + 8)),
                ("type and flags", Source::Word(at + 16)),
                ("bytes", Source::Word(at + 20)),
                ("address", Source::Double(at + 24)),
            ],
        )
        .expect_all([0, 0, kind])
        .expect(4, contents);
}
