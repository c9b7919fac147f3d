//! RX and TX buffers as FFA_RXTX_MAP names them.

use hal::PAGE_SIZE;

use crate::capacity::MAX_BUFFER_PAGES;
use crate::ffa::wording::Clause;

/// A TX and an RX buffer: page-aligned, of the same size, within the address space, and apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BufferPair {
    tx: u64,
    rx: u64,
    pages: u32,
}

/// What is wrong with a pair of buffers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misshapen {
    /// Which number: 0 the TX buffer's address, 1 the RX buffer's, 2 the page count.
    pub which: usize,
    /// What it is.
    pub found: u64,
    /// What would have been right, as a clause.
    pub allowed: Clause,
}

impl BufferPair {
    /// The buffers of `pages` pages from `tx` and `rx` on.
    #[inline(never)]
    pub fn new([tx, rx]: [u64; 2], pages: u32) -> Result<Self, Misshapen> {
        let wrong = |which, found, allowed| Misshapen { which, found, allowed };
        // rule: rxtx.1, rxtx.41
        if pages == 0 || pages > MAX_BUFFER_PAGES {
            return Err(wrong(2, u64::from(pages), Clause::PagesUpToFour));
        }
        let size = u64::from(pages) * PAGE_SIZE;
        for (which, start) in [tx, rx].into_iter().enumerate() {
            // rule: rxtx.2, rxtx.13
            if !start.is_multiple_of(PAGE_SIZE) {
                return Err(wrong(which, start, Clause::PageAligned));
            }
            // rule: rxtx.3
            if start.checked_add(size).is_none() {
                return Err(wrong(which, start, Clause::BufferInAddressSpace));
            }
        }
        // rule: rxtx.4
        if tx.abs_diff(rx) < size {
            return Err(wrong(1, rx, Clause::BuffersApart));
        }
        Ok(Self { tx, rx, pages })
    }

    /// The first byte that the owner writes.
    pub const fn tx(&self) -> u64 {
        self.tx
    }

    /// The first byte that the owner reads.
    pub const fn rx(&self) -> u64 {
        self.rx
    }

    /// 4 KiB pages of each, 1 to [`MAX_BUFFER_PAGES`].
    pub const fn pages(&self) -> u32 {
        self.pages
    }
}
