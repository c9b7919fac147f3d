//! What a core's monitor is busy with: why it has the core, until it gives it to a guest again.

use arm_ffa::memory_management::MemRelinquishDesc;
use hal::Pa;
use hal_sim::View;

use crate::calls::{Call, Words};
use crate::descriptor::{self, Descriptor};
use crate::notices::Meanwhile;
use crate::state::{Model, State, Who};
use crate::words;

/// Why the monitor has the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It boots.
    Boot,
    /// A guest made this call.
    Call(Call),
    /// An interrupt of the normal world.
    Interrupt,
    /// An interrupt of the secure world: a deadline may be over.
    Deadline,
    /// A fetch that stage 2 does not allow: the guest's own vectors may be out of its reach.
    Fetch,
    /// An exception that is no call, or an answer of EL3.
    Other,
}

/// What the caller's TX buffer held when it called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// Nothing that holds together, or nothing was to be read.
    Nothing,
    /// A memory transaction.
    Transaction(Descriptor),
    /// An indirect message.
    Message {
        /// Who sends, as its header says.
        from: u16,
        /// Who receives.
        to: u16,
    },
    /// A VM's buffers.
    Buffers {
        /// Whose.
        owner: u16,
        /// The first bytes of the TX and of the RX buffer.
        at: [u64; 2],
        /// Pages of each.
        pages: u64,
    },
    /// A relinquish descriptor.
    Relinquish {
        /// The transaction's handle.
        handle: u64,
        /// Who gives it back.
        by: Vec<u16>,
    },
}

/// A monitor at work.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Who had the core before.
    pub who: Who,
    /// Why the monitor has it.
    pub cause: Cause,
    /// Partitions that had died before.
    pub dead: Vec<u16>,
    /// x0 to x17 of the caller.
    pub x: Words,
    /// What it sent.
    pub sent: Sent,
    /// The endpoints whose RX buffers the monitor wrote since.
    pub wrote_rx: Vec<u16>,
    /// The endpoints that another core released from what was written there, before this call was answered.
    pub released_rx: Vec<u16>,
    /// The call releases its caller's RX buffer, and another core found that free before this call was answered.
    pub freed_rx: bool,
    /// The call unmaps buffers, reclaims memory or gives it back, and another core had use of that before this call was answered.
    pub done: bool,
    /// What other cores have to do with a call about notifications.
    pub meanwhile: Meanwhile,
    /// Why the caller had the core and whom it owes it, where another core runs it already.
    pub left: Option<(Model, Option<Who>)>,
}

impl Pending {
    /// The monitor has the core from `who` because of `cause`.
    pub fn new(who: Who, cause: Cause, x: Words) -> Self {
        Self {
            who,
            cause,
            dead: Vec::new(),
            x,
            sent: Sent::Nothing,
            wrote_rx: Vec::new(),
            released_rx: Vec::new(),
            freed_rx: false,
            done: false,
            meanwhile: Meanwhile::default(),
            left: None,
        }
    }

    /// The call, if there is one.
    pub const fn call(&self) -> Option<&Call> {
        match &self.cause {
            Cause::Call(call) => Some(call),
            _ => None,
        }
    }

    /// Reads what the caller put into its TX buffer for this call.
    pub fn read_tx(&mut self, view: &View<'_>, state: &mut State) {
        let sender = match self.call() {
            Some(Call::Send2 { named }) if *named != 0 => *named,
            _ => self.who.id,
        };
        let Some(endpoint) = state.endpoint(sender) else {
            return;
        };
        let (version, buffers) = (endpoint.version, endpoint.buffers);
        let Some((call, buffers)) = self.call().copied().zip(buffers) else {
            return;
        };
        let length = match call {
            Call::Send { length, .. } | Call::Retrieve { length } => length,
            _ => hal::PAGE_SIZE,
        };
        let mut bytes = vec![0; length.min(buffers.pages * hal::PAGE_SIZE) as usize];
        if view.memory.read(buffers.tx, &mut bytes).is_none() {
            return;
        }
        self.sent = match call {
            Call::Relinquish => match MemRelinquishDesc::unpack(&bytes) {
                Ok((descriptor, by)) => Sent::Relinquish { handle: descriptor.handle.0, by: by.collect() },
                Err(_) => Sent::Nothing,
            },
            Call::Send2 { .. } => {
                let [to, from] = [12, 14].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]));
                Sent::Message { from, to }
            }
            Call::RxTxMapForVm => match descriptor::buffers(&bytes) {
                Some((owner, tx, rx, pages)) => Sent::Buffers { owner, at: [tx, rx], pages },
                None => Sent::Nothing,
            },
            _ => descriptor::parse(&bytes, version).map_or(Sent::Nothing, Sent::Transaction),
        };
    }

    /// The handle of the transaction that the call is about.
    pub fn handle(&self) -> Option<u64> {
        match (&self.cause, &self.sent) {
            (Cause::Call(Call::Reclaim { handle, .. }), _) => Some(*handle),
            (Cause::Call(Call::Retrieve { .. }), Sent::Transaction(descriptor)) => Some(descriptor.handle),
            (_, Sent::Relinquish { handle, .. }) => Some(*handle),
            _ => None,
        }
    }

    /// The pages whose reach the call may change.
    pub fn pages(&self, state: &State) -> Vec<Pa> {
        let moves = self.call().is_some_and(Call::moves_memory);
        if !moves {
            return Vec::new();
        }
        match (self.handle(), &self.sent) {
            (Some(handle), _) => {
                state.transactions.get(&handle).map_or_else(Vec::new, |one| one.pages.clone())
            }
            (None, Sent::Transaction(descriptor)) => {
                descriptor.pages().flat_map(|page| [Pa::secure(page), Pa::non_secure(page)]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// When it is, in a finding: "after FFA_MEM_RELINQUISH of handle 0x1 by SP1 (0x8001)".
    pub fn when(&self, state: &State) -> String {
        let who = state.name(self.who.id);
        match self.cause {
            Cause::Boot => "after boot".into(),
            Cause::Interrupt | Cause::Deadline => format!("after an interrupt took the core from {who}"),
            Cause::Fetch | Cause::Other => format!("after an exception of {who}"),
            Cause::Call(_) => {
                let function = words::function(self.x[0]);
                let of = self.handle().map_or_else(String::new, |handle| format!(" of handle {handle:#x}"));
                format!("after {function}{of} by {who}")
            }
        }
    }
}
