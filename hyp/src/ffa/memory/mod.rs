//! Memory descriptors: who sends which pages to whom, with which rights.
//!
//! ```text
//! +--------------------+------------------+-----------------------+-----------------------+
//! | transaction header | access           | composite header      | ranges                |
//! | 1.0: 32 bytes      | descriptors      | 0 u32 total pages     | 0 u64 address         |
//! | 1.1: 48 bytes      | 1.0, 1.1: 16 B   | 4 u32 range count     | 8 u32 pages           |
//! |                    | 1.2:      32 B   | 8 u64 zero            | 12 u32 zero           |
//! +--------------------+------------------+-----------------------+-----------------------+
//!                                         ^ 16-byte aligned, as the whole is; a retrieve request ends here
//!
//! transaction header                    1.0            | 1.1, 1.2
//!   0 u16 sender         2 u16 attributes (1.0: u8, then a zero byte)       4 u32 flags   8 u64 handle  16 u64 tag
//!  24                                   zero           | size of an access descriptor
//!  28                                   count of access descriptors
//!  32                                   the first one  | u32 offset of the first one, then 12 zero bytes
//! access descriptor
//!   0 u16 receiver       2 u8 permissions              3 u8 flags          4 u32 offset of the composite
//!   8                                   zero (u64)     | 1.2: two implementation-defined u64, then a zero u64
//! ```
//!
//! Descriptors are read from a private copy, whole, and checked for all that they can say about themselves.
//! Rules (`rules/`): `memory`, `send`, `retrieve`, `relinquish`.

mod attributes;
mod constituents;
mod endpoint_buffers;
mod parse;
mod reader;
mod relinquish;
mod write;

pub use attributes::{AccessFlags, Attributes, Flags, Permissions};
pub use constituents::{Constituents, Range};
pub use endpoint_buffers::EndpointBuffers;
pub use parse::{parse_describe_request, parse_retrieve_request, parse_send};
pub use relinquish::Relinquish;
pub use write::write_retrieve_response;

use arrayvec::ArrayVec;

use super::ids::{Handle, PartitionId, Version};
use crate::capacity::MAX_RECEIVERS;

/// Bytes of a composite's header, and of a range.
const RANGE_SIZE: usize = 16;

/// Which bytes a descriptor has, by the version of who wrote it or is to read it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layout {
    /// 32-byte header, 16-byte access descriptors.
    V1_0,
    /// 48-byte header, 16-byte access descriptors.
    V1_1,
    /// 48-byte header, 32-byte access descriptors: 1.2 and later.
    V1_2,
}

impl Layout {
    /// The layout that an endpoint of `version` writes and reads.
    pub fn of(version: Version) -> Self {
        if version < Version::V1_1 {
            Self::V1_0
        } else if version < Version::V1_2 {
            Self::V1_1
        } else {
            Self::V1_2
        }
    }

    /// Bytes of the transaction header.
    pub const fn header_size(self) -> usize {
        match self {
            Self::V1_0 => 32,
            Self::V1_1 | Self::V1_2 => 48,
        }
    }

    /// Bytes of an access descriptor.
    pub const fn access_size(self) -> usize {
        match self {
            Self::V1_0 | Self::V1_1 => 16,
            Self::V1_2 => 32,
        }
    }
}

/// What one receiver may do with the memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Who.
    pub receiver: PartitionId,
    /// Its rights.
    pub permissions: Permissions,
    /// How it takes part.
    pub flags: AccessFlags,
    /// What version 1.2 carries for the implementation: must be the same in send and retrieve.
    pub implementation_defined: [u64; 2],
}

/// A memory transaction, without its pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// Who owns the memory, as the descriptor says.
    pub sender: PartitionId,
    /// What kind of memory it is to be mapped as.
    pub attributes: Attributes,
    /// What else is to happen.
    pub flags: Flags,
    /// The handle; zero in a send.
    pub handle: Handle,
    /// A number that sender and receivers agree on.
    pub tag: u64,
    /// Who gets the memory, at least one where it is sent, none twice.
    pub receivers: ArrayVec<Access, MAX_RECEIVERS>,
}

impl Transaction {
    /// What `receiver` may do, or `None` where the transaction does not name it.
    pub fn access_of(&self, receiver: PartitionId) -> Option<&Access> {
        self.receivers.iter().find(|access| access.receiver == receiver)
    }
}
