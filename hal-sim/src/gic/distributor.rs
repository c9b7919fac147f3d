//! The distributor's registers.

use hal::Space;

/// GICD_CTLR.EnableGrp1NS, in both views.
const ENABLE_GROUP1_NS: u32 = 1 << 1;
/// GICD_CTLR.EnableGrp1S, in the secure view.
const ENABLE_GROUP1_S: u32 = 1 << 2;
/// GICD_CTLR.ARE_S in the secure view, ARE_NS in the non-secure view; always set.
const ARE: u32 = 1 << 4;
/// GICD_CTLR.ARE_NS in the secure view; always set.
const ARE_NS: u32 = 1 << 5;

/// GICD_CTLR.
const CTLR: u64 = 0x0;
/// GICD_TYPER.
const TYPER: u64 = 0x4;
/// GICD_IIDR.
const IIDR: u64 = 0x8;
/// GICD_PIDR2.
const PIDR2: u64 = 0xffe8;

/// The architecture version, as PIDR2 tells it.
pub const GICV3: u32 = 0x3b;
/// The implementer, as IIDR tells it: Arm.
pub const IMPLEMENTER: u32 = 0x43b;

/// The distributor.
pub struct Distributor {
    control: u32,
}

impl Distributor {
    /// Bytes of its registers.
    pub const FRAME: u64 = 0x1_0000;

    /// As firmware leaves it: affinity routing, secure Group 1 on.
    pub const fn after_firmware() -> Self {
        Self { control: ENABLE_GROUP1_S | ARE | ARE_NS }
    }

    /// True where Group 1 of `group` is forwarded.
    pub const fn enabled(&self, group: Space) -> bool {
        let bit = match group {
            Space::Secure => ENABLE_GROUP1_S,
            Space::NonSecure => ENABLE_GROUP1_NS,
        };
        self.control & bit != 0
    }

    /// Reads the register at `offset`, as `world` sees it. Reserved registers read as zero.
    pub const fn read(&self, world: Space, offset: u64) -> u64 {
        let value = match offset {
            CTLR => match world {
                Space::Secure => self.control,
                Space::NonSecure => self.control & ENABLE_GROUP1_NS | ARE,
            },
            // No shared interrupts; security extension; 10-bit ids.
            TYPER => 9 << 19 | 1 << 10,
            IIDR => IMPLEMENTER,
            PIDR2 => GICV3,
            _ => 0,
        };
        value as u64
    }

    /// Writes the register at `offset`, as `world` may. Other writes are ignored.
    pub const fn write(&mut self, world: Space, offset: u64, value: u64) {
        if offset != CTLR {
            return;
        }
        let writable = match world {
            Space::Secure => ENABLE_GROUP1_S | ENABLE_GROUP1_NS,
            Space::NonSecure => ENABLE_GROUP1_NS,
        };
        self.control = self.control & !writable | value as u32 & writable;
    }
}
