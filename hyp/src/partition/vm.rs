//! A VM of the normal world, as far as it is known here: its hypervisor named its RX and TX buffers.

use core::sync::atomic::{AtomicU16, Ordering};

use hal::lock::{Lock, LockPolicy};

use super::mailbox::Mailbox;
use crate::capacity::rank;
use crate::ffa::PartitionId;

/// A VM, or a place for one. Which VM it is changes under the lock of the memory transactions only.
pub struct Vm<P: LockPolicy> {
    /// 0, which is the hypervisor's own id, where the place is free.
    id: AtomicU16,
    /// The RX and TX buffers.
    pub mailbox: Lock<Mailbox, P, { rank::MAILBOX }>,
}

impl<P: LockPolicy> Vm<P> {
    /// A free place, the empty value.
    pub const FREE: PartitionId = PartitionId::NORMAL_WORLD;

    /// A free place, the empty value.
    pub const fn new() -> Self {
        Self { id: AtomicU16::new(Self::FREE.0), mailbox: Lock::new(Mailbox::EMPTY) }
    }

    /// Which VM it is, or [`Vm::FREE`].
    pub fn id(&self) -> PartitionId {
        PartitionId(self.id.load(Ordering::Relaxed))
    }

    /// Makes it the VM `id`, or the place free.
    pub fn set_id(&self, id: PartitionId) {
        self.id.store(id.0, Ordering::Relaxed);
    }
}

impl<P: LockPolicy> Default for Vm<P> {
    fn default() -> Self {
        Self::new()
    }
}
