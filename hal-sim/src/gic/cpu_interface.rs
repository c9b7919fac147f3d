//! A core's CPU interface: the ICC registers.

use hal::Space;
use hal::interrupt::Intid;

use super::{IDLE, PRIORITY_BITS, SPURIOUS, View, seen_by_normal_world, written_by_normal_world};
use crate::encoding::Encoding;

/// The ICC registers that the machine has.
mod icc {
    use crate::encoding::Encoding;

    /// ICC_PMR_EL1.
    pub const PMR: Encoding = Encoding::new(3, 0, 4, 6, 0);
    /// ICC_RPR_EL1.
    pub const RPR: Encoding = Encoding::new(3, 0, 12, 11, 3);
    /// ICC_SGI1R_EL1.
    pub const SGI1R: Encoding = Encoding::new(3, 0, 12, 11, 5);
    /// ICC_IAR1_EL1.
    pub const IAR1: Encoding = Encoding::new(3, 0, 12, 12, 0);
    /// ICC_EOIR1_EL1.
    pub const EOIR1: Encoding = Encoding::new(3, 0, 12, 12, 1);
    /// ICC_HPPIR1_EL1.
    pub const HPPIR1: Encoding = Encoding::new(3, 0, 12, 12, 2);
    /// ICC_BPR1_EL1.
    pub const BPR1: Encoding = Encoding::new(3, 0, 12, 12, 3);
    /// ICC_CTLR_EL1.
    pub const CTLR: Encoding = Encoding::new(3, 0, 12, 12, 4);
    /// ICC_SRE_EL1.
    pub const SRE: Encoding = Encoding::new(3, 0, 12, 12, 5);
    /// ICC_IGRPEN1_EL1.
    pub const IGRPEN1: Encoding = Encoding::new(3, 0, 12, 12, 7);
    /// ICC_SRE_EL2.
    pub const SRE_EL2: Encoding = Encoding::new(3, 4, 12, 9, 5);
}

/// Five bits of priority, 16-bit ids; end of interrupt also deactivates.
const CONTROL: u64 = 4 << 8;

/// The CPU interface of one core.
pub struct CpuInterface {
    /// As the secure state sees it.
    mask: u8,
    /// Of the active interrupts, the last one running.
    running: Vec<u8>,
    /// Group 1 enables, secure and non-secure.
    enabled: [bool; 2],
    binary_point: [u8; 2],
}

/// Where a pair that is banked by security state keeps the element of `world`.
const fn bank(world: Space) -> usize {
    match world {
        Space::Secure => 0,
        Space::NonSecure => 1,
    }
}

impl CpuInterface {
    /// As firmware leaves it: nothing masked, secure Group 1 on.
    pub const fn after_firmware() -> Self {
        Self { mask: PRIORITY_BITS, running: Vec::new(), enabled: [true, false], binary_point: [2, 3] }
    }

    /// Only what is more urgent is signalled.
    pub const fn mask(&self) -> u8 {
        self.mask
    }

    /// Changes the mask as the secure state may.
    pub const fn set_mask(&mut self, mask: u8) {
        self.mask = mask & PRIORITY_BITS;
    }

    /// The priority of the interrupt that the core handles.
    pub fn running(&self) -> u8 {
        self.running.last().copied().unwrap_or(IDLE)
    }

    /// True where Group 1 of `group` is signalled.
    pub const fn group_enabled(&self, group: Space) -> bool {
        self.enabled[bank(group)]
    }

    /// An interrupt of `priority` was acknowledged.
    pub fn raise(&mut self, priority: u8) {
        self.running.push(priority);
    }

    /// The last acknowledged interrupt has ended.
    pub fn drop_priority(&mut self) {
        self.running.pop();
    }
}

impl View<'_> {
    /// Reads the ICC register `register` as `world` sees it; `None` where it is none that can be read.
    pub fn read_register(&mut self, world: Space, register: Encoding, lines: u32) -> Option<u64> {
        let seen = |priority| match world {
            Space::Secure => priority,
            Space::NonSecure => seen_by_normal_world(priority),
        };
        Some(match register {
            icc::PMR => seen(self.interface.mask).into(),
            icc::RPR => match self.interface.running() {
                IDLE => IDLE.into(),
                running => seen(running).into(),
            },
            icc::IAR1 => self.acknowledge(world, lines).map_or(SPURIOUS, |intid| intid.0.into()),
            icc::HPPIR1 => self.highest_of(world, lines),
            icc::BPR1 => self.interface.binary_point[bank(world)].into(),
            icc::CTLR => CONTROL,
            icc::SRE => 0x7,
            icc::SRE_EL2 => 0xf,
            icc::IGRPEN1 => self.interface.enabled[bank(world)].into(),
            _ => return None,
        })
    }

    /// Writes the ICC register `register` as `world` may; false where it is none that can be written.
    pub fn write_register(&mut self, world: Space, register: Encoding, value: u64) -> bool {
        match register {
            icc::PMR => match world {
                Space::Secure => self.interface.mask = value as u8 & PRIORITY_BITS,
                // The normal world cannot change a mask that the secure state put above its half.
                Space::NonSecure if self.interface.mask & 0x80 != 0 => {
                    self.interface.mask = written_by_normal_world(value as u8);
                }
                Space::NonSecure => {}
            },
            icc::EOIR1 => self.end(Intid(value as u32 & 0xff_ffff)),
            icc::BPR1 => self.interface.binary_point[bank(world)] = (value & 7) as u8,
            icc::IGRPEN1 => self.interface.enabled[bank(world)] = value & 1 != 0,
            // One core: a list of targets, or all but this one; only this core can be meant.
            icc::SGI1R if value >> 40 & 1 == 0 && value & 1 != 0 => {
                self.redistributor.generate(world, (value >> 24 & 15) as u32);
            }
            icc::SGI1R | icc::CTLR | icc::SRE | icc::SRE_EL2 => {}
            _ => return false,
        }
        true
    }
}
