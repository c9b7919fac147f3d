//! The names of things: endpoints, vCPUs, memory handles, UUIDs, versions.

use core::fmt;

/// An endpoint id: bit 15 says in which world the endpoint lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PartitionId(pub u16);

impl PartitionId {
    /// The Hypervisor, or the OS kernel where there is none: what speaks for the normal world.
    pub const NORMAL_WORLD: Self = Self(0);
    /// The SPMC.
    pub const SPMC: Self = Self(0x8000);
    /// The SPMD.
    pub const SPMD: Self = Self(0xffff);

    /// True when the endpoint lives in the secure world.
    pub const fn is_secure(self) -> bool {
        self.0 & 0x8000 != 0
    }

    /// True for the ids of EL3's logical partitions, which send direct requests and do nothing else. Who calls in their
    /// name is one: EL3 passes on no other such call.
    pub const fn is_logical(self) -> bool {
        self.0 >= 0xffc0 && self.0 != Self::SPMD.0
    }

    /// True where a call of this endpoint may be one of `other`: what speaks for the normal world calls for its VMs too.
    pub const fn speaks_for(self, other: Self) -> bool {
        self.0 == other.0 || !self.is_secure() && !other.is_secure()
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

/// The sender/receiver word of direct messages: sender in `[31:16]`, receiver in `[15:0]`.
pub(crate) const fn endpoints(word: u32) -> (PartitionId, PartitionId) {
    (PartitionId((word >> 16) as u16), PartitionId(word as u16))
}

/// The sender/receiver word of a message from `sender` to `receiver`.
pub(crate) const fn endpoint_word(sender: PartitionId, receiver: PartitionId) -> u32 {
    (sender.0 as u32) << 16 | receiver.0 as u32
}

/// A vCPU of an endpoint, as FFA_RUN, FFA_INTERRUPT, FFA_YIELD and FFA_ERROR name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TargetInfo {
    /// The endpoint, bits `[31:16]` of the word.
    pub partition: PartitionId,
    /// The index of its vCPU, bits `[15:0]` of the word.
    pub vcpu: u16,
}

impl TargetInfo {
    /// Reads the target information word.
    pub const fn from_word(word: u32) -> Self {
        let (partition, PartitionId(vcpu)) = endpoints(word);
        Self { partition, vcpu }
    }

    /// The target information word.
    pub const fn to_word(self) -> u32 {
        endpoint_word(self.partition, PartitionId(self.vcpu))
    }
}

/// The handle of a memory transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Handle(pub u64);

impl Handle {
    /// Bit 63: the Hypervisor, not the SPMC, allocated the handle.
    pub const ALLOCATED_BY_HYPERVISOR: u64 = 1 << 63;

    /// Reads a handle from two 32-bit registers, low word first.
    pub const fn from_words(low: u32, high: u32) -> Self {
        Self((high as u64) << 32 | low as u64)
    }

    /// The two 32-bit registers that carry the handle, low word first.
    pub const fn to_words(self) -> (u32, u32) {
        (self.0 as u32, (self.0 >> 32) as u32)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A UUID, its 16 bytes in the order in which RFC 9562 writes them.
///
/// Aligned as registers are: it shares its place in a `Call` with the payload of a message, which would else be
/// stored byte by byte.
#[repr(align(8))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// The nil UUID: "all of them" in a query.
    pub const NIL: Self = Self([0; 16]);

    /// True for the nil UUID.
    pub fn is_nil(&self) -> bool {
        *self == Self::NIL
    }

    /// Reads a UUID from four 32-bit registers: byte 0 is bits `[7:0]` of the first. So 12345678-… is 0x78563412, …
    /// and the four cells of a manifest's `uuid` are these same numbers, as partitions built for other SPMCs have it.
    pub const fn from_words([a, b, c, d]: [u32; 4]) -> Self {
        Self::from_double_words([(b as u64) << 32 | a as u64, (d as u64) << 32 | c as u64])
    }

    /// The four 32-bit registers that carry the UUID.
    pub const fn to_words(self) -> [u32; 4] {
        let [low, high] = self.to_double_words();
        [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32]
    }

    /// Reads a UUID from two 64-bit registers: bytes 0 to 7, and 8 to 15, each with its first byte lowest.
    pub const fn from_double_words([low, high]: [u64; 2]) -> Self {
        Self(((high as u128) << 64 | low as u128).to_le_bytes())
    }

    /// The two 64-bit registers that carry the UUID.
    pub const fn to_double_words(self) -> [u64; 2] {
        let number = u128::from_le_bytes(self.0);
        [number as u64, (number >> 64) as u64]
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A version of FF-A.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    /// The major version, 15 bits: versions with different ones do not understand each other.
    pub major: u16,
    /// The minor version: a higher one understands all lower ones.
    pub minor: u16,
}

impl Version {
    /// FF-A 1.0.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
    /// FF-A 1.1.
    pub const V1_1: Self = Self { major: 1, minor: 1 };
    /// FF-A 1.2.
    pub const V1_2: Self = Self { major: 1, minor: 2 };
    /// FF-A 1.3.
    pub const V1_3: Self = Self { major: 1, minor: 3 };

    /// Reads a version word: bit 31 zero, major in `[30:16]`, minor in `[15:0]`. `None` where bit 31 is set.
    pub const fn from_word(word: u32) -> Option<Self> {
        // rule: version.1
        if word >> 31 != 0 {
            return None;
        }
        Some(Self { major: (word >> 16) as u16, minor: word as u16 })
    }

    /// The version word.
    pub const fn to_word(self) -> u32 {
        (self.major as u32) << 16 | self.minor as u32
    }

    /// True when a callee of version `callee` understands a caller of this version.
    pub const fn is_understood_by(self, callee: Self) -> bool {
        self.major == callee.major && self.minor <= callee.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
