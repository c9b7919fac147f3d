//! Boot information.

use super::{SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::machine::layout;
use crate::manifest::{Format, Node};
use crate::program::frame::Slot;
use crate::program::{Program, Role, Source};

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
    wants(sp1, 2, node().with("ffa_manifest", ()));
    wants(sp2, 0, node().with("ffa_manifest", ()).with("hob_list", ()));
    sp2.extras.format = Format::TransferList(HOB_LIST.to_le_bytes().into());
    sp1.initialise();
    sp2.initialise();

    let base = |role: Role| layout::partition_base(role.index() as u16);
    let [manifest, list] = [layout::PACKAGE_MANIFEST, layout::PACKAGE_HOB_LIST];
    says(stage, SP1, 2, Some(&[(DEVICE_TREE, base(SP1) + manifest)]));
    says(stage, SP2, 0, Some(&[(DEVICE_TREE, base(SP2) + manifest), (HOB_LIST, base(SP2) + list)]));
}

/// Each of four partitions finds its manifest by another register.
pub fn boot_registers(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, and are told by x0 to x3");
    for (partition, register) in partitions.iter_mut().zip(0..) {
        wants(partition, register, node().with("ffa_manifest", ()));
        partition.initialise();
    }
    for register in 0..4 {
        let role = Role::Partition(register as u16 + 1);
        let manifest = layout::partition_base(register as u16 + 1) + layout::PACKAGE_MANIFEST;
        says(stage, role, register, Some(&[(DEVICE_TREE, manifest)]));
    }
}

/// SP1 wants its hand-off blocks alone, SP2 nothing, SP3 blocks that its package has not; SP4's package has no room, and
/// SP5 names no register.
pub fn boot_information_variants(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, and are told what there is");
    let [sp1, sp2, sp3, sp4, sp5] = partitions else { panic!("five partitions play") };
    wants(sp1, 1, node().with("hob_list", ()));
    sp1.extras.format = Format::TransferList(HOB_LIST.to_le_bytes().into());
    wants(sp2, 0, node());
    wants(sp3, 3, node().with("ffa_manifest", ()).with("hob_list", ()));
    wants(sp4, 0, node().with("ffa_manifest", ()));
    sp4.extras.format = Format::Spkg1;
    sp5.extras.edits.add("", node().with("ffa_manifest", ()));
    partitions.iter_mut().for_each(Program::initialise);
    let base = |number| layout::partition_base(number);
    says(stage, SP1, 1, Some(&[(HOB_LIST, base(1) + layout::PACKAGE_HOB_LIST)]));
    says(stage, SP2, 0, Some(&[]));
    says(stage, SP3, 3, Some(&[(DEVICE_TREE, base(3) + layout::PACKAGE_MANIFEST)]));
    says(stage, Role::Partition(4), 0, None);
    says(stage, Role::Partition(5), 0, None);
}

/// The partition `role` says what it was told by x`register`, if it was: of things that begin with a number, and lie at
/// an address.
fn says(stage: &mut Stage, role: Role, register: usize, told: Option<&[(u64, u64)]>) {
    let base = layout::partition_base(role.index() as u16);
    stage.alone("A partition says what it was told", role, |partition| {
        let Some(told) = told else { return found_at_start(partition, register, 0) };
        found_at_start(partition, register, base);
        header(partition, base, told.len() as u64);
        for (index, (content, address)) in (0..).zip(told) {
            let at = base + HEADER + index * DESCRIPTOR;
            if *content == DEVICE_TREE {
                descriptor(partition, at, 0, *address);
                partition
                    .testifies("reads its manifest", &[("magic", Source::Word(*address))])
                    .expect(0, DEVICE_TREE);
            } else {
                descriptor(partition, at, 1, *address);
                partition
                    .testifies("reads the hand-off blocks", &[("first", Source::Double(*address))])
                    .expect(0, HOB_LIST);
            }
        }
    });
}

fn node() -> Node {
    Node::new("boot-info").with("compatible", "arm,ffa-manifest-boot-info")
}

fn wants(partition: &mut Program, register: u32, node: Node) {
    partition.extras.set("gp-register-num", register);
    partition.extras.edits.add("", node);
}

/// x`register` was the address `base`, the others zero, and the first word was there with caches off; where `base` is
/// zero, there was none.
fn found_at_start(partition: &mut Program, register: usize, base: u64) {
    let values = ["x0", "x1", "x2", "x3"].into_iter().zip((0..4).map(Slot::at_start).map(Source::Slot));
    let word = ("word there, uncached", Source::Slot(Slot::WORD_AT_START));
    let values: Vec<_> = values.chain([word]).collect();
    let site = partition.testifies("had this at its start", &values);
    for index in 0..4 {
        site.expect(index, if index == register { base } else { 0 });
    }
    site.expect(4, if base == 0 { 0 } else { SIGNATURE });
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
