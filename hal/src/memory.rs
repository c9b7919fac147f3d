//! Physical memory as safe code may reach it.
//!
//! [`Frames`] is a page-aligned run of physical memory that **is not the monitor's own image**. Only
//! [`PhysicalMemory`], which the machine makes once at boot from its memory map, mints them, and everything that
//! [`Memory`] reads or writes is named by one; so safe code cannot overwrite the monitor, whatever number a guest
//! sends it.

use core::fmt;

use arrayvec::ArrayVec;

use crate::address::{PAGE_SIZE, Pa, Space};

/// Ranges that a machine's memory map may have, the monitor's own image included.
pub const MAX_RANGES: usize = 16;

/// Entries in one translation table page.
pub const ENTRIES: usize = (PAGE_SIZE / 8) as usize;

/// A page-aligned, non-empty run of physical pages outside the monitor's image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frames {
    start: Pa,
    pages: u64,
}

impl Frames {
    /// The first byte.
    pub const fn start(&self) -> Pa {
        self.start
    }

    /// How many pages.
    pub const fn pages(&self) -> u64 {
        self.pages
    }

    /// How many bytes.
    pub const fn size(&self) -> u64 {
        self.pages * PAGE_SIZE
    }

    /// The part of these frames from page `first` on, `pages` long, or `None` where that is empty or reaches
    /// beyond them.
    pub const fn part(&self, first: u64, pages: u64) -> Option<Frames> {
        if pages == 0 || first >= self.pages || pages > self.pages - first {
            return None;
        }
        let address = self.start.address + first * PAGE_SIZE;
        Some(Frames { start: Pa { space: self.start.space, address }, pages })
    }

    /// The single page number `index` of these frames.
    pub const fn frame(&self, index: u64) -> Option<Frame> {
        match self.part(index, 1) {
            Some(one) => Some(Frame(one.start)),
            None => None,
        }
    }

    /// These frames and `next`, if `next` begins where these end.
    pub const fn joined(&self, next: &Frames) -> Option<Frames> {
        let same_space = self.start.space as u8 == next.start.space as u8;
        if same_space && self.start.address + self.size() == next.start.address {
            Some(Frames { start: self.start, pages: self.pages + next.pages })
        } else {
            None
        }
    }

    /// True when a page is in both.
    pub const fn overlaps(&self, other: &Frames) -> bool {
        let range = PhysicalRange { start: self.start, size: self.size() };
        range.overlaps(other.start, other.size())
    }

    /// The page of these frames that begins at `address`, or `None` where no page of them does.
    pub const fn frame_at(&self, address: u64) -> Option<Frame> {
        let offset = address.wrapping_sub(self.start.address);
        if !offset.is_multiple_of(PAGE_SIZE) { None } else { self.frame(offset / PAGE_SIZE) }
    }
}

/// One page of physical memory outside the monitor's image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frame(Pa);

impl Frame {
    /// The first byte.
    pub const fn start(&self) -> Pa {
        self.0
    }
}

impl From<Frame> for Frames {
    fn from(frame: Frame) -> Self {
        Frames { start: frame.0, pages: 1 }
    }
}

/// A run of bytes in one physical address space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhysicalRange {
    /// The first byte.
    pub start: Pa,
    /// Bytes.
    pub size: u64,
}

impl PhysicalRange {
    /// True when all of `size` bytes from `start` are in this range.
    pub const fn contains(&self, start: Pa, size: u64) -> bool {
        start.space as u8 == self.start.space as u8
            && start.address >= self.start.address
            && size <= self.size
            && start.address - self.start.address <= self.size - size
    }

    /// True when any of `size` bytes from `start` is in this range; `start + size` must not wrap.
    const fn overlaps(&self, start: Pa, size: u64) -> bool {
        start.space as u8 == self.start.space as u8
            && start.address < self.start.address.saturating_add(self.size)
            && self.start.address < start.address.saturating_add(size)
    }
}

/// Why a range of addresses is not memory that the monitor may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotMemory {
    /// No page at all.
    Empty,
    /// The address is not a multiple of [`PAGE_SIZE`].
    Unaligned,
    /// Not wholly inside one range of the machine's memory map.
    Outside,
    /// The monitor's own image, stacks or translation tables.
    Monitor,
}

impl fmt::Display for NotMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotMemory::Empty => "is empty",
            NotMemory::Unaligned => "does not begin at a page",
            NotMemory::Outside => "is not memory of this machine",
            NotMemory::Monitor => "is the monitor's own",
        })
    }
}

/// A page-aligned, non-empty run of physical addresses that may be a device's registers: no memory of the machine and
/// none of the monitor's own devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceRange {
    start: Pa,
    pages: u64,
}

impl DeviceRange {
    /// The first byte.
    pub const fn start(&self) -> Pa {
        self.start
    }

    /// How many pages.
    pub const fn pages(&self) -> u64 {
        self.pages
    }
}

/// Why a range of addresses is not a device that a guest may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotDevice {
    /// It has no page, does not begin at one, or does not end within the address space.
    Malformed,
    /// There is memory at one of its addresses, in whichever space.
    Memory,
    /// One of the monitor's own devices has one of its addresses, in whichever space.
    Monitor,
}

impl fmt::Display for NotDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotDevice::Malformed => "is no run of pages",
            NotDevice::Memory => "is memory",
            NotDevice::Monitor => "is a device of the monitor",
        })
    }
}

/// The machine's memory map: the one mint of [`Frames`] and [`DeviceRange`].
///
/// A machine makes it once at boot and gives it to the monitor; nothing in `hyp` constructs one.
#[derive(Clone, Debug)]
pub struct PhysicalMemory {
    ranges: ArrayVec<PhysicalRange, MAX_RANGES>,
    monitor: PhysicalRange,
    devices: ArrayVec<PhysicalRange, MAX_RANGES>,
}

impl PhysicalMemory {
    /// The memory in `ranges`, at most [`MAX_RANGES`] of them, without `monitor`, the range that holds the
    /// monitor's image, stacks and own translation tables; `devices`, as many at most, are the monitor's.
    ///
    /// Further ranges than [`MAX_RANGES`] are not memory to the monitor.
    pub fn new(ranges: &[PhysicalRange], monitor: PhysicalRange, devices: &[PhysicalRange]) -> Self {
        let list = |ranges: &[PhysicalRange]| ranges.iter().copied().take(MAX_RANGES).collect();
        Self { ranges: list(ranges), monitor, devices: list(devices) }
    }

    /// The `pages` pages of registers from `start` on, if no memory is there and no device of the monitor.
    ///
    /// One number names the same device in both spaces, as far as anybody knows: so none of both may be there.
    pub fn device(&self, start: Pa, pages: u64) -> Result<DeviceRange, NotDevice> {
        let size = pages.checked_mul(PAGE_SIZE).filter(|size| start.address.checked_add(*size).is_some());
        let size = size.filter(|size| *size != 0 && start.is_page_aligned()).ok_or(NotDevice::Malformed)?;
        let anywhere = |range: &PhysicalRange| {
            range.overlaps(Pa { space: range.start.space, address: start.address }, size)
        };
        if self.ranges.iter().any(anywhere) || anywhere(&self.monitor) {
            return Err(NotDevice::Memory);
        }
        if self.devices.iter().any(anywhere) {
            return Err(NotDevice::Monitor);
        }
        Ok(DeviceRange { start, pages })
    }

    /// The `pages` pages from `start` on, if all of them are memory that is not the monitor's.
    pub fn frames(&self, start: Pa, pages: u64) -> Result<Frames, NotMemory> {
        if pages == 0 {
            return Err(NotMemory::Empty);
        }
        if !start.is_page_aligned() {
            return Err(NotMemory::Unaligned);
        }
        let size = pages.checked_mul(PAGE_SIZE).ok_or(NotMemory::Outside)?;
        if !self.ranges.iter().any(|range| range.contains(start, size)) {
            return Err(NotMemory::Outside);
        }
        if self.monitor.overlaps(start, size) {
            return Err(NotMemory::Monitor);
        }
        Ok(Frames { start, pages })
    }
}

/// An access that the hardware refused, or that reached beyond the frames it named.
///
/// Normal-world memory can refuse at any time: EL3 may have given the granule to another world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessFault {
    /// The space of the refused access.
    pub space: Space,
    /// The first byte that could not be reached, or, where hardware does not tell, of the frames.
    pub address: u64,
}

/// Reach physical memory.
///
/// Offsets are bytes from the start of the frames. Nothing here orders accesses with a guest's or with a table
/// walker's: [`Memory::clean`] and [`crate::Tlb::synchronise`] do.
pub trait Memory {
    /// Copies from `frames` at `offset` into `into`.
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault>;

    /// Copies `bytes` to `frames` at `offset`.
    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault>;

    /// Fills `frames` with zero.
    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault>;

    /// Reads the 64-bit translation table entry `index`, below [`ENTRIES`], of `table` in one access.
    fn read_entry(&self, table: Frame, index: usize) -> u64;

    /// Writes the 64-bit translation table entry `index`, below [`ENTRIES`], of `table` in one access.
    fn write_entry(&mut self, table: Frame, index: usize, entry: u64);

    /// Writes back the cache lines of `frames` to the point of coherency, so that accesses with other
    /// attributes see what was written.
    fn clean(&mut self, frames: Frames);

    /// Makes what was written to `frames` visible to instruction fetches of all cores.
    fn make_executable(&mut self, frames: Frames);
}
