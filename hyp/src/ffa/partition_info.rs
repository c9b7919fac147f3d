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

    /// Those that version 1.1 has.
    const V1_1: Self = Self::V1_0
        .union(Self::RECEIVES_NOTIFICATIONS)
        .union(Self::WANTS_VM_CREATED)
        .union(Self::WANTS_VM_DESTROYED)
        .union(Self::AARCH64);

    /// Those that a caller of `version` knows.
    // rule: info.47
    pub fn known_to(version: Version) -> Self {
        if version < Version::V1_1 {
            Self::V1_0
        } else if version < Version::V1_2 {
            Self::V1_1
        } else if version < Version::V1_3 {
            Self::all() - Self::LIVE_ACTIVATION
        } else {
            Self::all()
        }
    }
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

/// Double words of the longest descriptor.
pub const MAX_WORDS: usize = 6;

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

    /// Double words of one descriptor.
    pub const fn words(self) -> usize {
        match self {
            Self::Short => 1,
            Self::Uuid => 3,
            Self::Full => MAX_WORDS,
        }
    }

    /// Bytes of one descriptor.
    pub const fn size(self) -> usize {
        8 * self.words()
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
    /// The descriptor as double words, of which a form has the first [`Form::words`].
    pub fn to_words(&self) -> [u64; MAX_WORDS] {
        let first = u64::from(self.properties.bits()) << 32
            | u64::from(self.execution_contexts) << 16
            | u64::from(self.id.0);
        let [protocol, image] = [self.protocol, self.image].map(Uuid::to_double_words);
        [first, protocol[0], protocol[1], image[0], image[1], u64::from(self.version.to_word())]
    }
}

/// x2 of the answer to FFA_PARTITION_INFO_GET_REGS, which shows `shown` of `count` descriptors, at least one, from
/// number `start` on: the number of the last one there is in `[15:0]`, that of the last one shown in `[31:16]`, the
/// list's tag, which is 0, in `[47:32]`, and bytes of one in `[63:48]`.
pub const fn indices(form: Form, start: u16, shown: u16, count: u16) -> u64 {
    let last_shown = start.saturating_add(shown).saturating_sub(1);
    (form.size() as u64) << 48 | (last_shown as u64) << 16 | count.saturating_sub(1) as u64
}
