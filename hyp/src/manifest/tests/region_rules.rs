//! The regions and the mailbox of a partition's manifest.

use std::vec;

use super::trees::{Tree, cells, partition_manifest, region, text};
use super::{partition_refused as refused, property_refused as property};
use crate::manifest::{PartitionConfig, RegionAttributes, RegionBase, Regions};

fn parse(tree: Tree) -> Regions {
    super::read_partition(&tree.blob()).value.unwrap().1
}

#[test]
fn a_valid_manifest_says_what_the_partition_may_reach() {
    let regions = parse(partition_manifest());
    let [data, rx, tx] = regions.memory[..] else { panic!("three regions") };
    assert_eq!((data.base, data.pages), (RegionBase::Address(0x0e60_0000), 1));
    assert_eq!(data.attributes, RegionAttributes::READ | RegionAttributes::WRITE);
    let mailbox = regions.mailbox.unwrap();
    assert_eq!((regions.memory[mailbox.rx], regions.memory[mailbox.tx]), (rx, tx));
}

#[test]
fn required_properties_are_required() {
    for (path, name) in [
        ("memory-regions", "compatible"),
        ("memory-regions/data", "base-address"),
        ("memory-regions/data", "pages-count"),
        ("memory-regions/data", "attributes"),
        ("rx_tx-info", "compatible"),
        ("rx_tx-info", "rx-buffer"),
        ("rx_tx-info", "tx-buffer"),
    ] {
        property(path, name, None, &std::format!("sp2/{path}: {name} is missing"));
    }
}

#[test]
fn a_region_is_at_an_address_or_behind_the_load_address() {
    const OFFSET: &str = "load-address-relative-offset";
    let relative = |offset| {
        partition_manifest()
            .at("memory-regions/data", |node| node.without("base-address").set(OFFSET, cells(&[offset])))
    };
    let region = parse(relative(0x8000)).memory[0];
    assert_eq!(region.base, RegionBase::LoadRelative(0x8000));
    assert_eq!(region.start(0x0e50_0000), Some(0x0e50_8000));
    assert_eq!(region.start(u64::MAX - 0xfff), None);
    let data = "sp2/memory-regions/data";
    let sentence = std::format!("{data}: {OFFSET} is 0x8001: it must be a multiple of 4096");
    refused(relative(0x8001), &sentence);
    let sentence = std::format!("{data}: {OFFSET} must not be there: there is base-address already");
    property("memory-regions/data", OFFSET, Some(cells(&[0])), &sentence);
}

#[test]
fn a_region_is_whole_pages_with_known_attributes() {
    let is = |number: u32| Some(cells(&[number]));
    let data = "sp2/memory-regions/data";
    let allowed = "it must be read (1), and may be write (2), execute (4), non-secure (8)";
    for attributes in [0, 2, 0x13] {
        let sentence = std::format!("{data}: attributes is {attributes:#x}: {allowed}");
        property("memory-regions/data", "attributes", is(attributes), &sentence);
    }
    let sentence = std::format!("{data}: pages-count is 0: it must be 1 to 4294967295");
    property("memory-regions/data", "pages-count", is(0), &sentence);
    let last = Some(cells(&[0xffff_ffff, 0xffff_f000]));
    let sentence = std::format!("{data}: base-address is 0xfffffffffffff000: the region must end below 2^64");
    property("memory-regions/data", "base-address", last, &sentence);
}

#[test]
fn more_regions_than_there_is_room_for_are_refused() {
    let tree = (0..14).fold(partition_manifest(), |tree, index| {
        let name = std::format!("r{index}");
        tree.at("memory-regions", |node| node.with(region(&name, 0x0e70_0000)))
    });
    refused(tree, "sp2/memory-regions has 17 entries: there is room for 16");
}

#[test]
fn a_mailbox_is_two_regions_of_the_same_size() {
    let sentence = "sp2/rx_tx-info: rx-buffer is 0x7: it must be the phandle of a memory region";
    property("rx_tx-info", "rx-buffer", Some(cells(&[7])), sentence);
    let allowed = "it must be another region than rx-buffer's, of the same size";
    let sentence = |found| std::format!("sp2/rx_tx-info: tx-buffer is {found}: {allowed}");
    property("rx_tx-info", "tx-buffer", Some(cells(&[1])), &sentence("0x1"));
    property("memory-regions/rx", "pages-count", Some(cells(&[2])), &sentence("0x2"));
}

#[test]
fn a_buffer_has_at_most_four_pages() {
    let both = |pages| {
        let tree =
            partition_manifest().at("memory-regions/rx", |node| node.set("pages-count", cells(&[pages])));
        tree.at("memory-regions/tx", |_| {
            region("tx", 0x0e70_0000).set("phandle", cells(&[2])).set("pages-count", cells(&[pages]))
        })
    };
    refused(both(5), "sp2/rx_tx-info: rx-buffer must not be there: a buffer must have at most 4 pages");
    assert!(parse(both(4)).mailbox.is_some());
}

#[test]
fn a_long_path_is_cut_in_an_error() {
    let name = "n".repeat(31);
    let tree = partition_manifest().at("memory-regions", |node| node.with(region(&name, 1)));
    let mut regions = Regions::EMPTY;
    let blob = tree.blob();
    let long = super::read(&"s".repeat(32), |report| PartitionConfig::read(&blob, &mut regions, report));
    let (path, rest) = long.errors[0].split_at(crate::capacity::MAX_PATH);
    assert!(path.ends_with("/memory-regions/nnnnnnnnnnnnnnnn"), "{path}");
    assert_eq!(rest, ": base-address is 0x1: it must be a multiple of 4096");
}

/// A manifest with a device region, which `change` changes.
fn with_device(change: impl FnOnce(Tree) -> Tree) -> Tree {
    let regions = Tree::new("device-regions")
        .set("compatible", text("arm,ffa-manifest-device-regions"))
        .with(change(region("uart", 0x0904_0000).set("exclusive-access", vec![])));
    partition_manifest().without("some-later-property").with(regions)
}

#[test]
fn a_device_region_is_read_or_written_and_never_executed() {
    let (_, regions) = super::read_partition(&with_device(|node| node).blob()).silent();
    let [uart] = regions.devices[..] else { panic!("one device") };
    assert_eq!((uart.base, uart.pages), (0x0904_0000, 1));
    assert_eq!(uart.attributes, RegionAttributes::READ | RegionAttributes::WRITE);
    let uart = "sp2/device-regions/uart";
    for attributes in [0, 2, 5, 7, 0x10] {
        let allowed = "it must be read (1), and may be write (2), non-secure (8)";
        let sentence = std::format!("{uart}: attributes is {attributes:#x}: {allowed}");
        refused(with_device(|node| node.set("attributes", cells(&[attributes]))), &sentence);
    }
    for name in ["base-address", "pages-count", "attributes"] {
        refused(with_device(|node| node.without(name)), &std::format!("{uart}: {name} is missing"));
    }
    let sentence = std::format!("{uart}: base-address is 0xfffffffffffff000: the region must end below 2^64");
    refused(with_device(|node| node.set("base-address", cells(&[u32::MAX, 0xffff_f000]))), &sentence);
    let sentence = std::format!("{uart}: exclusive-access has 4 bytes: it must have none");
    refused(with_device(|node| node.set("exclusive-access", cells(&[1]))), &sentence);
}

#[test]
fn more_devices_than_there_is_room_for_are_refused() {
    let tree = (0..8).fold(with_device(|node| node), |tree, index| {
        let name = std::format!("d{index}");
        tree.at("device-regions", |node| node.with(region(&name, 0x0a00_0000)))
    });
    refused(tree, "sp2/device-regions has 9 entries: there is room for 8");
    let empty = Tree::new("device-regions").set("compatible", text("arm,ffa-manifest-device-regions"));
    refused(partition_manifest().with(empty), "sp2/device-regions must not be there: it has no region");
}

#[test]
fn an_interrupt_has_a_number_and_attributes_and_perhaps_a_core() {
    let uart = "sp2/device-regions/uart";
    let valid = |node: Tree| {
        node.set("interrupts", cells(&[40, 0x77f, 41, 0x100])).set("interrupts-target", cells(&[41, 0, 1]))
    };
    let read = super::read_partition(&with_device(valid).blob());
    assert!(read.errors.is_empty() && read.notes.is_empty(), "{:?}, {:?}", read.errors, read.notes);
    for (name, list, sentence) in [
        ("interrupts", &[40][..], "has 4 bytes: an interrupt has 8, a target 12"),
        ("interrupts", &[41, 0x100, 8, 0x100], "is 0x8: it must be a PPI or an SPI, and be there once"),
        ("interrupts", &[41, 0x100, 1020, 0x100], "is 0x3fc: it must be a PPI or an SPI, and be there once"),
        ("interrupts", &[41, 0x100, 41, 0x100], "is 0x29: it must be a PPI or an SPI, and be there once"),
        ("interrupts", &[41, 0], "is 0x0: it must be secure, bit 8, and have a priority below 0x80"),
        ("interrupts", &[41, 0x1000], "is 0x1000: attributes have bits 0 to 11"),
        ("interrupts", &[41, 0, 1, 1, 1, 1, 1, 1, 1, 1], "has 10 entries: there is room for 8"),
        ("interrupts-target", &[41, 0], "has 8 bytes: an interrupt has 8, a target 12"),
        ("interrupts-target", &[42, 0, 0], "is 0x2a: it must be one of this region's SPIs"),
    ] {
        let errors =
            super::read_partition(&with_device(|node| valid(node).set(name, cells(list))).blob()).errors;
        assert_eq!(errors[0], std::format!("{uart}: {name} {sentence}"));
    }
}

#[test]
fn streams_belong_to_a_device_behind_an_smmu() {
    let device = |node: Tree| node.set("smmu-id", cells(&[0])).set("stream-ids", cells(&[1, 2]));
    let streams = |ids: &[u32], permissions: &[u32]| {
        with_device(device).at("memory-regions/data", |node| {
            let node = node.set("smmu-id", cells(&[0])).set("stream-ids", cells(ids));
            node.set("stream-ids-access-permissions", cells(permissions))
        })
    };
    let read = super::read_partition(&streams(&[2, 1], &[3, 3]).blob());
    let notes = ["device-regions/uart", "memory-regions/data"]
        .map(|at| std::format!("sp2/{at}: smmu-id is not served yet"));
    assert_eq!((read.errors, &read.notes[..]), (vec![], &notes[..]));
    let uart = "sp2/device-regions/uart";
    refused(with_device(|node| device(node).without("smmu-id")), &std::format!("{uart}: smmu-id is missing"));
    let many = |node| device(node).set("stream-ids", cells(&[1; 5]));
    refused(with_device(many), &std::format!("{uart}: stream-ids has 5 entries: there is room for 4"));
    let data = "sp2/memory-regions/data";
    let sentence = std::format!("{data}: stream-ids is 0x3: it must be a stream of a device region");
    refused(streams(&[1, 3], &[1, 1]), &sentence);
    let allowed = "it must be one number for each stream, always the same";
    let sentence = |bytes| std::format!("{data}: stream-ids-access-permissions has {bytes} bytes: {allowed}");
    refused(streams(&[1, 2], &[1, 3]), &sentence(8));
    refused(streams(&[1, 2], &[1]), &sentence(4));
    let devices = (0..2).fold(with_device(device), |tree, index| {
        let name = std::format!("d{index}");
        tree.at("device-regions", |node| node.with(region(&name, 0x0a00_0000).set("smmu-id", cells(&[1]))))
    });
    refused(devices, "sp2/device-regions/d1: smmu-id has 3 entries: there is room for 2");
}
