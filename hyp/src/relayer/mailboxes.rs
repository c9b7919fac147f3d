//! RX and TX buffers.
//!
//! Rules: `rules/rxtx.toml`.

use hal::lock::{Guard, Token};
use hal::memory::Frames;
use hal::{Hal, Pa};

use super::{Relayer, unknown};
use crate::capacity::rank;
use crate::core::Core;
use crate::ffa::memory::EndpointBuffers;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, BufferPair, Error, FunctionId, PartitionId, response};
use crate::memory::entry::{Access, PageState};
use crate::partition::mailbox::{Buffers, Mailbox};
use crate::partition::notifications::Notifications;
use crate::partition::vm::Vm;

/// A mailbox, held.
type Held<'a, H> = Guard<'a, Mailbox, <H as Hal>::Locks, { rank::MAILBOX }>;

impl<H: Hal> Relayer<H> {
    /// FFA_RXTX_MAP: `buffers`, as `owner` sees addresses, are its mailbox.
    pub fn rxtx_map(
        &self,
        core: &mut Core<'_, H>,
        owner: PartitionId,
        buffers: BufferPair,
    ) -> Result<Answer, Error> {
        // No page may become a buffer while a transaction takes it, so the transactions are held throughout.
        let shares = self.shares.lock(&core.token);
        let vm = self.place_of(owner)?;
        let mapped = |mailbox: Held<'_, H>| mailbox.buffers().is_some();
        // rule: rxtx.6, rxtx.57
        if self.mailbox(&core.token, owner).is_ok_and(mapped) {
            return Err(Error::RxTxMapped { owner });
        }
        let page = |address: u64| {
            let frames = self.own_frames(core, owner, address, u64::from(buffers.pages()))?;
            // rule: rxtx.17
            if shares.names(&frames) {
                return Err(Error::PageInTransaction { address });
            }
            // rule: rxtx.50
            if !owner.is_secure() && self.is_buffer(core, &frames) {
                return Err(Error::PageIsMailbox { address });
            }
            Ok(frames)
        };
        let buffers = Buffers { tx: page(buffers.tx())?, rx: page(buffers.rx())? };
        if let Some(vm) = vm {
            vm.set_id(owner);
        }
        // rule: rxtx.40
        self.mailbox(&core.token, owner)?.map(buffers);
        Ok(response::success())
    }

    /// FFA_RXTX_MAP of `caller` for a VM, whose buffers the caller's TX buffer describes.
    pub fn rxtx_map_for_vm(&self, core: &mut Core<'_, H>, caller: PartitionId) -> Result<Answer, Error> {
        // rule: rxtx.47
        if caller.is_secure() {
            let (function, register) = (FunctionId::RXTX_MAP_64, Item::W3);
            return Err(Error::Register {
                function,
                register,
                found: 0,
                allowed: Clause::HypervisorHasNoPages,
            });
        }
        let (owner, buffers) = {
            let mailbox = self.mailbox(&core.token, caller)?;
            let tx = mailbox.tx(caller)?;
            let mut header = [0; EndpointBuffers::SIZE];
            core.hal.read(tx, 0, &mut header)?;
            let described = EndpointBuffers::parse(&header)?;
            let mut runs = [[0; EndpointBuffers::BUFFER_SIZE]; 2];
            for (bytes, found) in runs.iter_mut().zip([described.tx, described.rx]) {
                // rule: rxtx.49
                if found + bytes.len() as u64 > tx.size() {
                    let (field, allowed) = (Item::BufferOffset, Clause::WithinTx);
                    return Err(Error::Field { field, found, allowed });
                }
                core.hal.read(tx, found, bytes)?;
            }
            let buffers = EndpointBuffers::pair(&runs[0], &runs[1])?;
            (described.owner, buffers)
        };
        // rule: rxtx.48
        if owner.is_secure() || owner == PartitionId::NORMAL_WORLD {
            return Err(Error::NoVm { owner, reason: Clause::NoVm });
        }
        self.rxtx_map(core, owner, buffers)
    }

    /// FFA_RXTX_UNMAP: the caller, or the VM `id` that it speaks for, has no mailbox any more.
    pub fn rxtx_unmap(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        id: PartitionId,
    ) -> Result<Answer, Error> {
        let owner = spoken_for(caller, id)?;
        // Under it VMs get and lose their places.
        let _shares = self.shares.lock(&core.token);
        // rule: rxtx.61
        self.mailbox(&core.token, owner)?.unmap(owner)?;
        if let Some(vm) = self.place_of(owner)? {
            vm.set_id(Vm::<H::Locks>::FREE);
        }
        Ok(response::success())
    }

    /// FFA_RX_RELEASE: the RX buffer of the caller, or of the VM `id` that it speaks for, is the monitor's again.
    pub fn rx_release(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        id: PartitionId,
    ) -> Result<Answer, Error> {
        let owner = spoken_for(caller, id)?;
        let mut mailbox = self.mailbox(&core.token, owner)?;
        // rule: rxtx.60
        self.release_rx(&core.token, owner, &mut mailbox)?;
        Ok(response::success())
    }

    /// Takes the RX buffer back from `owner`, whose `mailbox` is held, if it knows that the buffer is full.
    pub(super) fn release_rx(
        &self,
        token: &Token,
        owner: PartitionId,
        mailbox: &mut Mailbox,
    ) -> Result<(), Error> {
        let is_unread = || self.notifications.lock(token).of(owner).is_some_and(Notifications::has_unread_rx);
        // rule: notification.35, notification.36
        if mailbox.is_full() && is_unread() {
            return Err(Error::RxUnread { owner });
        }
        mailbox.release(owner)
    }

    /// FFA_RX_ACQUIRE: the hypervisor writes the RX buffer of `id` next, not the monitor.
    pub fn rx_acquire(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        id: PartitionId,
    ) -> Result<Answer, Error> {
        // rule: rxtx.54
        if caller.is_secure() || id.is_secure() {
            return Err(Error::NotSupported { function: FunctionId::RX_ACQUIRE });
        }
        // rule: rxtx.59
        self.mailbox(&core.token, id)?.acquire(id)?;
        Ok(response::success())
    }

    /// The mailbox of `id`: the normal world, one of its VMs that has buffers, or a partition.
    #[inline(never)]
    pub(super) fn mailbox<'a>(&'a self, token: &'a Token, id: PartitionId) -> Result<Held<'a, H>, Error> {
        if let Some(endpoint) = self.endpoint(id) {
            return Ok(endpoint.mailbox.lock(token));
        }
        // rule: rxtx.51
        let vm = self.vm(id).ok_or(unknown(id))?;
        let mailbox = vm.mailbox.lock(token);
        // Until it was held, another core could give the place away.
        if vm.id() == id { Ok(mailbox) } else { Err(unknown(id)) }
    }

    /// True where a page of the normal world in `frames` is a buffer. Who holds the lock of the transactions can rely
    /// on it: none becomes one meanwhile.
    #[inline(never)]
    pub(super) fn is_buffer(&self, core: &Core<'_, H>, frames: &Frames) -> bool {
        let used = self.vms.iter().filter(|vm| vm.id() != Vm::<H::Locks>::FREE).map(|vm| &vm.mailbox);
        let mut mailboxes = core::iter::once(&self.normal_world.mailbox).chain(used);
        mailboxes.any(|mailbox| mailbox.lock(&core.token).overlaps(frames))
    }

    /// The VM `id`, or the first free place.
    #[inline(never)]
    fn vm(&self, id: PartitionId) -> Option<&Vm<H::Locks>> {
        self.vms.iter().find(|vm| vm.id() == id)
    }

    /// The place of the VM `owner`, its own or a free one; `None` for an endpoint that is no VM.
    #[inline(never)]
    fn place_of(&self, owner: PartitionId) -> Result<Option<&Vm<H::Locks>>, Error> {
        if self.endpoint(owner).is_some() {
            return Ok(None);
        }
        let place = self.vm(owner).or_else(|| self.vm(Vm::<H::Locks>::FREE));
        // rule: rxtx.63
        place.ok_or(Error::NoVm { owner, reason: Clause::NoRoomForVm }).map(Some)
    }

    /// The pages from `address` on, if they are `owner`'s memory, readable and writable.
    fn own_frames(
        &self,
        core: &Core<'_, H>,
        owner: PartitionId,
        address: u64,
        pages: u64,
    ) -> Result<Frames, Error> {
        let Some((_, loaded)) = self.partition(owner) else {
            let refused = Error::PageNotOwned { caller: owner, address };
            // rule: rxtx.8, rxtx.43, rxtx.56
            return self.normal_world_frames(address, pages).ok_or(refused);
        };
        let refused = Error::RxTxPage { owner, address };
        let platform = self.platform.get().ok_or(refused)?;
        // A partition's addresses are the physical ones.
        // rule: rxtx.19
        let frames = platform.memory.frames(Pa::secure(address), pages).map_err(|_| refused)?;
        let _tables = self.pool.lock(&core.token);
        // rule: rxtx.7, rxtx.64
        let mapping = loaded.stage2.lookup_all(&*core.hal, frames).ok_or(refused)?;
        // rule: rxtx.15
        let usable = mapping.state == PageState::Owned
            // rule: rxtx.16
            && mapping.access.contains(Access::READ | Access::WRITE);
        if usable { Ok(frames) } else { Err(refused) }
    }
}

/// Whose mailbox a call of `caller` is about that names `id`: a hypervisor speaks for its VMs, and zero, the normal
/// world's own id, is whoever calls.
fn spoken_for(caller: PartitionId, id: PartitionId) -> Result<PartitionId, Error> {
    if id == PartitionId::NORMAL_WORLD {
        return Ok(caller);
    }
    // rule: rxtx.10, rxtx.18, rxtx.52
    if caller.is_secure() || id.is_secure() {
        return Err(Error::SpoofedSender { claimed: id, caller });
    }
    Ok(id)
}
