//! A partition's manifest: what the valid one says, and each thing that can be wrong.

use std::string::ToString;
use std::vec;
use std::vec::Vec;

use super::trees::{Tree, cells, partition_manifest, text};
use super::{partition_refused as refused, property_refused as property};
use crate::ffa::partition_info::Properties;
use crate::ffa::{Uuid, Version};
use crate::manifest::{AbortAction, BootInfoRequest, ExceptionLevel, PartitionConfig, Regions};

fn parse(tree: Tree) -> PartitionConfig {
    super::read_partition(&tree.blob()).value.unwrap().0
}

#[test]
fn a_valid_manifest_says_what_the_partition_is() {
    let config = parse(partition_manifest());
    assert_eq!(config.ffa_version, Version::V1_2);
    assert_eq!(config.execution_contexts, 1);
    assert_eq!(config.exception_level, ExceptionLevel::SecureEl1);
    assert_eq!((config.load_address, config.entrypoint_offset), (Some(0x0e50_0000), 0x4000));
    assert_eq!((config.boot_order, config.abort_action), (1, AbortAction::Stop));
    let direct = Properties::RECEIVES_DIRECT_REQUESTS | Properties::SENDS_DIRECT_REQUESTS;
    assert_eq!(config.messaging(), direct);
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
    let tree =
        tree.without("some-later-property").without_child("rx_tx-info").without_child("memory-regions");
    let (config, regions) = super::read_partition(&tree.blob()).silent();
    assert_eq!((config.load_address, config.entrypoint_offset), (None, 0));
    assert_eq!((config.boot_order, config.boot_info), (PartitionConfig::BOOTS_LAST, None));
    assert_eq!(regions, Regions::EMPTY);
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
        ("execution-state", 1, "0x1: it must be 0 (AArch64)"),
        ("xlat-granule", 1, "0x1: it must be 0 (4 KiB)"),
        ("load-address", 0x123, "0x123: it must be a multiple of 4096"),
        ("boot-order", 0x1_0000, "65536: it must be 0 to 65535"),
        ("gp-register-num", 4, "4: it must be 0 to 3"),
        ("ns-interrupts-action", 3, "0x3: it must be 0 (queued), 1 (managed exit) or 2 (signalled)"),
        ("messaging-method", 8, "0x8: only bits 0, 1, 2, 9 and 10 may be set"),
    ] {
        property("", name, is(number), &std::format!("sp2: {name} is {sentence}"));
    }
    let sentence = "sp2: compatible is \"arm,ffa-manifest-9.9\": it must be arm,ffa-manifest-1.0 or arm,ffa-manifest-1.1";
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
    refused(tree.clone().set("messaging-method", cells(&[1, 2])), sentence);
    let read = super::read_partition(&tree.set("uuid", cells(&(1..=20).collect::<Vec<_>>())).blob());
    assert_eq!(read.errors, ["sp2: uuid has 20 entries: there is room for 16"]);
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
fn from_version_1_1_on_services_have_a_node_each() {
    let service = |name: &str, uuid: &str, method| {
        Tree::new(name).set("uuid", text(uuid)).set("messaging-method", cells(&[method]))
    };
    let services = |first: Tree| {
        Tree::new("services").set("compatible", text("arm,ffa-manifest-services")).with(first).with(service(
            "s2",
            "00000000-0000-0000-0000-000000000001",
            2,
        ))
    };
    let manifest = |services: Tree| {
        let tree = partition_manifest().set("compatible", text("arm,ffa-manifest-1.1"));
        tree.without("uuid").without("messaging-method").with(services)
    };
    const FIRST: &str = "1e67b5b4-e14f-904a-13fb-1fb8cbdae1da";
    let valid = manifest(services(service("s1", FIRST, 1)));
    let config = parse(valid.clone());
    let methods: Vec<_> = config.services.iter().map(|service| service.messaging.bits()).collect();
    assert_eq!(config.services[0].uuid.to_string(), FIRST);
    assert_eq!(methods, [1, 2]);
    let reason = "must not be there: there are services";
    refused(valid.set("uuid", cells(&[1; 4])), &std::format!("sp2: uuid {reason}"));
    let allowed = "it must be a text like \"12345678-1234-1234-1234-123456789abc\"";
    let sentence = std::format!("sp2/services/s1: uuid cannot be read: {allowed}");
    for wrong in ["", "x", &FIRST[1..], &FIRST.replace('-', ""), &std::format!("{FIRST}0")] {
        refused(manifest(services(service("s1", wrong, 1))), &sentence);
    }
    let again = service("s1", "00000000-0000-0000-0000-000000000001", 1);
    let allowed = "a UUID (its first number is shown) must not be nil or be there twice";
    refused(manifest(services(again)), &std::format!("sp2/services/s2: uuid is 0x0: {allowed}"));
    let none = manifest(Tree::new("services").set("compatible", text("arm,ffa-manifest-services")));
    refused(none, "sp2/services must not be there: it has no service");
}

#[test]
fn requests_to_a_service_need_version_1_2() {
    let tree = partition_manifest().set("ffa-version", cells(&[0x1_0001]));
    assert_eq!(parse(tree.clone()).ffa_version, Version::V1_1);
    let sentence = "sp2: messaging-method is 0x200: bits 9 and 10 need ffa-version 0x10002";
    refused(tree.set("messaging-method", cells(&[0x200])), sentence);
}

#[test]
fn boot_information_needs_a_register_to_find_it_by() {
    let node = Tree::new("boot-info")
        .set("compatible", text("arm,ffa-manifest-boot-info"))
        .set("ffa_manifest", vec![]);
    let tree = partition_manifest().set("gp-register-num", cells(&[2])).with(node);
    let wanted = BootInfoRequest { register: 2, manifest: true, hob_list: false };
    assert_eq!(parse(tree.clone()).boot_info, Some(wanted));
    let read = super::read_partition(&tree.without("gp-register-num").blob());
    assert!(read.notes.contains(&"sp2/boot-info is ignored".to_string()), "{:?}", read.notes);
    assert_eq!(read.value.unwrap().0.boot_info, None);
    assert_eq!(parse(partition_manifest()).boot_info, None);
}

#[test]
fn what_nobody_reads_is_said_to_be_ignored() {
    let read = super::read_partition(&partition_manifest().with(Tree::new("extra")).blob());
    assert_eq!(read.notes, ["sp2: some-later-property is ignored", "sp2/extra is ignored"]);
    assert!(read.value.is_some());
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let tree = partition_manifest().set("boot-order", vec![1]).without("uuid").set("managed-exit", vec![1]);
    let tree = tree.at("memory-regions/data", |node| node.set("attributes", cells(&[0])));
    let sentences = [
        "sp2: boot-order has 1 bytes: a number has 4 or 8",
        "sp2: uuid is missing",
        "sp2: managed-exit has 1 bytes: it must have none",
        "sp2/memory-regions/data: attributes is 0x0: it must be read (1), and may be write (2), execute (4), \
         non-secure (8)",
    ];
    assert_eq!(super::read_partition(&tree.blob()).errors, sentences);
}

#[test]
fn a_property_or_a_node_that_is_there_twice_is_refused() {
    let tree = partition_manifest().with(Tree::new("boot-info")).with(Tree::new("boot-info"));
    let errors = super::read_partition(&tree.blob()).errors;
    assert_eq!(errors[0], "sp2/boot-info must not be there: it is there twice");
    // The blob's writer refuses two properties of one name, so a name is changed to another's.
    let mut blob = partition_manifest().set("gp-register-nuM", cells(&[1])).blob();
    let name = blob.windows(16).position(|name| name == b"gp-register-nuM\0").unwrap();
    blob[name..name + 16].copy_from_slice(b"gp-register-num\0");
    let errors = super::read_partition(&blob).errors;
    assert_eq!(errors, ["sp2: gp-register-num must not be there: it is there twice"]);
}
