//! A partition's manifest: what the valid one says, and each thing that can be wrong.

use std::string::ToString;
use std::vec;
use std::vec::Vec;

use super::trees::{Tree, cells, partition_manifest, region, text};
use crate::ffa::partition_info::Properties;
use crate::ffa::{Uuid, Version};
use crate::manifest::{ExceptionLevel, NsInterruptsAction, PartitionConfig, RegionAttributes, RegionBase};

#[track_caller]
fn refused(tree: Tree, sentence: &str) {
    let error = PartitionConfig::parse("sp2", &tree.blob()).unwrap_err();
    assert_eq!(error.to_string(), sentence);
}

/// Expects that the manifest with `bytes` as the property at `path` is refused; `None` takes the property away.
#[track_caller]
fn property(path: &str, property: &str, bytes: Option<Vec<u8>>, sentence: &str) {
    let tree = partition_manifest().at(path, |node| match bytes {
        Some(bytes) => node.set(property, bytes),
        None => node.without(property),
    });
    refused(tree, sentence);
}

fn parse(tree: Tree) -> PartitionConfig {
    PartitionConfig::parse("sp2", &tree.blob()).unwrap()
}

#[test]
fn a_valid_manifest_says_what_the_partition_is() {
    let config = parse(partition_manifest());
    assert_eq!(config.ffa_version, Version::V1_2);
    assert_eq!(config.execution_contexts, 1);
    assert_eq!(config.exception_level, ExceptionLevel::SecureEl1);
    assert_eq!((config.load_address, config.entrypoint_offset), (Some(0x0e50_0000), 0x4000));
    assert_eq!((config.boot_order, config.gp_register), (1, Some(0)));
    assert_eq!(config.ns_interrupts_action, NsInterruptsAction::Signalled);
    assert!(!config.receives_notifications);
    let direct = Properties::RECEIVES_DIRECT_REQUESTS | Properties::SENDS_DIRECT_REQUESTS;
    assert_eq!(config.messaging(), direct);
    let [data, rx, tx] = config.memory_regions[..] else {
        panic!("three regions");
    };
    assert_eq!((data.base, data.pages), (RegionBase::Address(0x0e60_0000), 1));
    assert_eq!(data.attributes, RegionAttributes::READ | RegionAttributes::WRITE);
    let mailbox = config.mailbox.unwrap();
    assert_eq!((mailbox.rx, mailbox.tx), (rx, tx));
}

#[test]
fn a_uuids_cells_are_the_numbers_that_travel_in_registers() {
    let config = parse(partition_manifest());
    let uuid = Uuid::from_words([0xb4b5_671e, 0x4a90_4fe1, 0xb81f_fb13, 0xdae1_dacb]);
    assert_eq!(config.services[0].uuid, uuid);
    assert_eq!(uuid.to_string(), "1e67b5b4-e14f-904a-13fb-1fb8cbdae1da");
}

#[test]
fn what_need_not_be_there_has_a_default() {
    let optional = [
        "load-address",
        "entrypoint-offset",
        "xlat-granule",
        "boot-order",
        "gp-register-num",
        "ns-interrupts-action",
    ];
    let tree = optional.iter().fold(partition_manifest(), |tree, name| tree.without(name));
    let config = parse(tree.without_child("rx_tx-info").without_child("memory-regions"));
    assert_eq!((config.load_address, config.entrypoint_offset), (None, 0));
    assert_eq!((config.boot_order, config.gp_register), (0xffff, None));
    assert_eq!(config.ns_interrupts_action, NsInterruptsAction::Signalled);
    assert!(config.memory_regions.is_empty() && config.mailbox.is_none());
}

#[test]
fn required_properties_are_required() {
    for name in [
        "compatible",
        "ffa-version",
        "uuid",
        "messaging-method",
        "execution-ctx-count",
        "exception-level",
        "execution-state",
    ] {
        property("", name, None, &std::format!("sp2: {name} is missing"));
    }
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
fn values_that_are_not_allowed_are_refused() {
    let is = |number: u32| Some(cells(&[number]));
    for (name, number, sentence) in [
        ("ffa-version", 0x1_0004, "0x10004: it must be 0x10000 to 0x10003"),
        ("ffa-version", 0x8001_0001, "0x80010001: it must be 0x10000 to 0x10003"),
        ("execution-ctx-count", 0, "0: it must be 1 to 8"),
        ("execution-ctx-count", 9, "9: it must be 1 to 8"),
        ("exception-level", 3, "0x3: it must be 0 (EL1), 1 (S-EL0) or 2 (S-EL1)"),
        ("execution-state", 1, "1: it must be 0 to 0"),
        ("xlat-granule", 1, "1: it must be 0 to 0"),
        ("load-address", 0x123, "0x123: it must be a multiple of 4096"),
        ("boot-order", 0x1_0000, "65536: it must be 0 to 65535"),
        ("gp-register-num", 4, "4: it must be 0 to 3"),
        ("ns-interrupts-action", 3, "0x3: it must be 0 (queued), 1 (managed exit) or 2 (signalled)"),
        ("messaging-method", 8, "0x8: only bits 0, 1, 2, 9 and 10 may be set"),
    ] {
        property("", name, is(number), &std::format!("sp2: {name} is {sentence}"));
    }
    let sentence = "sp2: compatible is \"arm,ffa-manifest-9.9\": it must be \"arm,ffa-manifest-1.0\"";
    property("", "compatible", Some(text("arm,ffa-manifest-9.9")), sentence);
}

#[test]
fn a_partition_has_up_to_four_uuids_each_with_a_method_or_one_for_all() {
    let uuids: Vec<u32> = (1..=16).collect();
    let tree = partition_manifest().set("uuid", cells(&uuids));
    let config = parse(tree.clone());
    assert_eq!(config.services.len(), 4);
    assert!(config.services.iter().all(|service| service.messaging.bits() == 3));
    let config = parse(tree.clone().set("messaging-method", cells(&[1, 2, 4, 0x600])));
    assert_eq!(config.services[3].messaging.bits(), 0x600);
    assert_eq!(config.messaging().bits(), 0x607);
    let sentence = "sp2: messaging-method has 8 bytes: it must be one number, or one for each UUID";
    refused(tree.set("messaging-method", cells(&[1, 2])), sentence);
    let sentence = "sp2: uuid has 20 entries: there is room for 16";
    property("", "uuid", Some(cells(&[1; 20])), sentence);
}

#[test]
fn a_uuid_is_whole_not_nil_and_there_once() {
    property("", "uuid", Some(cells(&[1; 5])), "sp2: uuid has 20 bytes: a UUID has 16");
    let allowed = "a UUID (its first number is shown) must not be nil or be there twice";
    property("", "uuid", Some(cells(&[0; 4])), &std::format!("sp2: uuid is 0x0: {allowed}"));
    property("", "uuid", Some(cells(&[7; 8])), &std::format!("sp2: uuid is 0x7: {allowed}"));
    let sentence = "sp2: uuid has 0 bytes: it must be a list of 4-byte numbers";
    property("", "uuid", Some(vec![]), sentence);
}

#[test]
fn managed_exit_is_the_older_form_of_an_action() {
    let config = parse(partition_manifest().set("managed-exit", vec![]));
    assert_eq!(config.ns_interrupts_action, NsInterruptsAction::ManagedExit);
    let queued = partition_manifest().set("ns-interrupts-action", cells(&[0]));
    assert_eq!(parse(queued).ns_interrupts_action, NsInterruptsAction::Queued);
}

#[test]
fn a_region_is_at_an_address_or_behind_the_load_address() {
    const OFFSET: &str = "load-address-relative-offset";
    let relative = |offset| {
        partition_manifest()
            .at("memory-regions/data", |node| node.without("base-address").set(OFFSET, cells(&[offset])))
    };
    let region = parse(relative(0x8000)).memory_regions[0];
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
    let reason = "the buffers must be two regions of the same size";
    let sentence = std::format!("sp2/rx_tx-info: tx-buffer must not be there: {reason}");
    property("rx_tx-info", "tx-buffer", Some(cells(&[1])), &sentence);
    property("memory-regions/rx", "pages-count", Some(cells(&[2])), &sentence);
}

#[test]
fn a_long_path_is_cut_in_an_error() {
    let name = "n".repeat(31);
    let tree = partition_manifest().at("memory-regions", |node| node.with(region(&name, 1)));
    let error = PartitionConfig::parse(&"s".repeat(32), &tree.blob()).unwrap_err();
    assert_eq!(error.node.len(), crate::capacity::MAX_PATH);
    assert!(error.to_string().ends_with("n: base-address is 0x1: it must be a multiple of 4096"));
}
