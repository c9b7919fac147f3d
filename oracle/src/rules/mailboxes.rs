//! Whose buffers are where, and who speaks for whom: FFA_RXTX_MAP, FFA_RXTX_UNMAP, FFA_RX_RELEASE, FFA_RX_ACQUIRE.

use hal::{PAGE_SIZE, Pa};

use crate::calls::Call;
use crate::oracle::Oracle;
use crate::pending::{Pending, Sent};
use crate::state::{Buffers, NORMAL_WORLD};
use crate::words;

/// True for the id of a VM of the normal world.
const fn is_vm(id: u16) -> bool {
    id != NORMAL_WORLD && id & 0x8000 == 0
}

impl Oracle {
    /// `call`, one of these four, was not refused.
    pub(crate) fn mailbox_changed(&mut self, core: usize, pending: &Pending, call: &Call) {
        let id = pending.who.id;
        match *call {
            Call::RxTxMap { tx, rx, pages } => self.mapped(id, [tx, rx], pages),
            Call::RxTxMapForVm => match pending.sent {
                Sent::Buffers { owner, at, pages } if is_vm(owner) && id == NORMAL_WORLD => {
                    self.mapped(owner, at, pages);
                }
                _ => self.find("FFA_RXTX_MAP for a VM succeeded, and names no VM or no buffers".into()),
            },
            Call::RxTxUnmap { .. } if pending.done => {}
            Call::RxTxUnmap { id: named } => {
                let owner = self.spoken_for(pending, named);
                self.unmapped(owner);
            }
            Call::RxRelease { id: named } => {
                let owner = self.spoken_for(pending, named);
                if self.has_unread_rx(owner) && !pending.meanwhile.others {
                    let name = self.state.name(owner);
                    self.find(format!(
                        "FFA_RX_RELEASE of {name} succeeded, and {name} was not told that its RX buffer is full"
                    ));
                }
                if !self.release_rx(owner, pending) {
                    let name = self.state.name(owner);
                    self.find(format!(
                        "FFA_RX_RELEASE of {name} succeeded, and {name} did not hold its RX buffer"
                    ));
                }
            }
            Call::RxAcquire { id: named } => {
                if id != NORMAL_WORLD || named & 0x8000 != 0 {
                    self.find("FFA_RX_ACQUIRE succeeded, and who called is no hypervisor of a VM".into());
                }
                self.acquired_rx(core, named);
            }
            _ => {}
        }
    }

    /// Whose buffers the call of `pending`, which was not refused, was about: a hypervisor names a VM.
    fn spoken_for(&mut self, pending: &Pending, named: u16) -> u16 {
        let caller = pending.who.id;
        if named == 0 {
            return caller;
        }
        if caller != NORMAL_WORLD || !is_vm(named) {
            let (function, name) = (words::function(pending.x[0]), self.state.name(caller));
            self.find(format!("{function} of {name} for {named:#x} succeeded: it does not speak for that"));
        }
        named
    }

    /// FFA_RXTX_MAP gave `id` buffers. Pages of a VM are the normal world's, as far as can be seen here.
    fn mapped(&mut self, id: u16, [tx, rx]: [u64; 2], pages: u64) {
        let name = self.state.name(id);
        let secure = id & 0x8000 != 0;
        let in_space = |address| if secure { Pa::secure(address) } else { Pa::non_secure(address) };
        let buffers = Buffers { tx: in_space(tx), rx: in_space(rx), pages };
        let owner = if secure { id } else { NORMAL_WORLD };
        for buffer in [buffers.tx, buffers.rx] {
            for address in (0..pages).map(|page| buffer.address + page * PAGE_SIZE) {
                let page = Pa { address, ..buffer };
                if self.state.owner(page) != Some(owner) || self.in_transaction(owner, page).is_some() {
                    self.find(format!("FFA_RXTX_MAP of {name} took {page}, which is not {name}'s alone"));
                }
            }
            if let Some(other) = self.others_buffer(id, buffer, pages * PAGE_SIZE) {
                let other = self.state.name(other);
                self.find(format!("FFA_RXTX_MAP of {name} took {buffer}, which is a buffer of {other}"));
            }
        }
        if self.has_buffers(id) && self.was_unmapped_elsewhere(id) {
            self.unmapped(id);
        }
        let twice = self.has_buffers(id);
        if let Some(endpoint) = self.state.endpoint_or_vm(id) {
            endpoint.buffers = Some(buffers);
            endpoint.holds_rx = false;
        }
        if twice {
            self.find(format!("FFA_RXTX_MAP of {name} succeeded, and {name} had buffers already"));
        }
    }

    /// The endpoint `id` has no buffers any more.
    fn unmapped(&mut self, id: u16) {
        if let Some(endpoint) = self.state.endpoint(id) {
            endpoint.buffers = None;
            endpoint.holds_rx = false;
        }
        self.state.vms.remove(&id);
        self.takes_back_rx(id);
    }

    fn has_buffers(&mut self, id: u16) -> bool {
        self.state.endpoint(id).is_some_and(|endpoint| endpoint.buffers.is_some())
    }

    /// Another endpoint than `id` that has a buffer in the `size` bytes from `start` on, and still has it where another
    /// core is about to answer that it was unmapped.
    fn others_buffer(&mut self, id: u16, start: Pa, size: u64) -> Option<u16> {
        let others = self.state.endpoints().filter(|(other, _)| *other != id);
        let mut others = others.filter_map(|(other, endpoint)| Some((other, endpoint.buffers?)));
        let (other, _) = others.find(|(_, buffers)| {
            buffers.overlap(buffers.tx, start, size) || buffers.overlap(buffers.rx, start, size)
        })?;
        drop(others);
        if self.was_unmapped_elsewhere(other) {
            self.unmapped(other);
            return None;
        }
        Some(other)
    }

    /// True where another core is about to answer that the buffers of `id` are unmapped.
    fn was_unmapped_elsewhere(&mut self, id: u16) -> bool {
        let (caller, names) = if is_vm(id) { (NORMAL_WORLD, id) } else { (id, 0) };
        self.was_done_elsewhere(caller, |call| *call == Call::RxTxUnmap { id: names })
    }
}
