//! Memory transactions: who sends owns, who retrieves was named, who reclaims gets back from nobody's hands.

use hal::{PAGE_SIZE, Pa, Space};
use hal_sim::View;

use crate::calls::{Call, Words};
use crate::descriptor::{self, Descriptor};
use crate::oracle::Oracle;
use crate::pending::{Pending, Sent};
use crate::rights::Rights;
use crate::state::{Kind, Transaction};
use crate::words;

impl Oracle {
    /// FFA_MEM_SHARE, LEND or DONATE succeeded: the transaction is live.
    pub(crate) fn sent(&mut self, pending: &Pending, kind: Kind, x: &Words) {
        let id = pending.who.id;
        let handle = x[2] & 0xffff_ffff | x[3] << 32;
        let Sent::Transaction(descriptor) = &pending.sent else {
            return self.wrong(pending, "succeeded with a descriptor that does not hold together");
        };
        if !pending.who.speaks_for(descriptor.sender) {
            let sender = self.state.name(descriptor.sender);
            self.wrong(pending, &format!("succeeded in the name of {sender}"));
        }
        if descriptor.receivers.is_empty() || descriptor.ranges.is_empty() {
            self.wrong(pending, "succeeded with a descriptor that names no receiver, or no memory");
        }
        let mut pages = Vec::new();
        for address in descriptor.pages() {
            let mut spaces = [Pa::secure(address), Pa::non_secure(address)].into_iter();
            let page = spaces.find(|page| self.state.owner(*page) == Some(id));
            let Some(page) = page else {
                self.wrong(pending, &format!("took {address:#x}, which the caller does not own"));
                continue;
            };
            if let Some(other) = self.in_transaction(id, page) {
                self.wrong(pending, &format!("took {page}, which handle {other:#x} has already"));
            }
            let is_buffer = |(_, endpoint): (_, &crate::state::Endpoint)| {
                endpoint.buffers.is_some_and(|buffers| {
                    buffers.overlap(buffers.rx, page, PAGE_SIZE)
                        || buffers.overlap(buffers.tx, page, PAGE_SIZE)
                })
            };
            if self.state.endpoints().any(is_buffer) {
                self.wrong(pending, &format!("took {page}, which is an RX or TX buffer"));
            }
            pages.push(page);
        }
        // The owner's own rights bound what it gives; partitions execute nothing of the normal world's.
        let first = pages.first();
        let open = match self.state.partition(id) {
            Some(owner) => first.and_then(|page| owner.owned.get(page)).copied().unwrap_or_default(),
            None => Rights::READ | Rights::WRITE,
        };
        let receivers = descriptor
            .receivers
            .iter()
            .map(|(receiver, permission)| {
                let rights = permission.rights(open);
                let executes = kind != Kind::Share && open.include(Rights::EXECUTE);
                (*receiver, rights | Rights::EXECUTE.when(executes))
            })
            .collect();
        let transaction =
            Transaction { kind, sender: descriptor.sender, receivers, retrieved: Default::default(), pages };
        if self.state.transactions.insert(handle, transaction).is_some() {
            self.wrong(pending, &format!("was answered with handle {handle:#x}, which is live already"));
        }
    }

    /// The live transaction that has `page`, unless another core is about to answer `owner` that it was reclaimed.
    pub(crate) fn in_transaction(&mut self, owner: u16, page: Pa) -> Option<u64> {
        let (taken, _) = self.state.transaction_of(page)?;
        let reclaims = |call: &Call| matches!(call, Call::Reclaim { handle, .. } if *handle == taken);
        if self.was_done_elsewhere(owner, reclaims) {
            self.state.transactions.remove(&taken);
            return None;
        }
        Some(taken)
    }

    /// FFA_MEM_RETRIEVE_REQ succeeded: the caller borrows, as the answer in its RX buffer says.
    pub(crate) fn retrieved(&mut self, view: &View<'_>, pending: &Pending, x: &Words) {
        let id = pending.who.id;
        self.hand_over_rx(id, pending);
        let Some(transaction) = pending.handle().and_then(|handle| self.state.transactions.get(&handle))
        else {
            return self.wrong(pending, "succeeded, and no such transaction is live");
        };
        let transaction = transaction.clone();
        let handle = pending.handle().unwrap_or_default();
        if pending.who.is_normal_world() {
            return self.described(view, pending, handle, &transaction, x);
        }
        if let Sent::Transaction(request) = &pending.sent
            && request.sender != transaction.sender
        {
            let owner = self.state.name(transaction.sender);
            self.wrong(pending, &format!("succeeded, and {owner} sent it, who is not whom the caller named"));
        }
        let named = transaction.receivers.iter().find(|(receiver, _)| *receiver == id);
        let Some(&(_, granted)) = named else {
            return self.wrong(pending, "succeeded, and the sender did not name the caller");
        };
        if transaction.retrieved.contains_key(&id) {
            self.wrong(pending, "succeeded a second time");
        }
        let Some(response) = self.answer_of(view, pending, handle, &transaction, x) else { return };
        let mine = response.receivers.iter().find(|(receiver, _)| *receiver == id);
        let rights = mine.map_or(Rights::NONE, |(_, permission)| permission.rights(granted));
        if !granted.include(rights) {
            self.wrong(pending, &format!("says {rights} where the sender granted {granted}"));
        }
        if transaction.kind == Kind::Donate {
            self.change_owner(handle, &transaction, id, rights);
        } else if let Some(live) = self.state.transactions.get_mut(&handle) {
            live.retrieved.insert(id, rights);
        }
    }

    /// FFA_MEM_RETRIEVE_REQ of the normal world succeeded: its hypervisor is told what was sent, and nobody borrows.
    fn described(
        &mut self,
        view: &View<'_>,
        pending: &Pending,
        handle: u64,
        transaction: &Transaction,
        x: &Words,
    ) {
        if !pending.who.speaks_for(transaction.sender) {
            let owner = self.state.name(transaction.sender);
            self.wrong(pending, &format!("told of what {owner} sent"));
        }
        let Some(response) = self.answer_of(view, pending, handle, transaction, x) else { return };
        let told = response.receivers.iter().map(|(receiver, _)| receiver);
        if !told.eq(transaction.receivers.iter().map(|(receiver, _)| receiver)) {
            self.wrong(pending, "was told of other receivers than were sent to");
        }
    }

    /// The descriptor of `transaction` in the caller's RX buffer.
    fn answer_of(
        &mut self,
        view: &View<'_>,
        pending: &Pending,
        handle: u64,
        transaction: &Transaction,
        x: &Words,
    ) -> Option<Descriptor> {
        let response = self.state.endpoint(pending.who.id).and_then(|endpoint| {
            let mut bytes = vec![0; (x[2] & 0xffff_ffff).min(1 << 20) as usize];
            view.memory.read(endpoint.buffers?.rx, &mut bytes)?;
            Some((descriptor::parse(&bytes, endpoint.version)?, endpoint.version))
        });
        let Some((response, version)) = response else {
            self.wrong(pending, "was answered with a descriptor that does not hold together");
            return None;
        };
        let pages = transaction.pages.iter().map(|page| page.address);
        if response.handle != handle || response.sender != transaction.sender || !response.pages().eq(pages) {
            self.wrong(pending, "was answered with another transaction's descriptor");
        }
        // FF-A 1.0 has no such bit.
        let non_secure = transaction.pages.iter().any(|page| page.space == Space::NonSecure);
        if response.non_secure != (non_secure && version > 0x1_0000) {
            self.wrong(pending, "was answered with the memory of another world");
        }
        Some(response)
    }

    /// A donation ends with its retrieval: the pages have another owner.
    fn change_owner(&mut self, handle: u64, transaction: &Transaction, to: u16, rights: Rights) {
        self.state.transactions.remove(&handle);
        for page in &transaction.pages {
            if let Some(donor) = self.state.partition(transaction.sender) {
                donor.owned.remove(page);
            }
            if let Some(owner) = self.state.partition(to) {
                owner.owned.insert(*page, rights);
            }
        }
    }

    /// FFA_MEM_RELINQUISH succeeded: the caller borrows no more.
    pub(crate) fn relinquished(&mut self, pending: &Pending) {
        let id = pending.who.id;
        let Sent::Relinquish { handle, by } = &pending.sent else {
            return self.wrong(pending, "succeeded with a descriptor that does not hold together");
        };
        if by.as_slice() != [id] {
            self.wrong(pending, &format!("succeeded in the name of {by:x?}"));
        }
        let borrowed = self.state.transactions.get_mut(handle).and_then(|live| live.retrieved.remove(&id));
        if borrowed.is_none() {
            self.wrong(pending, "succeeded, and the caller did not borrow it");
        }
    }

    /// FFA_MEM_RECLAIM succeeded: the transaction is over, and its pages are zero if the owner wanted that.
    pub(crate) fn reclaimed(&mut self, view: &View<'_>, pending: &Pending, handle: u64, zero: bool) {
        let Some(transaction) = self.state.transactions.get(&handle).cloned() else {
            return self.wrong(pending, "succeeded, and no such transaction is live");
        };
        if !pending.who.speaks_for(transaction.sender) {
            let owner = self.state.name(transaction.sender);
            self.wrong(pending, &format!("succeeded, and the owner is {owner}"));
        }
        for borrower in transaction.retrieved.keys() {
            if !self.was_given_back_elsewhere(*borrower, handle) {
                let name = self.state.name(*borrower);
                self.wrong(pending, &format!("succeeded while {name} still borrows it"));
            }
        }
        self.state.transactions.remove(&handle);
        for page in transaction.pages.iter().filter(|_| zero) {
            let mut bytes = [0; PAGE_SIZE as usize];
            if view.memory.read(*page, &mut bytes).is_some() && bytes.iter().any(|byte| *byte != 0) {
                self.wrong(pending, &format!("left bytes in {page}, which was to be zeroed"));
            }
        }
    }

    /// True where another core is about to tell `borrower` that it gave `handle` back; it is noted there.
    fn was_given_back_elsewhere(&mut self, borrower: u16, handle: u64) -> bool {
        let gives_back = |other: &&mut Pending| {
            let relinquish = matches!(other.call(), Some(Call::Relinquish)) && !other.done;
            relinquish && other.who.id == borrower && other.handle() == Some(handle)
        };
        let found = self.at_work().find(gives_back);
        found.map(|pending| pending.done = true).is_some()
    }

    /// A memory call that succeeded should not have.
    fn wrong(&mut self, pending: &Pending, what: &str) {
        let function = words::function(pending.x[0]);
        let of = pending.handle().map_or_else(String::new, |handle| format!(" of handle {handle:#x}"));
        let by = self.state.name(pending.who.id);
        self.find(format!("{function}{of} by {by} {what}"));
    }
}
