//! A partition's interrupts: those of its devices, and what becomes of others while it works.

use arrayvec::ArrayVec;
use hal::interrupt::{Intid, Line, Trigger};

use super::error::Report;
use super::partition_manifest::ExceptionLevel;
use super::tree::{Allowed, Properties};
use crate::capacity::{MAX_DEVICE_INTERRUPTS, MAX_INTERRUPTS};

/// An interrupt of one of a partition's devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceInterrupt {
    /// A PPI or an SPI.
    pub intid: Intid,
    /// How it comes.
    pub line: Line,
    /// MPIDR_EL1's affinity of the core that it goes to, if the manifest says so; not of a PPI.
    pub target: Option<u64>,
}

/// The interrupts of a partition's devices, each once.
pub type DeviceInterrupts = ArrayVec<DeviceInterrupt, MAX_INTERRUPTS>;

/// What becomes of an interrupt of the normal world while a partition works. The first is all zero; an earlier one is less
/// permissive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NormalWorldAction {
    /// It waits until the partition is done.
    Queued,
    /// The partition is told, and answers what it was asked soon.
    ManagedExit,
    /// The partition is stopped, and who gave it the core is told.
    Signalled,
}

/// How a partition is told of a virtual interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// By a virtual IRQ.
    Irq,
    /// By a virtual FIQ.
    Fiq,
}

/// What a partition's manifest says of interrupts that are not its own, and of when it gets its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InterruptActions {
    /// What becomes of interrupts of the normal world.
    pub normal_world: NormalWorldAction,
    /// Interrupts of other partitions wait until this one is done.
    pub queues_others: bool,
    /// How it is told of a managed exit.
    pub managed_exit: Signal,
    /// One that comes while it waits is for the normal world's scheduler to give it the core for.
    pub scheduled_while_waiting: bool,
    /// So is one that is left when it begins to wait.
    pub scheduled_when_it_waits: bool,
}

impl InterruptActions {
    /// Reads the root's `properties` of a partition at `level`.
    #[inline(never)]
    pub(super) fn read(properties: &Properties<'_>, level: ExceptionLevel, report: &mut Report<'_>) -> Self {
        const NORMAL_WORLDS: &str = "ns-interrupts-action";
        const OTHERS: &str = "other-s-interrupts-action";
        const MANAGED_EXIT: &str = "managed-exit";
        let actions = Allowed::explained(0, 2, "it must be 0 (queued), 1 (managed exit) or 2 (signalled)");
        let action = properties.optional(NORMAL_WORLDS, &actions, report);
        let managed = properties.flag(MANAGED_EXIT, report);
        for (name, wants) in [(MANAGED_EXIT, managed), (NORMAL_WORLDS, action == Some(1))] {
            if wants && level != ExceptionLevel::SecureEl1 {
                report.unexpected(name, "a managed exit needs a partition at S-EL1");
            }
        }
        let normal_world = match (action, managed) {
            (Some(0), _) => NormalWorldAction::Queued,
            (Some(1), _) | (None, true) => NormalWorldAction::ManagedExit,
            _ => NormalWorldAction::Signalled,
        };
        let least = u64::from(normal_world != NormalWorldAction::Queued);
        let words = "it must be 1 (signalled), or 0 (queued) where ns-interrupts-action is 0 as well";
        let others = Allowed::explained(least, 1, words);
        let queues_others = properties.optional(OTHERS, &others, report) == Some(0);
        let policy = Allowed::explained(0, 3, "only bits 0 and 1 may be set");
        let policy = properties.optional("sri-interrupts-policy", &policy, report).unwrap_or(0);
        let virq = properties.flag("managed-exit-virq", report);
        Self {
            normal_world,
            queues_others,
            managed_exit: if virq { Signal::Irq } else { Signal::Fiq },
            scheduled_while_waiting: policy & 1 != 0,
            scheduled_when_it_waits: policy & 2 != 0,
        }
    }
}

/// Reads a device region's `interrupts`, pairs of an interrupt and its attributes, and its `interrupts-target`, triples of
/// an interrupt and a core, into `interrupts`.
#[inline(never)]
pub(super) fn read(properties: &Properties<'_>, interrupts: &mut DeviceInterrupts, report: &mut Report<'_>) {
    const INTERRUPTS: &str = "interrupts";
    const TARGETS: &str = "interrupts-target";
    /// Priority, secure, level-triggered, type.
    const ATTRIBUTES: u32 = 0xfff;
    const SECURE: u32 = 1 << 8;
    const LEVEL: u32 = 1 << 9;
    /// The first priority that the normal world may give its own.
    const NORMAL_WORLDS: u8 = 0x80;
    let pairs = properties.cells(INTERRUPTS, 2 * MAX_DEVICE_INTERRUPTS, report);
    let targets = properties.cells(TARGETS, 3 * MAX_DEVICE_INTERRUPTS, report);
    for (name, cells, group) in [(INTERRUPTS, &pairs, 2), (TARGETS, &targets, 3)] {
        if !cells.len().is_multiple_of(group) {
            let allowed = "an interrupt has 8, a target 12";
            report.length(name, cells.len(), allowed);
        }
    }
    let first = interrupts.len();
    for [id, attributes] in pairs.groups() {
        let intid = Intid(id);
        let is_known = interrupts.iter().any(|known| known.intid == intid);
        if !matches!(id, 16..1020 | 1056..1120 | 4096..5120) || is_known {
            report.value(INTERRUPTS, u64::from(id), "it must be a PPI or an SPI, and be there once");
        }
        let priority = attributes as u8;
        if attributes & !ATTRIBUTES != 0 {
            report.value(INTERRUPTS, u64::from(attributes), "attributes have bits 0 to 11");
        } else if attributes & SECURE == 0 || priority >= NORMAL_WORLDS {
            let allowed = "it must be secure, bit 8, and have a priority below 0x80";
            report.value(INTERRUPTS, u64::from(attributes), allowed);
        }
        let trigger = if attributes & LEVEL != 0 { Trigger::Level } else { Trigger::Edge };
        // There is room for those of all regions.
        let _ =
            interrupts.try_push(DeviceInterrupt { intid, line: Line { priority, trigger }, target: None });
    }
    let own = interrupts.get_mut(first..).unwrap_or_default();
    for [id, high, low] in targets.groups::<3>() {
        match own.iter_mut().find(|interrupt| interrupt.intid == Intid(id)) {
            Some(interrupt) if !interrupt.intid.is_private() => {
                interrupt.target = Some(u64::from(high) << 32 | u64::from(low));
            }
            _ => report.value(TARGETS, u64::from(id), "it must be one of this region's SPIs"),
        }
    }
}
