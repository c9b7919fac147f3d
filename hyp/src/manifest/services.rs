//! What a partition offers: `uuid` and `messaging-method`, or from version 1.1 of the manifest on `services`.

use arrayvec::ArrayVec;

use super::error::{Problem, Report};
use super::tree::{Allowed, Node, Properties};
use crate::capacity::MAX_UUIDS;
use crate::ffa::partition_info::Properties as Messaging;
use crate::ffa::{Uuid, Version};

/// A service of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its protocol.
    pub uuid: Uuid,
    /// How it exchanges messages.
    pub messaging: Messaging,
}

/// The services of a partition.
pub type Services = ArrayVec<Service, MAX_UUIDS>;

/// The messaging methods that a manifest may name.
const METHODS: Messaging = Messaging::V1_0.union(REQUESTS_2);

/// The messaging methods that came with FF-A 1.2.
const REQUESTS_2: Messaging = Messaging::RECEIVES_DIRECT_REQUESTS_2.union(Messaging::SENDS_DIRECT_REQUESTS_2);

const METHOD: &str = "messaging-method";

/// The services of a partition written for `version`: those of the node `services`, or of the root's `properties`.
#[inline(never)]
pub(super) fn read(
    services: Option<&Node<'_>>,
    properties: &Properties<'_>,
    version: Version,
    report: &mut Report<'_>,
) -> Services {
    let mut found = Services::new();
    let Some(node) = services else {
        from_root(properties, version, &mut found, report);
        return found;
    };
    for name in ["uuid", METHOD] {
        if properties.bytes(name).is_some() {
            report.unexpected(name, "there are services");
        }
    }
    let entered = report.enter(node.name());
    let own = node.properties(&["compatible"], report);
    own.compatible(&["arm,ffa-manifest-services"], report);
    for child in node.children() {
        let entered = report.enter(child.name());
        let properties = child.properties(&["uuid", METHOD, "description"], report);
        let uuid = properties.bytes("uuid").and_then(from_text);
        let method = properties.required(METHOD, &Allowed::CELL, report) as u32;
        match uuid {
            Some(uuid) => add(uuid, method, version, &mut found, report),
            None => {
                let allowed = "it must be a text like \"12345678-1234-1234-1234-123456789abc\"";
                report.property("uuid", Problem::Malformed { allowed });
            }
        }
        report.leave(entered);
    }
    if found.is_empty() {
        report.node(Problem::Unexpected { reason: "it has no service" });
    }
    report.leave(entered);
    found
}

/// `uuid`, and `messaging-method`, which has one value for all UUIDs or one for each.
fn from_root(properties: &Properties<'_>, version: Version, found: &mut Services, report: &mut Report<'_>) {
    let words = properties.cells("uuid", 4 * MAX_UUIDS, report);
    let methods = properties.cells(METHOD, MAX_UUIDS, report);
    for name in ["uuid", METHOD] {
        if properties.bytes(name).is_none() {
            return report.missing(name);
        }
    }
    if !words.len().is_multiple_of(4) {
        return report.length("uuid", words.len(), "a UUID has 16");
    }
    if methods.len() != 1 && methods.len() != words.len() / 4 {
        let allowed = "it must be one number, or one for each UUID";
        report.length(METHOD, methods.len(), allowed);
    }
    for (uuid, method) in words.groups().zip(methods.iter().cycle()) {
        add(Uuid::from_words(uuid), method, version, found, report);
    }
}

/// Adds a service.
fn add(uuid: Uuid, method: u32, version: Version, services: &mut Services, report: &mut Report<'_>) {
    if uuid.is_nil() || services.iter().any(|service| service.uuid == uuid) {
        let [first, ..] = uuid.to_words();
        let allowed = "a UUID (its first number is shown) must not be nil or be there twice";
        report.value("uuid", u64::from(first), allowed);
    }
    let messaging = Messaging::from_bits_truncate(method);
    if messaging.bits() != method || !METHODS.contains(messaging) {
        report.value(METHOD, u64::from(method), "only bits 0, 1, 2, 9 and 10 may be set");
    }
    if messaging.intersects(REQUESTS_2) && version < Version::V1_2 {
        report.value(METHOD, u64::from(method), "bits 9 and 10 need ffa-version 0x10002");
    }
    if services.try_push(Service { uuid, messaging }).is_err() {
        let limit = MAX_UUIDS;
        report.property("uuid", Problem::TooMany { found: limit + 1, limit });
    }
}

/// The UUID that `bytes`, a text, are in its canonical form.
fn from_text(bytes: &[u8]) -> Option<Uuid> {
    let mut uuid = Uuid::NIL;
    let mut characters = bytes.strip_suffix(&[0])?.iter().map(|byte| char::from(*byte));
    for (index, byte) in uuid.0.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) && characters.next() != Some('-') {
            return None;
        }
        let mut digit = || characters.next()?.to_digit(16);
        *byte = (digit()? << 4 | digit()?) as u8;
    }
    characters.next().is_none().then_some(uuid)
}
