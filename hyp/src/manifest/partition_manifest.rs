//! A partition's manifest: what it is and what it may reach.

use arrayvec::ArrayVec;
use hal::PAGE_SIZE;

use super::error::{Error, Problem};
use super::memory_region::MemoryRegion;
use super::tree::{Node, Value};
use crate::capacity::{MAX_REGIONS, MAX_UUIDS, MAX_VCPUS};
use crate::ffa::partition_info::Properties;
use crate::ffa::{Uuid, Version};

/// What a partition's manifest says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionConfig {
    /// The version of FF-A that the partition was written for.
    pub ffa_version: Version,
    /// What it offers, at least one, no UUID twice.
    pub services: ArrayVec<Service, MAX_UUIDS>,
    /// How many execution contexts it has: one, or as many as the machine has cores.
    pub execution_contexts: u32,
    /// Where it runs.
    pub exception_level: ExceptionLevel,
    /// Where it wants to be loaded, if it says so; page-aligned.
    pub load_address: Option<u64>,
    /// Where it is entered, in bytes behind its load address.
    pub entrypoint_offset: u64,
    /// Its place in the order of booting: lower ones first, those that say nothing last.
    pub boot_order: u32,
    /// The number of the register that it finds the address of its boot information in, x0 to x3.
    pub gp_register: Option<u32>,
    /// What an interrupt of the normal world does to it.
    pub ns_interrupts_action: NsInterruptsAction,
    /// True when it receives notifications.
    pub receives_notifications: bool,
    /// The memory that it may reach beside its own.
    pub memory_regions: ArrayVec<MemoryRegion, MAX_REGIONS>,
    /// The mailbox that it finds mapped, if it wants one.
    pub mailbox: Option<Mailbox>,
}

/// A service of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its protocol.
    pub uuid: Uuid,
    /// How it exchanges messages.
    pub messaging: Properties,
}

/// Where a partition runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExceptionLevel {
    /// At EL1, of whichever world.
    El1,
    /// At S-EL0, without an exception level of its own above.
    SecureEl0,
    /// At S-EL1.
    SecureEl1,
}

/// What an interrupt of the normal world does to a partition that runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NsInterruptsAction {
    /// It waits until the partition is done.
    Queued,
    /// The partition is told to come to an end.
    ManagedExit,
    /// It is taken at once, the partition goes on later.
    Signalled,
}

/// The two regions of a partition's mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// What the partition reads.
    pub rx: MemoryRegion,
    /// What the partition writes.
    pub tx: MemoryRegion,
}

/// The messaging methods that a manifest may name.
const METHODS: Properties =
    Properties::V1_0.union(Properties::RECEIVES_DIRECT_REQUESTS_2).union(Properties::SENDS_DIRECT_REQUESTS_2);

/// The boot order of a partition that names none.
const LAST: u32 = 0xffff;

impl PartitionConfig {
    /// Reads the manifest of the partition `name` at the beginning of `bytes`, a private copy.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let root = &Node::root(name, bytes)?;
        root.compatible("arm,ffa-manifest-1.0", "it must be \"arm,ffa-manifest-1.0\"")?;
        root.required_within("execution-state", 0..=0)?;
        root.optional_within("xlat-granule", 0..=0)?;
        let memory_regions = memory_regions(root)?;
        Ok(Self {
            ffa_version: root.required("ffa-version")?,
            services: services(root)?,
            execution_contexts: root.required_within("execution-ctx-count", 1..=MAX_VCPUS as u32)?,
            exception_level: root.required("exception-level")?,
            load_address: load_address(root)?,
            entrypoint_offset: root.optional("entrypoint-offset")?.unwrap_or(0),
            boot_order: root.optional_within("boot-order", 0..=LAST)?.unwrap_or(LAST),
            gp_register: root.optional_within("gp-register-num", 0..=3)?,
            ns_interrupts_action: ns_interrupts_action(root)?,
            receives_notifications: root.has("notification-support"),
            mailbox: mailbox(root, &memory_regions)?,
            memory_regions,
        })
    }

    /// Everything that any of its services does.
    pub fn messaging(&self) -> Properties {
        self.services.iter().map(|service| service.messaging).collect()
    }
}

/// `uuid` and `messaging-method`, which has one value for all UUIDs or one for each.
fn services(root: &Node<'_>) -> Result<ArrayVec<Service, MAX_UUIDS>, Error> {
    let words: ArrayVec<u32, { 4 * MAX_UUIDS }> = root.required("uuid")?;
    let methods: ArrayVec<u32, MAX_UUIDS> = root.required("messaging-method")?;
    let (uuids, rest) = words.as_chunks();
    if !rest.is_empty() {
        let problem = Problem::Length { found: words.len() * 4, allowed: "a UUID has 16" };
        return Err(root.error("uuid", problem));
    }
    if methods.len() != 1 && methods.len() != uuids.len() {
        let problem = Problem::Length {
            found: methods.len() * 4,
            allowed: "it must be one number, or one for each UUID",
        };
        return Err(root.error("messaging-method", problem));
    }
    let mut services = ArrayVec::<Service, MAX_UUIDS>::new();
    for (uuid, method) in uuids.iter().zip(methods.iter().cycle()) {
        let uuid = Uuid::from_words(*uuid);
        if uuid.is_nil() || services.iter().any(|service| service.uuid == uuid) {
            let [first, ..] = uuid.to_words();
            let problem = Problem::Value {
                found: u64::from(first),
                allowed: "a UUID (its first number is shown) must not be nil or be there twice",
            };
            return Err(root.error("uuid", problem));
        }
        let messaging = Properties::from_bits(*method).filter(|messaging| METHODS.contains(*messaging));
        let messaging = messaging.ok_or_else(|| {
            let problem = Problem::Value {
                found: u64::from(*method),
                allowed: "only bits 0, 1, 2, 9 and 10 may be set",
            };
            root.error("messaging-method", problem)
        })?;
        services.try_push(Service { uuid, messaging }).map_err(|_| {
            let limit = MAX_UUIDS;
            root.error("uuid", Problem::TooMany { found: uuids.len(), limit })
        })?;
    }
    Ok(services)
}

fn load_address(root: &Node<'_>) -> Result<Option<u64>, Error> {
    let address: Option<u64> = root.optional("load-address")?;
    match address {
        Some(found) if !found.is_multiple_of(PAGE_SIZE) => {
            let allowed = "it must be a multiple of 4096";
            Err(root.error("load-address", Problem::Value { found, allowed }))
        }
        _ => Ok(address),
    }
}

/// `ns-interrupts-action`, or its older form `managed-exit`.
fn ns_interrupts_action(root: &Node<'_>) -> Result<NsInterruptsAction, Error> {
    let action = root.optional("ns-interrupts-action")?;
    Ok(if root.has("managed-exit") {
        NsInterruptsAction::ManagedExit
    } else {
        action.unwrap_or(NsInterruptsAction::Signalled)
    })
}

fn memory_regions(root: &Node<'_>) -> Result<ArrayVec<MemoryRegion, MAX_REGIONS>, Error> {
    const COMPATIBLE: &str = "arm,ffa-manifest-memory-regions";
    let mut regions = ArrayVec::new();
    let Some(node) = root.child("memory-regions") else {
        return Ok(regions);
    };
    node.compatible(COMPATIBLE, "it must be \"arm,ffa-manifest-memory-regions\"")?;
    for child in node.children() {
        regions.try_push(MemoryRegion::parse(&child)?).map_err(|_| {
            let limit = MAX_REGIONS;
            node.node_error(Problem::TooMany { found: limit + 1, limit })
        })?;
    }
    Ok(regions)
}

fn mailbox(root: &Node<'_>, regions: &[MemoryRegion]) -> Result<Option<Mailbox>, Error> {
    const COMPATIBLE: &str = "arm,ffa-manifest-rx_tx-buffer";
    let Some(node) = root.child("rx_tx-info") else {
        return Ok(None);
    };
    node.compatible(COMPATIBLE, "it must be \"arm,ffa-manifest-rx_tx-buffer\"")?;
    let region = |property| {
        let phandle = node.required::<u32>(property)?;
        let region = regions.iter().find(|region| region.phandle == Some(phandle));
        region.copied().ok_or_else(|| {
            let problem = Problem::Value {
                found: u64::from(phandle),
                allowed: "it must be the phandle of a memory region",
            };
            node.error(property, problem)
        })
    };
    let (rx, tx) = (region("rx-buffer")?, region("tx-buffer")?);
    if rx.phandle == tx.phandle || rx.pages != tx.pages {
        let reason = "the buffers must be two regions of the same size";
        return Err(node.error("tx-buffer", Problem::Unexpected { reason }));
    }
    Ok(Some(Mailbox { rx, tx }))
}

impl Value for Version {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let found = u32::read(bytes)?;
        Version::from_word(found)
            .filter(|version| version.is_understood_by(Version::V1_3))
            .ok_or(Problem::Value { found: u64::from(found), allowed: "it must be 0x10000 to 0x10003" })
    }
}

impl Value for ExceptionLevel {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        match u32::read(bytes)? {
            0 => Ok(Self::El1),
            1 => Ok(Self::SecureEl0),
            2 => Ok(Self::SecureEl1),
            found => Err(Problem::Value {
                found: u64::from(found),
                allowed: "it must be 0 (EL1), 1 (S-EL0) or 2 (S-EL1)",
            }),
        }
    }
}

impl Value for NsInterruptsAction {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        match u32::read(bytes)? {
            0 => Ok(Self::Queued),
            1 => Ok(Self::ManagedExit),
            2 => Ok(Self::Signalled),
            found => Err(Problem::Value {
                found: u64::from(found),
                allowed: "it must be 0 (queued), 1 (managed exit) or 2 (signalled)",
            }),
        }
    }
}
