//! Notifications as the oracle believes them to be: who may set which, which are pending, who is to be told.

use std::collections::{BTreeMap, BTreeSet};

use arm_ffa::Interface;

use crate::scene::Scene;
use crate::state::Who;

/// The number of the bitmap in which a sender's notifications are: 0 for partitions, 1 for the normal world's.
pub const fn map_of(sender: u16) -> usize {
    if sender & 0x8000 != 0 { 0 } else { 1 }
}

/// A call about notifications.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notification {
    /// FFA_NOTIFICATION_BITMAP_CREATE.
    Create { vm: u16, vcpus: u32 },
    /// FFA_NOTIFICATION_BITMAP_DESTROY.
    Destroy { vm: u16 },
    /// FFA_NOTIFICATION_BIND.
    Bind { from: u16, to: u16, bits: u64, per_vcpu: bool },
    /// FFA_NOTIFICATION_UNBIND.
    Unbind { from: u16, to: u16, bits: u64 },
    /// FFA_NOTIFICATION_SET.
    Set { from: u16, to: u16, bits: u64, vcpu: Option<u16>, delays: bool },
    /// FFA_NOTIFICATION_GET, of bitmaps whose numbers are bits.
    Get { receiver: Who, maps: u32 },
    /// FFA_NOTIFICATION_INFO_GET: `wide` by its 64-bit form.
    Info { wide: bool },
}

impl Notification {
    /// The call that `interface` is, if it is one of these.
    pub fn of(interface: &Interface) -> Option<Self> {
        Some(match *interface {
            Interface::NotificationBitmapCreate { vm_id, vcpu_cnt } => {
                Self::Create { vm: vm_id, vcpus: vcpu_cnt }
            }
            Interface::NotificationBitmapDestroy { vm_id } => Self::Destroy { vm: vm_id },
            Interface::NotificationBind { sender_id, receiver_id, flags, bitmap } => Self::Bind {
                from: sender_id,
                to: receiver_id,
                bits: bitmap,
                per_vcpu: flags.per_vcpu_notification,
            },
            Interface::NotificationUnbind { sender_id, receiver_id, bitmap } => {
                Self::Unbind { from: sender_id, to: receiver_id, bits: bitmap }
            }
            Interface::NotificationSet { sender_id, receiver_id, flags, bitmap } => Self::Set {
                from: sender_id,
                to: receiver_id,
                bits: bitmap,
                vcpu: flags.vcpu_id,
                delays: flags.delay_schedule_receiver,
            },
            Interface::NotificationGet { vcpu_id, endpoint_id, flags } => {
                Self::Get { receiver: Who { id: endpoint_id, vcpu: vcpu_id }, maps: flags.into() }
            }
            Interface::NotificationInfoGet { is_32bit } => Self::Info { wide: !is_32bit },
            _ => return None,
        })
    }
}

/// A notification that is pending: the number of its bitmap, its own, and its vCPU where it is for one.
pub type Notice = (usize, u32, Option<u16>);

/// The notifications of one endpoint.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    /// How many virtual CPUs it has.
    pub vcpus: u16,
    /// To whom notifications are bound, by bitmap and number, and whether for one virtual CPU.
    pub bound: BTreeMap<(usize, u32), (u16, bool)>,
    /// What is pending for certain.
    pub pending: BTreeSet<Notice>,
    /// What may be pending or not: it was set on one core while it was got on another.
    pub perhaps: BTreeSet<Notice>,
    /// The framework's: the RX buffer is full with a message of a partition, of a VM.
    pub full: [bool; 2],
    /// What the scheduler was not told of: for any virtual CPU, for one.
    pub untold: BTreeSet<Option<u16>>,
}

impl Receiver {
    /// True where something of it is pending for certain.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty() || self.full.contains(&true)
    }

    /// True where those of `bits` are bound as `is` says.
    pub fn are_bound(&self, map: usize, bits: u64, is: impl Fn(Option<&(u16, bool)>) -> bool) -> bool {
        numbers(bits).all(|bit| is(self.bound.get(&(map, bit))))
    }

    /// True where one of `bits` is pending for certain.
    pub fn is_one_pending(&self, map: usize, bits: u64) -> bool {
        self.pending.iter().any(|(of, bit, _)| *of == map && bits >> bit & 1 != 0)
    }

    /// What is pending for certain that FFA_NOTIFICATION_GET of these `maps` gets for `vcpu`.
    pub fn due(&self, maps: u32, vcpu: u16) -> BTreeSet<Notice> {
        let is_due = |(map, _, of): &&Notice| maps >> *map & 1 != 0 && of.is_none_or(|of| of == vcpu);
        self.pending.iter().filter(is_due).copied().collect()
    }
}

/// The notifications of the partitions of `scene` that have some.
pub fn of_partitions(scene: &Scene) -> BTreeMap<u16, Receiver> {
    let some = scene.partitions.iter().filter(|spec| spec.notifications);
    some.map(|spec| (spec.id, Receiver { vcpus: spec.contexts.max(1), ..Receiver::default() })).collect()
}

/// The numbers of the bits of `bits`.
pub fn numbers(bits: u64) -> impl Iterator<Item = u32> {
    (0..64).filter(move |bit| bits >> bit & 1 != 0)
}

/// What the monitor's work on a call about notifications has to do with that of other cores.
#[derive(Clone, Debug, Default)]
pub struct Meanwhile {
    /// Another core's monitor was at such a call too.
    pub others: bool,
    /// What FFA_NOTIFICATION_GET must get.
    pub due: BTreeSet<Notice>,
    /// What FFA_NOTIFICATION_SET set, and another core got before it was answered.
    pub consumed: u64,
    /// What it set, and another core perhaps got.
    pub perhaps: u64,
}
