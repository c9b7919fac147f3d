//! The header of an indirect message: what FFA_MSG_SEND2 finds at the start of a TX buffer and leaves at the start
//! of an RX buffer.
//!
//! | offset | size | field | 20 bytes (1.1) | 40 bytes (from 1.2 on) |
//! |---|---|---|---|---|
//! | 0 | 8 | zero | yes | yes |
//! | 8 | 4 | where the payload begins, from the start of the buffer | yes | yes |
//! | 12 | 2 | receiver | yes | yes |
//! | 14 | 2 | sender | yes | yes |
//! | 16 | 4 | bytes of the payload | yes | yes |
//! | 20 | 4 | zero | | yes |
//! | 24 | 16 | UUID of the service, nil for none | | yes |

use arrayvec::ArrayVec;

use super::error::Error;
use super::ids::{PartitionId, Uuid, Version};
use crate::ffa::wording::{Clause, Item};

/// Bytes of the longest header.
pub const MAX_HEADER: usize = 40;

/// The header of an indirect message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Where the payload begins, in bytes from the start of the buffer: behind the header.
    pub offset: u32,
    /// Bytes of the payload.
    pub size: u32,
    /// Who is to get it.
    pub receiver: PartitionId,
    /// Who sends, as the sender says.
    pub sender: PartitionId,
    /// The service that it is for, nil where it names none.
    pub service: Uuid,
}

impl Header {
    /// Bytes of the header of an endpoint of `version`.
    pub fn size_in(version: Version) -> u32 {
        if version < Version::V1_2 { 20 } else { MAX_HEADER as u32 }
    }

    /// Reads the header of a sender of `version`, whose message ends within `limit` bytes.
    pub fn parse(bytes: &[u8; MAX_HEADER], version: Version, limit: u32) -> Result<Self, Error> {
        let (words, _) = bytes.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next().unwrap_or_default();
        let [_, _, offset, route, size, _] = [word(), word(), word(), word(), word(), word()];
        let uuid = [word(), word(), word(), word()];
        let least = Self::size_in(version);
        // rule: send2.41
        if offset < least {
            let allowed = Clause::PayloadBehindHeader;
            return Err(Error::Field { field: Item::PayloadOffset, found: u64::from(offset), allowed });
        }
        // rule: send2.42
        if offset.checked_add(size).is_none_or(|end| end > limit) {
            let allowed = Clause::MessageWithinPage;
            return Err(Error::Field { field: Item::PayloadSize, found: u64::from(size), allowed });
        }
        Ok(Self {
            offset,
            size,
            receiver: PartitionId(route as u16),
            sender: PartitionId((route >> 16) as u16),
            service: if version < Version::V1_2 { Uuid::NIL } else { Uuid::from_words(uuid) },
        })
    }

    /// The header for a receiver of `version`.
    pub fn to_bytes(&self, version: Version) -> ArrayVec<u8, MAX_HEADER> {
        let [a, b, c, d] = self.service.to_words();
        let route = u32::from(self.sender.0) << 16 | u32::from(self.receiver.0);
        let words = [0, 0, self.offset, route, self.size, 0, a, b, c, d];
        words.into_iter().flat_map(u32::to_le_bytes).take(Self::size_in(version) as usize).collect()
    }
}
