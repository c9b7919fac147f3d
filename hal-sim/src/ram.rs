//! Simulated RAM: zeroed buffers that the emulator, the walker and the monitor share.
//!
//! The emulator writes to a buffer while no Rust code runs on it (hooks and the machine run on the emulator's own
//! thread, between its instructions), so raw copies are enough; no reference into a buffer is ever made.

use std::ptr::NonNull;

use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa};

/// Words of 16 bytes in one page: buffers are allocated in these, which keeps them lazily zeroed.
const WORDS_PER_PAGE: usize = PAGE_SIZE as usize / 16;

/// One range of RAM.
struct Bank {
    range: PhysicalRange,
    /// Owns the bytes; never touched through this field again.
    _buffer: Vec<u128>,
    /// The byte at `range.start`, page-aligned.
    base: NonNull<u8>,
}

/// All RAM of a machine, in both physical address spaces.
pub struct Ram {
    banks: Vec<Bank>,
}

impl Ram {
    /// RAM that reads as zero in each of `ranges`, which are page-aligned.
    pub fn new(ranges: &[PhysicalRange]) -> Self {
        let banks = ranges
            .iter()
            .map(|range| {
                assert!(
                    range.start.is_page_aligned() && range.size % PAGE_SIZE == 0,
                    "RAM at {} is not made of pages",
                    range.start
                );
                let mut buffer = vec![0u128; range.size as usize / 16 + WORDS_PER_PAGE];
                let start = buffer.as_mut_ptr().cast::<u8>();
                let base = start.wrapping_add(start.align_offset(PAGE_SIZE as usize));
                Bank {
                    range: *range,
                    _buffer: buffer,
                    base: NonNull::new(base).expect("a vector's pointer is not null"),
                }
            })
            .collect();
        Self { banks }
    }

    /// The ranges and the host address of their first bytes, for the emulator's memory map.
    pub(crate) fn banks(&self) -> impl Iterator<Item = (PhysicalRange, NonNull<u8>)> + '_ {
        self.banks.iter().map(|bank| (bank.range, bank.base))
    }

    /// The host address of `length` bytes from `start`, if all of them are RAM.
    fn host(&self, start: Pa, length: usize) -> Option<*mut u8> {
        let bank = self.banks.iter().find(|bank| {
            bank.range.start.space == start.space
                && start.address >= bank.range.start.address
                && start.address - bank.range.start.address < bank.range.size
        })?;
        let offset = start.address - bank.range.start.address;
        (length as u64 <= bank.range.size - offset).then(|| bank.base.as_ptr().wrapping_add(offset as usize))
    }

    /// True when all of `length` bytes from `start` are RAM.
    pub fn contains(&self, start: Pa, length: usize) -> bool {
        self.host(start, length).is_some()
    }

    /// Copies from `start` into `into`; `None` where not all of it is RAM, and then nothing is copied.
    #[must_use]
    pub fn read(&self, start: Pa, into: &mut [u8]) -> Option<()> {
        let from = self.host(start, into.len())?;
        // SAFETY: `host` checked that `from` and the following `into.len()` bytes are in a buffer that `self`
        // owns; `into` is a Rust slice, and no Rust slice into a buffer exists, so they do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
        Some(())
    }

    /// Copies `bytes` to `start`; `None` where not all of it is RAM, and then nothing is copied.
    #[must_use]
    pub fn write(&self, start: Pa, bytes: &[u8]) -> Option<()> {
        let to = self.host(start, bytes.len())?;
        // SAFETY: as in `read`; buffers are only reached through raw pointers, so writing behind `&self` is sound.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Some(())
    }

    /// Fills `length` bytes from `start` with zero; `None` where not all of it is RAM.
    #[must_use]
    pub fn zero(&self, start: Pa, length: usize) -> Option<()> {
        let to = self.host(start, length)?;
        // SAFETY: as in `write`.
        unsafe { std::ptr::write_bytes(to, 0, length) };
        Some(())
    }

    /// The 64-bit little-endian word at `address`, if it is RAM.
    pub fn read_u64(&self, address: Pa) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Some(u64::from_le_bytes(bytes))
    }

    /// The 32-bit little-endian word at `address`, if it is RAM.
    pub fn read_u32(&self, address: Pa) -> Option<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes)?;
        Some(u32::from_le_bytes(bytes))
    }
}
