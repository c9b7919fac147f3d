//! What the oracle is told before a run, as plain data: what the SPMC manifest and the packages say.

use hal::memory::PhysicalRange;

use crate::rights::Rights;
use crate::state::Buffers;

/// Who plays, and whose memory is whose at boot.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The monitor's own memory: its image and its page pool. Nobody else reaches it.
    pub monitor: Vec<PhysicalRange>,
    /// The normal world's memory.
    pub normal_world: Vec<PhysicalRange>,
    /// The partitions.
    pub partitions: Vec<PartitionSpec>,
    /// The ids of EL3's logical partitions.
    pub logical_partitions: Vec<u16>,
    /// The highest FF-A version of the monitor, as FFA_VERSION spells it.
    pub version: u32,
}

/// A partition, as its manifest and the SPMC's describe it.
#[derive(Clone, Debug)]
pub struct PartitionSpec {
    /// Its endpoint id.
    pub id: u16,
    /// What findings call it.
    pub name: String,
    /// The FF-A version in its manifest, as FFA_VERSION spells it.
    pub version: u32,
    /// The UUIDs of its services, each as two registers carry it.
    pub services: Vec<[u64; 2]>,
    /// Its execution contexts: one that migrates, or one for each core.
    pub contexts: u16,
    /// The first instruction that it executes.
    pub entry: u64,
    /// Its memory. Where two regions overlap, the first one says what it may do there.
    pub memory: Vec<Region>,
    /// The interrupts of its devices.
    pub interrupts: Vec<u64>,
    /// It receives notifications.
    pub notifications: bool,
    /// The buffers that it finds mapped.
    pub buffers: Option<Buffers>,
}

/// Memory of a partition and what it may do there.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// Where.
    pub range: PhysicalRange,
    /// What.
    pub rights: Rights,
}
