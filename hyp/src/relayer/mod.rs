//! The relayer, FF-A's word for who carries calls between endpoints: one file per group of the ABI, one function
//! per call, each returning who runs next or why not.
//!
//! It knows who is managed here, the partitions, and who is beyond the next call, the normal world. What only one
//! personality has (entry, boot, policy, power) is in its own room.
//!
//! | file | calls |
//! |---|---|
//! | [`setup`] | FFA_VERSION, FFA_ID_GET, FFA_SPM_ID_GET, FFA_SECONDARY_EP_REGISTER |
//! | [`features`] | FFA_FEATURES |
//! | [`discovery`] | FFA_PARTITION_INFO_GET, FFA_PARTITION_INFO_GET_REGS |
//! | [`mailboxes`] | FFA_RXTX_MAP, FFA_RXTX_UNMAP, FFA_RX_RELEASE, FFA_RX_ACQUIRE |
//! | [`messages`] | FFA_MSG_SEND_DIRECT_REQ, FFA_MSG_SEND_DIRECT_RESP, FFA_MSG_SEND_DIRECT_REQ2, FFA_MSG_SEND_DIRECT_RESP2 |
//! | [`indirect`] | FFA_MSG_SEND2 |
//! | [`cycles`] | FFA_MSG_WAIT, FFA_YIELD, FFA_RUN |
//! | [`interrupts`] | FFA_INTERRUPT, and what interrupts do to who runs |
//! | [`aborts`] | FFA_ABORT, FFA_ERROR, and faults that end a partition |
//! | [`notifications`] | FFA_NOTIFICATION_BITMAP_CREATE, DESTROY, BIND, UNBIND, SET, GET and INFO_GET |
//! | [`sharing`] | FFA_MEM_SHARE, FFA_MEM_RETRIEVE_REQ, FFA_MEM_RELINQUISH, FFA_MEM_RECLAIM |

pub mod aborts;
pub mod cycles;
pub mod discovery;
pub mod features;
pub mod indirect;
pub mod interrupts;
pub mod mailboxes;
pub mod messages;
pub mod next;
pub mod notifications;
pub mod setup;
pub mod sharing;

use arrayvec::ArrayVec;
use hal::Hal;
use hal::lock::Lock;
use hal::memory::{Frames, PhysicalMemory};
use spin::Once;

use crate::capacity::{MAX_CORES, MAX_MEMORY_RANGES, MAX_PARTITIONS, MAX_VMS, SCRATCH, rank};
use crate::ffa::{Error, PartitionId, TargetInfo, Version};
use crate::memory::pool::PagePool;
use crate::memory::share::Shares;
use crate::partition::endpoint::Endpoint;
use crate::partition::execution::Execution;
use crate::partition::vm::Vm;
use crate::partition::{Loaded, Partition};
use notifications::receivers::Receivers;

/// The version of FF-A whose calls need no look at the caller's version; the least that partitions are offered.
pub const VERSION: Version = Version::V1_2;

/// What is known of the machine after boot.
#[derive(Debug)]
pub struct Platform {
    /// All memory that is not the monitor's.
    pub memory: PhysicalMemory,
    /// The normal world's.
    pub normal_world: ArrayVec<Frames, MAX_MEMORY_RANGES>,
    /// The version of FF-A that the normal world is offered: what the monitor's manifest says.
    pub version: Version,
}

/// Everything that calls work on.
pub struct Relayer<H: Hal> {
    /// Set once, at boot.
    pub platform: Once<Platform>,
    /// The partitions, the n-th with id 0x8001 + n; those that are not loaded are not there.
    pub partitions: [Partition<H::Locks>; MAX_PARTITIONS],
    /// The normal world, as one endpoint.
    pub normal_world: Endpoint<H::Locks>,
    /// Its VMs that have buffers.
    pub vms: [Vm<H::Locks>; MAX_VMS],
    /// The live memory transactions.
    pub shares: Lock<Shares, H::Locks, { rank::SHARES }>,
    /// The notifications of all endpoints.
    pub notifications: Lock<Receivers, H::Locks, { rank::NOTIFICATIONS }>,
    /// The page pool. Its lock is the lock of all tables.
    pub pool: Lock<PagePool, H::Locks, { rank::POOL }>,
    /// Each core's private copy of what a caller wrote.
    scratch: [Lock<[u8; SCRATCH], H::Locks, { rank::SCRATCH }>; MAX_CORES],
}

/// The id of the first partition.
const FIRST_PARTITION: u16 = 0x8001;

/// The id of the partition at `index`.
pub const fn partition_id(index: usize) -> PartitionId {
    PartitionId(FIRST_PARTITION + index as u16)
}

/// The index of the partition `id`.
pub const fn index_of(id: PartitionId) -> usize {
    id.0.wrapping_sub(FIRST_PARTITION) as usize
}

/// The normal world, as the caller of a call.
pub const NORMAL_WORLD: TargetInfo = TargetInfo { partition: PartitionId::NORMAL_WORLD, vcpu: 0 };

impl<H: Hal> Relayer<H> {
    /// Nobody and nothing, the empty value.
    pub const fn new() -> Self {
        Self {
            platform: Once::new(),
            partitions: [const { Partition::new() }; MAX_PARTITIONS],
            normal_world: Endpoint::new(),
            vms: [const { Vm::new() }; MAX_VMS],
            shares: Lock::new(Shares::EMPTY),
            notifications: Lock::new(Receivers::EMPTY),
            pool: Lock::new(PagePool::EMPTY),
            scratch: [const { Lock::new([0; SCRATCH]) }; MAX_CORES],
        }
    }

    /// The partition with `id`, and what is known of it, if it is loaded.
    // Out of line: looked up in many places.
    #[inline(never)]
    pub fn partition(&self, id: PartitionId) -> Option<(&Partition<H::Locks>, &Loaded)> {
        let partition = self.partitions.get(index_of(id))?;
        Some((partition, partition.loaded.get()?))
    }

    /// All loaded partitions, in the order of their ids: a machine with one that is not loaded does not boot.
    pub fn loaded(&self) -> impl Iterator<Item = (PartitionId, &Partition<H::Locks>, &Loaded)> {
        self.partitions
            .iter()
            .enumerate()
            .map_while(|(index, partition)| Some((partition_id(index), partition, partition.loaded.get()?)))
    }

    /// The private copy of the core with the linear index `core`; `None` where there can be no such core.
    pub fn scratch_on(&self, core: usize) -> Option<&Lock<[u8; SCRATCH], H::Locks, { rank::SCRATCH }>> {
        self.scratch.get(core)
    }

    /// The endpoint with `id`: the normal world or a loaded partition.
    #[inline(always)]
    pub fn endpoint(&self, id: PartitionId) -> Option<&Endpoint<H::Locks>> {
        if id == PartitionId::NORMAL_WORLD {
            return Some(&self.normal_world);
        }
        self.partition(id).map(|(partition, _)| &partition.endpoint)
    }

    /// The run state of a partition's vCPU; the normal world has none here.
    #[inline(always)]
    fn execution(&self, vcpu: TargetInfo) -> Option<&Lock<Execution, H::Locks, { rank::EXECUTION }>> {
        let (partition, _) = self.partition(vcpu.partition)?;
        partition.executions.get(usize::from(vcpu.vcpu))
    }

    /// The pages from `address` on, if they are all the normal world's.
    fn normal_world_frames(&self, address: u64, pages: u64) -> Option<Frames> {
        let platform = self.platform.get()?;
        let frames = platform.memory.frames(hal::Pa::non_secure(address), pages).ok()?;
        let inside = |range: &Frames| {
            frames.start().address >= range.start().address
                && frames.size() <= range.size()
                && frames.start().address - range.start().address <= range.size() - frames.size()
        };
        platform.normal_world.iter().any(inside).then_some(frames)
    }
}

impl<H: Hal> Default for Relayer<H> {
    fn default() -> Self {
        Self::new()
    }
}

/// The error for a caller that is no endpoint here.
fn unknown(receiver: PartitionId) -> Error {
    Error::UnknownReceiver { receiver }
}
