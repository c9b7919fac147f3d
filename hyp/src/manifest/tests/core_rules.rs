//! The monitor's manifest: what the valid one says, and each thing that can be wrong.

use std::string::String;
use std::vec;
use std::vec::Vec;

use hal::memory::PhysicalRange;
use hal::{Pa, Space};

use super::trees::{Tree, cells, core_manifest, memory, text, vm};
use crate::capacity::{INIT_TIMEOUT_MS, INTERRUPT_TIMEOUT_MS, MAX_MANIFEST_SIZE};
use crate::ffa::{PartitionId, Version};
use crate::manifest::MemoryKind;

#[track_caller]
fn refused(tree: Tree, sentence: &str) {
    // What follows from the first error may be said too.
    assert_eq!(super::read_core(&tree.blob()).errors[0], sentence);
}

/// Expects that the manifest with `bytes` as the property at `path` is refused; `None` takes the property away.
#[track_caller]
fn property(path: &str, property: &str, bytes: Option<Vec<u8>>, sentence: &str) {
    let tree = core_manifest().at(path, |node| match bytes {
        Some(bytes) => node.set(property, bytes),
        None => node.without(property),
    });
    refused(tree, sentence);
}

#[test]
fn a_valid_manifest_says_who_and_where() {
    let manifest = super::read_core(&core_manifest().blob()).silent();
    assert_eq!((manifest.spmc_id, manifest.version), (PartitionId::SPMC, Version::V1_2));
    let partitions: Vec<_> = manifest
        .partitions
        .iter()
        .map(|node| (node.name.as_str(), node.load_address, node.memory_size, node.vcpu_count))
        .collect();
    assert_eq!(partitions, [("sp1", 0x0e40_0000, 0x10_0000, 1), ("sp2", 0x0e50_0000, 0x10_0000, 1)]);
    let memory: Vec<_> = manifest.memory.iter().map(|range| (range.kind, range.range)).collect();
    let range = |start, size| PhysicalRange { start, size };
    assert_eq!(
        memory,
        [
            (MemoryKind::Secure, range(Pa::secure(0x0e10_0000), 0xf0_0000)),
            (MemoryKind::NonSecure, range(Pa::non_secure(0x4000_0000), 0x4000_0000)),
            (MemoryKind::Device, range(Pa::secure(0x0904_0000), 0x1000)),
        ]
    );
}

#[test]
fn a_manifest_may_have_a_page_to_itself() {
    let mut page = core_manifest().blob();
    page.resize(MAX_MANIFEST_SIZE, 0xff);
    assert!(super::read_core(&page).value.is_some());
}

#[test]
fn what_is_no_device_tree_is_refused() {
    let sentence = |bytes: &[u8]| super::read_core(bytes).errors.remove(0);
    let tree = "monitor manifest is no device tree: ";
    assert_eq!(sentence(&[]), String::from(tree) + "Invalid FDT length");
    let blob = core_manifest().blob();
    let (there, all) = (blob.len() - 1, blob.len());
    let cut = std::format!("monitor manifest is cut: of {all} bytes {there} are there");
    assert_eq!(sentence(&blob[..there]), cut);
    let large = core_manifest().set("large", vec![0; 4096]).blob();
    let length = std::format!("monitor manifest has {} bytes: there is room for a page, 4096", large.len());
    assert_eq!(sentence(&large), length);
    let mut other = blob.clone();
    other[0] = 0;
    assert_eq!(sentence(&other), String::from(tree) + "Invalid FDT magic number");
}

#[test]
fn another_kind_of_manifest_is_refused() {
    let sentence =
        "monitor manifest: compatible is \"arm,ffa-manifest-1.0\": it must be arm,ffa-core-manifest-1.0";
    property("", "compatible", Some(text("arm,ffa-manifest-1.0")), sentence);
    property("", "compatible", None, "monitor manifest: compatible is missing");
    let sentence = "monitor manifest/hypervisor: compatible is \"x\": it must be hafnium,hafnium";
    property("hypervisor", "compatible", Some(text("x")), sentence);
    let first_or_second = core_manifest().set("compatible", text("other\0arm,ffa-core-manifest-1.0"));
    assert!(super::read_core(&first_or_second.blob()).value.is_some());
}

#[test]
fn required_nodes_and_properties_are_required() {
    refused(core_manifest().without_child("attribute"), "monitor manifest/attribute is missing");
    refused(core_manifest().without_child("hypervisor"), "monitor manifest/hypervisor is missing");
    for (path, name) in [
        ("attribute", "spmc_id"),
        ("attribute", "maj_ver"),
        ("attribute", "min_ver"),
        ("hypervisor/vm1", "is_ffa_partition"),
        ("hypervisor/vm1", "debug_name"),
        ("hypervisor/vm2", "load_address"),
        ("hypervisor/vm2", "mem_size"),
        ("hypervisor/vm2", "vcpu_count"),
        ("memory@1", "device_type"),
        ("memory@1", "reg"),
    ] {
        property(path, name, None, &std::format!("monitor manifest/{path}: {name} is missing"));
    }
    property("", "#address-cells", None, "monitor manifest: #address-cells is missing");
    property("", "#size-cells", None, "monitor manifest: #size-cells is missing");
}

#[test]
fn numbers_outside_their_range_are_refused() {
    let is = |number: u32| Some(cells(&[number]));
    let at = "monitor manifest/attribute";
    let sentence = std::format!("{at}: spmc_id is 1: it must be 32768 to 65535");
    property("attribute", "spmc_id", is(1), &sentence);
    let sentence = std::format!("{at}: maj_ver is 2: it must be 1");
    property("attribute", "maj_ver", is(2), &sentence);
    let vm = "monitor manifest/hypervisor/vm1";
    let sentence = std::format!("{vm}: vcpu_count is 9: it must be 1 to 8");
    property("hypervisor/vm1", "vcpu_count", is(9), &sentence);
    let sentence = std::format!("{vm}: init_timeout_ms is 600001: it must be 0 to 600000");
    property("hypervisor/vm1", "init_timeout_ms", is(600_001), &sentence);
    let sentence = std::format!("{vm}: interrupt_timeout_ms is 600001: it must be 0 to 600000");
    property("hypervisor/vm1", "interrupt_timeout_ms", is(600_001), &sentence);
    let sentence = std::format!("{vm}: mem_size is 0x1800: it must be a multiple of 4096");
    property("hypervisor/vm1", "mem_size", is(0x1800), &sentence);
    let sentence = std::format!("{vm}: load_address is 0x1: it must be a multiple of 4096");
    property("hypervisor/vm1", "load_address", is(1), &sentence);
    let sentence = std::format!("{vm}: mem_size is 0x0: there must be memory, and it must end below 2^64");
    property("hypervisor/vm1", "mem_size", is(0), &sentence);
    let end = Some(cells(&[0xffff_ffff, 0xffff_f000]));
    let sentence =
        std::format!("{vm}: mem_size is 0x100000: there must be memory, and it must end below 2^64");
    property("hypervisor/vm1", "load_address", end, &sentence);
    property("", "#size-cells", is(3), "monitor manifest: #size-cells is 3: it must be 1 to 2");
}

#[test]
fn a_partition_has_default_timeouts_unless_the_manifest_says_otherwise() {
    let timeouts = |tree: Tree| {
        let partition = &super::read_core(&tree.blob()).silent().partitions[0];
        [partition.init_timeout, partition.interrupt_timeout]
    };
    assert_eq!(timeouts(core_manifest()), [INIT_TIMEOUT_MS, INTERRUPT_TIMEOUT_MS]);
    for timeout in [0, 1, 600_000] {
        let with = |name: &'static str| {
            core_manifest().at("hypervisor/vm1", |node| node.set(name, cells(&[timeout])))
        };
        assert_eq!(timeouts(with("init_timeout_ms")), [timeout, INTERRUPT_TIMEOUT_MS]);
        assert_eq!(timeouts(with("interrupt_timeout_ms")), [INIT_TIMEOUT_MS, timeout]);
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    let vm = "monitor manifest/hypervisor/vm1";
    let sentence = std::format!("{vm}: vcpu_count has 3 bytes: a number has 4 or 8");
    property("hypervisor/vm1", "vcpu_count", Some(vec![0; 3]), &sentence);
    let sentence =
        std::format!("{vm}: debug_name is not a text of at most 32 bytes that ends with a zero byte");
    for bytes in
        [vec![], b"sp1".to_vec(), text("a\nb"), text("\u{fffd}")[1..].to_vec(), text(&"n".repeat(33))]
    {
        property("hypervisor/vm1", "debug_name", Some(bytes), &sentence);
    }
}

#[test]
fn partitions_are_numbered_without_a_gap_in_whatever_order() {
    let hypervisor = |change: fn(Tree) -> Tree| core_manifest().at("hypervisor", change);
    let reversed = hypervisor(|node| node.without_child("vm1").with(vm("vm1", "sp1", 0x0e40_0000)));
    let manifest = super::read_core(&reversed.blob()).silent();
    assert_eq!(manifest, super::read_core(&core_manifest().blob()).silent());
    let gap = hypervisor(|node| node.with(vm("vm4", "sp4", 0x0e70_0000)));
    refused(gap, "monitor manifest/hypervisor/vm3 is missing");
    refused(hypervisor(|node| node.without_child("vm1")), "monitor manifest/hypervisor/vm1 is missing");
    for name in ["vm0", "vm33", "vm01", "vm", "vmx", "vm99999999999999999999"] {
        let tree = core_manifest().at("hypervisor", |node| node.with(vm(name, "x", 0)));
        let reason = "partitions are vm1 to vm32";
        refused(tree, &std::format!("monitor manifest/hypervisor/{name} must not be there: {reason}"));
    }
    let twice = hypervisor(|node| node.with(vm("vm2", "sp2", 0x0e70_0000)));
    refused(twice, "monitor manifest/hypervisor/vm2 must not be there: it is there twice");
}

#[test]
fn partitions_do_not_overlap() {
    let sentence =
        "monitor manifest/hypervisor/vm2: load_address is 0xe4ff000: it must not be in the memory of sp1";
    property("hypervisor/vm2", "load_address", Some(cells(&[0x0e4f_f000])), sentence);
}

#[test]
fn thirty_two_partitions_fit() {
    let tree = (3..=32).fold(core_manifest(), |tree, number: u32| {
        let name = std::format!("vm{number}");
        tree.at("hypervisor", |node| node.with(vm(&name, "sp", 0x1000_0000 + 0x10_0000 * number)))
    });
    let manifest = tree.blob();
    // Bounded by the page that a manifest may have, which thirty-two short nodes fill.
    assert!(manifest.len() <= MAX_MANIFEST_SIZE, "{}", manifest.len());
    assert_eq!(super::read_core(&manifest).silent().partitions.len(), 32);
}

#[test]
fn memory_is_whole_pages_of_a_known_kind() {
    let at = "monitor manifest/memory@1";
    let kinds = "it must be memory or ns-memory or device-memory or ns-device-memory";
    let sentence = std::format!("{at}: device_type is \"ram\": {kinds}");
    property("memory@1", "device_type", Some(text("ram")), &sentence);
    let sentence = std::format!("{at}: reg is 0x40000800: an address must be a multiple of 4096");
    property("memory@1", "reg", Some(cells(&[0, 0x4000_0800, 0, 0x1000])), &sentence);
    let sizes = "a size must be a multiple of 4096, not 0, and end below 2^64";
    let sentence = std::format!("{at}: reg is 0x0: {sizes}");
    property("memory@1", "reg", Some(cells(&[0, 0x4000_0000, 0, 0])), &sentence);
    let sentence = std::format!("{at}: reg is 0xfffffffffffff000: {sizes}");
    property("memory@1", "reg", Some(cells(&[0, 0x4000_0000, u32::MAX, 0xffff_f000])), &sentence);
    let entries = "an entry has two cells of address, and of size as many as #size-cells says";
    let sentence = std::format!("{at}: reg has 12 bytes: {entries}");
    property("memory@1", "reg", Some(cells(&[0, 0x4000_0000, 0x1000])), &sentence);
}

#[test]
fn memory_may_have_sizes_of_one_cell_and_several_entries() {
    let tree = core_manifest()
        .set("#size-cells", cells(&[1]))
        .without_child("memory@0")
        .without_child("memory@1")
        .without_child("memory@2")
        .with(memory("memory@3", "ns-device-memory", &[8, 0x1000, 0x1000, 8, 0x3000, 0x2000]));
    let manifest = super::read_core(&tree.blob()).silent();
    let ranges: Vec<_> = manifest.memory.iter().map(|memory| memory.range).collect();
    assert!(ranges.iter().all(|range| range.start.space == Space::NonSecure));
    assert_eq!(
        ranges.iter().map(|range| (range.start.address, range.size)).collect::<Vec<_>>(),
        [(0x8_0000_1000, 0x1000), (0x8_0000_3000, 0x2000)]
    );
}

#[test]
fn more_memory_than_there_is_room_for_is_refused() {
    let reg: Vec<u32> = (1..=17).flat_map(|index| [0, index << 16, 0, 0x1000]).collect();
    let sentence = "monitor manifest/memory@1: reg has 68 entries: there is room for 64";
    property("memory@1", "reg", Some(cells(&reg)), sentence);
    let sentence = "monitor manifest/memory@2: reg has 17 entries: there is room for 16";
    let tree = core_manifest().at("memory@1", |node| node.set("reg", cells(&reg[..15 * 4])));
    refused(tree, sentence);
}

#[test]
fn what_nobody_reads_is_said_to_be_ignored() {
    let tree =
        core_manifest().set("model", text("x")).with(Tree::new("chosen")).at("hypervisor/vm2", |node| {
            node.set("kernel_filename", text("x")).set("smc_whitelist", cells(&[1; 32]))
        });
    let gic =
        Tree::new("interrupt-controller").set("compatible", text("arm,gic-v3")).set("reg", cells(&[0; 8]));
    let read = super::read_core(&tree.with(gic.clone()).blob());
    let notes = [
        "monitor manifest: model is ignored",
        "monitor manifest/hypervisor/vm2: kernel_filename is ignored",
        "monitor manifest/chosen is ignored",
        "monitor manifest/interrupt-controller is ignored",
    ];
    assert_eq!(read.notes, notes);
    assert!(read.value.is_some());
    let other = core_manifest().with(gic.set("compatible", text("arm,gic-400")));
    let sentence = "compatible is \"arm,gic-400\": it must be arm,gic-v3";
    refused(other, &std::format!("monitor manifest/interrupt-controller: {sentence}"));
}

#[test]
fn properties_that_a_partition_may_have_are_checked() {
    let vm = "monitor manifest/hypervisor/vm1";
    let sentence = std::format!("{vm}: smc_whitelist has 33 entries: there is room for 32");
    property("hypervisor/vm1", "smc_whitelist", Some(cells(&[1; 33])), &sentence);
    let sentence = std::format!("{vm}: smc_whitelist_permissive has 4 bytes: it must have none");
    property("hypervisor/vm1", "smc_whitelist_permissive", Some(cells(&[1])), &sentence);
    let reason = "partitions are loaded before the monitor";
    let sentence = std::format!("{vm}: hyp_loaded must not be there: {reason}");
    property("hypervisor/vm1", "hyp_loaded", Some(vec![]), &sentence);
    let sentence = "monitor manifest/attribute: exec_state is 0x1: it must be 0 (AArch64)";
    property("attribute", "exec_state", Some(cells(&[1])), sentence);
}

#[test]
fn memory_is_there_where_one_range_of_its_kind_has_all_of_it() {
    let manifest = super::read_core(&core_manifest().blob()).silent();
    let has = |kind, address, size| manifest.has(kind, Pa { space: MemoryKind::space(kind), address }, size);
    assert!(has(MemoryKind::Secure, 0x0e10_0000, 0xf0_0000));
    assert!(
        !has(MemoryKind::Secure, 0x0e10_0000, 0xf0_1000) && !has(MemoryKind::NonSecure, 0x0e10_0000, 0x1000)
    );
    assert!(
        has(MemoryKind::Device, 0x0904_0000, 0x1000)
            && !has(MemoryKind::NonSecureDevice, 0x0904_0000, 0x1000)
    );
}
