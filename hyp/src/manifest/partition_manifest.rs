//! A partition's manifest: what it is and what it may reach.

use super::device_region::{self, DeviceRegions};
use super::error::{Problem, Report, Wrong};
use super::interrupts::{DeviceInterrupts, InterruptActions};
use super::later;
use super::mailbox::{self, Mailbox};
use super::memory_region::{self, MemoryRegions, Streams};
use super::services::{self, Services};
use super::tree::{Allowed, Node};
use crate::capacity::MAX_VCPUS;
use crate::ffa::Version;
use crate::ffa::partition_info::Properties as Messaging;

/// What a partition's manifest says of the partition itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionConfig {
    /// The version of FF-A that the partition was written for.
    pub ffa_version: Version,
    /// What it offers, at least one, no UUID twice.
    pub services: Services,
    /// How many execution contexts it has: one, or as many as the machine has cores.
    pub execution_contexts: u32,
    /// Where it runs.
    pub exception_level: ExceptionLevel,
    /// Where it wants to be loaded, if it says so; page-aligned.
    pub load_address: Option<u64>,
    /// Where it is entered, in bytes behind its load address; a multiple of 4.
    pub entrypoint_offset: u64,
    /// Its place in the order of booting: lower ones first, those that say nothing last.
    pub boot_order: u32,
    /// What becomes of it when it aborts.
    pub abort_action: AbortAction,
    /// The boot information that it wants, if it wants some.
    pub boot_info: Option<BootInfoRequest>,
    /// Of which changes of the normal world's VMs it is told.
    pub vm_messages: Messaging,
    /// What becomes of interrupts.
    pub interrupt_actions: InterruptActions,
    /// Those of its devices.
    pub interrupts: DeviceInterrupts,
}

/// What a partition's manifest says of what the partition may reach, which only boot needs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Regions {
    /// The memory beside its own, or parts of its own with rights of their own.
    pub memory: MemoryRegions,
    /// The devices.
    pub devices: DeviceRegions,
    /// The mailbox that it finds mapped, if it wants one.
    pub mailbox: Option<Mailbox>,
}

impl Regions {
    /// None, the empty value.
    pub const EMPTY: Self =
        Self { memory: MemoryRegions::new_const(), devices: DeviceRegions::new_const(), mailbox: None };
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

/// What becomes of a partition that aborts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AbortAction {
    /// It stays as it is, and never runs again.
    Stop,
    /// It stays, and is as if it had never been there.
    Destroy,
}

/// The boot information that a partition wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BootInfoRequest {
    /// The number of the register that it finds the information's address in, x0 to x3.
    pub register: u8,
    /// It wants its own manifest.
    pub manifest: bool,
    /// It wants the list of hand-off blocks of its package.
    pub hob_list: bool,
}

/// The properties of the root.
const KNOWN: &[&str] = &[
    "compatible",
    "description",
    "ffa-version",
    "uuid",
    "messaging-method",
    "execution-ctx-count",
    "exception-level",
    "execution-state",
    "load-address",
    "entrypoint-offset",
    "xlat-granule",
    "boot-order",
    "gp-register-num",
    "abort-action",
    "managed-exit",
    "managed-exit-virq",
    "ns-interrupts-action",
    "other-s-interrupts-action",
    "sri-interrupts-policy",
    "notification-support",
    "power-management-messages",
    "vm-availability-messages",
    "lifecycle-support",
    "live-activation-support",
    "live-activation-register",
    "image-uuid",
];

/// The nodes below the root.
#[derive(Default)]
struct Nodes<'a> {
    services: Option<Node<'a>>,
    memory: Option<Node<'a>>,
    devices: Option<Node<'a>>,
    boot_info: Option<Node<'a>>,
    mailbox: Option<Node<'a>>,
}

impl PartitionConfig {
    /// The boot order of a partition that names none.
    pub const BOOTS_LAST: u32 = 0xffff;

    /// Reads the manifest at the beginning of `bytes`, a private copy, and its regions into `regions`.
    #[inline(never)]
    pub fn read(bytes: &[u8], regions: &mut Regions, report: &mut Report<'_>) -> Result<Self, Wrong> {
        let root = Node::root(bytes, report).ok_or(Wrong)?;
        let properties = root.properties(KNOWN, report);
        properties.compatible(&["arm,ffa-manifest-1.0", "arm,ffa-manifest-1.1"], report);
        let nodes = Nodes::of(&root, report);

        let versions = Allowed::explained(0x10000, 0x10003, "it must be 0x10000 to 0x10003");
        let version = properties.required("ffa-version", &versions, report);
        let ffa_version = Version::from_word(version as u32).unwrap_or(Version::V1_0);
        let state = Allowed::explained(0, 0, "it must be 0 (AArch64)");
        properties.required("execution-state", &state, report);
        properties.optional("xlat-granule", &Allowed::explained(0, 0, "it must be 0 (4 KiB)"), report);
        let contexts = Allowed::within(1, MAX_VCPUS as u64);
        let execution_contexts = properties.required("execution-ctx-count", &contexts, report) as u32;
        let levels = Allowed::explained(0, 2, "it must be 0 (EL1), 1 (S-EL0) or 2 (S-EL1)");
        let exception_level = match properties.required("exception-level", &levels, report) {
            0 => ExceptionLevel::El1,
            1 => ExceptionLevel::SecureEl0,
            _ => ExceptionLevel::SecureEl1,
        };
        if exception_level == ExceptionLevel::SecureEl0 && execution_contexts != 1 {
            let found = u64::from(execution_contexts);
            report.value("execution-ctx-count", found, "at S-EL0 it must be 1");
        }
        let entrypoint_offset = properties.optional("entrypoint-offset", &Allowed::ANY, report).unwrap_or(0);
        if !entrypoint_offset.is_multiple_of(4) {
            report.value("entrypoint-offset", entrypoint_offset, "it must be a multiple of 4");
        }
        let order =
            properties.optional("boot-order", &Allowed::within(0, u64::from(Self::BOOTS_LAST)), report);
        let actions =
            Allowed::explained(0, 3, "it must be 0 (stop), 1 (destroy), 2 (restart) or 3 (propagate)");
        let abort_action = match properties.optional("abort-action", &actions, report) {
            None | Some(0) => AbortAction::Stop,
            Some(1) => AbortAction::Destroy,
            Some(_) => {
                report.not_served("abort-action");
                AbortAction::Stop
            }
        };
        let register = properties.optional("gp-register-num", &Allowed::within(0, 3), report);
        let told = Allowed::explained(0, 3, "only bits 0 and 1 may be set");
        let told = properties.optional("vm-availability-messages", &told, report).unwrap_or(0);
        let mut config = Self {
            ffa_version,
            services: services::read(nodes.services.as_ref(), &properties, ffa_version, report),
            execution_contexts,
            exception_level,
            load_address: properties.pages("load-address", report),
            entrypoint_offset,
            boot_order: order.map_or(Self::BOOTS_LAST, |order| order as u32),
            abort_action,
            boot_info: boot_info(nodes.boot_info.as_ref(), register, report),
            vm_messages: Messaging::from_bits_truncate(
                (told as u32) << Messaging::WANTS_VM_CREATED.bits().trailing_zeros(),
            ),
            interrupt_actions: InterruptActions::read(&properties, exception_level, report),
            interrupts: DeviceInterrupts::new(),
        };
        if properties.flag("notification-support", report) {
            for service in &mut config.services {
                service.messaging |= Messaging::RECEIVES_NOTIFICATIONS;
            }
        }
        later::check(&properties, execution_contexts, report);

        *regions = Regions::EMPTY;
        let mut streams = Streams::default();
        if let Some(node) = nodes.devices {
            let entered = report.enter(node.name());
            device_region::read(&node, &mut regions.devices, &mut config.interrupts, &mut streams, report);
            report.leave(entered);
        }
        if let Some(node) = nodes.memory {
            let entered = report.enter(node.name());
            memory_region::read(&node, &mut regions.memory, &streams, report);
            report.leave(entered);
        }
        if let Some(node) = nodes.mailbox {
            let entered = report.enter(node.name());
            regions.mailbox = mailbox::read(&node, &regions.memory, report);
            report.leave(entered);
        }
        report.unless_wrong(config)
    }

    /// Everything that any of its services does.
    pub fn messaging(&self) -> Messaging {
        self.services.iter().map(|service| service.messaging).collect()
    }
}

impl<'a> Nodes<'a> {
    fn of(root: &Node<'a>, report: &mut Report<'_>) -> Self {
        let mut nodes = Self::default();
        for node in root.children() {
            let place = match node.name() {
                "services" => &mut nodes.services,
                "memory-regions" => &mut nodes.memory,
                "device-regions" => &mut nodes.devices,
                "boot-info" => &mut nodes.boot_info,
                "rx_tx-info" => &mut nodes.mailbox,
                name => {
                    let later = name == "live-state-buffer-info";
                    report.below(name, if later { Problem::NotServed } else { Problem::Ignored });
                    continue;
                }
            };
            if place.is_some() {
                report.below(node.name(), Problem::Unexpected { reason: "it is there twice" });
            }
            *place = Some(node);
        }
        nodes
    }
}

/// The node `boot-info`, which needs `register`, and the other way around.
fn boot_info(
    node: Option<&Node<'_>>,
    register: Option<u64>,
    report: &mut Report<'_>,
) -> Option<BootInfoRequest> {
    let node = node?;
    let entered = report.enter(node.name());
    let properties = node.properties(&["compatible", "ffa_manifest", "hob_list"], report);
    properties.compatible(&["arm,ffa-manifest-boot-info"], report);
    let request = register.map(|register| BootInfoRequest {
        register: register as u8,
        manifest: properties.flag("ffa_manifest", report),
        hob_list: properties.flag("hob_list", report),
    });
    if request.is_none() {
        report.node(Problem::Ignored);
    }
    report.leave(entered);
    request
}
