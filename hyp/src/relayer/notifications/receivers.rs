//! The notifications of all endpoints: of the partitions, and of those endpoints of the normal world whose hypervisor
//! created them.

use crate::capacity::{MAX_BITMAPS, MAX_PARTITIONS, MAX_VCPUS};
use crate::ffa::notification_lists::NotificationLists;
use crate::ffa::wording::Item;
use crate::ffa::{Error, PartitionId};
use crate::partition::notifications::Notifications;
use crate::relayer::{index_of, partition_id};

/// An endpoint of the normal world that has notifications, or a place for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Owner {
    id: PartitionId,
    /// 0 where the place is free.
    vcpus: u16,
}

/// The notifications of all endpoints.
pub struct Receivers {
    /// The partitions', then those of the normal world.
    all: [Notifications; MAX_PARTITIONS + MAX_BITMAPS],
    /// Whose the latter are.
    owners: [Owner; MAX_BITMAPS],
    /// A bit for each of them that has something to be reported.
    unreported: u64,
}

const _: () = assert!(MAX_PARTITIONS + MAX_BITMAPS <= 64, "`unreported` has a bit for each");

impl Receivers {
    /// Nobody's, the empty value.
    pub const EMPTY: Self = Self {
        all: [Notifications::EMPTY; MAX_PARTITIONS + MAX_BITMAPS],
        owners: [Owner { id: PartitionId(0), vcpus: 0 }; MAX_BITMAPS],
        unreported: 0,
    };

    /// Where the notifications of `id` are: of a partition, or of an endpoint of the normal world that has some.
    fn place(&self, id: PartitionId) -> Option<usize> {
        if id.is_secure() {
            return Some(index_of(id)).filter(|index| *index < MAX_PARTITIONS);
        }
        let mut owners = self.owners.iter();
        owners.position(|owner| owner.vcpus != 0 && owner.id == id).map(|index| MAX_PARTITIONS + index)
    }

    /// How many vCPUs `id` has, an endpoint of the normal world; `None` where it has no notifications.
    pub fn vcpus(&self, id: PartitionId) -> Option<u16> {
        let owner = self.place(id)?.checked_sub(MAX_PARTITIONS)?;
        self.owners.get(owner).map(|owner| owner.vcpus)
    }

    /// The notifications of `id`, to look at.
    pub fn of(&self, id: PartitionId) -> Option<&Notifications> {
        self.all.get(self.place(id)?)
    }

    /// Has `change` change the notifications of `id`; `None` where it has none. What is to be reported afterwards is
    /// known then.
    #[inline(always)]
    pub fn change<T>(&mut self, id: PartitionId, change: impl FnOnce(&mut Notifications) -> T) -> Option<T> {
        let place = self.place(id)?;
        let notifications = self.all.get_mut(place)?;
        let changed = change(notifications);
        let bit = 1 << place;
        self.unreported &= !bit;
        if notifications.is_unreported() {
            self.unreported |= bit;
        }
        Some(changed)
    }

    /// Gives `id`, an endpoint of the normal world with so many vCPUs, notifications.
    pub fn create(&mut self, id: PartitionId, vcpus: u32) -> Result<(), Error> {
        // rule: notification.10
        if self.place(id).is_some() {
            return Err(Error::BitmapExists { owner: id });
        }
        let vcpus = match u16::try_from(vcpus) {
            Ok(vcpus) if usize::from(vcpus) <= MAX_VCPUS => vcpus,
            // rule: notification.12
            _ => return Err(Error::NoMemory { what: Item::VcpusOfNotifications }),
        };
        let mut owners = self.owners.iter_mut();
        let free = (owners.find(|owner| owner.vcpus == 0))
            // rule: notification.11
            .ok_or(Error::NoMemory { what: Item::VmNotifications })?;
        *free = Owner { id, vcpus };
        Ok(())
    }

    /// Takes the notifications of `id`, an endpoint of the normal world, away.
    pub fn destroy(&mut self, id: PartitionId) -> Result<(), Error> {
        let place = (self.place(id))
            // rule: notification.13
            .ok_or(Error::NoBitmap { owner: id })?;
        let notifications = self.all.get_mut(place).ok_or(Error::NoBitmap { owner: id })?;
        let pending = notifications.all_pending();
        // rule: notification.18
        if pending != 0 {
            return Err(Error::NotificationsPending { receiver: id, pending });
        }
        *notifications = Notifications::EMPTY;
        self.unreported &= !(1 << place);
        if let Some(owner) = place.checked_sub(MAX_PARTITIONS).and_then(|index| self.owners.get_mut(index)) {
            owner.vcpus = 0;
        }
        Ok(())
    }

    /// The partition `id` is gone: what it had, and what was bound to it.
    pub fn forget(&mut self, id: PartitionId) {
        // rule: notification.40
        self.change(id, |notifications| *notifications = Notifications::EMPTY);
        for notifications in &mut self.all {
            // rule: notification.41
            notifications.forget(id);
        }
    }

    /// Lists what is to be reported, as far as there is room in `lists`; returns true where something is left.
    pub fn report(&mut self, lists: &mut NotificationLists) -> bool {
        // At most one round for each place.
        while self.unreported != 0 {
            let place = self.unreported.trailing_zeros() as usize;
            let owner = place.checked_sub(MAX_PARTITIONS).and_then(|index| self.owners.get(index));
            let id = owner.map_or(partition_id(place), |owner| owner.id);
            let Some(notifications) = self.all.get_mut(place) else { break };
            notifications.report(|vcpu| lists.list(id, vcpu));
            // rule: notification.62
            if notifications.is_unreported() {
                return true;
            }
            self.unreported &= self.unreported - 1;
        }
        false
    }
}
