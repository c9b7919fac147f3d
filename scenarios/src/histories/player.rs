//! Who chooses calls at random: mostly such that may succeed where the player stands, some that may not, a few spoilt.

use std::collections::BTreeSet;

use super::call::{Call, Place};
use super::known::{Known, Request, Share};
use super::notices;
use super::vms::{self, VM1, VM2};
use super::wish::Wish;
use crate::ffa;
use crate::machine::layout;
use crate::program::{Context, Role, layout_of};
use crate::psci;
use crate::soak::random::Random;
use crate::steps::Message;
use crate::steps::descriptor::{self, HANDLE, READ_ONLY, READ_WRITE, Transaction};

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
            let wish = Wish::of(who, known, &mut self.random);
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

    /// The call that grants `wish`, if there is one for `who` now.
    fn grant(&mut self, wish: Wish, who: Context, number: u32, known: &mut Known) -> Option<Call> {
        let place = layout_of(who.role);
        let me = who.role.endpoint();
        if who.cpu > 0 && wish.is_of_the_first() {
            return None;
        }
        Some(match wish {
            Wish::Ask => {
                let to = ffa::partition_id(self.partition());
                let function = self.random.pick(&[ffa::DIRECT_REQ_64, ffa::DIRECT_REQ_32]);
                Call::new([
                    function,
                    ffa::sender_receiver(self.sender(who), to),
                    0,
                    self.random.number(),
                    self.random.number(),
                ])
            }
            Wish::AskService => {
                let to = ffa::partition_id(self.partition());
                let numbers: [u64; 3] = std::array::from_fn(|_| self.random.number());
                let [x4, x5, x17] = numbers;
                let route = ffa::sender_receiver(self.sender(who), to);
                // Now and then a service that nobody has.
                let uuid = if self.random.below(12) == 0 { self.random.number() } else { 0 };
                let mut call = Call::new([ffa::DIRECT_REQ2, route, uuid, uuid, x4, x5]);
                call.registers[17] = x17;
                call
            }
            Wish::Send => {
                let (from, partition) = (self.sender(who), ffa::partition_id(self.partition()));
                let to = match who.role {
                    Role::NormalWorld => self.random.pick(&[partition, partition, partition, VM1]),
                    Role::Partition(_) => self.random.pick(&[ffa::NORMAL_WORLD, VM1, VM2, partition]),
                };
                let (named, tx) = vms::sends_from(from, place.tx);
                Call::new([ffa::MSG_SEND2, named]).writing(tx, Message::between(from, to).bytes())
            }
            Wish::Answer => {
                let Request { function, from } = *known.owed.get(&who.number())?;
                let answer = function + 1;
                let from = self.now_and_then_another(from);
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
                let anybodys = self.random.below(40) == 0;
                let share = self.share_where(known, |share| anybodys || mine(share))?;
                let borrowers: Vec<_> = share.borrowers.iter().copied().map(Role::Partition).collect();
                let request = Transaction::retrieve(&borrowers).permitting(share.permissions);
                let sender = self.now_and_then_another(share.sender);
                let bytes = request.with(|request| request.sender = sender).bytes();
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
                // Who writes to the pages looks whether they are zero.
                let zero = if who.cpu == 0 { self.random.pick(&[0, 0, 1]) } else { 0 };
                Call::new([ffa::MEM_RECLAIM, 0, 0, zero]).naming(share.call, Place::Registers)
            }
            Wish::Map => Call::new([ffa::RXTX_MAP_64, place.tx, place.rx, 1]),
            Wish::Unmap => Call::new([ffa::RXTX_UNMAP]),
            Wish::Release if known.full.contains(&me) || self.random.below(8) == 0 => {
                Call::new([ffa::RX_RELEASE])
            }
            Wish::Release => return None,
            Wish::OfVm => vms::about_buffers(&mut self.random, known),
            Wish::Notify => notices::about(&mut self.random, who, self.partitions),
            Wish::Write => Call::new([ffa::ID_GET]).writing(self.page(), vec![0x55; 8]),
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
        let page = self.page();
        let first = self.partition();
        let second = self.partition();
        let mut borrowers = vec![first];
        if first < second {
            borrowers.push(second);
        }
        let roles: Vec<_> = borrowers.iter().copied().map(Role::Partition).collect();
        let permissions = self.random.pick(&[READ_WRITE, READ_WRITE, READ_ONLY]);
        let sender = self.sender(Role::NormalWorld.into());
        let spoofed = self.random.below(24) == 0;
        let said = if spoofed { ffa::partition_id(self.partition()) } else { sender };
        let share = Transaction::share(&roles, &[(page, 1)]).permitting(permissions);
        let bytes = share.with(|share| share.sender = said).bytes();
        let length = bytes.len() as u64;
        let share = Share { call: number, sender, borrowers, held_by: BTreeSet::new(), permissions };
        known.shares.push(share);
        Call::new([ffa::MEM_SHARE, length, length]).writing(layout_of(Role::NormalWorld).tx, bytes)
    }

    fn share_where(&mut self, known: &Known, wanted: impl Fn(&Share) -> bool) -> Option<Share> {
        let some: Vec<_> = known.shares.iter().filter(|share| wanted(share)).collect();
        let index = self.random.below(some.len().max(1));
        some.get(index).copied().cloned()
    }

    /// For whom `who` calls: the normal world for its VMs too.
    fn sender(&mut self, who: Context) -> u16 {
        match who.role {
            Role::NormalWorld => self.random.pick(&[ffa::NORMAL_WORLD, ffa::NORMAL_WORLD, VM1, VM2]),
            Role::Partition(_) => who.role.endpoint(),
        }
    }

    /// `id`, or now and then another of the normal world.
    fn now_and_then_another(&mut self, id: u16) -> u16 {
        let others = [ffa::NORMAL_WORLD, VM1, VM2];
        if self.random.below(24) == 0 { self.random.pick(&others) } else { id }
    }

    /// A page that the normal world shares.
    fn page(&mut self) -> u64 {
        layout::SHARED_PAGE + self.random.below(PAGES) as u64 * layout::PAGE
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
