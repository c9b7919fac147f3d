//! Who sits at the terminal: gives every program its next call, and writes down what came of it.

use std::collections::{BTreeMap, VecDeque};

use hal_sim::{Go, Terminal};

use super::call::{Call, Exchange, HandleOf, Registers, left_in};
use super::known::Known;
use super::player::Player;
use crate::ffa;
use crate::program::{Context, Role};

/// Calls in a row that are made up because a caller's own have run out, after which a history ends.
const PATIENCE: u32 = 200;

/// Where calls come from.
pub enum Source {
    /// A player chooses this many.
    Player(Player, u32),
    /// Those of an earlier history, each made by who made it.
    Again(Vec<Exchange>),
}

/// The driver of one history.
pub struct Driver {
    player: Option<(Player, u32)>,
    queues: BTreeMap<u16, VecDeque<Exchange>>,
    /// How many calls may still be made up before one of a queue.
    patience: u32,
    known: Known,
    /// By the number of the call that was given them.
    handles: BTreeMap<u32, u64>,
    /// By context, the place of its last call in the log.
    under_way: BTreeMap<u16, usize>,
    log: Vec<Exchange>,
    /// How many calls were made up, which are in the log too: they are numbered from the end.
    made_up: u32,
}

impl Driver {
    /// The driver of calls from `source`.
    pub fn new(source: Source) -> Self {
        let mut queues: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
        let player = match source {
            Source::Player(player, calls) => Some((player, calls)),
            Source::Again(exchanges) => {
                for exchange in exchanges {
                    queues.entry(exchange.who.number()).or_default().push_back(exchange);
                }
                None
            }
        };
        Self {
            player,
            queues,
            patience: PATIENCE,
            known: Known::default(),
            handles: BTreeMap::new(),
            under_way: BTreeMap::new(),
            log: Vec::new(),
            made_up: 0,
        }
    }

    /// The calls so far, in the order in which they were made.
    pub fn log(&self) -> &[Exchange] {
        &self.log
    }

    /// Writes down what came back to `who`.
    fn note(&mut self, who: u16, back: Registers) {
        let Some(index) = self.under_way.remove(&who) else { return };
        let exchange = &mut self.log[index];
        exchange.back = Some(back);
        let [function, _, low, high, ..] = back;
        if function == ffa::SUCCESS_32 && ffa::sends_memory(exchange.call.registers[0]) {
            self.handles.insert(exchange.number, high << 32 | low & 0xFFFF_FFFF);
        }
        let exchange = exchange.clone();
        self.known.learn(&exchange);
    }

    /// The next call of `who`, if the history goes on.
    fn next(&mut self, who: Context) -> Option<Exchange> {
        if let Some((player, calls)) = &mut self.player {
            let number = self.log.len() as u32;
            if number == *calls {
                return None;
            }
            let call = player.next(who, number, &mut self.known);
            return Some(Exchange { number, who, call, back: None });
        }
        let own = self.queues.get_mut(&who.number()).and_then(VecDeque::pop_front);
        if own.is_some() {
            self.patience = PATIENCE;
            return own;
        }
        if self.queues.values().all(VecDeque::is_empty) || self.patience == 0 {
            return None;
        }
        self.patience -= 1;
        self.made_up += 1;
        Some(Exchange { number: u32::MAX - self.made_up, who, call: self.make_up(who), back: None })
    }

    /// What who has nothing to say says: it gives the core back.
    fn make_up(&self, who: Context) -> Call {
        let me = who.role.endpoint();
        match (who.role, self.known.stopped.get(&who.number()), self.known.owed.get(&who.number())) {
            (_, Some(target), _) => Call::new([ffa::RUN, *target]),
            (Role::Partition(_), _, Some(owed)) => {
                Call::new([owed.function + 1, ffa::sender_receiver(me, owed.from)])
            }
            (Role::Partition(_), ..) => Call::new([ffa::MSG_WAIT]),
            (Role::NormalWorld, ..) => Call::new([ffa::ID_GET]),
        }
    }
}

impl Terminal for Driver {
    fn read(&mut self, buffer: &mut [u8]) -> Go {
        let number = u16::from_le_bytes([buffer[0], buffer[1]]);
        self.note(number, left_in(buffer));
        let Some(exchange) = self.next(Context::numbered(number)) else { return Go::End };
        let handle = exchange.call.handle.and_then(|HandleOf { call, .. }| self.handles.get(&call));
        exchange.call.put(buffer, handle.copied().unwrap_or(0));
        self.under_way.insert(number, self.log.len());
        self.log.push(exchange);
        Go::On
    }
}
