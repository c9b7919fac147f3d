//! Simulated RAM: zeroed buffers that the emulator, the walker and the monitor share.
//!
//! The emulator writes to a buffer while no Rust code runs on it (hooks and the machine run on the emulator's own
//! thread, between its instructions), so raw copies are enough; no reference into a buffer is ever made.
//!
//! RAM knows which pages may have been written since it was loaded, and what was there before, so that it can be made
//! as it was at the cost of those pages alone. It knows when that was, too, for who keeps what was made of a page.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
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
    /// A bit for each page: it may have been written since it was loaded.
    written: Vec<Cell<u64>>,
}

impl Bank {
    /// Where the bit for the page at `page`, which is in this bank, is: in which word, and the word with it alone.
    fn bit(&self, page: Pa) -> (&Cell<u64>, u64) {
        let index = (page.address - self.range.start.address) / PAGE_SIZE;
        (&self.written[index as usize / 64], 1 << (index % 64))
    }
}

/// A moment: how often memory was loaded or restored before.
pub type Time = u64;

/// A page that was written since memory was loaded.
struct Page {
    /// What was loaded.
    bytes: Box<[u8; PAGE_SIZE as usize]>,
    /// When it was made so again.
    restored: Time,
}

/// All RAM of a machine, in both physical address spaces.
pub struct Ram {
    banks: Vec<Bank>,
    /// The pages whose bit is set.
    written: RefCell<Vec<Pa>>,
    /// What was loaded in every page that was ever written.
    loaded: RefCell<BTreeMap<Pa, Page>>,
    now: Cell<Time>,
    loaded_at: Cell<Time>,
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
                    written: vec![Cell::new(0); (range.size / PAGE_SIZE).div_ceil(64) as usize],
                }
            })
            .collect();
        Self {
            banks,
            written: RefCell::default(),
            loaded: RefCell::default(),
            now: Cell::new(0),
            loaded_at: Cell::new(0),
        }
    }

    /// Copies `bytes` to `start`, as what is there from now on when nothing is written; `None` where not all of it is
    /// RAM. What was written before is undone.
    #[must_use]
    pub fn load(&self, start: Pa, bytes: &[u8]) -> Option<()> {
        self.restore();
        self.loaded.borrow_mut().clear();
        self.loaded_at.set(self.now.get());
        self.copy_in(start, bytes)
    }

    /// Undoes every write since the last load.
    pub fn restore(&self) {
        self.now.update(|now| now + 1);
        let mut loaded = self.loaded.borrow_mut();
        for page in self.written.borrow_mut().drain(..) {
            let known = loaded.get_mut(&page).expect("it was kept before it was written");
            known.restored = self.now.get();
            self.copy_in(page, known.bytes.as_slice()).expect("what was written is RAM");
            let bank = self.bank(page).expect("what was written is RAM");
            let (word, bit) = bank.bit(page);
            word.set(word.get() & !bit);
        }
    }

    /// Notes that `length` bytes from `start`, which are RAM, may be written from now on.
    pub fn will_write(&self, start: Pa, length: u64) {
        let Some(bank) = self.bank(start) else { return };
        let first = start.address & !(PAGE_SIZE - 1);
        for address in (first..start.address + length).step_by(PAGE_SIZE as usize) {
            let page = Pa { address, ..start };
            let (word, bit) = bank.bit(page);
            if word.get() & bit != 0 {
                continue;
            }
            word.set(word.get() | bit);
            self.written.borrow_mut().push(page);
            self.loaded.borrow_mut().entry(page).or_insert_with(|| {
                let mut bytes = Box::new([0; PAGE_SIZE as usize]);
                self.read(page, bytes.as_mut_slice()).expect("what is written is RAM");
                Page { bytes, restored: 0 }
            });
        }
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.now.get()
    }

    /// True where `page` may have been written since the moment `since`.
    pub fn is_written_since(&self, page: Pa, since: Time) -> bool {
        let is_written = self.bank(page).is_some_and(|bank| {
            let (word, bit) = bank.bit(page);
            word.get() & bit != 0
        });
        let restored = || self.loaded.borrow().get(&page).is_some_and(|page| page.restored > since);
        is_written || self.loaded_at.get() > since || restored()
    }

    /// True where one of the pages that were written since memory was restored, but for the first `looked_at` of them,
    /// is one that `of_interest` says; all of them were looked at then.
    pub fn any_written_from(&self, looked_at: &mut usize, of_interest: impl Fn(&Pa) -> bool) -> bool {
        let written = self.written.borrow();
        let before = std::mem::replace(looked_at, written.len());
        written[before..].iter().any(of_interest)
    }

    /// The ranges and the host address of their first bytes, for the emulator's memory map.
    pub(crate) fn banks(&self) -> impl Iterator<Item = (PhysicalRange, NonNull<u8>)> + '_ {
        self.banks.iter().map(|bank| (bank.range, bank.base))
    }

    /// The bank that has the byte at `at`.
    fn bank(&self, at: Pa) -> Option<&Bank> {
        self.banks.iter().find(|bank| {
            bank.range.start.space == at.space
                && at.address >= bank.range.start.address
                && at.address - bank.range.start.address < bank.range.size
        })
    }

    /// The host address of `length` bytes from `start`, if all of them are RAM.
    fn host(&self, start: Pa, length: usize) -> Option<*mut u8> {
        let bank = self.bank(start)?;
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
        self.host(start, bytes.len())?;
        self.will_write(start, bytes.len() as u64);
        self.copy_in(start, bytes)
    }

    /// Copies `bytes` to `start` without a note of it.
    fn copy_in(&self, start: Pa, bytes: &[u8]) -> Option<()> {
        let to = self.host(start, bytes.len())?;
        // SAFETY: as in `read`; buffers are only reached through raw pointers, so writing behind `&self` is sound.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Some(())
    }

    /// Fills `length` bytes from `start` with zero; `None` where not all of it is RAM.
    #[must_use]
    pub fn zero(&self, start: Pa, length: usize) -> Option<()> {
        let to = self.host(start, length)?;
        self.will_write(start, length as u64);
        // SAFETY: as in `copy_in`.
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
