//! The notifications of one endpoint: 64 that partitions set, 64 that VMs set, and the framework's.
//!
//! Each of the 128 is bound to one sender at most, and is either for the endpoint, so that any of its vCPUs gets it, or for
//! one vCPU. It is pending from the time when its sender sets it to the time when the endpoint gets it. That something
//! is pending is to be reported to the scheduler once.

use crate::capacity::MAX_VCPUS;
use crate::ffa::call::{Notice, Origins};
use crate::ffa::{Error, PartitionId};

/// Notifications that senders of one world set.
#[derive(Clone, Debug)]
struct Bitmap {
    /// Those that are bound.
    bound: u64,
    /// To whom each is, where it is.
    senders: [PartitionId; 64],
    /// Those that are bound to be for one vCPU.
    per_vcpu: u64,
    /// Those that are pending for any vCPU.
    pending: u64,
    /// Those that are pending for one vCPU.
    pending_of_vcpu: [u64; MAX_VCPUS],
}

impl Bitmap {
    const EMPTY: Self = Self {
        bound: 0,
        senders: [PartitionId(0); 64],
        per_vcpu: 0,
        pending: 0,
        pending_of_vcpu: [0; MAX_VCPUS],
    };

    /// Those that are bound to `sender`, of `bits`.
    fn bound_to(&self, sender: PartitionId, bits: u64) -> u64 {
        let mut left = bits & self.bound;
        let mut found = 0;
        // At most 64 rounds.
        while left != 0 {
            let lowest = left & left.wrapping_neg();
            if self.senders.get(left.trailing_zeros() as usize) == Some(&sender) {
                found |= lowest;
            }
            left ^= lowest;
        }
        found
    }

    /// Those that are pending, for whomever.
    fn all_pending(&self) -> u64 {
        self.pending_of_vcpu.iter().fold(self.pending, |all, pending| all | pending)
    }
}

/// The framework's notification that the RX buffer is full with a message of a partition.
const FULL_BY_PARTITION: u8 = 1 << 0;
/// The same with a message of a VM.
const FULL_BY_VM: u8 = 1 << 1;

/// That something is pending for any vCPU is to be reported; the lower bits are for the vCPUs.
const ANY_VCPU: u32 = 1 << 31;

/// What FFA_NOTIFICATION_GET got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Got {
    /// Set by partitions.
    pub from_partitions: u64,
    /// Set by VMs.
    pub from_vms: u64,
    /// The framework's: for messages of partitions, for messages of VMs.
    pub framework: [u32; 2],
}

/// The notifications of one endpoint.
#[derive(Clone, Debug)]
pub struct Notifications {
    from_partitions: Bitmap,
    from_vms: Bitmap,
    framework: u8,
    /// What is to be reported: for any vCPU, for each.
    unreported: u32,
}

impl Notifications {
    /// None bound, none pending: the empty value.
    pub const EMPTY: Self =
        Self { from_partitions: Bitmap::EMPTY, from_vms: Bitmap::EMPTY, framework: 0, unreported: 0 };

    const fn from(&mut self, sender: PartitionId) -> &mut Bitmap {
        if sender.is_secure() { &mut self.from_partitions } else { &mut self.from_vms }
    }

    /// Binds what `notice` names to its sender, each for one vCPU where `per_vcpu`.
    pub fn bind(&mut self, notice: &Notice, per_vcpu: bool) -> Result<(), Error> {
        let Notice { sender, receiver, bits } = *notice;
        let bitmap = self.from(sender);
        let bound = bits & bitmap.bound & !bitmap.bound_to(sender, bits);
        // rule: notification.14
        if bound != 0 {
            return Err(Error::BoundToAnother { receiver, bound });
        }
        let pending = bits & bitmap.all_pending();
        // rule: notification.15
        if pending != 0 {
            return Err(Error::NotificationsPending { receiver, pending });
        }
        // rule: notification.1
        bitmap.bound |= bits;
        bitmap.per_vcpu = if per_vcpu { bitmap.per_vcpu | bits } else { bitmap.per_vcpu & !bits };
        let places = bitmap.senders.iter_mut().enumerate();
        for (_, place) in places.filter(|(bit, _)| bits >> bit & 1 != 0) {
            *place = sender;
        }
        Ok(())
    }

    /// Has what `notice` names bound to nobody.
    pub fn unbind(&mut self, notice: &Notice) -> Result<(), Error> {
        let Notice { sender, receiver, bits } = *notice;
        let bitmap = self.from(sender);
        // rule: notification.16
        if bitmap.bound_to(sender, bits) != bits {
            return Err(Error::NotBound { sender, receiver, bits });
        }
        let pending = bits & bitmap.all_pending();
        // rule: notification.17
        if pending != 0 {
            return Err(Error::NotificationsPending { receiver, pending });
        }
        bitmap.bound &= !bits;
        Ok(())
    }

    /// `sender`, an endpoint that is gone, has nothing bound to it any more. What it set stays pending.
    pub fn forget(&mut self, sender: PartitionId) {
        let bitmap = self.from(sender);
        bitmap.bound &= !bitmap.bound_to(sender, u64::MAX);
    }

    /// Makes what `notice` names pending, for the vCPU number `vcpu` where it is for one.
    pub fn set(&mut self, notice: &Notice, vcpu: Option<u16>) -> Result<(), Error> {
        let Notice { sender, receiver, bits } = *notice;
        let bitmap = self.from(sender);
        let of_kind = if vcpu.is_some() { bits & bitmap.per_vcpu } else { bits & !bitmap.per_vcpu };
        // rule: notification.25, notification.26
        if of_kind != bits || bitmap.bound_to(sender, bits) != bits {
            return Err(Error::NotBound { sender, receiver, bits });
        }
        let (pending, to_report) = match vcpu {
            None => (Some(&mut bitmap.pending), ANY_VCPU),
            Some(vcpu) => (bitmap.pending_of_vcpu.get_mut(usize::from(vcpu)), 1 << (vcpu & 15)),
        };
        if let Some(pending) = pending {
            let is_new = bits & !*pending != 0;
            *pending |= bits;
            if is_new {
                self.unreported |= to_report;
            }
        }
        Ok(())
    }

    /// The RX buffer is full with a message of `sender`.
    pub fn set_rx_full(&mut self, sender: PartitionId) {
        // rule: notification.34
        self.framework |= if sender.is_secure() { FULL_BY_PARTITION } else { FULL_BY_VM };
        self.unreported |= ANY_VCPU;
    }

    /// True where the endpoint has not got the notification that its RX buffer is full.
    pub const fn has_unread_rx(&self) -> bool {
        self.framework != 0
    }

    /// Those of `origins` that are pending for the vCPU number `vcpu`, which are so no more.
    pub fn get(&mut self, vcpu: u16, origins: Origins) -> Got {
        let mut got = Got { from_partitions: 0, from_vms: 0, framework: [0; 2] };
        let maps = [
            (Origins::PARTITIONS, &mut self.from_partitions, &mut got.from_partitions),
            (Origins::VMS, &mut self.from_vms, &mut got.from_vms),
        ];
        for (origin, bitmap, got) in maps {
            if origins.include(origin) {
                // rule: notification.2
                *got = core::mem::take(&mut bitmap.pending);
                if let Some(pending) = bitmap.pending_of_vcpu.get_mut(usize::from(vcpu)) {
                    *got |= core::mem::take(pending);
                }
            }
        }
        let framework = [(Origins::SPM, FULL_BY_PARTITION), (Origins::HYPERVISOR, FULL_BY_VM)];
        for ((origin, full), got) in framework.into_iter().zip(&mut got.framework) {
            if origins.include(origin) && self.framework & full != 0 {
                self.framework &= !full;
                *got = 1;
            }
        }
        if !self.is_pending_for_any() {
            self.unreported &= !ANY_VCPU;
        }
        if !self.is_pending_for_only(vcpu) {
            self.unreported &= !(1 << (vcpu & 15));
        }
        got
    }

    const fn is_pending_for_any(&self) -> bool {
        self.from_partitions.pending | self.from_vms.pending | self.framework as u64 != 0
    }

    fn is_pending_for_only(&self, vcpu: u16) -> bool {
        let of_vcpu =
            |bitmap: &Bitmap| bitmap.pending_of_vcpu.get(usize::from(vcpu)).is_some_and(|own| *own != 0);
        of_vcpu(&self.from_partitions) || of_vcpu(&self.from_vms)
    }

    /// True where something is pending that the vCPU number `vcpu` can get.
    pub fn is_pending_for(&self, vcpu: u16) -> bool {
        self.is_pending_for_any() || self.is_pending_for_only(vcpu)
    }

    /// Those that are pending, for whomever and from whomever.
    pub fn all_pending(&self) -> u64 {
        self.from_partitions.all_pending() | self.from_vms.all_pending() | u64::from(self.framework)
    }

    /// That the vCPU number `vcpu` has work is to be reported.
    pub const fn schedule(&mut self, vcpu: u16) {
        self.unreported |= 1 << (vcpu & 15);
    }

    /// True where something is to be reported.
    pub const fn is_unreported(&self) -> bool {
        self.unreported != 0
    }

    /// Gives what is to be reported to `report`, for any vCPU or for one, until that finds no room.
    pub fn report(&mut self, mut report: impl FnMut(Option<u16>) -> bool) {
        if self.unreported & ANY_VCPU != 0 && report(None) {
            // rule: notification.64
            self.unreported &= !ANY_VCPU;
        }
        // At most 31 rounds.
        while self.unreported & !ANY_VCPU != 0 {
            let vcpu = self.unreported.trailing_zeros();
            if !report(Some(vcpu as u16)) {
                return;
            }
            self.unreported &= self.unreported - 1;
        }
    }
}
