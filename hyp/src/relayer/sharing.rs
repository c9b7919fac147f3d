//! Sharing memory: the normal world shares pages with partitions, they retrieve and relinquish, it reclaims.
//!
//! A descriptor is copied from the caller's TX buffer once, and only the copy is read.
//!
//! | rule | what |
//! |---|---|
//! | `send.8` | a descriptor longer than the TX buffer: INVALID_PARAMETERS |
//! | `share.1` | a sender in the descriptor that is not the caller: DENIED |
//! | `share.2` | a receiver that is not there: INVALID_PARAMETERS |
//! | `share.3` | attributes other than normal, write-back, inner shareable: DENIED |
//! | `share.4` | a page that is not the caller's, is in a live transaction, or is a mailbox buffer: DENIED |
//! | `share.5` | more than [`MAX_TRANSACTION_PAGES`] pages, or more than [`MAX_EXTENTS`] runs of them: NO_MEMORY |
//! | `retrieve.6` | no such handle, another tag, another kind of transaction, another list of receivers: INVALID_PARAMETERS |
//! | `retrieve.7` | another sender, more access than given, a second retrieve: DENIED |
//! | `retrieve.8` | instruction access to shared memory, or zeroing it: INVALID_PARAMETERS. It is never executable |
//! | `retrieve.9` | the RX buffer full or not mapped: BUSY |
//! | `relinquish.3` | an endpoint that is not the caller, a handle that it has not retrieved, zeroing: INVALID_PARAMETERS |
//! | `reclaim.2` | no such handle, or not the caller's: INVALID_PARAMETERS; a receiver that still holds it: DENIED |

use arrayvec::ArrayVec;
use hal::lock::Token;
use hal::memory::Frames;
use hal::{Hal, PAGE_SIZE, Registers};

use super::{Relayer, unknown};
use crate::capacity::{MAX_EXTENTS, MAX_TRANSACTION_PAGES, SCRATCH};
use crate::core::Core;
use crate::ffa::call::{Lengths, Transfer};
use crate::ffa::memory::{
    Access, Attributes, Flags, Layout, Permissions, Range, Relinquish, Transaction, parse_retrieve_request,
    parse_send, write_retrieve_response,
};
use crate::ffa::{Error, Handle, PartitionId, Version, response};
use crate::memory::entry::{self, MemoryType, PageState};
use crate::memory::share::Share;
use crate::memory::stage2::MapError;

/// Bytes of a relinquish descriptor for one endpoint.
const RELINQUISH_SIZE: usize = 18;

impl<H: Hal> Relayer<H> {
    /// FFA_MEM_SHARE of the normal world; answers with the handle.
    pub fn mem_share(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        lengths: Lengths,
    ) -> Result<Registers, Error> {
        if lengths.fragment != lengths.total {
            let found = u64::from(lengths.total);
            return Err(Error::TooMany { field: "the descriptor's length", found, limit: SCRATCH as u64 });
        }
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, version) =
            self.read_tx(core.hal, &core.token, caller, &mut scratch, lengths.total as usize)?;
        let (transaction, constituents) = parse_send(Layout::of(version), Transfer::Share, descriptor)?;
        if transaction.sender != caller {
            return Err(Error::SentForAnother { found: transaction.sender, caller });
        }
        for access in &transaction.receivers {
            self.partition(access.receiver).ok_or(unknown(access.receiver))?;
        }
        transaction.attributes.check_normal_memory()?;
        let found = constituents.total_pages();
        if found > MAX_TRANSACTION_PAGES {
            let limit = u64::from(MAX_TRANSACTION_PAGES);
            return Err(Error::TooMany { field: "the number of pages", found: u64::from(found), limit });
        }

        let mut shares = self.shares.lock(&core.token);
        let mailbox = self.normal_world.mailbox.lock(&core.token);
        let mut extents = ArrayVec::<Frames, MAX_EXTENTS>::new();
        for Range { address, pages } in constituents.iter() {
            let frames = self
                .normal_world_frames(address, u64::from(pages))
                .ok_or(Error::PageNotOwned { caller, address })?;
            if shares.names(&frames) {
                return Err(Error::PageInTransaction { address });
            }
            if mailbox.overlaps(&frames) {
                return Err(Error::PageIsMailbox { address });
            }
            if let Some(last) = extents.last_mut()
                && let Some(joined) = last.joined(&frames)
            {
                *last = joined;
                continue;
            }
            extents.try_push(frames).map_err(|_| Error::NoMemory { what: "another run of pages" })?;
        }
        let handle =
            shares.add(transaction, extents).ok_or(Error::NoMemory { what: "another memory transaction" })?;
        Ok(response::success_with_handle(handle))
    }

    /// FFA_MEM_RETRIEVE_REQ of a partition: maps the pages, and answers with the descriptor in its RX buffer.
    pub fn mem_retrieve(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        length: u32,
    ) -> Result<Registers, Error> {
        let (partition, loaded) = self.partition(caller).ok_or(unknown(caller))?;
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, version) =
            self.read_tx(core.hal, &core.token, caller, &mut scratch, length as usize)?;
        let layout = Layout::of(version);
        let request = parse_retrieve_request(layout, descriptor)?;

        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(request.handle), request.handle)?;
        let permissions = granted(share, &request, caller)?;
        let answer = Transaction {
            attributes: attributes(version),
            flags: Flags::SHARE,
            receivers: [Access { permissions, ..access_of(&request, caller)? }].into_iter().collect(),
            ..request
        };
        let mut mailbox = partition.endpoint.mailbox.lock(&core.token);
        let rx = mailbox.free_rx(caller)?;
        let size =
            write_retrieve_response(layout, &answer, share.extents.iter().map(range), &mut scratch[..])?;
        let bytes = scratch.get(..size).filter(|_| size as u64 <= rx.size());
        let bytes = bytes.ok_or(Error::AnswerTooLarge { needed: size as u64, size: rx.size() })?;

        let mut access = entry::Access::READ;
        access.set(entry::Access::WRITE, permissions.contains(Permissions::READ_WRITE));
        let mapping = entry::Mapping { access, state: PageState::Borrowed, memory: MemoryType::Normal };
        let mut pool = self.pool.lock(&core.token);
        for (index, extent) in share.extents.iter().enumerate() {
            if let Err(error) = loaded.stage2.map(core.hal, &mut pool, *extent, mapping) {
                for mapped in share.extents.iter().take(index) {
                    loaded.stage2.unmap(core.hal, &mut pool, *mapped);
                }
                return Err(map_error(error, *extent, caller));
            }
        }
        if let Err(fault) = core.hal.write(rx, 0, bytes) {
            for extent in &share.extents {
                loaded.stage2.unmap(core.hal, &mut pool, *extent);
            }
            return Err(fault.into());
        }
        share.set_held(caller, true);
        mailbox.fill();
        Ok(response::mem_retrieve_response(size as u32, size as u32))
    }

    /// FFA_MEM_RELINQUISH of a partition: unmaps the pages.
    pub fn mem_relinquish(&self, core: &mut Core<'_, H>, caller: PartitionId) -> Result<Registers, Error> {
        let (_, loaded) = self.partition(caller).ok_or(unknown(caller))?;
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, _) = self.read_tx(core.hal, &core.token, caller, &mut scratch, RELINQUISH_SIZE)?;
        let Relinquish { handle, zero, endpoint } = Relinquish::parse(descriptor)?;
        if endpoint != caller {
            return Err(Error::SpoofedSender { claimed: endpoint, caller });
        }
        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(handle), handle)?;
        access_of(&share.transaction, caller)?;
        if !share.is_held_by(caller) {
            return Err(Error::NotRetrieved { handle, caller });
        }
        if zero {
            return Err(Error::Field {
                field: "flags of the relinquish descriptor",
                found: 1,
                allowed: "shared memory is not zeroed",
            });
        }
        let mut pool = self.pool.lock(&core.token);
        for extent in &share.extents {
            loaded.stage2.unmap(core.hal, &mut pool, *extent);
        }
        share.set_held(caller, false);
        Ok(response::success())
    }

    /// FFA_MEM_RECLAIM of the normal world: the transaction ends, `zero`ed if the owner wants.
    pub fn mem_reclaim(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        handle: Handle,
        zero: bool,
    ) -> Result<Registers, Error> {
        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(handle), handle)?;
        if share.transaction.sender != caller {
            return Err(Error::NotOwner { caller, handle });
        }
        if let Some(borrower) = share.holder() {
            return Err(Error::StillBorrowed { handle, borrower });
        }
        if zero {
            for extent in &share.extents {
                core.hal.zero(*extent)?;
            }
        }
        shares.remove(handle);
        Ok(response::success())
    }

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
        let (field, found) = ("the descriptor's length", length as u64);
        if found > tx.size() {
            return Err(Error::Field { field, found, allowed: "it must not exceed the TX buffer" });
        }
        let limit = SCRATCH as u64;
        let bytes = scratch.get_mut(..length).ok_or(Error::TooMany { field, found, limit })?;
        hal.read(tx, 0, bytes)?;
        Ok((bytes, endpoint.version.get()))
    }
}

fn find(share: Option<&mut Share>, handle: Handle) -> Result<&mut Share, Error> {
    share.ok_or(Error::UnknownHandle { handle })
}

/// What `transaction` says of `receiver`.
fn access_of(transaction: &Transaction, receiver: PartitionId) -> Result<Access, Error> {
    let handle = transaction.handle;
    transaction.access_of(receiver).copied().ok_or(Error::NotBorrower { handle, caller: receiver })
}

/// What `caller` gets: checks its `request` against what was sent.
fn granted(share: &Share, request: &Transaction, caller: PartitionId) -> Result<Permissions, Error> {
    let sent = &share.transaction;
    let not_as_sent = |field, found, sent| Err(Error::NotAsSent { field, found, sent });
    if request.sender != sent.sender {
        return Err(Error::NotSender { found: request.sender, sender: sent.sender });
    }
    if request.tag != sent.tag {
        return not_as_sent("the tag", request.tag, sent.tag);
    }
    if request.flags.transfer().is_some_and(|transfer| transfer != Transfer::Share) {
        let flags = |flags: Flags| u64::from(flags.bits());
        return not_as_sent("the kind of transaction", flags(request.flags), flags(Flags::SHARE));
    }
    let zeroing = Flags::ZERO | Flags::ZERO_AFTER_RELINQUISH;
    if request.flags.intersects(zeroing) {
        return Err(Error::Field {
            field: "the flags of the retrieve request",
            found: u64::from(request.flags.bits()),
            allowed: "shared memory is not zeroed",
        });
    }
    let (found, all) = (request.receivers.len(), sent.receivers.len());
    if found != all && !request.flags.contains(Flags::BYPASS_MULTI_BORROWER_CHECK) {
        return not_as_sent("the number of receivers", found as u64, all as u64);
    }
    let (wanted, given) = (access_of(request, caller)?, access_of(sent, caller)?);
    if wanted.permissions.has_instruction_access() {
        return Err(Error::Field {
            field: "the instruction access of the retrieve request",
            found: u64::from(wanted.permissions.bits()),
            allowed: "shared memory is never executable: it must not be specified",
        });
    }
    for wanted in &request.receivers {
        let given = access_of(sent, wanted.receiver)?;
        if !wanted.permissions.is_within(given.permissions) {
            let (found, allowed) = (wanted.permissions.bits(), given.permissions.bits());
            return Err(Error::PermissionsExceed { found, allowed });
        }
    }
    if wanted.implementation_defined != given.implementation_defined {
        let ([found, _], [sent, _]) = (wanted.implementation_defined, given.implementation_defined);
        return not_as_sent("the implementation-defined field", found, sent);
    }
    request.attributes.check_normal_memory()?;
    if share.is_held_by(caller) {
        return Err(Error::AlreadyRetrieved { handle: request.handle, caller });
    }
    let data = if wanted.permissions.has_data_access() { wanted } else { given };
    Ok(data.permissions & Permissions::DATA | Permissions::NOT_EXECUTABLE)
}

/// What a receiver of `version` is told of the memory: 1.0 does not know the NS bit.
fn attributes(version: Version) -> Attributes {
    let normal = Attributes::NORMAL_WRITE_BACK_INNER;
    if version < Version::V1_1 { normal } else { normal | Attributes::NON_SECURE }
}

/// The pages of `extent` as a descriptor names them.
fn range(extent: &Frames) -> Range {
    // An extent was made from a range, whose count has 32 bits.
    Range { address: extent.start().address, pages: (extent.size() / PAGE_SIZE) as u32 }
}

fn map_error(error: MapError, frames: Frames, receiver: PartitionId) -> Error {
    let address = frames.start().address;
    match error {
        MapError::NoPages => Error::NoMemory { what: "translation tables" },
        MapError::OutOfReach => Error::PageNotOwned { caller: receiver, address },
        MapError::Mapped => Error::PageMapped { address, receiver },
    }
}
