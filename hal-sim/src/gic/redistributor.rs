//! A redistributor: one core's private interrupts, 0 to 31.

use hal::Space;
use hal::interrupt::Intid;

use super::distributor::{GICV3, IMPLEMENTER};
use super::{PRIORITY_BITS, Pending, seen_by_normal_world, written_by_normal_world};

/// Offsets in the first frame.
mod rd {
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
}

/// Offsets in the second frame.
mod sgi {
    /// Where the second frame begins.
    pub const BASE: u64 = 0x1_0000;
    /// GICR_IGROUPR0.
    pub const IGROUPR0: u64 = BASE + 0x80;
    /// GICR_ISENABLER0.
    pub const ISENABLER0: u64 = BASE + 0x100;
    /// GICR_ICENABLER0.
    pub const ICENABLER0: u64 = BASE + 0x180;
    /// GICR_ISPENDR0.
    pub const ISPENDR0: u64 = BASE + 0x200;
    /// GICR_ICPENDR0.
    pub const ICPENDR0: u64 = BASE + 0x280;
    /// GICR_ISACTIVER0.
    pub const ISACTIVER0: u64 = BASE + 0x300;
    /// GICR_ICACTIVER0.
    pub const ICACTIVER0: u64 = BASE + 0x380;
    /// GICR_IPRIORITYR0.
    pub const IPRIORITYR: u64 = BASE + 0x400;
    /// The byte after the last priority.
    pub const IPRIORITYR_END: u64 = IPRIORITYR + 32;
    /// GICR_ICFGR1.
    pub const ICFGR1: u64 = BASE + 0xc04;
    /// GICR_IGRPMODR0.
    pub const IGRPMODR0: u64 = BASE + 0xd00;
}

/// GICR_TYPER.Last.
const LAST: u32 = 1 << 4;

/// The private interrupts of one core.
pub struct Redistributor {
    core: u32,
    last: bool,
    /// A bit set: non-secure Group 1. The others are secure Group 1 (firmware leaves none in Group 0).
    non_secure: u32,
    enabled: u32,
    /// Made pending by software, or by an edge.
    latched: u32,
    active: u32,
    priority: [u8; 32],
    configuration: u32,
}

impl Redistributor {
    /// Bytes of its two frames.
    pub const FRAMES: u64 = 0x2_0000;

    /// As firmware leaves it: SGIs 8 to 15 secure, everything else the normal world's and off.
    pub const fn after_firmware(core: u32, last: bool) -> Self {
        Self {
            core,
            last,
            non_secure: !0xff00,
            enabled: 0xff00,
            latched: 0,
            active: 0,
            priority: [0x80; 32],
            configuration: 0,
        }
    }

    /// The group of interrupt `number`.
    const fn group(&self, number: u32) -> Space {
        if self.non_secure >> number & 1 != 0 { Space::NonSecure } else { Space::Secure }
    }

    /// The interrupts that are pending, enabled and not active, with these device `lines` asserted.
    pub fn pending(&self, lines: u32) -> impl Iterator<Item = Pending> + '_ {
        let ready = (self.latched | lines) & self.enabled & !self.active;
        (0..32).filter(move |number| ready >> number & 1 != 0).map(|number| Pending {
            intid: Intid(number),
            group: self.group(number),
            priority: self.priority[number as usize],
        })
    }

    /// The core takes `intid`.
    pub fn activate(&mut self, intid: Intid) {
        self.active |= 1 << (intid.0 & 31);
        self.latched &= !(1 << (intid.0 & 31));
    }

    /// The core is done with `intid`.
    pub fn deactivate(&mut self, intid: Intid) {
        self.active &= !(1 << (intid.0 & 31));
    }

    /// Makes the software-generated interrupt `number`, 0 to 15, pending, if `world` may.
    pub fn generate(&mut self, world: Space, number: u32) {
        self.latched |= 1 << (number & 15) & self.visible(world);
    }

    /// The interrupts that `world` sees.
    const fn visible(&self, world: Space) -> u32 {
        match world {
            Space::Secure => !0,
            Space::NonSecure => self.non_secure,
        }
    }

    /// Reads the register at `offset` as `world` sees it, `size` bytes. Reserved registers read as zero.
    pub fn read(&self, world: Space, offset: u64, size: u64) -> u64 {
        let seen = self.visible(world);
        let typer_low = self.core << 8 | if self.last { LAST } else { 0 };
        let value = match offset {
            rd::IIDR => IMPLEMENTER,
            rd::TYPER if size == 8 => return u64::from(typer_low) | u64::from(self.core) << 32,
            rd::TYPER => typer_low,
            rd::TYPER_HIGH => self.core,
            rd::WAKER => 0,
            rd::PIDR2 => GICV3,
            sgi::IGROUPR0 if world == Space::Secure => self.non_secure,
            sgi::IGRPMODR0 if world == Space::Secure => !self.non_secure,
            sgi::ISENABLER0 | sgi::ICENABLER0 => self.enabled & seen,
            sgi::ISPENDR0 | sgi::ICPENDR0 => self.latched & seen,
            sgi::ISACTIVER0 | sgi::ICACTIVER0 => self.active & seen,
            sgi::IPRIORITYR..sgi::IPRIORITYR_END => {
                return self.read_priorities(world, offset, size);
            }
            sgi::ICFGR1 => self.configuration,
            _ => 0,
        };
        value.into()
    }

    /// Writes the register at `offset` as `world` may, `size` bytes. Other writes are ignored.
    pub fn write(&mut self, world: Space, offset: u64, size: u64, value: u64) {
        let bits = value as u32 & self.visible(world);
        match offset {
            sgi::IGROUPR0 if world == Space::Secure => self.non_secure = value as u32,
            sgi::ISENABLER0 => self.enabled |= bits,
            sgi::ICENABLER0 => self.enabled &= !bits,
            sgi::ISPENDR0 => self.latched |= bits,
            sgi::ICPENDR0 => self.latched &= !bits,
            sgi::ISACTIVER0 => self.active |= bits,
            sgi::ICACTIVER0 => self.active &= !bits,
            sgi::IPRIORITYR..sgi::IPRIORITYR_END => self.write_priorities(world, offset, size, value),
            sgi::ICFGR1 => self.configuration = value as u32,
            _ => {}
        }
    }

    /// Reads `size` priorities.
    fn read_priorities(&self, world: Space, offset: u64, size: u64) -> u64 {
        (0..size).rev().fold(0, |value, byte| {
            let number = (offset - sgi::IPRIORITYR + byte) as u32 & 31;
            let priority = self.priority[number as usize];
            let seen = match (world, self.group(number)) {
                (Space::Secure, _) => priority,
                (Space::NonSecure, Space::NonSecure) => seen_by_normal_world(priority),
                (Space::NonSecure, Space::Secure) => 0,
            };
            value << 8 | u64::from(seen)
        })
    }

    /// Writes `size` priorities.
    fn write_priorities(&mut self, world: Space, offset: u64, size: u64, value: u64) {
        for byte in 0..size {
            let number = (offset - sgi::IPRIORITYR + byte) as u32 & 31;
            let written = (value >> (8 * byte)) as u8;
            let priority = &mut self.priority[number as usize];
            match world {
                Space::Secure => *priority = written & PRIORITY_BITS,
                Space::NonSecure if self.non_secure >> number & 1 != 0 => {
                    *priority = written_by_normal_world(written);
                }
                Space::NonSecure => {}
            }
        }
    }
}
