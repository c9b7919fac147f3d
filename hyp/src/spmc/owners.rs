//! Whose each interrupt of a device is.

use core::sync::atomic::{AtomicU16, Ordering};

use hal::interrupt::Intid;

use crate::capacity::{MAX_INTERRUPTS, MAX_PARTITIONS};

/// The owner of one interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The index of the partition.
    pub partition: usize,
    /// The interrupt's index among those of the partition's devices.
    pub device: usize,
}

/// PPIs and SPIs, and the extended ones behind them.
const PLAIN: usize = 1024;
const EXTENDED_PRIVATE: usize = 64;
const EXTENDED_SHARED: usize = 1024;

/// The owners, by the interrupts; 0 where there is none.
#[derive(Debug)]
pub struct Owners([AtomicU16; PLAIN + EXTENDED_PRIVATE + EXTENDED_SHARED]);

const _: () = assert!(MAX_PARTITIONS * MAX_INTERRUPTS < u16::MAX as usize);

impl Owners {
    /// Nobody's, the empty value.
    pub const EMPTY: Self = Self([const { AtomicU16::new(0) }; PLAIN + EXTENDED_PRIVATE + EXTENDED_SHARED]);

    fn entry(&self, intid: Intid) -> Option<&AtomicU16> {
        let number = intid.0 as usize;
        self.0.get(match intid.0 {
            0..1024 => number,
            1056..1120 => PLAIN + number - 1056,
            4096..5120 => PLAIN + EXTENDED_PRIVATE + number - 4096,
            _ => return None,
        })
    }

    /// Makes `intid`, a PPI or an SPI, that of `owner`.
    pub fn add(&self, intid: Intid, owner: Owner) {
        if let Some(entry) = self.entry(intid) {
            let number = 1 + owner.partition * MAX_INTERRUPTS + owner.device;
            entry.store(number as u16, Ordering::Relaxed);
        }
    }

    /// Whose `intid` is.
    pub fn of_interrupt(&self, intid: Intid) -> Option<Owner> {
        let number = usize::from(self.entry(intid)?.load(Ordering::Relaxed)).checked_sub(1)?;
        Some(Owner { partition: number / MAX_INTERRUPTS, device: number % MAX_INTERRUPTS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_has_one_owner_whatever_its_range() {
        let owners = Owners::EMPTY;
        let owner = |partition, device| Owner { partition, device };
        let ids = [16, 40, 1019, 1056, 1119, 4096, 5119];
        for (device, id) in ids.into_iter().enumerate() {
            assert_eq!(owners.of_interrupt(Intid(id)), None);
            owners.add(Intid(id), owner(31, device));
        }
        for (device, id) in ids.into_iter().enumerate() {
            assert_eq!(owners.of_interrupt(Intid(id)), Some(owner(31, device)), "{id}");
        }
    }

    #[test]
    fn what_is_no_interrupt_of_a_device_has_no_owner() {
        let owners = Owners::EMPTY;
        for id in [1024, 1055, 1120, 4095, 5120, 8192, u32::MAX] {
            owners.add(Intid(id), Owner { partition: 0, device: 0 });
            assert_eq!(owners.of_interrupt(Intid(id)), None, "{id}");
        }
    }
}
