//! Partition information descriptors: what FFA_PARTITION_INFO_GET says about a partition.
//!
//! | offset | size | field | 8 bytes (1.0) | 24 bytes (1.1, 1.2) | 48 bytes (1.3) |
//! |---|---|---|---|---|---|
//! | 0 | 2 | id | yes | yes | yes |
//! | 2 | 2 | execution contexts | yes | yes | yes |
//! | 4 | 4 | properties | bits 0 to 2 | yes | yes |
//! | 8 | 16 | protocol UUID, nil where the caller asked by it | | yes | yes |
//! | 24 | 16 | image UUID | | | yes |
//! | 40 | 4 | FF-A version | | | yes |
//! | 44 | 4 | zero | | | yes |

use arrayvec::ArrayVec;
use bitflags::bitflags;

use super::ids::{PartitionId, Uuid, Version};

bitflags! {
    /// What a partition can do.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Properties: u32 {
        /// Receives direct requests.
        const RECEIVES_DIRECT_REQUESTS = 1 << 0;
        /// Sends direct requests.
        const SENDS_DIRECT_REQUESTS = 1 << 1;
        /// Sends and receives indirect messages.
        const INDIRECT_MESSAGES = 1 << 2;
        /// Receives notifications (1.1).
        const RECEIVES_NOTIFICATIONS = 1 << 3;
        /// Must be told of each VM that is created (1.1).
        const WANTS_VM_CREATED = 1 << 6;
        /// Must be told of each VM that is destroyed (1.1).
        const WANTS_VM_DESTROYED = 1 << 7;
        /// Runs in AArch64 (1.1).
        const AARCH64 = 1 << 8;
        /// Receives direct requests to a service (1.2).
        const RECEIVES_DIRECT_REQUESTS_2 = 1 << 9;
        /// Sends direct requests to a service (1.2).
        const SENDS_DIRECT_REQUESTS_2 = 1 << 10;
        /// Can be replaced while it lives (1.3).
        const LIVE_ACTIVATION = 1 << 11;
    }
}

impl Properties {
    /// Those that version 1.0 has.
    pub const V1_0: Self =
        Self::RECEIVES_DIRECT_REQUESTS.union(Self::SENDS_DIRECT_REQUESTS).union(Self::INDIRECT_MESSAGES);
}

/// How long a descriptor is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// 8 bytes: what a caller of version 1.0 gets.
    Short,
    /// 24 bytes, with the protocol UUID.
    Uuid,
    /// 48 bytes, with the image UUID and the partition's version.
    Full,
}

/// Bytes of the longest descriptor.
pub const MAX_SIZE: usize = 48;

impl Form {
    /// The form that a caller of `version` gets: descriptors grow, and a caller of 1.1 or later steps through them
    /// by the size that the answer states, so each gets the longest that its version defines.
    pub fn of(version: Version) -> Self {
        if version < Version::V1_1 {
            Self::Short
        } else if version < Version::V1_3 {
            Self::Uuid
        } else {
            Self::Full
        }
    }

    /// Bytes of one descriptor.
    pub const fn size(self) -> usize {
        match self {
            Self::Short => 8,
            Self::Uuid => 24,
            Self::Full => MAX_SIZE,
        }
    }

    /// w3 of the answer: the size of a descriptor, which version 1.0 does not state.
    pub const fn stated_size(self) -> u32 {
        match self {
            Self::Short => 0,
            Self::Uuid => 24,
            Self::Full => 48,
        }
    }
}

/// What is said about one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionInfo {
    /// Its id.
    pub id: PartitionId,
    /// How many execution contexts it has.
    pub execution_contexts: u16,
    /// What it can do, as far as the caller may know.
    pub properties: Properties,
    /// Its protocol UUID, nil where the caller asked by it.
    pub protocol: Uuid,
    /// Its image's UUID, nil where it has none or the caller asked by it.
    pub image: Uuid,
    /// Its version of FF-A.
    pub version: Version,
}

impl PartitionInfo {
    /// The descriptor in `form`, [`Form::size`] bytes.
    pub fn to_bytes(&self, form: Form) -> ArrayVec<u8, MAX_SIZE> {
        let properties = match form {
            Form::Short => self.properties & Properties::V1_0,
            Form::Uuid | Form::Full => self.properties,
        };
        let mut bytes = [0; MAX_SIZE];
        let fields = (self.id.0.to_le_bytes().into_iter())
            .chain(self.execution_contexts.to_le_bytes())
            .chain(properties.bits().to_le_bytes())
            .chain(self.protocol.0)
            .chain(self.image.0)
            .chain(self.version.to_word().to_le_bytes());
        for (byte, value) in bytes.iter_mut().zip(fields) {
            *byte = value;
        }
        bytes.into_iter().take(form.size()).collect()
    }
}
