//! A partition: what its manifest says, its tables, its endpoint and its vCPUs.

pub mod endpoint;
pub mod execution;
pub mod mailbox;
pub mod vcpu;

use hal::lock::{Lock, LockPolicy};
use spin::Once;

use crate::capacity::{MAX_VCPUS, rank};
use crate::ffa::partition_info::Properties;
use crate::manifest::PartitionConfig;
use crate::memory::stage2::Stage2;
use endpoint::Endpoint;
use execution::Execution;
use vcpu::Slot;

/// What is known of a partition once it is loaded, and never changes again.
#[derive(Debug)]
pub struct Loaded {
    /// What its manifest says.
    pub config: PartitionConfig,
    /// Everything that any of its services does.
    pub messaging: Properties,
    /// Where its first vCPU begins.
    pub entry_point: u64,
    /// Its tables; they change under the pool's lock only.
    pub stage2: Stage2,
}

/// One partition.
pub struct Partition<P: LockPolicy> {
    /// Set once, at boot.
    pub loaded: Once<Loaded>,
    /// Its buffers and version.
    pub endpoint: Endpoint<P>,
    /// The run states of its vCPUs.
    pub executions: [Lock<Execution, P, { rank::EXECUTION }>; MAX_VCPUS],
    /// The registers of its vCPUs.
    pub slots: [Slot; MAX_VCPUS],
}

impl<P: LockPolicy> Partition<P> {
    /// A partition that is not there, the empty value.
    pub const fn new() -> Self {
        Self {
            loaded: Once::new(),
            endpoint: Endpoint::new(),
            executions: [const { Lock::new(Execution::OFF) }; MAX_VCPUS],
            slots: [const { Slot::new() }; MAX_VCPUS],
        }
    }
}

impl<P: LockPolicy> Default for Partition<P> {
    fn default() -> Self {
        Self::new()
    }
}
