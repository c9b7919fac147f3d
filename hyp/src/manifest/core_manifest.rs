//! The monitor's own manifest (TOS_FW_CONFIG): who there is, where, and which memory is whose.

use core::fmt::Write;

use arrayvec::ArrayVec;
use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa, Space};

use super::error::{Problem, Report, Text, Wrong};
use super::partition_node::PartitionNode;
use super::tree::{Allowed, Node};
use crate::capacity::{MAX_CORES, MAX_MEMORY_RANGES, MAX_PARTITIONS};
use crate::ffa::{PartitionId, Version};

/// The monitor's manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreManifest {
    /// The SPMC's id.
    pub spmc_id: PartitionId,
    /// The version of FF-A that the SPMD is told the SPMC has.
    pub version: Version,
    /// The machine's cores, 1 to [`MAX_CORES`].
    pub cores: usize,
    /// The partitions: the first is `vm1`, the next `vm2`. Their memory is page-aligned and disjoint.
    pub partitions: ArrayVec<PartitionNode, MAX_PARTITIONS>,
    /// The machine's memory.
    pub memory: ArrayVec<MemoryRange, MAX_MEMORY_RANGES>,
}

/// What a range of memory is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MemoryKind {
    /// RAM of the secure world.
    Secure,
    /// RAM of the normal world.
    NonSecure,
    /// Devices of the secure world.
    Device,
    /// Devices of the normal world.
    NonSecureDevice,
}

/// A range of the machine's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryRange {
    /// What it is.
    pub kind: MemoryKind,
    /// Where it is; not empty, page-aligned, and it ends within the address space.
    pub range: PhysicalRange,
}

impl CoreManifest {
    /// Nothing, the empty value.
    pub const EMPTY: Self = Self {
        spmc_id: PartitionId(0),
        version: Version { major: 0, minor: 0 },
        cores: 0,
        partitions: ArrayVec::new_const(),
        memory: ArrayVec::new_const(),
    };

    /// Reads the manifest at the beginning of `bytes`, a private copy; behind it there may be anything.
    ///
    /// It is read into its place, since it is too large for a stack. Where it is wrong, what was read is junk.
    pub fn read(&mut self, bytes: &[u8], report: &mut Report<'_>) -> Result<(), Wrong> {
        const CELLS: [&str; 2] = ["#address-cells", "#size-cells"];
        self.partitions.clear();
        self.memory.clear();
        let root = Node::root(bytes, report).ok_or(Wrong)?;
        let properties = root.properties(&["compatible", CELLS[0], CELLS[1]], report);
        properties.compatible(&["arm,ffa-core-manifest-1.0"], report);
        properties.required(CELLS[0], &Allowed::within(2, 2), report);
        let size_cells = properties.required(CELLS[1], &Allowed::within(1, 2), report) as usize;
        self.cores = 1;
        let (mut attribute, mut hypervisor) = (false, false);
        for node in root.children() {
            let entered = report.enter(node.name());
            match node.name() {
                "attribute" => {
                    attribute = true;
                    self.read_attribute(&node, report);
                }
                "hypervisor" => {
                    hypervisor = true;
                    self.read_partitions(&node, report);
                }
                "cpus" => self.cores = cores(&node, report),
                "interrupt-controller" => read_interrupt_controller(&node, report),
                name if name.starts_with("memory@") => self.read_memory(&node, size_cells, report),
                _ => report.node(Problem::Ignored),
            }
            report.leave(entered);
        }
        for (name, found) in [("attribute", attribute), ("hypervisor", hypervisor)] {
            if !found {
                report.below(name, Problem::Missing);
            }
        }
        report.unless_wrong(())
    }

    /// True where the `size` bytes from `start` are in one range of the kind `kind`.
    pub fn has(&self, kind: MemoryKind, start: Pa, size: u64) -> bool {
        self.memory.iter().any(|memory| memory.kind == kind && memory.range.contains(start, size))
    }

    /// What the SPMD reads as well; only the version and the id are the SPMC's.
    fn read_attribute(&mut self, node: &Node<'_>, report: &mut Report<'_>) {
        const SPMD: &[&str] =
            &["spmc_id", "maj_ver", "min_ver", "exec_state", "load_address", "entrypoint", "binary_size"];
        let properties = node.properties(SPMD, report);
        self.version = Version {
            major: properties.required("maj_ver", &Allowed::within(1, 1), report) as u16,
            minor: properties.required("min_ver", &Allowed::within(0, 0xffff), report) as u16,
        };
        let ids = Allowed::within(0x8000, 0xffff);
        self.spmc_id = PartitionId(properties.required("spmc_id", &ids, report) as u16);
        properties.optional("exec_state", &Allowed::explained(0, 0, "it must be 0 (AArch64)"), report);
        for name in ["load_address", "entrypoint", "binary_size"] {
            properties.optional(name, &Allowed::ANY, report);
        }
    }

    /// The partitions below the `hypervisor` node: `vm1`, `vm2` and so on, in whatever order the nodes are there.
    fn read_partitions(&mut self, hypervisor: &Node<'_>, report: &mut Report<'_>) {
        let properties = hypervisor.properties(&["compatible", "ffa_tee_enabled"], report);
        properties.compatible(&["hafnium,hafnium"], report);
        properties.flag("ffa_tee_enabled", report);
        for child in hypervisor.children() {
            let entered = report.enter(child.name());
            match child.name().strip_prefix("vm").map(PartitionNode::number_of) {
                None => report.node(Problem::Ignored),
                Some(Some(number)) => self.read_partition(&child, number, report),
                Some(None) => report.node(Problem::Unexpected { reason: "partitions are vm1 to vm32" }),
            }
            report.leave(entered);
        }
        let numbers = self.partitions.iter().map(|node| node.number);
        if let Some((expected, _)) = (1..).zip(numbers).find(|(expected, number)| expected != number) {
            let mut name = Text::new();
            // Two letters and two digits: there is room.
            let _ = write!(name, "vm{expected}");
            report.below(&name, Problem::Missing);
        }
    }

    /// The partition `vm<number>`, inserted in its place.
    fn read_partition(&mut self, node: &Node<'_>, number: usize, report: &mut Report<'_>) {
        let before = self.partitions.iter().take_while(|earlier| earlier.number < number).count();
        if self.partitions.get(before).is_some_and(|same| same.number == number) {
            return report.node(Problem::Unexpected { reason: "it is there twice" });
        }
        let node = PartitionNode::read(node, number, report);
        if let Some(earlier) = self.partitions.iter().find(|earlier| earlier.overlaps(&node)) {
            let taken = Problem::Taken { found: node.load_address, owner: &earlier.name };
            report.property("load_address", taken);
        }
        // There is room for as many as there are numbers.
        let _ = self.partitions.try_insert(before, node);
    }

    /// The ranges of a `memory@…` node.
    fn read_memory(&mut self, node: &Node<'_>, size_cells: usize, report: &mut Report<'_>) {
        let properties = node.properties(&["device_type", "reg"], report);
        let Some(found) = properties.text("device_type", report) else {
            return report.missing("device_type");
        };
        let Some(kind) = MemoryKind::ALL.into_iter().find(|kind| kind.name() == found) else {
            let allowed = &MemoryKind::ALL.map(MemoryKind::name);
            return report.property("device_type", Problem::Text { found, allowed });
        };
        let cells = properties.cells("reg", 4 * MAX_MEMORY_RANGES, report);
        if cells.is_empty() {
            return report.missing("reg");
        }
        if !cells.len().is_multiple_of(2 + size_cells) {
            let allowed = "an entry has two cells of address, and of size as many as #size-cells says";
            return report.length("reg", cells.len(), allowed);
        }
        if size_cells == 1 {
            cells.groups().for_each(|[high, low, size]| self.add(kind, [high, low, 0, size], report));
        } else {
            cells.groups().for_each(|entry| self.add(kind, entry, report));
        }
    }

    /// Adds the range of an entry of `reg`.
    fn add(&mut self, kind: MemoryKind, [high, low, size_high, size_low]: [u32; 4], report: &mut Report<'_>) {
        let number = |high, low| u64::from(high) << 32 | u64::from(low);
        let (address, size) = (number(high, low), number(size_high, size_low));
        if !address.is_multiple_of(PAGE_SIZE) {
            return report.value("reg", address, "an address must be a multiple of 4096");
        }
        if size == 0 || !size.is_multiple_of(PAGE_SIZE) || address.checked_add(size).is_none() {
            return report.value("reg", size, "a size must be a multiple of 4096, not 0, and end below 2^64");
        }
        let start = Pa { space: kind.space(), address };
        if self.memory.try_push(MemoryRange { kind, range: PhysicalRange { start, size } }).is_err() {
            let limit = MAX_MEMORY_RANGES;
            report.property("reg", Problem::TooMany { found: limit + 1, limit });
        }
    }
}

/// How many cores the `cpus` node has; a manifest that names none is a machine with one.
fn cores(cpus: &Node<'_>, report: &mut Report<'_>) -> usize {
    let found = cpus.children().filter(|child| child.name().starts_with("cpu@")).count();
    report.room(found, MAX_CORES);
    found.max(1)
}

/// The interrupt controller is the platform's to describe; here it must be one that the monitor can drive.
fn read_interrupt_controller(node: &Node<'_>, report: &mut Report<'_>) {
    const KNOWN: &[&str] =
        &["compatible", "#distributor-regions", "#redistributor-regions", "#spi-regions", "reg"];
    let properties = node.properties(KNOWN, report);
    properties.compatible(&["arm,gic-v3"], report);
    for name in ["#distributor-regions", "#redistributor-regions", "#spi-regions"] {
        properties.optional(name, &Allowed::CELL, report);
    }
    properties.cells("reg", 4 * MAX_MEMORY_RANGES, report);
    report.node(Problem::Ignored);
}

impl MemoryKind {
    const ALL: [Self; 4] = [Self::Secure, Self::NonSecure, Self::Device, Self::NonSecureDevice];

    /// What a manifest calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secure => "memory",
            Self::NonSecure => "ns-memory",
            Self::Device => "device-memory",
            Self::NonSecureDevice => "ns-device-memory",
        }
    }

    /// The physical address space that it is in.
    pub const fn space(self) -> Space {
        match self {
            Self::Secure | Self::Device => Space::Secure,
            Self::NonSecure | Self::NonSecureDevice => Space::NonSecure,
        }
    }
}
