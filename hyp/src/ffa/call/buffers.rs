//! RX and TX buffers as FFA_RXTX_MAP names them.

use hal::PAGE_SIZE;

use crate::capacity::MAX_BUFFER_PAGES;
use crate::ffa::error::Error;

/// A TX and an RX buffer: page-aligned, of the same size, within the address space, and apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BufferPair {
    tx: u64,
    rx: u64,
    pages: u32,
}

impl BufferPair {
    /// The buffers of `pages` pages from `tx` and `rx` on: rules `rxtx.1` to `rxtx.4`.
    ///
    /// `names` are what a refusal calls the TX buffer, the RX buffer and the page count; `refuse` makes it from the
    /// name, what was found, and what would have been right.
    pub fn new(
        [tx, rx]: [u64; 2],
        pages: u32,
        names: [&'static str; 3],
        refuse: impl Fn(&'static str, u64, &'static str) -> Error,
    ) -> Result<Self, Error> {
        let [tx_name, rx_name, pages_name] = names;
        // rule: rxtx.41
        if pages == 0 || pages > MAX_BUFFER_PAGES {
            return Err(refuse(pages_name, u64::from(pages), "it must be a page count of 1 to 4"));
        }
        let size = u64::from(pages) * PAGE_SIZE;
        for (name, start) in [(tx_name, tx), (rx_name, rx)] {
            if !start.is_multiple_of(PAGE_SIZE) {
                return Err(refuse(name, start, "it must be a multiple of 4096"));
            }
            if start.checked_add(size).is_none() {
                return Err(refuse(name, start, "the buffer must end below 2^64"));
            }
        }
        if tx.abs_diff(rx) < size {
            return Err(refuse(rx_name, rx, "the buffers must not overlap"));
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
