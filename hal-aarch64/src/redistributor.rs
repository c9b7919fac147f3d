//! A core's redistributor, by memory-mapped registers: whose its private interrupts are.

use hal::PAGE_SIZE;
use hal::interrupt::Intid;
use hal::memory::PhysicalRange;
use platforms::Platform;

use crate::mmu::DEVICE_WINDOW;

/// Bytes of a redistributor: its two frames of 64 KiB.
const SIZE: u64 = 0x2_0000;
/// The second frame, with the private interrupts.
const SGI_FRAME: u64 = 0x1_0000;

/// Offsets of registers, as TF-A's gicv3.h has them.
mod offset {
    /// GICR_CTLR, in the first frame.
    pub const CTLR: u64 = 0;
    /// GICR_IGROUPR0, in the second frame like all below.
    pub const IGROUPR: u64 = 0x80;
    /// GICR_ISENABLER0.
    pub const ISENABLER: u64 = 0x100;
    /// GICR_ICENABLER0.
    pub const ICENABLER: u64 = 0x180;
    /// GICR_ICPENDR0.
    pub const ICPENDR: u64 = 0x280;
    /// GICR_ICACTIVER0.
    pub const ICACTIVER: u64 = 0x380;
    /// GICR_IPRIORITYR, a byte each.
    pub const IPRIORITYR: u64 = 0x400;
    /// GICR_IGRPMODR0.
    pub const IGRPMODR: u64 = 0xd00;
}

/// GICR_CTLR.RWP: the effect of a register write is not everywhere yet.
const WRITE_PENDING: u32 = 1 << 3;
/// How often one looks for it: some thousand times what it takes.
const POLLS: u32 = 100_000;

/// More urgent than every interrupt of the normal world.
const URGENT: u8 = 0;
/// As urgent as the normal world can make its own; what firmware leaves.
const NORMAL: u8 = 0x80;

/// The redistributor of one core.
#[derive(Debug)]
pub(crate) struct Redistributor {
    /// Its first frame, in the device window.
    base: u64,
}

/// The pages of a core's redistributor that are used.
pub(crate) fn pages(platform: &Platform, core: usize) -> [PhysicalRange; 2] {
    let mut start = platform.redistributors.start;
    start.address += SIZE * core as u64;
    let first = PhysicalRange { start, size: PAGE_SIZE };
    start.address += SGI_FRAME;
    [first, PhysicalRange { start, size: PAGE_SIZE }]
}

impl Redistributor {
    /// That of the core with the linear index `core`.
    pub(crate) fn of(platform: &Platform, core: usize) -> Self {
        let [first, _] = pages(platform, core);
        Self { base: DEVICE_WINDOW + first.start.address }
    }

    /// Makes `intid` secure Group 1's, urgent, on, and forgets what was left of it.
    pub(crate) fn claim(&self, intid: Intid) {
        let bit = 1 << (intid.0 % 32);
        self.turn_off(bit);
        self.write(offset::ICPENDR, bit);
        self.write(offset::ICACTIVER, bit);
        self.write(offset::IGROUPR, self.read(SGI_FRAME + offset::IGROUPR) & !bit);
        self.write(offset::IGRPMODR, self.read(SGI_FRAME + offset::IGRPMODR) | bit);
        self.set_priority(intid, URGENT);
        self.write(offset::ISENABLER, bit);
    }

    /// Makes `intid` the normal world's, and off.
    pub(crate) fn release(&self, intid: Intid) {
        let bit = 1 << (intid.0 % 32);
        self.turn_off(bit);
        self.write(offset::IGRPMODR, self.read(SGI_FRAME + offset::IGRPMODR) & !bit);
        self.write(offset::IGROUPR, self.read(SGI_FRAME + offset::IGROUPR) | bit);
        self.set_priority(intid, NORMAL);
    }

    fn turn_off(&self, bit: u32) {
        self.write(offset::ICENABLER, bit);
        for _ in 0..POLLS {
            if self.read(offset::CTLR) & WRITE_PENDING == 0 {
                break;
            }
        }
    }

    /// Reads the register at `offset` from the first frame on.
    fn read(&self, offset: u64) -> u32 {
        // SAFETY: the platform says that a redistributor is here, and `map_windows` mapped the pages that the offsets
        // of this file are in. Reading one of these registers has no side effect.
        unsafe { ((self.base + offset) as *const u32).read_volatile() }
    }

    /// Writes the register at `offset` of the second frame.
    fn write(&self, offset: u64, value: u32) {
        // SAFETY: as above. These registers decide which interrupts are signalled to this core, and the image runs
        // with all masked.
        unsafe { ((self.base + SGI_FRAME + offset) as *mut u32).write_volatile(value) }
    }

    fn set_priority(&self, intid: Intid, priority: u8) {
        let offset = SGI_FRAME + offset::IPRIORITYR + u64::from(intid.0 % 32);
        // SAFETY: as above; a priority may be written by itself.
        unsafe { ((self.base + offset) as *mut u8).write_volatile(priority) }
    }
}
