//! The GIC's distributor and redistributors, by memory-mapped registers: whose each interrupt is, and where it goes.
//!
//! What is kept of each interrupt is alike in all of them: in registers of 32 interrupts each, at the same offsets in the
//! distributor and in a redistributor's second frame, and at others for extended SPIs.

use hal::interrupt::{Intid, Line, Trigger};
use hal::memory::PhysicalRange;
use hal::{Distributor, PAGE_SIZE, Pa};
use platforms::Platform;

use crate::gic::affinity;
use crate::mmu::DEVICE_WINDOW;
use crate::platform::PLATFORM;
use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// Bytes of a redistributor: its two frames of 64 KiB.
const REDISTRIBUTOR: u64 = 0x2_0000;
/// Its second frame, with the private interrupts.
const SGI_FRAME: u64 = 0x1_0000;

/// Offsets of registers, as TF-A's gicv3.h has them, from the first interrupt of a kind on.
struct Offsets {
    igroupr: u64,
    isenabler: u64,
    icenabler: u64,
    icpendr: u64,
    icactiver: u64,
    ipriorityr: u64,
    icfgr: u64,
    igrpmodr: u64,
}

/// From GICx_ICACTIVER back to GICx_ISACTIVER.
const SET: u64 = 0x80;

/// Those of SGIs, PPIs and SPIs, from interrupt 0 on.
const USUAL: Offsets = Offsets {
    igroupr: 0x80,
    isenabler: 0x100,
    icenabler: 0x180,
    icpendr: 0x280,
    icactiver: 0x380,
    ipriorityr: 0x400,
    icfgr: 0xc00,
    igrpmodr: 0xd00,
};

/// Those of extended SPIs, from interrupt 4096 on.
const EXTENDED: Offsets = Offsets {
    igroupr: 0x1000,
    isenabler: 0x1200,
    icenabler: 0x1400,
    icpendr: 0x1800,
    icactiver: 0x1c00,
    ipriorityr: 0x2000,
    icfgr: 0x3000,
    igrpmodr: 0x3400,
};

/// GICD_CTLR, and GICR_CTLR in the first frame of a redistributor.
const CTLR: u64 = 0;
/// GICD_CTLR.EnableGrp1S.
const ENABLE_GROUP1_S: u32 = 1 << 2;
/// GICD_IROUTER0, if there were one: eight bytes an interrupt.
const IROUTER: u64 = 0x6000;
/// GICD_IROUTER0E.
const IROUTER_EXTENDED: u64 = 0x8000;
/// The first extended SPI.
const FIRST_EXTENDED: u32 = 4096;
/// The first extended PPI.
const FIRST_EXTENDED_PPI: u32 = 1056;
/// What is behind the last extended PPI.
const END_EXTENDED_PPI: u32 = 1120;

/// GICR_CTLR.RWP and GICD_CTLR.RWP: the effect of a register write is not everywhere yet.
const WRITE_PENDING: u32 = 1 << 3 | 1 << 31;
/// How often one looks for it: some thousand times what it takes.
const POLLS: u32 = 100_000;

/// As urgent as the normal world can make its own; what firmware leaves.
const NORMAL: u8 = 0x80;

/// What is mapped of the GIC: the distributor, and the pages of the cores' redistributors that are used.
pub(crate) fn ranges(platform: &Platform) -> impl Iterator<Item = PhysicalRange> {
    let redistributor = move |core| {
        let mut start = redistributor(platform, core);
        let first = PhysicalRange { start, size: PAGE_SIZE };
        start.address |= SGI_FRAME;
        [first, PhysicalRange { start, size: PAGE_SIZE }]
    };
    (0..platform.cores).flat_map(redistributor).chain([platform.distributor])
}

/// The redistributor of the core with the linear index `core`.
fn redistributor(platform: &Platform, core: usize) -> Pa {
    let mut start = platform.redistributors.start;
    start.address += REDISTRIBUTOR * core as u64;
    start
}

/// Where one interrupt is among the registers: frames and arrays of registers begin at multiples of their sizes.
struct Place {
    /// The frame with GICx_CTLR, in the device window.
    control: u64,
    /// The frame with the registers of interrupts, in the device window.
    frame: u64,
    offsets: &'static Offsets,
    /// Its number, from the first one of its kind on.
    number: u32,
}

impl Place {
    /// That of `intid`, a private one of the core with the linear index `core` or a shared one.
    fn of(intid: Intid, core: usize) -> Self {
        let distributor = DEVICE_WINDOW | PLATFORM.distributor.start.address;
        let redistributor = DEVICE_WINDOW | redistributor(PLATFORM, core).address;
        match intid.0 {
            number @ (0..32 | FIRST_EXTENDED_PPI..END_EXTENDED_PPI) => {
                // Extended PPIs are behind the others.
                let number = if number < 32 { number } else { number - FIRST_EXTENDED_PPI + 32 };
                Self { control: redistributor, frame: redistributor | SGI_FRAME, offsets: &USUAL, number }
            }
            number @ ..FIRST_EXTENDED => {
                Self { control: distributor, frame: distributor, offsets: &USUAL, number }
            }
            number => {
                let number = number - FIRST_EXTENDED;
                Self { control: distributor, frame: distributor, offsets: &EXTENDED, number }
            }
        }
    }

    /// The interrupt's bit.
    const fn bit(&self) -> u32 {
        1 << (self.number % 32)
    }

    /// The register at `offset` that has the interrupt's bit.
    const fn register(&self, offset: u64) -> u64 {
        self.frame | offset | (4 * (self.number / 32) as u64)
    }

    /// Writes the interrupt's bit, and zeroes, to the register at `offset`.
    fn write_bit(&self, offset: u64) {
        write(self.register(offset), self.bit());
    }

    /// Makes the interrupt's bit in the register at `offset` what `set` says.
    fn change_bit(&self, offset: u64, set: bool) {
        let register = self.register(offset);
        let others = read(register) & !self.bit();
        write(register, others | if set { self.bit() } else { 0 });
    }

    fn turn_off(&self) {
        self.write_bit(self.offsets.icenabler);
        for _ in 0..POLLS {
            if read(self.control + CTLR) & WRITE_PENDING == 0 {
                break;
            }
        }
    }

    /// True where the interrupt's bit in the register at `offset` is set.
    fn is_set(&self, offset: u64) -> bool {
        read(self.register(offset)) & self.bit() != 0
    }

    const fn priority(&self) -> u64 {
        self.frame | self.offsets.ipriorityr | self.number as u64
    }

    fn set_priority(&self, priority: u8) {
        // SAFETY: as in `write`; a priority may be written by itself.
        unsafe { (self.priority() as *mut u8).write_volatile(priority) }
    }

    /// Interrupts 0 to 15 ignore it.
    fn set_trigger(&self, trigger: Trigger) {
        let register = self.frame | self.offsets.icfgr | (4 * u64::from(self.number / 16));
        let edge = 0b10 << (2 * (self.number % 16));
        let others = read(register) & !edge;
        write(register, others | if trigger == Trigger::Edge { edge } else { 0 });
    }
}

/// What the normal world made of a private interrupt of its own that a level triggers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) is_on: bool,
    is_active: bool,
    priority: u8,
}

impl<T: TraceSink> RealCore<T> {
    /// Claims `intid`, a private interrupt that the normal world may use, and turns it on; returns what that made of it.
    pub(crate) fn borrow(&mut self, intid: Intid) -> Kept {
        let place = Place::of(intid, self.index);
        let kept = Kept {
            is_on: place.is_set(place.offsets.isenabler),
            is_active: place.is_set(place.offsets.icactiver),
            // SAFETY: as in `read`; a priority may be read by itself.
            priority: unsafe { (place.priority() as *const u8).read_volatile() },
        };
        self.claim(intid, Line { priority: 0, trigger: Trigger::Level });
        self.enable(intid, true);
        kept
    }

    /// Gives `intid` back as it was.
    pub(crate) fn give_back(&mut self, intid: Intid, kept: Kept) {
        self.release(intid);
        let place = Place::of(intid, self.index);
        place.write_bit(place.offsets.icactiver);
        place.set_priority(kept.priority);
        if kept.is_active {
            place.write_bit(place.offsets.icactiver - SET);
        }
        if kept.is_on {
            place.write_bit(place.offsets.isenabler);
        }
    }
}

impl<T: TraceSink> Distributor for RealCore<T> {
    fn claim(&mut self, intid: Intid, line: Line) {
        let place = Place::of(intid, self.index);
        place.turn_off();
        place.write_bit(place.offsets.icpendr);
        place.write_bit(place.offsets.icactiver);
        place.set_trigger(line.trigger);
        place.change_bit(place.offsets.igroupr, false);
        place.change_bit(place.offsets.igrpmodr, true);
        place.set_priority(line.priority);
        if !intid.is_private() {
            let control = place.control + CTLR;
            write(control, read(control) | ENABLE_GROUP1_S);
            self.route(intid, self.index);
        }
    }

    fn release(&mut self, intid: Intid) {
        let place = Place::of(intid, self.index);
        place.turn_off();
        place.change_bit(place.offsets.igrpmodr, false);
        place.change_bit(place.offsets.igroupr, true);
        place.set_priority(NORMAL);
    }

    fn enable(&mut self, intid: Intid, on: bool) {
        let place = Place::of(intid, self.index);
        if on {
            place.write_bit(place.offsets.isenabler);
        } else {
            place.turn_off();
        }
    }

    fn route(&mut self, intid: Intid, core: usize) {
        // SAFETY: as in `write`; the register has 64 bits.
        unsafe { (router(intid) as *mut u64).write_volatile(affinity(core)) }
    }

    fn routed_to(&self, intid: Intid) -> Option<usize> {
        if intid.is_private() {
            return None;
        }
        // SAFETY: as in `read`; the register has 64 bits.
        let router = unsafe { (router(intid) as *const u64).read_volatile() };
        self.core_with(router)
    }

    fn core_with(&self, wanted: u64) -> Option<usize> {
        (0..PLATFORM.cores).find(|core| affinity(*core) == wanted)
    }

    fn deactivate(&mut self, intid: Intid, core: usize) {
        let place = Place::of(intid, core);
        place.write_bit(place.offsets.icactiver);
    }
}

/// Where GICD_IROUTER of the shared interrupt `intid` is.
fn router(intid: Intid) -> u64 {
    let place = Place::of(intid, 0);
    let first = if intid.0 < FIRST_EXTENDED { IROUTER } else { IROUTER_EXTENDED };
    place.frame + first + 8 * u64::from(place.number)
}

/// Reads the register at `address`, of this file.
fn read(address: u64) -> u32 {
    // SAFETY: the platform says that the GIC is here, and `map_windows` mapped the pages that the offsets of this file are
    // in. Reading one of these registers has no side effect.
    unsafe { (address as *const u32).read_volatile() }
}

/// Writes the register at `address`, of this file.
fn write(address: u64, value: u32) {
    // SAFETY: as above. These registers decide which interrupts are signalled, and the image runs with all masked.
    unsafe { (address as *mut u32).write_volatile(value) }
}
