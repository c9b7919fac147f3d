//! Each RX buffer has one holder, and the monitor writes nothing else of a guest's.

use hal::Pa;

use crate::oracle::Oracle;
use crate::pending::{Pending, Sent};
use crate::words;

impl Oracle {
    /// The monitor of `core` writes `size` bytes from `start` on.
    pub(crate) fn monitor_writes(&mut self, core: usize, start: Pa, size: u64, zero: bool) {
        let buffer = self.state.endpoints().find_map(|(id, endpoint)| {
            let buffers = endpoint.buffers.filter(|buffers| buffers.overlap(buffers.rx, start, size))?;
            Some((id, buffers.rx, endpoint.holds_rx))
        });
        let buffer = buffer.map(|(id, rx, held)| (id, rx, held && !self.frees_rx(core, id)));
        let pending = self.pending.get_mut(core).and_then(Option::as_mut);
        match (buffer, pending) {
            (Some((id, rx, true)), pending) => {
                let when = pending.map(|pending| pending.clone().when(&self.state));
                let name = self.state.name(id);
                self.find(format!(
                    "the RX buffer of {name} at {rx} was written {}: {name} holds it until FFA_RX_RELEASE",
                    when.unwrap_or_default()
                ));
            }
            (Some((id, ..)), Some(pending)) => pending.wrote_rx.push(id),
            (Some(_), None) => {}
            (None, pending) => {
                let pending = pending.cloned();
                self.written_elsewhere(pending, start, zero);
            }
        }
    }

    /// True where another core than `core` is about to answer a call with which `id` gave its RX buffer back: that
    /// counts now.
    fn frees_rx(&mut self, core: usize, id: u16) -> bool {
        let frees = |other: &&mut Pending| {
            let released = other.call().and_then(|call| call.releases_rx(other.who.id));
            released == Some(id) && !other.freed_rx
        };
        let others = self.pending.iter_mut().enumerate().filter(|(other, _)| *other != core);
        let put_off = self.handling.iter_mut().flatten().map(|handling| &mut handling.due);
        let mut others = others.filter_map(|(_, other)| other.as_mut()).chain(put_off);
        let Some(other) = others.find(frees) else { return false };
        other.freed_rx = true;
        if let Some(endpoint) = self.state.endpoint(id) {
            endpoint.holds_rx = false;
        }
        true
    }

    /// `id` gave its RX buffer back by the call of `pending`; false where nobody had handed it over.
    pub(crate) fn release_rx(&mut self, id: u16, pending: &Pending) -> bool {
        if pending.freed_rx {
            return true;
        }
        if self.state.endpoint(id).is_some_and(|endpoint| std::mem::replace(&mut endpoint.holds_rx, false)) {
            return true;
        }
        self.takes_back_rx(id)
    }

    /// `id` begins to wait: it gives its RX buffer back, unless it was not told that the buffer is full.
    pub(crate) fn wait_releases_rx(&mut self, id: u16, pending: &Pending) {
        if !self.has_unread_rx(id) {
            // An empty buffer has nothing to release.
            self.release_rx(id, pending);
        }
    }

    /// The RX buffer of `id` is no longer what another core, which is about to answer, handed over; false where none
    /// did.
    pub(crate) fn takes_back_rx(&mut self, id: u16) -> bool {
        let hands_over = |other: &&mut Pending| other.wrote_rx.contains(&id);
        let Some(other) = self.at_work().find(hands_over) else { return false };
        other.wrote_rx.retain(|written| *written != id);
        other.released_rx.push(id);
        true
    }

    /// The monitor writes what is nobody's RX buffer: its own memory, a partition's before it begins, or pages that
    /// a transaction's flags let it zero.
    fn written_elsewhere(&mut self, pending: Option<Pending>, start: Pa, zero: bool) {
        let page = Pa { address: start.address & !0xfff, ..start };
        let Some(owner) = self.state.owner(page) else {
            return;
        };
        let Some(pending) = pending else { return };
        let began = self.state.partition(owner).is_none_or(|partition| partition.roots.is_some());
        let zeroes = zero && pending.pages(&self.state).contains(&page);
        if began && !zeroes {
            let owner = self.state.name(owner);
            let when = pending.when(&self.state);
            self.find(format!("{start} was written {when}: it belongs to {owner} and is no RX buffer"));
        }
    }

    /// A call is over: who has got something in its RX buffer holds it.
    pub(crate) fn settle_buffers(&mut self, pending: &Pending) {
        for &id in &pending.wrote_rx {
            if self.state.endpoint(id).is_some_and(|endpoint| !endpoint.holds_rx) {
                let name = self.state.name(id);
                let when = pending.when(&self.state);
                self.find(format!("the RX buffer of {name} was written {when}, and was not handed over"));
            }
        }
    }

    /// The hypervisor gets the RX buffer of `id`, to write it and hand it on.
    pub(crate) fn acquired_rx(&mut self, core: usize, id: u16) {
        let freed = self.frees_rx(core, id);
        let name = self.state.name(id);
        let endpoint = self.state.endpoint(id).filter(|endpoint| endpoint.buffers.is_some());
        let Some(endpoint) = endpoint else {
            return self.find(format!("FFA_RX_ACQUIRE of {name} succeeded, and {name} has no buffers"));
        };
        if std::mem::replace(&mut endpoint.holds_rx, true) && !freed {
            self.find(format!("FFA_RX_ACQUIRE of {name} succeeded, and its RX buffer was held already"));
        }
    }

    /// FFA_MSG_SEND2 succeeded, for the endpoint `named` or, where that is 0, the caller.
    pub(crate) fn delivered(&mut self, pending: &Pending, named: u16) {
        let sender = if named == 0 { pending.who.id } else { named };
        let name = self.state.name(sender);
        if !pending.who.speaks_for(sender) {
            let caller = self.state.name(pending.who.id);
            self.find(format!("FFA_MSG_SEND2 of {caller} for {name} succeeded: it does not speak for that"));
        }
        let Sent::Message { from, to } = pending.sent else {
            return self.find(format!("FFA_MSG_SEND2 for {name} succeeded, and {name} has no TX buffer"));
        };
        if from != sender {
            let from = self.state.name(from);
            self.find(format!("FFA_MSG_SEND2 for {name} succeeded with a message of {from}"));
        }
        self.hand_over_rx(to, pending);
    }

    /// The endpoint `id` gets its RX buffer with what the call put there.
    pub(crate) fn hand_over_rx(&mut self, id: u16, pending: &Pending) {
        if pending.released_rx.contains(&id) {
            return;
        }
        let function = words::function(pending.x[0]);
        let name = self.state.name(id);
        let Some(endpoint) = self.state.endpoint(id) else {
            return;
        };
        let (held, mapped) = (endpoint.holds_rx, endpoint.buffers.is_some());
        endpoint.holds_rx = true;
        if !mapped {
            self.find(format!("{function} of {name} answered in an RX buffer that is not mapped"));
        } else if held {
            self.find(format!("{function} answered in the RX buffer of {name}, which {name} held already"));
        }
    }
}
