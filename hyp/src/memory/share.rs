//! The live memory transactions: whose normal-world memory is, and who holds a borrowed page.
//!
//! Normal-world pages belong to the normal world unless a live transaction names them; then they are shared with
//! its borrowers until it is reclaimed. No page is in two of them.

use arrayvec::ArrayVec;
use hal::memory::Frames;

use crate::capacity::{MAX_EXTENTS, MAX_RECEIVERS, MAX_SHARES};
use crate::ffa::memory::Transaction;
use crate::ffa::{Handle, PartitionId};

/// One transaction from its send to its reclaim.
#[derive(Clone, Debug)]
pub struct Share {
    /// What was sent: owner, handle, tag, attributes, and what each receiver may do at most.
    pub transaction: Transaction,
    /// The pages, in the sender's order.
    pub extents: ArrayVec<Frames, MAX_EXTENTS>,
    /// Bit n: the n-th receiver's tables map the pages, from its retrieve to its relinquish.
    holds: u32,
}

const _: () = assert!(MAX_RECEIVERS <= 32, "`holds` has a bit for each receiver");

impl Share {
    /// The place of `partition` among the receivers.
    fn place(&self, partition: PartitionId) -> Option<usize> {
        self.transaction.receivers.iter().position(|access| access.receiver == partition)
    }

    /// True when the tables of `partition` map the pages.
    pub fn is_held_by(&self, partition: PartitionId) -> bool {
        self.place(partition).is_some_and(|place| self.holds & 1 << place != 0)
    }

    /// Notes that the tables of `partition`, a receiver, map the pages now, or do not.
    pub fn set_held(&mut self, partition: PartitionId, held: bool) {
        if let Some(place) = self.place(partition) {
            self.holds = self.holds & !(1 << place) | u32::from(held) << place;
        }
    }

    /// A receiver whose tables map the pages, if there is one.
    pub fn holder(&self) -> Option<PartitionId> {
        let place = self.holds.trailing_zeros() as usize;
        self.transaction.receivers.get(place).map(|access| access.receiver)
    }
}

/// All live transactions.
#[derive(Debug)]
pub struct Shares {
    live: ArrayVec<Share, MAX_SHARES>,
    /// The handle given out last; none is given out twice.
    last: u64,
}

impl Shares {
    /// No transaction, the empty value.
    pub const EMPTY: Self = Self { live: ArrayVec::new_const(), last: 0 };

    /// True when a live transaction names a page of `frames`.
    pub fn names(&self, frames: &Frames) -> bool {
        self.live.iter().flat_map(|share| &share.extents).any(|extent| extent.overlaps(frames))
    }

    /// Adds a transaction, gives it a handle, and returns that; `None` when there are as many as there can be.
    pub fn add(
        &mut self,
        mut transaction: Transaction,
        extents: ArrayVec<Frames, MAX_EXTENTS>,
    ) -> Option<Handle> {
        // Bit 63 is clear in the handles that an SPMC gives out; that many will never be.
        let handle = Handle((self.last + 1) & !Handle::ALLOCATED_BY_HYPERVISOR);
        transaction.handle = handle;
        self.live.try_push(Share { transaction, extents, holds: 0 }).ok()?;
        self.last = handle.0;
        Some(handle)
    }

    /// The live transaction that `handle` names.
    pub fn find(&mut self, handle: Handle) -> Option<&mut Share> {
        self.live.iter_mut().find(|share| share.transaction.handle == handle)
    }

    /// The live transactions whose pages the tables of `partition` map.
    pub fn held_by(&mut self, partition: PartitionId) -> impl Iterator<Item = &mut Share> {
        self.live.iter_mut().filter(move |share| share.is_held_by(partition))
    }

    /// Ends the transaction that `handle` names.
    pub fn remove(&mut self, handle: Handle) {
        self.live.retain(|share| share.transaction.handle != handle);
    }
}
