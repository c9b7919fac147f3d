//! Properties whose service comes later: checked all the same, and said where they ask for what is not there.

use std::vec;
use std::vec::Vec;

use super::trees::{Tree, cells, partition_manifest};

fn manifest(property: &str, bytes: Vec<u8>) -> Tree {
    partition_manifest().without("some-later-property").set(property, bytes)
}

#[test]
fn what_asks_for_what_is_not_there_yet_is_said_on_a_line() {
    let uuid = cells(&[1, 0, 0, 0]);
    for (property, bytes) in [
        ("power-management-messages", cells(&[1])),
        ("lifecycle-support", vec![]),
        ("live-activation-register", cells(&[5])),
        ("image-uuid", uuid),
    ] {
        let read = super::read_partition(&manifest(property, bytes).blob());
        assert_eq!(read.notes, [std::format!("sp2: {property} is not served yet")]);
        assert!(read.value.is_some());
    }
    let node = partition_manifest().without("some-later-property").with(Tree::new("live-state-buffer-info"));
    assert_eq!(super::read_partition(&node.blob()).notes, ["sp2/live-state-buffer-info is not served yet"]);
}

#[test]
fn what_asks_for_what_is_so_anyway_is_not_mentioned() {
    for (property, number) in [
        ("ns-interrupts-action", 2),
        ("other-s-interrupts-action", 1),
        ("sri-interrupts-policy", 0),
        ("power-management-messages", 0),
    ] {
        super::read_partition(&manifest(property, cells(&[number])).blob()).silent();
    }
}

#[test]
fn values_that_are_not_allowed_are_refused_though_nobody_uses_them() {
    let words = [
        ("ns-interrupts-action", 3, "0x3: it must be 0 (queued), 1 (managed exit) or 2 (signalled)"),
        (
            "other-s-interrupts-action",
            2,
            "0x2: it must be 1 (signalled), or 0 (queued) where ns-interrupts-action is 0 as well",
        ),
        (
            "other-s-interrupts-action",
            0,
            "0x0: it must be 1 (signalled), or 0 (queued) where ns-interrupts-action is 0 as well",
        ),
        ("sri-interrupts-policy", 4, "0x4: only bits 0 and 1 may be set"),
        ("vm-availability-messages", 4, "0x4: only bits 0 and 1 may be set"),
        ("live-activation-register", 4, "0x4: x4 holds the number of the core"),
        ("live-activation-register", 31, "31: it must be 0 to 30"),
        ("abort-action", 4, "0x4: it must be 0 (stop), 1 (destroy), 2 (restart) or 3 (propagate)"),
    ];
    for (property, number, sentence) in words {
        let read = super::read_partition(&manifest(property, cells(&[number])).blob());
        assert_eq!(read.errors, [std::format!("sp2: {property} is {sentence}")]);
    }
    let read = super::read_partition(&manifest("image-uuid", cells(&[0; 4])).blob());
    assert_eq!(read.errors, ["sp2: image-uuid has 16 bytes: it must be one UUID that is not nil"]);
}

#[test]
fn a_property_that_needs_another_is_refused_without_it() {
    let queued = manifest("other-s-interrupts-action", cells(&[0])).set("ns-interrupts-action", cells(&[0]));
    assert!(super::read_partition(&queued.blob()).value.is_some());
    let at_el0 = manifest("managed-exit", vec![]).set("exception-level", cells(&[1]));
    let reason = "a managed exit needs a partition at S-EL1";
    let errors = super::read_partition(&at_el0.blob()).errors;
    assert_eq!(errors, [std::format!("sp2: managed-exit must not be there: {reason}")]);
    let many = manifest("lifecycle-support", vec![]).set("execution-ctx-count", cells(&[2]));
    let reason = "it needs a partition with one execution context";
    let errors = super::read_partition(&many.blob()).errors;
    assert_eq!(errors, [std::format!("sp2: lifecycle-support must not be there: {reason}")]);
    let errors = super::read_partition(&manifest("live-activation-support", vec![]).blob()).errors;
    assert_eq!(errors, ["sp2: live-activation-support must not be there: it needs lifecycle-support"]);
    let at_el0 = manifest("execution-ctx-count", cells(&[2])).set("exception-level", cells(&[1]));
    let errors = super::read_partition(&at_el0.blob()).errors;
    assert_eq!(errors, ["sp2: execution-ctx-count is 0x2: at S-EL0 it must be 1"]);
}
