//! A redistributor: one core's private interrupts, 0 to 31.

use hal::Space;

use super::bank::Bank;
use super::distributor::{GICV3, IMPLEMENTER};
use super::register;

/// Offsets in the first frame.
mod offset {
    /// GICR_IIDR.
    pub const IIDR: u64 = 0x4;
    /// GICR_TYPER, 64 bits.
    pub const TYPER: u64 = 0x8;
    /// The upper half of GICR_TYPER.
    pub const TYPER_HIGH: u64 = 0xc;
    /// GICR_WAKER.
    pub const WAKER: u64 = 0x14;
    /// GICR_PIDR2.
    pub const PIDR2: u64 = 0xffe8;
    /// Where the second frame begins.
    pub const SGI: u64 = 0x1_0000;
}

/// GICR_TYPER.Last.
const LAST: u32 = 1 << 4;
/// GICR_WAKER.ProcessorSleep.
const PROCESSOR_SLEEP: u32 = 1 << 1;
/// GICR_WAKER.ChildrenAsleep.
const CHILDREN_ASLEEP: u32 = 1 << 2;

/// The redistributor of one core.
pub struct Redistributor {
    core: u32,
    last: bool,
    /// GICR_WAKER.ProcessorSleep: no shared interrupt comes to this core.
    pub sleeps: bool,
    /// The private interrupts.
    pub bank: Bank,
}

impl Redistributor {
    /// Bytes of its two frames.
    pub const FRAMES: u64 = 0x2_0000;

    /// The one of `core` as firmware leaves it, `awake` where that runs; the `last` one says so.
    pub const fn after_firmware(core: usize, last: bool, awake: bool) -> Self {
        Self { core: core as u32, last, sleeps: !awake, bank: Bank::private() }
    }

    /// What `size` bytes at `offset` hold of interrupts, and of which the first bit is.
    fn find(offset: u64, size: u64) -> Option<(register::Field, u32)> {
        let found = register::find(offset.checked_sub(offset::SGI)?, size);
        found.filter(|(_, first)| *first < 32)
    }

    /// Reads `size` bytes at `offset` as `world` sees them.
    pub fn read(&self, world: Space, offset: u64, size: u64) -> u64 {
        if let Some((field, first)) = Self::find(offset, size) {
            return self.bank.read(world, field, first, size);
        }
        let low = self.core << 8 | if self.last { LAST } else { 0 };
        let value = match offset {
            offset::TYPER if size == 8 => return u64::from(low) | u64::from(self.core) << 32,
            _ if size != 4 => 0,
            offset::IIDR => IMPLEMENTER,
            offset::TYPER => low,
            offset::TYPER_HIGH => self.core,
            offset::WAKER if world == Space::Secure && self.sleeps => PROCESSOR_SLEEP | CHILDREN_ASLEEP,
            offset::PIDR2 => GICV3,
            _ => 0,
        };
        value.into()
    }

    /// Writes `size` bytes at `offset` as `world` may.
    pub fn write(&mut self, world: Space, offset: u64, size: u64, value: u64) {
        if let Some((field, first)) = Self::find(offset, size) {
            self.bank.write(world, field, first, size, value);
        } else if offset == offset::WAKER && size == 4 && world == Space::Secure {
            self.sleeps = value as u32 & PROCESSOR_SLEEP != 0;
        }
    }
}
