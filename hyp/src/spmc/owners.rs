//! Whose each interrupt of a device is.

use arrayvec::ArrayVec;
use hal::Hal;
use hal::interrupt::Intid;

use crate::capacity::MAX_OWNED_INTERRUPTS;
use crate::partition::interrupts::Place;
use crate::relayer::Relayer;

/// The owner of one interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The interrupt.
    intid: Intid,
    /// The index of the partition.
    pub partition: usize,
    /// Its place among the partition's interrupts.
    pub place: Place,
}

/// The owners, in the order of the interrupts.
#[derive(Debug)]
pub struct Owners(ArrayVec<Owner, MAX_OWNED_INTERRUPTS>);

impl Owners {
    /// Those of the interrupts of the partitions that `relayer` has loaded, at most [`MAX_OWNED_INTERRUPTS`], each once:
    /// boot has seen to that.
    pub fn of<H: Hal>(relayer: &Relayer<H>) -> Self {
        let mut owners = ArrayVec::<Owner, MAX_OWNED_INTERRUPTS>::new();
        for (partition, (_, _, loaded)) in relayer.loaded().enumerate() {
            for (index, interrupt) in loaded.config.interrupts.iter().enumerate() {
                let owner = Owner { intid: interrupt.intid, partition, place: Place::of_device(index) };
                let before = owners.partition_point(|other| other.intid < owner.intid);
                // There is room for all.
                let _ = owners.try_insert(before, owner);
            }
        }
        Self(owners)
    }

    /// Whose `intid` is.
    pub fn of_interrupt(&self, intid: Intid) -> Option<Owner> {
        let index = self.0.binary_search_by_key(&intid, |owner| owner.intid).ok()?;
        self.0.get(index).copied()
    }
}
