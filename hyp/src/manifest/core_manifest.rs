//! The monitor's own manifest (TOS_FW_CONFIG): who there is, where, and which memory is whose.

use core::fmt::Write;

use arrayvec::ArrayVec;
use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa};

use super::error::{Error, Problem, Text};
use super::tree::{Node, Value};
use crate::capacity::{MAX_MEMORY_RANGES, MAX_PARTITIONS, MAX_VCPUS};
use crate::ffa::{PartitionId, Version};

/// The monitor's manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreManifest {
    /// The SPMC's id.
    pub spmc_id: PartitionId,
    /// The version of FF-A that the SPMD is told the SPMC has.
    pub version: Version,
    /// The partitions: the first is `vm1`, the next `vm2`. Their memory is page-aligned and disjoint.
    pub partitions: ArrayVec<PartitionNode, MAX_PARTITIONS>,
    /// The machine's memory.
    pub memory: ArrayVec<MemoryRange, MAX_MEMORY_RANGES>,
}

/// What the monitor's manifest says about one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionNode {
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
    /// Reads the manifest at the beginning of `bytes`, a private copy; behind it there may be anything.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        const COMPATIBLE: &str = "arm,ffa-core-manifest-1.0";
        let root = Node::root("monitor manifest", bytes)?;
        root.compatible(COMPATIBLE, "it must be \"arm,ffa-core-manifest-1.0\"")?;
        let attribute = root.required_child("attribute")?;
        let version = Version {
            major: attribute.required_within("maj_ver", 1..=1)? as u16,
            minor: attribute.required_within("min_ver", 0..=0xffff)? as u16,
        };
        Ok(Self {
            spmc_id: PartitionId(attribute.required_within("spmc_id", 0x8000..=0xffff)? as u16),
            version,
            partitions: partitions(&root.required_child("hypervisor")?)?,
            memory: memory(&root)?,
        })
    }
}

/// The partitions below the `hypervisor` node: `vm1`, `vm2` and so on, in whatever order the nodes are there.
fn partitions(hypervisor: &Node<'_>) -> Result<ArrayVec<PartitionNode, MAX_PARTITIONS>, Error> {
    hypervisor.compatible("hafnium,hafnium", "it must be \"hafnium,hafnium\"")?;
    let mut found = [const { None }; MAX_PARTITIONS];
    for child in hypervisor.children() {
        let Some(number) = child.name().strip_prefix("vm") else {
            continue;
        };
        let slot = index(number)
            .and_then(|index| found.get(index))
            .ok_or_else(|| {
                let reason = "partitions are vm1 to vm32";
                child.node_error(Problem::Unexpected { reason })
            })?;
        if slot.is_some() {
            let reason = "it is there twice";
            return Err(child.node_error(Problem::Unexpected { reason }));
        }
        let node = PartitionNode::parse(&child)?;
        if found
            .iter()
            .flatten()
            .any(|earlier: &PartitionNode| earlier.overlaps(&node))
        {
            let problem = Problem::Value {
                found: node.load_address,
                allowed: "partitions must not overlap",
            };
            return Err(child.error("load_address", problem));
        }
        if let Some(slot) = index(number).and_then(|index| found.get_mut(index)) {
            *slot = Some(node);
        }
    }
    let count = found.iter().flatten().count();
    if let Some(gap) = found.iter().take(count).position(Option::is_none) {
        let mut name = Text::new();
        // Two letters and two digits: there is room.
        let _ = write!(name, "vm{}", gap.saturating_add(1));
        hypervisor.required_child(&name)?;
    }
    Ok(found.into_iter().flatten().collect())
}

/// The place of the partition `vm<number>`, if that is how its number is written.
fn index(number: &str) -> Option<usize> {
    let canonical = !number.starts_with(['0', '+']);
    number
        .parse::<usize>()
        .ok()
        .filter(|_| canonical)?
        .checked_sub(1)
}

impl PartitionNode {
    fn parse(node: &Node<'_>) -> Result<Self, Error> {
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

/// The ranges of all `memory@…` nodes.
fn memory(root: &Node<'_>) -> Result<ArrayVec<MemoryRange, MAX_MEMORY_RANGES>, Error> {
    /// Cells of all ranges of one node: an address has two, a size one or two.
    type Cells = ArrayVec<u32, { 4 * MAX_MEMORY_RANGES }>;

    root.required_within("#address-cells", 2..=2)?;
    let size_cells = root.required_within("#size-cells", 1..=2)? as usize;
    let mut memory = ArrayVec::new();
    for node in root.children() {
        if !node.name().starts_with("memory@") {
            continue;
        }
        let kind = node.required::<MemoryKind>("device_type")?;
        let cells = node.required::<Cells>("reg")?;
        let entries = cells.chunks_exact(2 + size_cells);
        if !entries.remainder().is_empty() {
            return Err(node.error(
                "reg",
                Problem::Length {
                    found: cells.len() * 4,
                    allowed: "an entry has two cells of address, and of size as many as #size-cells says",
                },
            ));
        }
        for entry in entries {
            let range = kind.range(&node, entry)?;
            memory.try_push(range).map_err(|_| {
                let limit = MAX_MEMORY_RANGES;
                node.error(
                    "reg",
                    Problem::TooMany {
                        found: limit + 1,
                        limit,
                    },
                )
            })?;
        }
    }
    Ok(memory)
}

impl MemoryKind {
    fn range(self, node: &Node<'_>, entry: &[u32]) -> Result<MemoryRange, Error> {
        let number = |cells: &[u32]| {
            cells
                .iter()
                .fold(0, |number, cell| number << 32 | u64::from(*cell))
        };
        let (address, size) = entry.split_at_checked(2).unwrap_or_default();
        let (address, size) = (number(address), number(size));
        let fail = |found, allowed| node.error("reg", Problem::Value { found, allowed });
        if !address.is_multiple_of(PAGE_SIZE) {
            return Err(fail(address, "an address must be a multiple of 4096"));
        }
        if size == 0 || !size.is_multiple_of(PAGE_SIZE) || address.checked_add(size).is_none() {
            return Err(fail(
                size,
                "a size must be a multiple of 4096, not 0, and end below 2^64",
            ));
        }
        let start = match self {
            Self::Secure | Self::Device => Pa::secure(address),
            Self::NonSecure | Self::NonSecureDevice => Pa::non_secure(address),
        };
        Ok(MemoryRange {
            kind: self,
            range: PhysicalRange { start, size },
        })
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
