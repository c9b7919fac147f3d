//! The descriptor of FFA_MEM_RELINQUISH: u64 handle, u32 flags, u32 endpoint count, u16 endpoints.

use super::reader::{Reader, refuse};
use crate::ffa::error::Error;
use crate::ffa::ids::{Handle, PartitionId};
use crate::ffa::wording::{Clause, Item};

/// Who gives which memory back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relinquish {
    /// The transaction.
    pub handle: Handle,
    /// True when the memory is to be zeroed after it was given back.
    pub zero: bool,
    /// Who gives it back, as the descriptor says.
    pub endpoint: PartitionId,
}

impl Relinquish {
    /// Reads the descriptor at the beginning of `bytes`, which may be longer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let reader = Reader(bytes);
        let (flags, count) = (reader.u32(8)?, reader.u32(12)?);
        // rule: relinquish.1
        if flags & !1 != 0 {
            return Err(refuse(Item::RelinquishFlags, u64::from(flags), Clause::ZeroMemoryOnly));
        }
        // rule: relinquish.2
        if count != 1 {
            return Err(refuse(Item::RelinquishCount, u64::from(count), Clause::OwnOnly));
        }
        Ok(Self {
            handle: Handle(reader.u64(0)?),
            zero: flags & 1 != 0,
            endpoint: PartitionId(reader.u16(16)?),
        })
    }
}
