//! Sharing memory: the normal world shares pages with partitions, they retrieve and relinquish, it reclaims;
//! and its hypervisor is told what it shared.
//!
//! A descriptor is copied from the caller's TX buffer once, and only the copy is read.
//!
//! Rules: `rules/send.toml`.

mod describe;
mod end;
mod retrieve;
mod share;

use hal::Hal;
use hal::lock::Token;

use super::{Relayer, unknown};
use crate::capacity::SCRATCH;
use crate::ffa::memory::{Access, Transaction};
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Error, Handle, PartitionId, Version};
use crate::memory::share::Share;

impl<H: Hal> Relayer<H> {
    /// Copies the first `length` bytes of the caller's TX buffer to `scratch`; returns them, and the version whose
    /// layouts they have.
    fn read_tx<'a>(
        &self,
        hal: &mut H,
        token: &Token,
        caller: PartitionId,
        scratch: &'a mut [u8; SCRATCH],
        length: usize,
    ) -> Result<(&'a [u8], Version), Error> {
        let endpoint = self.endpoint(caller).ok_or(unknown(caller))?;
        let mailbox = endpoint.mailbox.lock(token);
        let tx = mailbox.tx(caller)?;
        let (field, found) = (Item::DescriptorLength, length as u64);
        // rule: send.8
        if found > tx.size() {
            return Err(Error::Field { field, found, allowed: Clause::NotBeyondTx });
        }
        let limit = SCRATCH as u64;
        // rule: memory.26
        let bytes = scratch.get_mut(..length).ok_or(Error::TooMany { field, found, limit })?;
        hal.read(tx, 0, bytes)?;
        Ok((bytes, endpoint.version.get()))
    }
}

fn find(share: Option<&mut Share>, handle: Handle) -> Result<&mut Share, Error> {
    // rule: retrieve.6, relinquish.6, reclaim.2, describe.3
    share.ok_or(Error::UnknownHandle { handle })
}

/// Refuses a `caller` that does not speak for who sent `share`: no call says for which VM its hypervisor makes it.
fn owned_by(share: &Share, caller: PartitionId) -> Result<(), Error> {
    let Transaction { sender, handle, .. } = share.transaction;
    // rule: reclaim.3, reclaim.80, describe.80
    if !caller.speaks_for(sender) {
        return Err(Error::NotOwner { caller, handle });
    }
    Ok(())
}

/// What `transaction` says of `receiver`.
fn access_of(transaction: &Transaction, receiver: PartitionId) -> Result<Access, Error> {
    let handle = transaction.handle;
    // rule: retrieve.17, retrieve.18, retrieve.28
    transaction.access_of(receiver).copied().ok_or(Error::NotBorrower { handle, caller: receiver })
}
