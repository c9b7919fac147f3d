//! Properties of a partition's manifest whose service comes later: they are checked, and told where they ask for
//! what is not there.

use super::error::Report;
use super::tree::{Allowed, Properties};

/// Numbers: the property, what it may be, and what is so without it.
const NUMBERS: &[(&str, Allowed, u64)] = &[("power-management-messages", Allowed::CELL, 0)];

/// Flags: that they are there is what they say.
const FLAGS: &[&str] = &["lifecycle-support", "live-activation-support"];

/// Checks the properties of a partition with so many `execution_contexts`, and tells which are not served.
#[inline(never)]
pub(super) fn check(properties: &Properties<'_>, execution_contexts: u32, report: &mut Report<'_>) {
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
    check_life(properties, execution_contexts, report);
    let image = properties.cells("image-uuid", 4, report);
    if !image.is_empty() {
        if image.len() != 4 || image.iter().all(|word| word == 0) {
            let allowed = "it must be one UUID that is not nil";
            report.length("image-uuid", image.len(), allowed);
        }
        report.not_served("image-uuid");
    }
}

fn check_life(properties: &Properties<'_>, execution_contexts: u32, report: &mut Report<'_>) {
    let lives = properties.bytes("lifecycle-support").is_some();
    if lives && execution_contexts != 1 {
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
