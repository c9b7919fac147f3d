//! RX and TX buffers.
//!
//! Rules: `rules/rxtx.toml`.

use hal::lock::Guard;
use hal::memory::Frames;
use hal::{Hal, Pa, Registers};

use super::{Relayer, unknown};
use crate::capacity::rank;
use crate::core::Core;
use crate::ffa::{Error, PartitionId, response};
use crate::memory::entry::{Access, MemoryType, PageState};
use crate::partition::mailbox::{Buffers, Mailbox};

/// The caller's mailbox, held.
type Held<'a, H> = Guard<'a, Mailbox, <H as Hal>::Locks, { rank::MAILBOX }>;

impl<H: Hal> Relayer<H> {
    /// FFA_RXTX_MAP: `pages` pages each from `tx` and `rx` on, as the caller names them.
    pub fn rxtx_map(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        [tx, rx]: [u64; 2],
        pages: u32,
    ) -> Result<Registers, Error> {
        // No page may become a buffer while a transaction takes it, so the transactions are held throughout.
        let shares = self.shares.lock(&core.token);
        let mut mailbox = self.mailbox(core, caller)?;
        // rule: rxtx.6
        if mailbox.buffers().is_some() {
            return Err(Error::RxTxMapped { owner: caller });
        }
        let page = |address: u64| {
            let frames = self.own_frames(core, caller, address, u64::from(pages))?;
            // rule: rxtx.17
            if shares.names(&frames) {
                return Err(Error::PageInTransaction { address });
            }
            Ok(frames)
        };
        let buffers = Buffers { tx: page(tx)?, rx: page(rx)? };
        mailbox.map(buffers);
        Ok(response::success())
    }

    /// FFA_RXTX_UNMAP and FFA_RX_RELEASE, as `give_up` says: what the endpoint `id`, who calls, gives up of its mailbox.
    pub fn give_up(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        id: PartitionId,
        give_up: fn(&mut Mailbox, PartitionId) -> Result<(), Error>,
    ) -> Result<Registers, Error> {
        // No VM is known here yet. A partition says zero, which is also the normal world's own id.
        // rule: rxtx.10, rxtx.18
        if id != PartitionId::NORMAL_WORLD {
            return Err(Error::SpoofedSender { claimed: id, caller });
        }
        give_up(&mut *self.mailbox(core, caller)?, caller)?;
        Ok(response::success())
    }

    /// The caller's mailbox.
    pub(super) fn mailbox<'a>(
        &'a self,
        core: &'a Core<'_, H>,
        caller: PartitionId,
    ) -> Result<Held<'a, H>, Error> {
        let endpoint = self.endpoint(caller).ok_or(unknown(caller))?;
        Ok(endpoint.mailbox.lock(&core.token))
    }

    /// The pages from `address` on, if they are the caller's own memory, normal, readable and writable.
    fn own_frames(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        address: u64,
        pages: u64,
    ) -> Result<Frames, Error> {
        let Some((_, loaded)) = self.partition(caller) else {
            // rule: rxtx.8
            return self.normal_world_frames(address, pages).ok_or(Error::PageNotOwned { caller, address });
        };
        let refused = Error::RxTxPage { owner: caller, address };
        let platform = self.platform.get().ok_or(refused)?;
        // A partition's addresses are the physical ones.
        let frames = platform.memory.frames(Pa::secure(address), pages).map_err(|_| refused)?;
        let _tables = self.pool.lock(&core.token);
        // rule: rxtx.7
        let mapping = loaded.stage2.lookup_all(&*core.hal, frames).ok_or(refused)?;
        // rule: rxtx.15
        let usable = mapping.state == PageState::Owned
            // rule: rxtx.19
            && mapping.memory == MemoryType::Normal
            // rule: rxtx.16
            && mapping.access.contains(Access::READ | Access::WRITE);
        if usable { Ok(frames) } else { Err(refused) }
    }
}
