//! What the monitor's manifest says about one partition: a `vm<n>` node.

use arrayvec::ArrayVec;

use super::error::{Report, Text};
use super::tree::{Allowed, Node};
use crate::capacity::{
    INIT_TIMEOUT_MS, INTERRUPT_TIMEOUT_MS, MAX_PARTITIONS, MAX_SMCS, MAX_TIMEOUT_MS, MAX_VCPUS,
};

/// What the monitor's manifest says about one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionNode {
    /// n of `vm<n>`, from 1 on.
    pub(super) number: usize,
    /// Its name, for people.
    pub name: Text,
    /// Where its package is, and its memory begins: a secure physical address, page-aligned.
    pub load_address: u64,
    /// Bytes of its memory, a multiple of the page size, at least one page.
    pub memory_size: u64,
    /// How many vCPUs it may have, 1 to [`MAX_VCPUS`].
    pub vcpu_count: u32,
    /// Which SMCs of others' services it may make.
    pub smcs: Smcs,
    /// Milliseconds that each vCPU has to initialise itself, at most [`MAX_TIMEOUT_MS`]; 0 is no limit.
    pub init_timeout: u32,
    /// Milliseconds that each vCPU has to handle an interrupt, or for a managed exit, likewise.
    pub interrupt_timeout: u32,
}

/// SMCs that are not FF-A's and that a partition may have EL3 serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Smcs {
    /// Their function ids.
    pub list: ArrayVec<u32, MAX_SMCS>,
    /// All others too.
    pub permissive: bool,
}

impl Smcs {
    /// True where the SMC with this function id is one of them.
    pub fn allow(&self, function: u32) -> bool {
        self.permissive || self.list.contains(&function)
    }
}

impl PartitionNode {
    /// The number that `digits` are, if that is how the number of a partition is written.
    pub(super) fn number_of(digits: &str) -> Option<usize> {
        let number = digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))?;
        (1..=MAX_PARTITIONS).contains(&number).then_some(number)
    }

    /// What the present node says.
    #[inline(never)]
    pub(super) fn read(node: &Node<'_>, number: usize, report: &mut Report<'_>) -> Self {
        const KNOWN: &[&str] = &[
            "is_ffa_partition",
            "hyp_loaded",
            "debug_name",
            "load_address",
            "mem_size",
            "vcpu_count",
            "init_timeout_ms",
            "interrupt_timeout_ms",
            "smc_whitelist",
            "smc_whitelist_permissive",
        ];
        let properties = node.properties(KNOWN, report);
        if !properties.flag("is_ffa_partition", report) {
            report.missing("is_ffa_partition");
        }
        if properties.flag("hyp_loaded", report) {
            report.unexpected("hyp_loaded", "partitions are loaded before the monitor");
        }
        let smcs = Smcs {
            list: properties.cells("smc_whitelist", MAX_SMCS, report).iter().collect(),
            permissive: properties.flag("smc_whitelist_permissive", report),
        };
        let mut required = |name| {
            properties.pages(name, report).unwrap_or_else(|| {
                report.missing(name);
                0
            })
        };
        let (load_address, memory_size) = (required("load_address"), required("mem_size"));
        if memory_size == 0 || load_address.checked_add(memory_size).is_none() {
            report.value("mem_size", memory_size, "there must be memory, and it must end below 2^64");
        }
        let name = properties.text("debug_name", report);
        if name.is_none() {
            report.missing("debug_name");
        }
        let vcpus = Allowed::within(1, MAX_VCPUS as u64);
        let timeouts = Allowed::within(0, MAX_TIMEOUT_MS.into());
        let mut timeout = |name, usual| {
            properties.optional(name, &timeouts, report).map_or(usual, |timeout| timeout as u32)
        };
        let init_timeout = timeout("init_timeout_ms", INIT_TIMEOUT_MS);
        let interrupt_timeout = timeout("interrupt_timeout_ms", INTERRUPT_TIMEOUT_MS);
        Self {
            number,
            name: Text::from(name.unwrap_or_default()).unwrap_or_default(),
            load_address,
            memory_size,
            vcpu_count: properties.required("vcpu_count", &vcpus, report) as u32,
            smcs,
            init_timeout,
            interrupt_timeout,
        }
    }

    /// True when a page is in both partitions' memory.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.load_address < other.load_address.saturating_add(other.memory_size)
            && other.load_address < self.load_address.saturating_add(self.memory_size)
    }
}
