//! FFA_MEM_SHARE: a transaction begins.
//!
//! Rules: `rules/share.toml`.

use arrayvec::ArrayVec;
use hal::Hal;
use hal::memory::Frames;

use crate::capacity::{MAX_EXTENTS, MAX_TRANSACTION_PAGES, SCRATCH};
use crate::core::Core;
use crate::ffa::call::{Lengths, Transfer};
use crate::ffa::memory::{Layout, Range, parse_send};
use crate::ffa::wording::Item;
use crate::ffa::{Answer, Error, PartitionId, response};
use crate::relayer::{Relayer, unknown};

impl<H: Hal> Relayer<H> {
    /// FFA_MEM_SHARE of the normal world; answers with the handle.
    pub fn mem_share(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        lengths: Lengths,
    ) -> Result<Answer, Error> {
        if lengths.fragment != lengths.total {
            let found = u64::from(lengths.total);
            return Err(Error::TooMany { field: Item::DescriptorLength, found, limit: SCRATCH as u64 });
        }
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, version) =
            self.read_tx(core.hal, &core.token, caller, &mut scratch, lengths.total as usize)?;
        let (transaction, constituents) = parse_send(Layout::of(version), Transfer::Share, descriptor)?;
        // rule: share.1, share.80
        if !caller.speaks_for(transaction.sender) {
            return Err(Error::SentForAnother { found: transaction.sender, caller });
        }
        for access in &transaction.receivers {
            // rule: share.2, memory.19
            self.partition(access.receiver).ok_or(unknown(access.receiver))?;
        }
        transaction.attributes.check_normal_memory()?;
        let found = constituents.total_pages();
        // rule: share.5
        if found > MAX_TRANSACTION_PAGES {
            let limit = u64::from(MAX_TRANSACTION_PAGES);
            return Err(Error::TooMany { field: Item::Pages, found: u64::from(found), limit });
        }

        let mut shares = self.shares.lock(&core.token);
        let mut extents = ArrayVec::<Frames, MAX_EXTENTS>::new();
        for Range { address, pages } in constituents.iter() {
            let frames = self
                .normal_world_frames(address, u64::from(pages))
                // rule: share.4
                .ok_or(Error::PageNotOwned { caller, address })?;
            // rule: share.6
            if shares.names(&frames) {
                return Err(Error::PageInTransaction { address });
            }
            // rule: share.7, rxtx.53
            if self.is_buffer(core, &frames) {
                return Err(Error::PageIsMailbox { address });
            }
            if let Some(last) = extents.last_mut()
                && let Some(joined) = last.joined(&frames)
            {
                *last = joined;
                continue;
            }
            // rule: share.8
            extents.try_push(frames).map_err(|_| Error::NoMemory { what: Item::PageRun })?;
        }
        let handle =
            // rule: share.9
            shares.add(transaction, extents).ok_or(Error::NoMemory { what: Item::Transaction })?;
        Ok(response::success_with_handle(handle))
    }
}
