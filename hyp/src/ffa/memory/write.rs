//! Writing the descriptor that goes with FFA_MEM_RETRIEVE_RESP.

use hal::PAGE_SIZE;

use super::{Access, Layout, RANGE_SIZE, Range, Transaction};
use crate::capacity::{MAX_EXTENTS, MAX_RECEIVERS};
use crate::ffa::error::Error;

/// Writes `transaction` with its `ranges` in `layout` to the beginning of `out`; returns what was written.
///
/// `transaction` is what the reader of the descriptor is to see: its receivers, its handle, the flags and
/// attributes in effect. Fails with NO_MEMORY, and leaves junk in `out`, where the descriptor does not fit.
pub fn write_retrieve_response<'a>(
    layout: Layout,
    transaction: &Transaction,
    ranges: impl Iterator<Item = Range> + Clone,
    out: &'a mut [u8],
) -> Result<&'a [u8], Error> {
    // At most 48 + 32 * 32: a 32-bit number.
    let composite = (layout.header_size() + transaction.receivers.len() * layout.access_size()) as u32;
    let mut writer = Writer { rest: &mut *out, needed: 0 };
    writer.header(layout, transaction);
    for access in &transaction.receivers {
        writer.access(layout, access, composite);
    }
    let (mut pages, mut count) = (0u32, 0u32);
    for range in ranges.clone() {
        pages = pages.saturating_add(range.pages);
        count = count.saturating_add(1);
    }
    writer.put(pages.to_le_bytes());
    writer.put(count.to_le_bytes());
    writer.put([0; 8]);
    for range in ranges {
        const { assert!(RANGE_SIZE == 8 + 4 + 4) };
        writer.put(range.address.to_le_bytes());
        writer.put(range.pages.to_le_bytes());
        writer.put([0; 4]);
    }
    let (needed, size) = (writer.needed, out.len() as u64);
    out.get(..needed).ok_or(Error::AnswerTooLarge { needed: needed as u64, size })
}

const _: () = {
    let receivers = MAX_RECEIVERS * Layout::V1_2.access_size();
    let longest = Layout::V1_2.header_size() + receivers + (1 + MAX_EXTENTS) * RANGE_SIZE;
    assert!(longest as u64 <= PAGE_SIZE, "every live transaction fits in the shortest RX buffer");
};

/// Puts fields one behind the other, and counts on where there is no room.
struct Writer<'a> {
    rest: &'a mut [u8],
    needed: usize,
}

impl Writer<'_> {
    // There are many fields, and few of them for each answer.
    #[inline(never)]
    fn put<const N: usize>(&mut self, field: [u8; N]) {
        self.needed = self.needed.saturating_add(N);
        let rest = core::mem::take(&mut self.rest);
        if let Some((place, rest)) = rest.split_first_chunk_mut() {
            *place = field;
            self.rest = rest;
        }
    }

    fn header(&mut self, layout: Layout, transaction: &Transaction) {
        self.put(transaction.sender.0.to_le_bytes());
        self.put(transaction.attributes.bits().to_le_bytes());
        self.put(transaction.flags.bits().to_le_bytes());
        self.put(transaction.handle.0.to_le_bytes());
        self.put(transaction.tag.to_le_bytes());
        let access_size = match layout {
            Layout::V1_0 => 0,
            Layout::V1_1 | Layout::V1_2 => layout.access_size() as u32,
        };
        self.put(access_size.to_le_bytes());
        self.put((transaction.receivers.len() as u32).to_le_bytes());
        if layout != Layout::V1_0 {
            self.put((layout.header_size() as u32).to_le_bytes());
            self.put([0; 12]);
        }
    }

    fn access(&mut self, layout: Layout, access: &Access, composite: u32) {
        self.put(access.receiver.0.to_le_bytes());
        self.put([access.permissions.bits(), access.flags.bits()]);
        self.put(composite.to_le_bytes());
        if layout == Layout::V1_2 {
            for word in access.implementation_defined {
                self.put(word.to_le_bytes());
            }
        }
        self.put([0; 8]);
    }
}
