//! The virtual interrupts of one vCPU: which are pending, which it wants, and how.
//!
//! A vCPU has no virtual GIC. Pending interrupts that it enabled assert its virtual IRQ or FIQ; it asks for their numbers
//! one after the other, the oldest first. Each is pending once at most, so the queue has room for all there are and never
//! drops one.

use arrayvec::ArrayVec;
use hal::interrupt::{Intid, Trigger};

use super::Loaded;
use crate::capacity::MAX_INTERRUPTS;
use crate::manifest::interrupts::Signal;

/// The interrupts that each partition has, besides those of its devices, as Hafnium numbers them: the virtual timer,
/// the managed exit, the pending notification, and the one from another vCPU.
const GIVEN: [Intid; 4] = [Intid(3), Intid(4), NPI, Intid(9)];

/// The notification pending interrupt, as a partition knows it.
pub const NPI: Intid = Intid(5);
/// The SGI of the secure world by which a core has another come to the monitor.
pub const CALL: Intid = Intid(9);
/// The schedule receiver interrupt: the SGI of the normal world by which its scheduler is told of work for partitions.
pub const SRI: Intid = Intid(8);

/// Interrupts that a vCPU can have.
const MAX_PLACES: usize = GIVEN.len() + MAX_INTERRUPTS;

/// An interrupt of a partition: its place among those that each has and those of its devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(u8);

impl Place {
    /// One of its timers asks for it.
    pub const TIMER: Self = Self(0);
    /// An interrupt of the normal world arrived, and the partition is to end what it does.
    pub const MANAGED_EXIT: Self = Self(1);
    /// The partition has notifications pending.
    pub const NPI: Self = Self(2);
    /// Another vCPU of the partition sent it.
    pub const FROM_VCPU: Self = Self(3);

    /// The place of the device interrupt number `index` of a partition.
    pub const fn of_device(index: usize) -> Self {
        Self((GIVEN.len() + index) as u8)
    }

    /// The place that `intid` has in the partition `loaded`, if it is one of its interrupts.
    pub fn find(loaded: &Loaded, intid: Intid) -> Option<Self> {
        let given = GIVEN.iter().position(|given| *given == intid).map(|index| Self(index as u8));
        given.or_else(|| {
            let devices = &loaded.config.interrupts;
            let index = devices.iter().position(|device| device.intid == intid).unwrap_or(devices.len());
            Some(Self::of_device(index))
                // rule: interrupt.11
                .filter(|place| place.device(loaded).is_some())
        })
    }

    /// The number by which the partition `loaded` knows it.
    pub fn intid(self, loaded: &Loaded) -> Option<Intid> {
        let index = usize::from(self.0);
        GIVEN.get(index).copied().or_else(|| self.device(loaded))
    }

    /// The physical interrupt, where it is that of a device of the partition `loaded`.
    pub fn device(self, loaded: &Loaded) -> Option<Intid> {
        let index = usize::from(self.0).checked_sub(GIVEN.len())?;
        loaded.config.interrupts.get(index).map(|device| device.intid)
    }

    const fn bit(self) -> u64 {
        1 << self.0
    }
}

/// Some of a partition's interrupts, a bit for each place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places(u64);

impl From<Place> for Places {
    fn from(place: Place) -> Self {
        Self(place.bit())
    }
}

impl Iterator for Places {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let first = (self.0 != 0).then(|| Place(self.0.trailing_zeros() as u8))?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

/// Which of its two virtual interrupt lines a vCPU has asserted, as HCR_EL2 has VF and VI.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asserted(pub u8);

impl Asserted {
    /// HCR_EL2.VF.
    const FIQ: u8 = 1 << 6;
    /// HCR_EL2.VI.
    const IRQ: u8 = 1 << 7;
}

/// The virtual interrupts of a vCPU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VirtualInterrupts {
    /// The oldest first, each once.
    pending: ArrayVec<Place, MAX_PLACES>,
    /// A bit for each place.
    enabled: u64,
    /// Those that assert the virtual FIQ.
    fiqs: u64,
    /// Those whose physical interrupt is active, and does not come again before the partition is done with it.
    active: u64,
    /// The core that took the last of these.
    home: u8,
}

impl VirtualInterrupts {
    /// None, the empty value.
    pub const EMPTY: Self = Self { pending: ArrayVec::new_const(), enabled: 0, fiqs: 0, active: 0, home: 0 };

    /// True where `place` is pending.
    pub fn is_pending(&self, place: Place) -> bool {
        self.pending.contains(&place)
    }

    /// Makes `place` pending, or leaves it so.
    pub fn pend(&mut self, place: Place) {
        if !self.is_pending(place) {
            // Each place is there once, so there is room.
            let _ = self.pending.try_push(place);
        }
    }

    /// Its timers ask for their interrupt, or do not: while they do it is pending, or taken until the partition is done with
    /// it; then it is neither.
    pub fn set_timer(&mut self, asks: bool) {
        let bit = Place::TIMER.bit();
        if !asks {
            self.active &= !bit;
            // rule: timer.4
            self.cancel(Place::TIMER);
        } else if self.active & bit == 0 {
            self.active |= bit;
            // rule: timer.1
            self.pend(Place::TIMER);
        }
    }

    /// Makes `place` not pending.
    pub fn cancel(&mut self, place: Place) {
        self.pending.retain(|pending| *pending != place);
    }

    /// The oldest pending interrupt that is enabled.
    pub fn first(&self) -> Option<Place> {
        self.pending.iter().copied().find(|place| self.enabled & place.bit() != 0)
    }

    /// The oldest for which a vCPU that waits gets the core: any that is enabled but the pending notification, which waits
    /// for others to give it cycles.
    pub fn waking(&self) -> Option<Place> {
        // rule: notification.51
        let waits_for_cycles = self.enabled & Place::NPI.bit() != 0;
        let enabled = if waits_for_cycles { self.enabled & !Place::NPI.bit() } else { self.enabled };
        self.pending.iter().copied().find(|place| enabled & place.bit() != 0)
    }

    /// Takes the oldest pending interrupt that is enabled.
    pub fn take(&mut self) -> Option<Place> {
        let first = self.first()?;
        self.cancel(first);
        Some(first)
    }

    /// Enables or disables `place`, which is told by `signal`.
    pub const fn enable(&mut self, place: Place, on: bool, signal: Signal) {
        let bit = place.bit();
        self.enabled = if on { self.enabled | bit } else { self.enabled & !bit };
        self.fiqs = if matches!(signal, Signal::Fiq) { self.fiqs | bit } else { self.fiqs & !bit };
    }

    /// The physical interrupt of `place` is active; the core with the linear index `core` took it.
    pub const fn activate(&mut self, place: Place, core: usize) {
        self.active |= place.bit();
        self.home = core as u8;
    }

    /// The linear index of the core that took the last interrupt that became active: that of all private ones, since a
    /// partition has these on one core only.
    pub const fn home(&self) -> usize {
        self.home as usize
    }

    /// The physical interrupt of `place` is not active any more; true where it was.
    pub const fn deactivate(&mut self, place: Place) -> bool {
        let was = self.active & place.bit() != 0;
        self.active &= !place.bit();
        was
    }

    /// Those whose physical interrupt is active, and that the partition has taken.
    pub fn taken(&self) -> Places {
        Places(self.active & !self.all_pending())
    }

    /// Those whose physical interrupt is active.
    pub const fn active(&self) -> Places {
        Places(self.active)
    }

    /// Those that are pending and came by the edge of a shared line of the partition `loaded`: they do not come again.
    pub fn edges(&self, loaded: &Loaded) -> Places {
        let devices = loaded.config.interrupts.iter().enumerate();
        let shared =
            devices.filter(|(_, device)| device.line.trigger == Trigger::Edge && !device.intid.is_private());
        let edges = shared.fold(0, |all, (index, _)| all | Place::of_device(index).bit());
        Places(edges & self.all_pending())
    }

    /// The core goes off: nothing is left but that notifications are pending.
    pub fn power_off(&mut self) {
        let is_notified = self.is_pending(Place::NPI);
        *self = Self::EMPTY;
        if is_notified {
            // rule: power.5
            self.pend(Place::NPI);
        }
    }

    fn all_pending(&self) -> u64 {
        self.pending.iter().fold(0, |all, place| all | place.bit())
    }

    /// True where nothing is pending, nor active.
    pub const fn is_idle(&self) -> bool {
        self.active == 0 && self.pending.is_empty()
    }

    /// The lines that the enabled pending interrupts assert.
    pub fn asserted(&self) -> Asserted {
        let pending = self.all_pending() & self.enabled;
        let mut asserted = 0;
        if pending & self.fiqs != 0 {
            asserted |= Asserted::FIQ;
        }
        if pending & !self.fiqs != 0 {
            asserted |= Asserted::IRQ;
        }
        Asserted(asserted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interrupt of a device.
    const DEVICE: Place = Place::of_device(0);

    #[test]
    fn enabled_interrupts_are_taken_in_the_order_in_which_they_came_each_once() {
        let mut interrupts = VirtualInterrupts::EMPTY;
        for place in [DEVICE, Place::FROM_VCPU, DEVICE, Place::MANAGED_EXIT] {
            interrupts.pend(place);
        }
        assert_eq!((interrupts.take(), interrupts.asserted()), (None, Asserted(0)), "none is enabled");
        interrupts.enable(DEVICE, true, Signal::Irq);
        interrupts.enable(Place::MANAGED_EXIT, true, Signal::Fiq);
        assert_eq!(interrupts.asserted(), Asserted(Asserted::IRQ | Asserted::FIQ));
        assert_eq!(interrupts.take(), Some(DEVICE));
        assert_eq!(interrupts.asserted(), Asserted(Asserted::FIQ));
        assert_eq!(interrupts.take(), Some(Place::MANAGED_EXIT));
        assert_eq!((interrupts.take(), interrupts.asserted()), (None, Asserted(0)));
        interrupts.enable(Place::FROM_VCPU, true, Signal::Irq);
        assert_eq!(interrupts.take(), Some(Place::FROM_VCPU), "it was not lost while it was disabled");
    }

    #[test]
    fn there_is_room_for_every_interrupt_at_once() {
        let mut interrupts = VirtualInterrupts::EMPTY;
        for index in 0..MAX_PLACES as u8 {
            interrupts.enable(Place(index), true, Signal::Irq);
            interrupts.pend(Place(index));
        }
        for index in 0..MAX_PLACES as u8 {
            assert_eq!(interrupts.take(), Some(Place(index)));
        }
        assert!(interrupts.is_idle());
    }

    #[test]
    fn an_active_interrupt_is_taken_once_it_is_not_pending() {
        let mut interrupts = VirtualInterrupts::EMPTY;
        interrupts.enable(DEVICE, true, Signal::Irq);
        interrupts.pend(DEVICE);
        interrupts.activate(DEVICE, 0);
        assert_eq!(interrupts.taken().next(), None);
        interrupts.take();
        assert!(interrupts.taken().eq([DEVICE]));
        assert!(interrupts.deactivate(DEVICE));
        assert!(!interrupts.deactivate(DEVICE), "once");
        assert_eq!(interrupts.taken().next(), None);
    }
}
