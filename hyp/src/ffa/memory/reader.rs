//! Reading fields of a descriptor, wherever it says they are.

use crate::ffa::error::Error;
use crate::ffa::wording::{Clause, Item};

/// The bytes of one descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reader<'a>(pub &'a [u8]);

/// The error that says what is wrong with a field.
pub(super) const fn refuse(field: Item, found: u64, allowed: Clause) -> Error {
    Error::Field { field, found, allowed }
}

/// Refuses a field that is not zero.
pub(super) fn zero(field: Item, found: u64) -> Result<(), Error> {
    // rule: memory.7
    if found == 0 { Ok(()) } else { Err(refuse(field, found, Clause::Zero)) }
}

impl<'a> Reader<'a> {
    /// The bytes from `offset` on.
    pub fn from(&self, offset: usize) -> Result<Self, Error> {
        // rule: memory.1
        self.0.get(offset..).map(Self).ok_or_else(|| self.too_short())
    }

    /// Bytes that the descriptor has.
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// Splits the first `size` bytes off.
    pub fn split(&self, size: usize) -> Result<(Self, Self), Error> {
        // rule: memory.1
        let (first, rest) = self.0.split_at_checked(size).ok_or_else(|| self.too_short())?;
        Ok((Self(first), Self(rest)))
    }

    /// The byte at `offset`.
    pub fn u8(&self, offset: usize) -> Result<u8, Error> {
        self.array(offset).map(u8::from_le_bytes)
    }

    /// The 16-bit field at `offset`.
    pub fn u16(&self, offset: usize) -> Result<u16, Error> {
        self.array(offset).map(u16::from_le_bytes)
    }

    /// The 32-bit field at `offset`.
    pub fn u32(&self, offset: usize) -> Result<u32, Error> {
        self.array(offset).map(u32::from_le_bytes)
    }

    /// The 64-bit field at `offset`.
    pub fn u64(&self, offset: usize) -> Result<u64, Error> {
        self.array(offset).map(u64::from_le_bytes)
    }

    fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N], Error> {
        let bytes = self.0.get(offset..).and_then(|bytes| bytes.first_chunk());
        bytes.copied().ok_or_else(|| self.too_short())
    }

    fn too_short(&self) -> Error {
        refuse(Item::PartLength, self.length() as u64, Clause::EndsTooSoon)
    }
}
