//! Who chooses calls at random: mostly such that may succeed where the player stands, some that may not, a few spoilt.

use std::collections::BTreeSet;

use super::call::{Call, Place};
use super::known::{Known, Request, Share};
use crate::ffa;
use crate::machine::layout;
use crate::program::{Context, Role, layout_of};
use crate::psci;
use crate::soak::random::Random;
use crate::steps::Message;
use crate::steps::descriptor::{self, HANDLE, READ_ONLY, READ_WRITE, Transaction};

/// What somebody may want.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Ask,
    AskService,
    Send,
    Answer,
    Wait,
    Run,
    Yield,
    Share,
    Retrieve,
    Relinquish,
    Reclaim,
    Map,
    Unmap,
    Release,
    List,
    ListInRegisters,
    Look,
    Print,
}

/// One call of so many is spoilt.
const SPOILT: usize = 12;
/// Pages that the normal world shares: few, so that shares meet.
const PAGES: usize = 4;

/// A player.
pub struct Player {
    random: Random,
    cores: u16,
    partitions: u16,
    /// Whether a partition has a virtual CPU for each core, by its number less one.
    pinned: Vec<bool>,
}

impl Player {
    /// The player of `seed` on a machine with so many cores, and partitions of which some are pinned.
    pub fn new(seed: u64, cores: u16, pinned: Vec<bool>) -> Self {
        Self { random: Random::of(seed, 0), cores, partitions: pinned.len() as u16, pinned }
    }

    /// The next call of `who`, whose number is `number`.
    pub fn next(&mut self, who: Context, number: u32, known: &mut Known) -> Call {
        if let Some(call) = self.opening(who, known) {
            return call;
        }
        let mut call = loop {
            let wish = self.wish(who, known);
            if let Some(call) = self.grant(wish, who, number, known) {
                break call;
            }
        };
        if self.random.below(SPOILT) == 0 {
            self.spoil(&mut call);
        }
        call
    }

    /// What everybody does at first: a version, buffers, other cores; partitions wait.
    fn opening(&mut self, who: Context, known: &Known) -> Option<Call> {
        let made = known.calls.get(&who.number()).copied().unwrap_or(0);
        let place = layout_of(who.role);
        let map = Call::new([ffa::RXTX_MAP_64, place.tx, place.rx, 1]);
        match who.role {
            Role::NormalWorld if who.cpu > 0 => None,
            Role::NormalWorld => match made as u16 {
                0 => Some(Call::new([ffa::VERSION, ffa::VERSION_1_2])),
                1 => Some(map),
                made if made <= self.cores => {
                    let core = made - 1;
                    let entry = layout_of(Context { role: Role::NormalWorld, cpu: core }).image;
                    Some(Call::new([psci::CPU_ON, u64::from(core), entry]))
                }
                _ => None,
            },
            Role::Partition(number) => match (made, self.pinned[usize::from(number) - 1], who.cpu) {
                (0, true, 0) => Some(Call::new([ffa::SECONDARY_EP_REGISTER_64, place.secondary_entry])),
                (0, false, _) | (1, true, 0) => Some(map),
                (0, true, _) | (1, false, _) | (2, true, 0) => Some(Call::new([ffa::MSG_WAIT])),
                _ => None,
            },
        }
    }

    /// What `who` wants now.
    fn wish(&mut self, who: Context, known: &Known) -> Wish {
        let at_times = [
            (3, Wish::Map),
            (2, Wish::Unmap),
            (6, Wish::Release),
            (5, Wish::List),
            (4, Wish::ListInRegisters),
            (6, Wish::Send),
            (8, Wish::AskService),
            (6, Wish::Look),
            (2, Wish::Yield),
            (1, Wish::Print),
        ];
        let often: &[(usize, Wish)] = match who.role {
            _ if known.stopped.contains_key(&who.number()) => &[(200, Wish::Run), (20, Wish::Ask)],
            Role::NormalWorld => &[(60, Wish::Ask), (5, Wish::Run), (20, Wish::Share), (14, Wish::Reclaim)],
            Role::Partition(_) if known.owed.contains_key(&who.number()) => &[
                (35, Wish::Answer),
                (15, Wish::Ask),
                (14, Wish::Retrieve),
                (16, Wish::Relinquish),
                (2, Wish::Wait),
                (2, Wish::Run),
            ],
            Role::Partition(_) => &[(60, Wish::Wait), (10, Wish::Ask), (5, Wish::Retrieve)],
        };
        let all = || often.iter().chain(&at_times);
        let mut drawn = self.random.below(all().map(|(weight, _)| weight).sum());
        for (weight, wish) in all() {
            match drawn.checked_sub(*weight) {
                Some(left) => drawn = left,
                None => return *wish,
            }
        }
        Wish::Look
    }

    /// The call that grants `wish`, if there is one for `who` now.
    fn grant(&mut self, wish: Wish, who: Context, number: u32, known: &mut Known) -> Option<Call> {
        let place = layout_of(who.role);
        let me = who.role.endpoint();
        // The first context of an endpoint alone maps its buffers and writes to TX: what a descriptor is that changes, or
        // appears, while it is read is open.
        let is_of_the_first = matches!(
            wish,
            Wish::Share | Wish::Retrieve | Wish::Relinquish | Wish::Send | Wish::Map | Wish::Unmap
        );
        if who.cpu > 0 && is_of_the_first {
            return None;
        }
        Some(match wish {
            Wish::Ask => {
                let to = ffa::partition_id(self.partition());
                let function = self.random.pick(&[ffa::DIRECT_REQ_64, ffa::DIRECT_REQ_32]);
                Call::new([
                    function,
                    ffa::sender_receiver(me, to),
                    0,
                    self.random.number(),
                    self.random.number(),
                ])
            }
            Wish::AskService => {
                let to = ffa::partition_id(self.partition());
                let numbers: [u64; 3] = std::array::from_fn(|_| self.random.number());
                let [x4, x5, x17] = numbers;
                let mut call = Call::new([ffa::DIRECT_REQ2, ffa::sender_receiver(me, to), 0, 0, x4, x5]);
                call.registers[17] = x17;
                call
            }
            Wish::Send => {
                let partition = Role::Partition(self.partition());
                let to = self.random.pick(&[Role::NormalWorld, partition]);
                Call::new([ffa::MSG_SEND2]).writing(place.tx, Message::new(who.role, to).bytes())
            }
            Wish::Answer => {
                let Request { function, from } = *known.owed.get(&who.number())?;
                let answer = function + 1;
                Call::new([
                    answer,
                    ffa::sender_receiver(me, from),
                    0,
                    self.random.number(),
                    self.random.number(),
                ])
            }
            Wish::Wait => Call::new([ffa::MSG_WAIT, 0, self.random.pick(&[0, 0, 1])]),
            Wish::Run => match known.stopped.get(&who.number()) {
                Some(target) => Call::new([ffa::RUN, *target]),
                None => {
                    let to = self.partition();
                    let vcpu = if self.pinned[usize::from(to) - 1] { who.cpu } else { 0 };
                    Call::new([ffa::RUN, ffa::target(ffa::partition_id(to), vcpu)])
                }
            },
            Wish::Yield => Call::new([ffa::YIELD]),
            Wish::Share => self.share(number, known),
            Wish::Retrieve => {
                let Role::Partition(me) = who.role else { return None };
                let mine = |share: &Share| share.borrowers.contains(&me) && !share.held_by.contains(&me);
                let anybodys = self.random.below(8) == 0;
                let share = self.share_where(known, |share| anybodys || mine(share))?;
                let borrowers: Vec<_> = share.borrowers.iter().copied().map(Role::Partition).collect();
                let bytes = Transaction::retrieve(&borrowers).permitting(share.permissions).bytes();
                let length = bytes.len() as u64;
                Call::new([ffa::MEM_RETRIEVE_REQ, length, length])
                    .writing(place.tx, bytes)
                    .naming(share.call, Place::Written(HANDLE as usize))
            }
            Wish::Relinquish => {
                let Role::Partition(me) = who.role else { return None };
                let share = self.share_where(known, |share| share.held_by.contains(&me))?;
                let bytes = descriptor::relinquish(0, &[who.role]);
                Call::new([ffa::MEM_RELINQUISH])
                    .writing(place.tx, bytes)
                    .naming(share.call, Place::Written(0))
            }
            Wish::Reclaim => {
                let share = self
                    .share_where(known, |share| share.held_by.is_empty())
                    .or_else(|| self.share_where(known, |_| true))?;
                let zero = self.random.pick(&[0, 0, 1]);
                Call::new([ffa::MEM_RECLAIM, 0, 0, zero]).naming(share.call, Place::Registers)
            }
            Wish::Map => Call::new([ffa::RXTX_MAP_64, place.tx, place.rx, 1]),
            Wish::Unmap => Call::new([ffa::RXTX_UNMAP]),
            Wish::Release => Call::new([ffa::RX_RELEASE]),
            Wish::List => Call::new([ffa::PARTITION_INFO_GET, 0, 0, 0, 0, self.random.pick(&[0, 1])]),
            Wish::ListInRegisters => {
                let start = self.random.pick(&[0, 0, 1, 2]);
                Call::new([ffa::PARTITION_INFO_GET_REGS, 0, 0, start])
            }
            Wish::Look => self.look(),
            Wish::Print => Call::new([ffa::CONSOLE_LOG_64, 8, u64::from_le_bytes(*b"printed\n")]),
        })
    }

    /// A call that changes nothing.
    fn look(&mut self) -> Call {
        match self.random.below(4) {
            0 => Call::new([ffa::ID_GET]),
            1 => Call::new([ffa::SPM_ID_GET]),
            // 1.0 to 1.3.
            2 => Call::new([ffa::VERSION, ffa::VERSION_1_2 - 2 + self.random.below(4) as u64]),
            _ => Call::new([ffa::FEATURES, 0x8400_0060 + self.random.below(0x32) as u64]),
        }
    }

    /// A share of a page with one or two partitions.
    fn share(&mut self, number: u32, known: &mut Known) -> Call {
        let page = layout::SHARED_PAGE + self.random.below(PAGES) as u64 * layout::PAGE;
        let first = self.partition();
        let second = self.partition();
        let mut borrowers = vec![first];
        if first < second {
            borrowers.push(second);
        }
        let roles: Vec<_> = borrowers.iter().copied().map(Role::Partition).collect();
        let permissions = self.random.pick(&[READ_WRITE, READ_WRITE, READ_ONLY]);
        let bytes = Transaction::share(&roles, &[(page, 1)]).permitting(permissions).bytes();
        let length = bytes.len() as u64;
        let share = Share { call: number, borrowers, held_by: BTreeSet::new(), permissions };
        known.shares.push(share);
        Call::new([ffa::MEM_SHARE, length, length]).writing(layout_of(Role::NormalWorld).tx, bytes)
    }

    fn share_where(&mut self, known: &Known, wanted: impl Fn(&Share) -> bool) -> Option<Share> {
        let some: Vec<_> = known.shares.iter().filter(|share| wanted(share)).collect();
        let index = self.random.below(some.len().max(1));
        some.get(index).copied().cloned()
    }

    /// The number of a partition.
    fn partition(&mut self) -> u16 {
        1 + self.random.below(self.partitions.into()) as u16
    }

    /// Changes one register of `call`, or where it is about something written, perhaps a byte of that.
    fn spoil(&mut self, call: &mut Call) {
        if let Some((_, bytes)) = &mut call.writes
            && self.random.below(2) == 0
        {
            let index = self.random.below(bytes.len());
            bytes[index] ^= 1 << self.random.below(8);
            return;
        }
        let index = self.random.below(8);
        let old = call.registers[index];
        let bit = 1 << self.random.below(64);
        let other = self.random.number();
        call.registers[index] = self.random.pick(&[0, 1, old ^ bit, old.wrapping_add(1), u64::MAX, other]);
    }
}
