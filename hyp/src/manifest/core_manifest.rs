//! The monitor's own manifest (TOS_FW_CONFIG): who there is, where, and which memory is whose.

use core::fmt::Write;

use arrayvec::ArrayVec;
use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa};

use super::error::{Error, Problem, Text};
use super::tree::{Node, Value};
use crate::capacity::{MAX_CORES, MAX_MEMORY_RANGES, MAX_PARTITIONS, MAX_VCPUS};
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

/// What the monitor's manifest says about one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionNode {
    /// n of `vm<n>`, from 1 on.
    number: usize,
    /// Its name, for people.
    pub name: Text,
    /// Where its package is, and its memory begins: a secure physical address, page-aligned.
    pub load_address: u64,
    /// Bytes of its memory, a multiple of the page size, at least one page.
    pub memory_size: u64,
    /// How many vCPUs it may have, 1 to [`MAX_VCPUS`].
    pub vcpu_count: u32,
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
    /// It is read into its place, since it is too large for a stack. Where it fails, what was read is junk.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), Error> {
        const COMPATIBLE: &str = "arm,ffa-core-manifest-1.0";
        let root = Node::root("monitor manifest", bytes)?;
        root.compatible(COMPATIBLE, "it must be \"arm,ffa-core-manifest-1.0\"")?;
        let attribute = root.required_child("attribute")?;
        self.version = Version {
            major: attribute.required_within("maj_ver", 1..=1)? as u16,
            minor: attribute.required_within("min_ver", 0..=0xffff)? as u16,
        };
        self.spmc_id = PartitionId(attribute.required_within("spmc_id", 0x8000..=0xffff)? as u16);
        self.partitions.clear();
        self.memory.clear();
        self.cores = cores(&root)?;
        self.read_partitions(&root.required_child("hypervisor")?)?;
        self.read_memory(&root)
    }

    /// The partitions below the `hypervisor` node: `vm1`, `vm2` and so on, in whatever order the nodes are there.
    fn read_partitions(&mut self, hypervisor: &Node<'_>) -> Result<(), Error> {
        hypervisor.compatible("hafnium,hafnium", "it must be \"hafnium,hafnium\"")?;
        for child in hypervisor.children() {
            let Some(number) = child.name().strip_prefix("vm") else {
                continue;
            };
            let unexpected = |reason| child.node_error(Problem::Unexpected { reason });
            let number = canonical(number)
                .filter(|number| (1..=MAX_PARTITIONS).contains(number))
                .ok_or_else(|| unexpected("partitions are vm1 to vm32"))?;
            let before = self.partitions.iter().take_while(|earlier| earlier.number < number).count();
            if self.partitions.get(before).is_some_and(|same| same.number == number) {
                return Err(unexpected("it is there twice"));
            }
            let node = PartitionNode::parse(&child, number)?;
            if self.partitions.iter().any(|earlier| earlier.overlaps(&node)) {
                let allowed = "partitions must not overlap";
                let problem = Problem::Value { found: node.load_address, allowed };
                return Err(child.error("load_address", problem));
            }
            // There is room for as many as there are numbers.
            let _ = self.partitions.try_insert(before, node);
        }
        let numbers = self.partitions.iter().map(|node| node.number);
        if let Some((expected, _)) = (1..).zip(numbers).find(|(expected, number)| expected != number) {
            let mut name = Text::new();
            // Two letters and two digits: there is room.
            let _ = write!(name, "vm{expected}");
            hypervisor.required_child(&name)?;
        }
        Ok(())
    }

    /// The ranges of all `memory@…` nodes.
    fn read_memory(&mut self, root: &Node<'_>) -> Result<(), Error> {
        root.required_within("#address-cells", 2..=2)?;
        let size_cells = root.required_within("#size-cells", 1..=2)? as usize;
        for node in root.children() {
            if !node.name().starts_with("memory@") {
                continue;
            }
            let kind = node.required::<MemoryKind>("device_type")?;
            let cells = node.required::<RangeCells>("reg")?;
            let entries = cells.chunks_exact(2 + size_cells);
            if !entries.remainder().is_empty() {
                let allowed = "an entry has two cells of address, and of size as many as #size-cells says";
                return Err(node.error("reg", Problem::Length { found: cells.len() * 4, allowed }));
            }
            for entry in entries {
                let range = kind.range(&node, entry)?;
                self.memory.try_push(range).map_err(|_| {
                    let limit = MAX_MEMORY_RANGES;
                    node.error("reg", Problem::TooMany { found: limit + 1, limit })
                })?;
            }
        }
        Ok(())
    }
}

/// How many cores the `cpus` node has; a manifest that names none is a machine with one.
fn cores(root: &Node<'_>) -> Result<usize, Error> {
    let Some(cpus) = root.child("cpus") else { return Ok(1) };
    let found = cpus.children().filter(|child| child.name().starts_with("cpu@")).count();
    if found > MAX_CORES {
        return Err(cpus.node_error(Problem::TooMany { found, limit: MAX_CORES }));
    }
    Ok(found.max(1))
}

/// Cells of all ranges of one node: an address has two, a size one or two.
type RangeCells = ArrayVec<u32, { 4 * MAX_MEMORY_RANGES }>;

/// The number that `digits` are, if that is how it is written.
fn canonical(digits: &str) -> Option<usize> {
    digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))
}

impl PartitionNode {
    fn parse(node: &Node<'_>, number: usize) -> Result<Self, Error> {
        if !node.has("is_ffa_partition") {
            return Err(node.error("is_ffa_partition", Problem::Missing));
        }
        let load_address = aligned(node, "load_address")?;
        let memory_size = aligned(node, "mem_size")?;
        if memory_size == 0 || load_address.checked_add(memory_size).is_none() {
            return Err(node.error(
                "mem_size",
                Problem::Value {
                    found: memory_size,
                    allowed: "there must be memory, and it must end below 2^64",
                },
            ));
        }
        Ok(Self {
            number,
            name: node.required("debug_name")?,
            load_address,
            memory_size,
            vcpu_count: node.required_within("vcpu_count", 1..=MAX_VCPUS as u32)?,
        })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.load_address < other.load_address.saturating_add(other.memory_size)
            && other.load_address < self.load_address.saturating_add(self.memory_size)
    }
}

/// A number of bytes that must be whole pages.
fn aligned(node: &Node<'_>, property: &'static str) -> Result<u64, Error> {
    let found: u64 = node.required(property)?;
    if found.is_multiple_of(PAGE_SIZE) {
        return Ok(found);
    }
    let allowed = "it must be a multiple of 4096";
    Err(node.error(property, Problem::Value { found, allowed }))
}

impl MemoryKind {
    fn range(self, node: &Node<'_>, entry: &[u32]) -> Result<MemoryRange, Error> {
        let number = |cells: &[u32]| cells.iter().fold(0, |number, cell| number << 32 | u64::from(*cell));
        let (address, size) = entry.split_at_checked(2).unwrap_or_default();
        let (address, size) = (number(address), number(size));
        let fail = |found, allowed| node.error("reg", Problem::Value { found, allowed });
        if !address.is_multiple_of(PAGE_SIZE) {
            return Err(fail(address, "an address must be a multiple of 4096"));
        }
        if size == 0 || !size.is_multiple_of(PAGE_SIZE) || address.checked_add(size).is_none() {
            return Err(fail(size, "a size must be a multiple of 4096, not 0, and end below 2^64"));
        }
        let start = match self {
            Self::Secure | Self::Device => Pa::secure(address),
            Self::NonSecure | Self::NonSecureDevice => Pa::non_secure(address),
        };
        Ok(MemoryRange { kind: self, range: PhysicalRange { start, size } })
    }
}

impl Value for MemoryKind {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let found = Text::read(bytes)?;
        match found.as_str() {
            "memory" => Ok(Self::Secure),
            "ns-memory" => Ok(Self::NonSecure),
            "device-memory" => Ok(Self::Device),
            "ns-device-memory" => Ok(Self::NonSecureDevice),
            _ => Err(Problem::Text {
                found,
                allowed: "it must be memory, ns-memory, device-memory or ns-device-memory",
            }),
        }
    }
}
