//! A partition: what its manifest says, its tables, its endpoint and its vCPUs.

pub mod endpoint;
pub mod execution;
pub mod interrupts;
pub mod mailbox;
pub mod notifications;
pub mod runtime_model;
pub mod secondary_entry;
pub mod timer;
pub mod vcpu;
pub mod vm;

use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use hal::lock::{Lock, LockPolicy};
use spin::Once;

use crate::capacity::{MAX_VCPUS, rank};
use crate::ffa::partition_info::Properties;
use crate::manifest::{AbortAction, PartitionConfig, Smcs};
use crate::memory::stage2::Stage2;
use endpoint::Endpoint;
use execution::Execution;
use interrupts::{Asserted, VirtualInterrupts};
use secondary_entry::SecondaryEntry;
use vcpu::Slot;

/// The run state of a vCPU, behind its lock.
pub type ExecutionLock<P> = Lock<Execution, P, { rank::EXECUTION }>;

/// What is known of a partition once it is loaded, and never changes again.
#[derive(Debug)]
pub struct Loaded {
    /// What its manifest says.
    pub config: PartitionConfig,
    /// Everything that any of its services does.
    pub messaging: Properties,
    /// Where its first vCPU begins, and the others unless it says otherwise.
    pub entry_point: u64,
    /// Where its first vCPU finds boot information, if it wants some.
    pub boot_info: Option<BootInformation>,
    /// Which SMCs of others' services it may make.
    pub smcs: Smcs,
    /// Milliseconds that each of its vCPUs has to initialise itself; 0 is no limit.
    pub init_timeout: u32,
    /// Milliseconds that each of its vCPUs has to handle an interrupt, or for a managed exit; 0 is no limit.
    pub interrupt_timeout: u32,
    /// Its tables; they change under the pool's lock only.
    pub stage2: Stage2,
}

/// Where a partition finds its boot information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BootInformation {
    /// The number of the register that holds the address, x0 to x3.
    pub register: u8,
    /// The address, in the partition's memory.
    pub address: u64,
}

impl Loaded {
    /// True where each core has a vCPU of its own; false where the only vCPU runs on whichever core asks for it.
    pub const fn is_pinned(&self) -> bool {
        self.config.execution_contexts > 1
    }

    /// True where others may know of `partition`, whose this is.
    pub fn is_listed<P: LockPolicy>(&self, partition: &Partition<P>) -> bool {
        // rule: abort.14, abort.15, abort.16
        !partition.has_aborted() || self.config.abort_action != AbortAction::Destroy
    }

    /// The vCPU that runs on the core with the linear index `core`.
    pub const fn vcpu_on(&self, core: usize) -> u16 {
        // rule: direct.8
        if self.is_pinned() { core as u16 } else { 0 }
    }
}

/// One partition.
// In this order: what each call looks at is near the beginning, where one instruction reaches it.
#[repr(C)]
pub struct Partition<P: LockPolicy> {
    /// Set once, at boot.
    pub loaded: Once<Loaded>,
    /// Its buffers and version.
    pub endpoint: Endpoint<P>,
    /// Where its vCPUs other than the first begin.
    pub secondary_entry: SecondaryEntry,
    aborted: AtomicBool,
    /// The run states of its vCPUs.
    pub executions: [ExecutionLock<P>; MAX_VCPUS],
    /// The registers of its vCPUs.
    pub slots: [Slot<P>; MAX_VCPUS],
    /// [`Asserted`] of each vCPU, for the core that is about to run it.
    asserted: [AtomicU8; MAX_VCPUS],
}

impl<P: LockPolicy> Partition<P> {
    /// A partition that is not there, the empty value.
    pub const fn new() -> Self {
        Self {
            loaded: Once::new(),
            endpoint: Endpoint::new(),
            secondary_entry: SecondaryEntry::new(),
            aborted: AtomicBool::new(false),
            executions: [const { Lock::new(Execution::OFF) }; MAX_VCPUS],
            slots: [const { Slot::new() }; MAX_VCPUS],
            asserted: [const { AtomicU8::new(0) }; MAX_VCPUS],
        }
    }
}

impl<P: LockPolicy> Partition<P> {
    /// True from its abort on.
    pub fn has_aborted(&self) -> bool {
        self.aborted.load(Ordering::Relaxed)
    }

    /// It aborts; false where it had already.
    pub fn abort(&self) -> bool {
        !self.aborted.swap(true, Ordering::Relaxed)
    }

    /// The virtual interrupt lines that the vCPU number `index` has asserted. Who changes them while it runs on another
    /// core has that core come to the monitor.
    #[inline(always)]
    pub fn asserted(&self, index: u16) -> Asserted {
        let asserted = self.asserted.get(usize::from(index));
        Asserted(asserted.map_or(0, |asserted| asserted.load(Ordering::Relaxed)))
    }

    /// Notes what the virtual interrupts of the vCPU number `index`, whose run state is held, assert.
    pub fn note_asserted(&self, index: u16, interrupts: &VirtualInterrupts) {
        if let Some(asserted) = self.asserted.get(usize::from(index)) {
            asserted.store(interrupts.asserted().0, Ordering::Relaxed);
        }
    }

    /// The run state and the registers of vCPU number `index`, if there is room for so many.
    pub fn vcpu(&self, index: u16) -> Option<(&ExecutionLock<P>, &Slot<P>)> {
        let index = usize::from(index);
        self.executions.get(index).zip(self.slots.get(index))
    }
}

impl<P: LockPolicy> Default for Partition<P> {
    fn default() -> Self {
        Self::new()
    }
}
