//! The words of a memory descriptor that are made of bits.

use bitflags::bitflags;

use super::reader::refuse;
use crate::ffa::call::Transfer;
use crate::ffa::error::Error;
use crate::ffa::wording::{Clause, Item};

bitflags! {
    /// Memory attributes: bits `[5:4]` type, `[3:2]` cacheability or kind of device, `[1:0]` shareability.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Attributes: u16 {
        /// Shareability: outer (without it: none, or reserved with bit 0).
        const OUTER_SHAREABLE = 2;
        /// Shareability: inner.
        const INNER_SHAREABLE = 3;
        /// Normal memory: not cached. Device memory: nGnRE.
        const NON_CACHEABLE = 1 << 2;
        /// Normal memory: cached, write-back. Device memory: GRE.
        const WRITE_BACK = 3 << 2;
        /// Type: device. Neither this nor normal: the type is not specified.
        const DEVICE = 1 << 4;
        /// Type: normal.
        const NORMAL = 2 << 4;
        /// The memory is non-secure: filled in by the SPMC in FFA_MEM_RETRIEVE_RESP.
        const NON_SECURE = 1 << 6;
    }
}

impl Attributes {
    /// Normal memory, write-back cached, inner shareable.
    pub const NORMAL_WRITE_BACK_INNER: Self =
        Self::NORMAL.union(Self::WRITE_BACK).union(Self::INNER_SHAREABLE);

    /// The bits of the memory type.
    const TYPE: Self = Self::NORMAL.union(Self::DEVICE);

    /// Reads the attributes word of a descriptor.
    pub(super) fn parse(word: u16) -> Result<Self, Error> {
        let refuse = |allowed| refuse(Item::Attributes, u64::from(word), allowed);
        // rule: memory.2
        let attributes = Self::from_bits(word).ok_or_else(|| refuse(Clause::Bits15To7Zero))?;
        // rule: memory.13
        if attributes.contains(Self::TYPE) {
            return Err(refuse(Clause::TypeReserved));
        }
        if attributes.contains(Self::NORMAL) {
            let cacheability = attributes.intersection(Self::WRITE_BACK);
            // rule: memory.14
            if cacheability != Self::NON_CACHEABLE && cacheability != Self::WRITE_BACK {
                return Err(refuse(Clause::CacheabilityReserved));
            }
            // rule: memory.15
            if word & 3 == 1 {
                return Err(refuse(Clause::ShareabilityReserved));
            }
        }
        Ok(attributes)
    }

    /// True where the descriptor leaves the memory type to others.
    pub const fn is_unspecified(self) -> bool {
        !self.intersects(Self::TYPE)
    }

    /// Refuses (DENIED) attributes that name another memory type than normal, write-back, inner shareable.
    pub fn check_normal_memory(self) -> Result<(), Error> {
        // rule: share.3, share.10, retrieve.21
        if self.is_unspecified() || self.difference(Self::NON_SECURE) == Self::NORMAL_WRITE_BACK_INNER {
            return Ok(());
        }
        Err(Error::AttributesRefused { found: self.bits(), allowed: Clause::WriteBackShareable })
    }
}

bitflags! {
    /// The flags word of a transaction.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Flags: u32 {
        /// Zero the memory before a borrower sees it.
        const ZERO = 1 << 0;
        /// The operation may be sliced in time.
        const TIME_SLICING = 1 << 1;
        /// Zero the memory after the borrower relinquishes it.
        const ZERO_AFTER_RELINQUISH = 1 << 2;
        /// How it was sent: FFA_MEM_SHARE.
        const SHARE = 1 << 3;
        /// How it was sent: FFA_MEM_LEND.
        const LEND = 2 << 3;
        /// How it was sent: FFA_MEM_DONATE (both bits).
        const DONATE = 3 << 3;
        /// The alignment hint.
        const ALIGNMENT = 0xf << 5;
        /// The alignment hint is one.
        const ALIGNMENT_VALID = 1 << 9;
        /// The receiver does not name the other receivers (1.1).
        const BYPASS_MULTI_BORROWER_CHECK = 1 << 10;
    }
}

impl Flags {
    /// The flag that says how memory was sent.
    pub const fn of_transfer(transfer: Transfer) -> Self {
        match transfer {
            Transfer::Share => Self::SHARE,
            Transfer::Lend => Self::LEND,
            Transfer::Donate => Self::DONATE,
        }
    }

    /// How the memory was sent, or `None` where the word does not say.
    pub fn transfer(self) -> Option<Transfer> {
        [Transfer::Share, Transfer::Lend, Transfer::Donate]
            .into_iter()
            .find(|transfer| self & Self::DONATE == Self::of_transfer(*transfer))
    }
}

bitflags! {
    /// What a receiver may do: data access in bits `[1:0]`, instruction access in `[3:2]`.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Permissions: u8 {
        /// Data: read.
        const READ_ONLY = 1 << 0;
        /// Data: read and write.
        const READ_WRITE = 1 << 1;
        /// Instructions: not to be executed.
        const NOT_EXECUTABLE = 1 << 2;
        /// Instructions: executable.
        const EXECUTABLE = 1 << 3;
    }
}

impl Permissions {
    /// The bits of data access.
    pub const DATA: Self = Self::READ_ONLY.union(Self::READ_WRITE);
    /// The bits of instruction access.
    pub const INSTRUCTION: Self = Self::NOT_EXECUTABLE.union(Self::EXECUTABLE);

    /// Reads the permissions byte of an access descriptor.
    pub(super) fn parse(byte: u8) -> Result<Self, Error> {
        let refuse = |allowed| refuse(Item::Permissions, u64::from(byte), allowed);
        // rule: memory.6
        let permissions = Self::from_bits(byte).ok_or_else(|| refuse(Clause::Bits7To4Zero))?;
        // rule: memory.20
        if permissions.contains(Self::DATA) {
            return Err(refuse(Clause::DataAccessReserved));
        }
        // rule: memory.21
        if permissions.contains(Self::INSTRUCTION) {
            return Err(refuse(Clause::InstructionAccessReserved));
        }
        Ok(permissions)
    }

    /// True when data access is specified.
    pub const fn has_data_access(self) -> bool {
        self.intersects(Self::DATA)
    }

    /// True when instruction access is specified.
    pub const fn has_instruction_access(self) -> bool {
        self.intersects(Self::INSTRUCTION)
    }

    /// True when these permissions allow nothing that `granted` does not; what is not specified asks for nothing.
    pub const fn is_within(self, granted: Self) -> bool {
        let data = !self.contains(Self::READ_WRITE) || granted.contains(Self::READ_WRITE);
        let read = !self.contains(Self::READ_ONLY) || granted.has_data_access();
        let execute = !self.contains(Self::EXECUTABLE) || granted.contains(Self::EXECUTABLE);
        data && read && execute
    }
}

bitflags! {
    /// The flags byte of an access descriptor.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct AccessFlags: u8 {
        /// The receiver borrows without retrieving.
        const NON_RETRIEVAL_BORROWER = 1 << 0;
    }
}

impl AccessFlags {
    /// Reads the flags byte of an access descriptor.
    pub(super) fn parse(byte: u8) -> Result<Self, Error> {
        // rule: memory.22
        Self::from_bits(byte).ok_or_else(|| refuse(Item::AccessFlags, u64::from(byte), Clause::Bit0Only))
    }
}
