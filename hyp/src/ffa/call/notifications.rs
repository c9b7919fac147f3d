//! Calls about notifications: what they are, and their decoders.
//!
//! Rules: `rules/notification.toml`.

use super::Width;
use super::arguments::Arguments;
use crate::ffa::error::Error;
use crate::ffa::function::FunctionId as Id;
use crate::ffa::ids::{Handle, PartitionId, endpoints};
use crate::ffa::wording::{Clause, Item};

/// Notifications from one endpoint to another, at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Who may set them, or does.
    pub sender: PartitionId,
    /// Whose they are.
    pub receiver: PartitionId,
    /// Which, a bit each.
    pub bits: u64,
}

/// Which of a receiver's notifications FFA_NOTIFICATION_GET is about: w2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origins(pub u32);

impl Origins {
    /// Those that partitions set.
    pub const PARTITIONS: u32 = 1 << 0;
    /// Those that VMs set.
    pub const VMS: u32 = 1 << 1;
    /// The framework's, for messages of partitions.
    pub const SPM: u32 = 1 << 2;
    /// The framework's, for messages of VMs.
    pub const HYPERVISOR: u32 = 1 << 3;

    const ALL: u32 = Self::PARTITIONS | Self::VMS | Self::SPM | Self::HYPERVISOR;

    /// True where one of `origins` is among them.
    pub const fn include(self, origins: u32) -> bool {
        self.0 & origins != 0
    }
}

/// A call about notifications (1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotificationCall {
    /// FFA_NOTIFICATION_BITMAP_CREATE.
    BitmapCreate {
        /// The VM, or its hypervisor itself.
        vm: PartitionId,
        /// How many vCPUs it has.
        vcpus: u32,
    },
    /// FFA_NOTIFICATION_BITMAP_DESTROY.
    BitmapDestroy {
        /// The VM, or its hypervisor itself.
        vm: PartitionId,
    },
    /// FFA_NOTIFICATION_BIND.
    Bind {
        /// What the sender may set then.
        notice: Notice,
        /// True where each is for one vCPU.
        per_vcpu: bool,
    },
    /// FFA_NOTIFICATION_UNBIND.
    Unbind(Notice),
    /// FFA_NOTIFICATION_SET.
    Set {
        /// What is set.
        notice: Notice,
        /// The vCPU that they are for, where they are for one.
        vcpu: Option<u16>,
        /// True where the receiver's scheduler need not be told at once.
        delays: bool,
    },
    /// FFA_NOTIFICATION_GET.
    Get {
        /// Whose.
        receiver: PartitionId,
        /// Its vCPU that gets them.
        vcpu: u16,
        /// Which.
        origins: Origins,
    },
    /// FFA_NOTIFICATION_INFO_GET.
    InfoGet(Width),
}

impl NotificationCall {
    /// The function that was called.
    pub const fn function(&self) -> Id {
        match self {
            Self::BitmapCreate { .. } => Id::NOTIFICATION_BITMAP_CREATE,
            Self::BitmapDestroy { .. } => Id::NOTIFICATION_BITMAP_DESTROY,
            Self::Bind { .. } => Id::NOTIFICATION_BIND,
            Self::Unbind(_) => Id::NOTIFICATION_UNBIND,
            Self::Set { .. } => Id::NOTIFICATION_SET,
            Self::Get { .. } => Id::NOTIFICATION_GET,
            Self::InfoGet(Width::W32) => Id::NOTIFICATION_INFO_GET,
            Self::InfoGet(Width::W64) => Id::NOTIFICATION_INFO_GET_64,
        }
    }

    /// Reads the call in `arguments`, whose function is one of these.
    pub(super) fn decode(arguments: &Arguments<'_>) -> Result<Self, Error> {
        match arguments.function {
            Id::NOTIFICATION_BITMAP_CREATE => {
                let vcpus = arguments.w::<2>();
                // rule: notification.4
                if vcpus == 0 {
                    return Err(arguments.refuse(Item::W2, 0, Clause::VcpuCount));
                }
                Ok(Self::BitmapCreate { vm: vm(arguments)?, vcpus })
            }
            Id::NOTIFICATION_BITMAP_DESTROY => Ok(Self::BitmapDestroy { vm: vm(arguments)? }),
            Id::NOTIFICATION_BIND => {
                let flags = arguments.w::<2>();
                // rule: notification.5
                arguments.only(Item::W2, flags, PER_VCPU, Clause::PerVcpuOnly)?;
                Ok(Self::Bind { notice: notice(arguments)?, per_vcpu: flags != 0 })
            }
            Id::NOTIFICATION_UNBIND => {
                // rule: notification.6
                arguments.zero(Item::W2, u64::from(arguments.w::<2>()))?;
                Ok(Self::Unbind(notice(arguments)?))
            }
            Id::NOTIFICATION_SET => set(arguments),
            Id::NOTIFICATION_GET => {
                let origins = arguments.w::<2>();
                // rule: notification.30
                arguments.only(Item::W2, origins, Origins::ALL, Clause::Bits3To0Only)?;
                let (PartitionId(vcpu), receiver) = endpoints(arguments.w::<1>());
                Ok(Self::Get { receiver, vcpu, origins: Origins(origins) })
            }
            _ => Ok(Self::InfoGet(arguments.width())),
        }
    }
}

/// Bit 0 of w2: each notification is for one vCPU.
const PER_VCPU: u32 = 1 << 0;
/// Bit 1 of w2: the receiver's scheduler need not be told at once.
const DELAY: u32 = 1 << 1;

/// The VM that a call about its bitmap names.
fn vm(arguments: &Arguments<'_>) -> Result<PartitionId, Error> {
    let word = arguments.w::<1>();
    // rule: notification.3
    arguments.only(Item::W1, word, 0xffff, Clause::HighHalfZero)?;
    Ok(PartitionId(word as u16))
}

/// Sender, receiver, and which notifications.
fn notice(arguments: &Arguments<'_>) -> Result<Notice, Error> {
    let (sender, receiver) = endpoints(arguments.w::<1>());
    let Handle(bits) = Handle::from_words(arguments.w::<3>(), arguments.w::<4>());
    // rule: notification.7, notification.20
    if bits == 0 {
        return Err(arguments.refuse(Item::Bits, 0, Clause::NamesNotification));
    }
    Ok(Notice { sender, receiver, bits })
}

fn set(arguments: &Arguments<'_>) -> Result<NotificationCall, Error> {
    let flags = arguments.w::<2>();
    // rule: notification.21
    arguments.only(Item::W2, flags, 0xffff_0000 | PER_VCPU | DELAY, Clause::Bits15To2Zero)?;
    let vcpu = (flags >> 16) as u16;
    let for_one = flags & PER_VCPU != 0;
    // rule: notification.22
    if vcpu != 0 && !for_one {
        let allowed = Clause::VcpuOnlyPerVcpu;
        return Err(arguments.refuse(Item::W2, u64::from(flags), allowed));
    }
    let notice = notice(arguments)?;
    Ok(NotificationCall::Set { notice, vcpu: for_one.then_some(vcpu), delays: flags & DELAY != 0 })
}
