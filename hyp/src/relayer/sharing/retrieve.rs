//! FFA_MEM_RETRIEVE_REQ: a borrower's tables get the pages.
//!
//! Rules: `rules/retrieve.toml`.

use hal::memory::Frames;
use hal::{Hal, PAGE_SIZE};

use super::{access_of, find};
use crate::capacity::SCRATCH;
use crate::core::Core;
use crate::ffa::call::Transfer;
use crate::ffa::memory::{
    Access, Attributes, Flags, Layout, Permissions, Range, Transaction, parse_retrieve_request,
    write_retrieve_response,
};
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, PartitionId, Version, response};
use crate::memory::entry::{self, MemoryType, PageState};
use crate::memory::share::Share;
use crate::memory::stage2::MapError;
use crate::relayer::{Relayer, unknown};

impl<H: Hal> Relayer<H> {
    /// FFA_MEM_RETRIEVE_REQ of a partition: maps the pages, and answers with the descriptor in its RX buffer.
    pub fn mem_retrieve(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        length: u32,
    ) -> Result<Answer, Error> {
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
        let bytes = descriptor_for(layout, &answer, share, &mut scratch)?;

        let mut access = entry::Access::READ;
        // rule: retrieve.30, retrieve.32
        access.set(entry::Access::WRITE, permissions.contains(Permissions::READ_WRITE));
        // rule: retrieve.23
        access.set(entry::Access::EXECUTE, !permissions.contains(Permissions::NOT_EXECUTABLE));
        let mapping = entry::Mapping { access, state: PageState::Borrowed, memory: MemoryType::Normal };
        let mut pool = self.pool.lock(&core.token);
        for (index, extent) in share.extents.iter().enumerate() {
            if let Err(error) = loaded.stage2.map(core.hal, &mut pool, *extent, mapping) {
                for mapped in share.extents.iter().take(index) {
                    loaded.stage2.unmap(core.hal, &mut pool, *mapped);
                }
                // rule: retrieve.20
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
        Ok(response::mem_retrieve_response(bytes.len() as u32, bytes.len() as u32))
    }
}

/// Writes `answer` with the pages of `share` to `scratch`; returns what is to be written to an RX buffer.
pub(super) fn descriptor_for<'a>(
    layout: Layout,
    answer: &Transaction,
    share: &Share,
    scratch: &'a mut [u8; SCRATCH],
) -> Result<&'a [u8], Error> {
    write_retrieve_response(layout, answer, share.extents.iter().map(range), &mut scratch[..])
}

/// What `caller` gets: checks its `request` against what was sent.
fn granted(share: &Share, request: &Transaction, caller: PartitionId) -> Result<Permissions, Error> {
    let sent = &share.transaction;
    let not_as_sent = |field, found, sent| Err(Error::NotAsSent { field, found, sent });
    // rule: retrieve.7
    if request.sender != sent.sender {
        return Err(Error::NotSender { found: request.sender, sender: sent.sender });
    }
    // rule: retrieve.15
    if request.tag != sent.tag {
        return not_as_sent(Item::Tag, request.tag, sent.tag);
    }
    // rule: retrieve.16
    if request.flags.transfer().is_some_and(|transfer| transfer != Transfer::Share) {
        let flags = |flags: Flags| u64::from(flags.bits());
        return not_as_sent(Item::TransactionKind, flags(request.flags), flags(Flags::SHARE));
    }
    let zeroing = Flags::ZERO | Flags::ZERO_AFTER_RELINQUISH;
    // rule: retrieve.4, retrieve.27, retrieve.22
    if request.flags.intersects(zeroing) {
        return Err(Error::Field {
            field: Item::RequestFlags,
            found: u64::from(request.flags.bits()),
            allowed: Clause::ShareNotZeroed,
        });
    }
    let (found, all) = (request.receivers.len(), sent.receivers.len());
    // rule: retrieve.17, retrieve.31
    if found != all && !request.flags.contains(Flags::BYPASS_MULTI_BORROWER_CHECK) {
        return not_as_sent(Item::Receivers, found as u64, all as u64);
    }
    let (wanted, given) = (access_of(request, caller)?, access_of(sent, caller)?);
    // rule: retrieve.8
    if wanted.permissions.has_instruction_access() {
        return Err(Error::Field {
            field: Item::InstructionAccess,
            found: u64::from(wanted.permissions.bits()),
            allowed: Clause::ShareNeverExecutable,
        });
    }
    for wanted in &request.receivers {
        let given = access_of(sent, wanted.receiver)?;
        // rule: retrieve.19
        if !wanted.permissions.is_within(given.permissions) {
            let (found, allowed) = (wanted.permissions.bits(), given.permissions.bits());
            return Err(Error::PermissionsExceed { found, allowed });
        }
    }
    // rule: retrieve.24
    if wanted.implementation_defined != given.implementation_defined {
        let ([found, _], [sent, _]) = (wanted.implementation_defined, given.implementation_defined);
        return not_as_sent(Item::ImplementationDefined, found, sent);
    }
    request.attributes.check_normal_memory()?;
    // rule: retrieve.20
    if share.is_held_by(caller) {
        return Err(Error::AlreadyRetrieved { handle: request.handle, caller });
    }
    // rule: retrieve.29
    let data = if !wanted.permissions.has_data_access() { given } else { wanted };
    Ok(data.permissions & Permissions::DATA | Permissions::NOT_EXECUTABLE)
}

/// What an endpoint of `version` is told of the memory: 1.0 does not know the NS bit.
pub(super) fn attributes(version: Version) -> Attributes {
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
        MapError::NoPages => Error::NoMemory { what: Item::Tables },
        MapError::OutOfReach => Error::PageNotOwned { caller: receiver, address },
        MapError::Mapped => Error::PageMapped { address, receiver },
    }
}
