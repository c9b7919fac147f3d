//! What the calls so far tell of the machine: enough to choose a next one that may succeed.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{Exchange, Registers};
use super::vms;
use crate::ffa;
use crate::program::{Context, Role};

/// A share that was made and not reclaimed.
#[derive(Clone, Debug)]
pub struct Share {
    /// The number of the call that made it.
    pub call: u32,
    /// Who sends it: the normal world, or a VM.
    pub sender: u16,
    /// The numbers of the partitions that it names, in its order.
    pub borrowers: Vec<u16>,
    /// What it permits.
    pub permissions: u8,
    /// Those of them that hold it.
    pub held_by: BTreeSet<u16>,
}

/// A request that a virtual CPU has to answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The function that it came by.
    pub function: u64,
    /// Who asks.
    pub from: u16,
}

/// What is known.
#[derive(Clone, Default, Debug)]
pub struct Known {
    /// The shares that live.
    pub shares: Vec<Share>,
    /// The endpoints with buffers.
    pub mapped: BTreeSet<u16>,
    /// The endpoints whose RX buffer is full.
    pub full: BTreeSet<u16>,
    /// The contexts that initialised themselves.
    pub ready: BTreeSet<u16>,
    /// What is to be answered, by context.
    pub owed: BTreeMap<u16, Request>,
    /// Whom an interrupt stopped, by the context that was told.
    pub stopped: BTreeMap<u16, u64>,
    /// How many calls each context made.
    pub calls: BTreeMap<u16, u32>,
}

impl Known {
    /// Learns from a call that came back.
    pub fn learn(&mut self, exchange: &Exchange) {
        let Some(back) = exchange.back else { return };
        let who = exchange.who.number();
        *self.calls.entry(who).or_default() += 1;
        self.stopped.remove(&who);
        self.arrives(exchange.who, &back);
        if exchange.succeeded() {
            self.succeeds(exchange, &back);
        } else {
            self.shares.retain(|share| share.call != exchange.number);
        }
    }

    /// What comes back may be a request, or an interruption.
    fn arrives(&mut self, who: Context, back: &Registers) {
        let [function, x1, ..] = *back;
        match function {
            ffa::DIRECT_REQ_32 | ffa::DIRECT_REQ_64 | ffa::DIRECT_REQ2 => {
                self.owed.insert(who.number(), Request { function, from: (x1 >> 16) as u16 });
            }
            ffa::INTERRUPT => {
                self.stopped.insert(who.number(), x1);
            }
            _ => {}
        }
    }

    fn succeeds(&mut self, exchange: &Exchange, back: &Registers) {
        let Context { role, .. } = exchange.who;
        let who = exchange.who.number();
        let endpoint = vms::owner(&exchange.call, role.endpoint());
        match exchange.call.registers[0] {
            ffa::DIRECT_RESP_32 | ffa::DIRECT_RESP_64 | ffa::DIRECT_RESP2 if !is_request(back) => {
                self.owed.remove(&who);
            }
            ffa::MSG_WAIT => {
                self.ready.insert(who);
                self.full.remove(&endpoint);
            }
            ffa::RXTX_MAP_32 | ffa::RXTX_MAP_64 => {
                self.mapped.insert(endpoint);
            }
            ffa::RXTX_UNMAP => {
                self.mapped.remove(&endpoint);
                self.full.remove(&endpoint);
            }
            ffa::PARTITION_INFO_GET if exchange.call.registers[5] == 0 => {
                self.full.insert(endpoint);
            }
            ffa::RX_RELEASE => {
                self.full.remove(&endpoint);
            }
            ffa::RX_ACQUIRE => {
                self.full.insert(endpoint);
            }
            ffa::MSG_SEND2 => {
                let message = exchange.call.writes.as_ref().map(|(_, bytes)| bytes);
                self.full.extend(message.map(|bytes| u16::from_le_bytes([bytes[12], bytes[13]])));
            }
            ffa::MEM_RETRIEVE_REQ => {
                self.full.insert(endpoint);
                if let (Some(share), Role::Partition(number)) = (self.named_by(exchange), role) {
                    share.held_by.insert(number);
                }
            }
            ffa::MEM_RELINQUISH => {
                if let (Some(share), Role::Partition(number)) = (self.named_by(exchange), role) {
                    share.held_by.remove(&number);
                }
            }
            ffa::MEM_RECLAIM => {
                let named = exchange.call.handle.map(|named| named.call);
                self.shares.retain(|share| Some(share.call) != named);
            }
            _ => {}
        }
    }

    fn named_by(&mut self, exchange: &Exchange) -> Option<&mut Share> {
        let named = exchange.call.handle?.call;
        self.shares.iter_mut().find(|share| share.call == named)
    }
}

/// True where `registers` are a direct request.
fn is_request(registers: &Registers) -> bool {
    matches!(registers[0], ffa::DIRECT_REQ_32 | ffa::DIRECT_REQ_64 | ffa::DIRECT_REQ2)
}
