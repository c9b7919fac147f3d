//! What TF-A is told: of the SPMC (TOS_FW_CONFIG) and of the packages to load (TB_FW_CONFIG).

use super::{Node, partition};
use crate::ffa;
use crate::machine::layout;
use crate::program::Role;

/// What the SPMC's manifest says of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionPlace {
    /// Which partition.
    pub role: Role,
    /// Where its memory begins.
    pub base: u64,
    /// Bytes of its memory.
    pub size: u64,
    /// How many execution contexts it has.
    pub vcpus: u32,
    /// Which SMCs of EL3's services it may make.
    pub smcs: Smcs,
    /// Milliseconds that each of these has to initialise itself, where that is not left to the SPMC.
    pub init_timeout: Option<u32>,
    /// Milliseconds that each has to handle an interrupt, likewise.
    pub interrupt_timeout: Option<u32>,
}

/// SMCs that the SPMC's manifest lets a partition make.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Smcs {
    /// None, and the manifest does not say so.
    #[default]
    Unsaid,
    /// Those with these function ids.
    These(&'static [u32]),
    /// All.
    All,
}

/// The SPMC's manifest for `partitions` on a machine with so many `cores`, in the form that Hafnium reads too; FF-A's
/// `version` is what the normal world is offered.
pub fn core_manifest(partitions: &[PartitionPlace], cores: u16, version: u64) -> Node {
    let attribute = Node::new("attribute")
        .with("spmc_id", u32::from(ffa::SPMC))
        .with("maj_ver", (version >> 16) as u32)
        .with("min_ver", version as u32 & 0xFFFF)
        .with("exec_state", 0u32)
        .with("load_address", layout::MONITOR.0)
        .with("entrypoint", layout::MONITOR.0)
        .with("binary_size", layout::SPMC_SIZE);
    let hypervisor = partitions
        .iter()
        .fold(Node::new("hypervisor").with("compatible", "hafnium,hafnium"), |node, place| {
            node.child(virtual_machine(place))
        });
    let cpus = Node::new("cpus").with("#address-cells", 2u32).with("#size-cells", 0u32);
    let cpus = (0..u32::from(cores)).fold(cpus, |node, core| {
        let cpu = Node::new(format!("cpu@{core:x}")).with("device_type", "cpu");
        node.child(cpu.with("reg", &[0, core][..]))
    });
    Node::new("")
        .with("compatible", "arm,ffa-core-manifest-1.0")
        .with("#address-cells", 2u32)
        .with("#size-cells", 2u32)
        .child(attribute)
        .child(hypervisor)
        .child(cpus)
        .child(memory("memory", &[layout::SECURE_DRAM]))
        .child(memory("ns-memory", &[layout::NORMAL_RAM]))
        .child(memory(
            "device-memory",
            &[layout::SECURE_UART, layout::GPIO, layout::SECURE_GPIO].map(|page| (page, layout::PAGE)),
        ))
        .child(memory("ns-device-memory", &[(layout::GPIO, layout::PAGE)]))
}

/// What TF-A's BL2 is told of the packages of `partitions`: each of the first [`layout::PACKAGES`] is loaded from a file
/// named as its node, the last of them with those of all others.
pub fn firmware_config(partitions: &[Role]) -> Node {
    let list =
        partitions.iter().fold(Node::new("secure-partitions").with("compatible", "arm,sp"), |node, role| {
            let Role::Partition(number @ ..=layout::PACKAGES) = *role else {
                return node;
            };
            node.child(
                Node::new(partition::file_name(*role))
                    .with("uuid", partition::firmware_uuid(*role).as_str())
                    .with("load-address", layout::partition_base(number) as u32),
            )
        });
    Node::new("").child(list)
}

fn virtual_machine(place: &PartitionPlace) -> Node {
    let node = Node::new(format!("vm{}", place.role.index()))
        .with("is_ffa_partition", ())
        .with("debug_name", partition::file_name(place.role).as_str())
        .with("load_address", place.base as u32)
        .with("vcpu_count", place.vcpus)
        .with("mem_size", place.size as u32);
    let node = match place.smcs {
        Smcs::Unsaid => node,
        Smcs::These(functions) => node.with("smc_whitelist", functions),
        Smcs::All => node.with("smc_whitelist_permissive", ()),
    };
    let timeouts =
        [("init_timeout_ms", place.init_timeout), ("interrupt_timeout_ms", place.interrupt_timeout)];
    let said = timeouts.into_iter().filter_map(|(name, timeout)| Some((name, timeout?)));
    said.fold(node, |node, (name, timeout)| node.with(name, timeout))
}

fn memory(kind: &str, ranges: &[(u64, u64)]) -> Node {
    let cells = |(start, size)| [start, size].map(|number: u64| [(number >> 32) as u32, number as u32]);
    let reg: Vec<u32> = ranges.iter().flat_map(|range| cells(*range).concat()).collect();
    Node::new(format!("memory@{:x}", ranges[0].0)).with("device_type", kind).with("reg", &reg[..])
}
