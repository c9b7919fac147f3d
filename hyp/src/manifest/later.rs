//! Properties of a partition's manifest whose service comes later: they are checked, and told where they ask for
//! what is not there.

use super::error::Report;
use super::partition_manifest::ExceptionLevel;
use super::tree::{Allowed, Properties};

/// What of the rest of the manifest these properties depend on.
pub(super) struct Partition {
    pub level: ExceptionLevel,
    pub execution_contexts: u32,
}

/// Signalled, the only thing that an interrupt of the normal world does yet.
const SIGNALLED: u64 = 2;

/// Numbers: the property, what it may be, and what is so without it.
const NUMBERS: &[(&str, Allowed, u64)] = &[
    (
        "ns-interrupts-action",
        Allowed::explained(0, 2, "it must be 0 (queued), 1 (managed exit) or 2 (signalled)"),
        SIGNALLED,
    ),
    ("other-s-interrupts-action", Allowed::explained(0, 1, "it must be 0 (queued) or 1 (signalled)"), 1),
    ("sri-interrupts-policy", Allowed::explained(0, 3, "only bits 0 and 1 may be set"), 0),
    ("power-management-messages", Allowed::CELL, 0),
];

/// Flags: that they are there is what they say.
const FLAGS: &[&str] = &[
    "managed-exit",
    "managed-exit-virq",
    "notification-support",
    "lifecycle-support",
    "live-activation-support",
];

/// Checks the properties and tells which are not served.
#[inline(never)]
pub(super) fn check(properties: &Properties<'_>, partition: &Partition, report: &mut Report<'_>) {
    for (name, allowed, idle) in NUMBERS {
        if properties.optional(name, allowed, report).is_some_and(|found| found != *idle) {
            report.not_served(name);
        }
    }
    for name in FLAGS {
        if properties.flag(name, report) {
            report.not_served(name);
        }
    }
    check_interrupts(properties, partition, report);
    check_life(properties, partition, report);
    let image = properties.cells("image-uuid", 4, report);
    if !image.is_empty() {
        if image.len() != 4 || image.iter().all(|word| word == 0) {
            let allowed = "it must be one UUID that is not nil";
            report.length("image-uuid", image.len(), allowed);
        }
        report.not_served("image-uuid");
    }
}

/// The number `name`, without a word about it.
fn number(properties: &Properties<'_>, name: &str) -> Option<u64> {
    let bytes = properties.bytes(name)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn check_interrupts(properties: &Properties<'_>, partition: &Partition, report: &mut Report<'_>) {
    let action = number(properties, "ns-interrupts-action");
    if number(properties, "other-s-interrupts-action") == Some(0) && action != Some(0) {
        report.value("other-s-interrupts-action", 0, "it must be 1 unless ns-interrupts-action is 0");
    }
    for (name, managed) in [
        ("managed-exit", properties.bytes("managed-exit").is_some()),
        ("ns-interrupts-action", action == Some(1)),
    ] {
        if managed && partition.level != ExceptionLevel::SecureEl1 {
            let reason = "a managed exit needs a partition at S-EL1";
            report.unexpected(name, reason);
        }
    }
}

fn check_life(properties: &Properties<'_>, partition: &Partition, report: &mut Report<'_>) {
    let lives = properties.bytes("lifecycle-support").is_some();
    if lives && partition.execution_contexts != 1 {
        let reason = "it needs a partition with one execution context";
        report.unexpected("lifecycle-support", reason);
    }
    if properties.bytes("live-activation-support").is_some() && !lives {
        report.unexpected("live-activation-support", "it needs lifecycle-support");
    }
    const REGISTER: &str = "live-activation-register";
    let register = properties.optional(REGISTER, &Allowed::within(0, 30), report);
    if register == Some(4) {
        report.value(REGISTER, 4, "x4 holds the number of the core");
    }
    if register.is_some() {
        report.not_served(REGISTER);
    }
}
