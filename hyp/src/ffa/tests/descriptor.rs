//! Descriptors to test with, written byte by byte as a sender would.

use std::vec;
use std::vec::Vec;

use crate::ffa::memory::Layout;

/// All layouts.
pub const LAYOUTS: [Layout; 3] = [Layout::V1_0, Layout::V1_1, Layout::V1_2];

/// The fields of a descriptor, as bits.
#[derive(Clone, Debug)]
pub struct Descriptor {
    pub layout: Layout,
    pub sender: u16,
    pub attributes: u16,
    pub flags: u32,
    pub handle: u64,
    pub tag: u64,
    /// Receiver, permissions, flags.
    pub receivers: Vec<(u16, u8, u8)>,
    /// Address, pages; `None` for a retrieve request.
    pub ranges: Option<Vec<(u64, u32)>>,
}

impl Descriptor {
    /// The normal world shares two ranges with a partition that may read and write them.
    pub fn share(layout: Layout) -> Self {
        Self {
            layout,
            sender: 0,
            attributes: 0x2f,
            flags: 0,
            handle: 0,
            tag: 0x1234,
            receivers: vec![(0x8001, 2, 0)],
            ranges: Some(vec![(0x6000_0000, 1), (0x6001_0000, 2)]),
        }
    }

    /// The partition's request to retrieve it.
    pub fn retrieve(layout: Layout) -> Self {
        Self { handle: 0x1_0000_0002, ranges: None, ..Self::share(layout) }
    }

    /// Offset of access descriptor `index`.
    pub fn access(&self, index: usize) -> usize {
        self.layout.header_size() + index * self.layout.access_size()
    }

    /// Offset of the composite.
    pub fn composite(&self) -> usize {
        self.access(self.receivers.len())
    }

    /// Offset of range `index`.
    pub fn range(&self, index: usize) -> usize {
        self.composite() + 16 * (index + 1)
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.sender.to_le_bytes());
        bytes.extend(self.attributes.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.handle.to_le_bytes());
        bytes.extend(self.tag.to_le_bytes());
        let access_size = self.layout.access_size() as u32;
        let first_word = if self.layout == Layout::V1_0 { 0 } else { access_size };
        bytes.extend(first_word.to_le_bytes());
        bytes.extend((self.receivers.len() as u32).to_le_bytes());
        if self.layout != Layout::V1_0 {
            bytes.extend(48u32.to_le_bytes());
            bytes.extend([0; 12]);
        }
        let composite = self.ranges.as_ref().map_or(0, |_| self.composite() as u32);
        for (receiver, permissions, flags) in &self.receivers {
            bytes.extend(receiver.to_le_bytes());
            bytes.extend([*permissions, *flags]);
            bytes.extend(composite.to_le_bytes());
            if self.layout == Layout::V1_2 {
                bytes.extend([0x11; 16]);
            }
            bytes.extend([0; 8]);
        }
        if let Some(ranges) = &self.ranges {
            let pages = ranges.iter().fold(0u32, |sum, (_, pages)| sum.wrapping_add(*pages));
            bytes.extend(pages.to_le_bytes());
            bytes.extend((ranges.len() as u32).to_le_bytes());
            bytes.extend([0; 8]);
            for (address, pages) in ranges {
                bytes.extend(address.to_le_bytes());
                bytes.extend(pages.to_le_bytes());
                bytes.extend([0; 4]);
            }
        }
        bytes
    }

    /// The bytes with `patch` at `offset`.
    pub fn patched<const N: usize>(&self, offset: usize, patch: [u8; N]) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes[offset..offset + N].copy_from_slice(&patch);
        bytes
    }
}
