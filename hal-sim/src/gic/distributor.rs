//! The distributor: shared interrupts and where they go.

use hal::Space;
use hal::interrupt::Intid;

use super::bank::Bank;
use super::{Group, Pending, register};

/// GICD_CTLR.EnableGrp0, in the secure view.
const ENABLE_GROUP0: u32 = 1 << 0;
/// GICD_CTLR.EnableGrp1NS, in both views.
const ENABLE_GROUP1_NS: u32 = 1 << 1;
/// GICD_CTLR.EnableGrp1S, in the secure view.
const ENABLE_GROUP1_S: u32 = 1 << 2;
/// GICD_CTLR.ARE_S in the secure view, ARE_NS in the non-secure view; always set.
const ARE: u32 = 1 << 4;
/// GICD_CTLR.ARE_NS in the secure view; always set.
const ARE_NS: u32 = 1 << 5;

/// Offsets of registers that say nothing of one interrupt alone.
mod offset {
    /// GICD_CTLR.
    pub const CTLR: u64 = 0x0;
    /// GICD_TYPER.
    pub const TYPER: u64 = 0x4;
    /// GICD_IIDR.
    pub const IIDR: u64 = 0x8;
    /// GICD_IROUTER0, if there were one: eight bytes an interrupt.
    pub const IROUTER: u64 = 0x6000;
    /// GICD_IROUTER0E.
    pub const IROUTER_EXTENDED: u64 = 0x8000;
    /// GICD_PIDR2.
    pub const PIDR2: u64 = 0xffe8;
}

/// The architecture version, as PIDR2 tells it.
pub const GICV3: u32 = 0x3b;
/// The implementer, as IIDR tells it: Arm.
pub const IMPLEMENTER: u32 = 0x43b;

/// Banks of SPIs, 32 to 287.
const BANKS: usize = 8;
/// Banks of extended SPIs, 4096 to 4159.
const EXTENDED_BANKS: usize = 2;
/// The first extended SPI.
const FIRST_EXTENDED: u32 = 4096;

/// GICD_TYPER: the numbers of banks, two security states, 16-bit ids, affinity level 3.
const TYPE: u32 = BANKS as u32 | 1 << 8 | 1 << 10 | 0xf << 19 | 1 << 24 | (EXTENDED_BANKS as u32 - 1) << 27;

/// GICD_IROUTER.Interrupt_Routing_Mode: to one of many.
const ONE_OF_MANY: u64 = 1 << 31;
/// GICD_IROUTER's affinity fields.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// The distributor.
pub struct Distributor {
    control: u32,
    /// The SPIs, then the extended ones.
    banks: [Bank; BANKS + EXTENDED_BANKS],
    /// GICD_IROUTER of each.
    routers: [u64; 32 * (BANKS + EXTENDED_BANKS)],
}

/// The bank of the shared interrupt `intid`, and its number there.
pub const fn place(intid: Intid) -> Option<(usize, u32)> {
    const FIRST: u32 = 32;
    const END: u32 = FIRST + 32 * BANKS as u32;
    const END_EXTENDED: u32 = FIRST_EXTENDED + 32 * EXTENDED_BANKS as u32;
    let index = match intid.0 {
        FIRST..END => intid.0 - FIRST,
        FIRST_EXTENDED..END_EXTENDED => intid.0 - FIRST_EXTENDED + 32 * BANKS as u32,
        _ => return None,
    };
    Some((index as usize / 32, index % 32))
}

/// The shared interrupt `number` of bank `bank`.
const fn intid(bank: usize, number: u32) -> Intid {
    Intid(match bank {
        0..BANKS => 32 + 32 * bank as u32 + number,
        _ => FIRST_EXTENDED + 32 * (bank - BANKS) as u32 + number,
    })
}

impl Distributor {
    /// Bytes of its registers.
    pub const FRAME: u64 = 0x1_0000;

    /// As firmware leaves it: affinity routing, Group 0 and secure Group 1 on, and the interrupt `own` of Group 0.
    pub fn after_firmware(own: Intid) -> Self {
        let mut distributor = Self {
            control: ENABLE_GROUP0 | ENABLE_GROUP1_S | ARE | ARE_NS,
            banks: std::array::from_fn(|_| Bank::shared()),
            routers: [0; 32 * (BANKS + EXTENDED_BANKS)],
        };
        if let Some((bank, number)) = distributor.bank_mut(own) {
            bank.give_to_firmware(number);
        }
        distributor
    }

    /// What shared interrupts are still, in words: pending and on, or active.
    pub fn left(&self) -> impl Iterator<Item = String> {
        let banks = self.banks.iter().enumerate();
        banks.flat_map(|(bank, state)| state.left(move |number| intid(bank, number).0.to_string()))
    }

    /// True where `group` is forwarded.
    pub const fn enables(&self, group: Group) -> bool {
        let bit = match group {
            Group::Zero => ENABLE_GROUP0,
            Group::Secure => ENABLE_GROUP1_S,
            Group::NonSecure => ENABLE_GROUP1_NS,
        };
        self.control & bit != 0
    }

    /// The shared interrupts that are pending, enabled and not active.
    pub fn ready(&self) -> impl Iterator<Item = Pending> {
        self.banks.iter().enumerate().flat_map(|(bank, state)| state.ready(move |number| intid(bank, number)))
    }

    /// The affinity of the core that the shared interrupt `intid` goes to; `None` where it is one of many.
    pub fn route(&self, intid: Intid) -> Option<u64> {
        let router = place(intid).map_or(0, |(bank, number)| self.routers[32 * bank + number as usize]);
        (router & ONE_OF_MANY == 0).then_some(router & AFFINITY)
    }

    /// Has the shared interrupt `intid`, if it is one, go to the core with this `affinity`.
    pub fn set_route(&mut self, intid: Intid, affinity: u64) {
        if let Some((bank, number)) = place(intid) {
            self.routers[32 * bank + number as usize] = affinity;
        }
    }

    /// The bank of the shared interrupt `intid`, and its number there.
    pub fn bank_mut(&mut self, intid: Intid) -> Option<(&mut Bank, u32)> {
        let (bank, number) = place(intid)?;
        Some((&mut self.banks[bank], number))
    }

    /// What `size` bytes at `offset` hold of interrupts: the bank, the field, and the first interrupt there.
    fn find(offset: u64, size: u64) -> Option<(usize, register::Field, u32)> {
        let shared = |(field, first): (_, u32)| {
            // Affinity routing is on: what is private is in the redistributors.
            let bank = (first as usize / 32).checked_sub(1).filter(|&bank| bank < BANKS)?;
            Some((bank, field, first % 32))
        };
        let extended = |(field, first): (_, u32)| {
            let bank = BANKS + first as usize / 32;
            (bank < BANKS + EXTENDED_BANKS).then_some((bank, field, first % 32))
        };
        register::find(offset, size)
            .and_then(shared)
            .or_else(|| register::find_extended(offset, size).and_then(extended))
    }

    /// The router at `offset` that `world` sees, and how far `size` bytes there are shifted.
    fn find_router(&self, world: Space, offset: u64, size: u64) -> Option<(usize, u64)> {
        let first = match offset {
            offset::IROUTER..offset::IROUTER_EXTENDED => (offset - offset::IROUTER) / 8,
            offset::IROUTER_EXTENDED.. => (offset - offset::IROUTER_EXTENDED) / 8 + u64::from(FIRST_EXTENDED),
            _ => return None,
        };
        let (bank, number) = place(Intid(first as u32))?;
        let seen = self.banks[bank].group(number).is_visible_to(world);
        let fits = size == 8 && offset.is_multiple_of(8) || size == 4 && offset.is_multiple_of(4);
        (seen && fits).then_some((32 * bank + number as usize, 8 * (offset & 4)))
    }

    /// Reads `size` bytes at `offset`, as `world` sees them.
    pub fn read(&self, world: Space, offset: u64, size: u64) -> u64 {
        if let Some((bank, field, first)) = Self::find(offset, size) {
            return self.banks[bank].read(world, field, first, size);
        }
        if let Some((router, shift)) = self.find_router(world, offset, size) {
            let value = self.routers[router] >> shift;
            return if size == 4 { value & 0xffff_ffff } else { value };
        }
        let value = match offset {
            _ if size != 4 => 0,
            offset::CTLR => match world {
                Space::Secure => self.control,
                Space::NonSecure => self.control & ENABLE_GROUP1_NS | ARE,
            },
            offset::TYPER => TYPE,
            offset::IIDR => IMPLEMENTER,
            offset::PIDR2 => GICV3,
            _ => 0,
        };
        value.into()
    }

    /// Writes `size` bytes at `offset`, as `world` may.
    pub fn write(&mut self, world: Space, offset: u64, size: u64, value: u64) {
        if let Some((bank, field, first)) = Self::find(offset, size) {
            self.banks[bank].write(world, field, first, size, value);
        } else if let Some((router, shift)) = self.find_router(world, offset, size) {
            let written = if size == 4 { 0xffff_ffff << shift } else { u64::MAX };
            let router = &mut self.routers[router];
            *router = (*router & !written | value << shift & written) & (AFFINITY | ONE_OF_MANY);
        } else if offset == offset::CTLR && size == 4 {
            let writable = match world {
                Space::Secure => ENABLE_GROUP0 | ENABLE_GROUP1_S | ENABLE_GROUP1_NS,
                Space::NonSecure => ENABLE_GROUP1_NS,
            };
            self.control = self.control & !writable | value as u32 & writable;
        }
    }
}
