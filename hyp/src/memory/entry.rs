//! One stage-2 descriptor: the bits, and what they mean.
//!
//! | bits | what |
//! |---|---|
//! | 0 | valid |
//! | 1 | 1 at levels 1 and 2: the address of a table; 1 at level 3: a page |
//! | 5:2 | memory attributes: 0b1111 normal write-back, 0b0000 Device-nGnRnE |
//! | 7:6 | S2AP: bit 6 read, bit 7 write |
//! | 9:8 | shareability: 0b11 inner |
//! | 10 | access flag |
//! | 47:12 | output address |
//! | 54:53 | XN: 0b00 executable, 0b10 not |
//! | 56:55 | for software: [`PageState`], with the numbers that pKVM uses |

use bitflags::bitflags;

bitflags! {
    /// What a guest may do with a page.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Access: u8 {
        /// Load.
        const READ = 1 << 0;
        /// Store.
        const WRITE = 1 << 1;
        /// Fetch instructions.
        const EXECUTE = 1 << 2;
    }
}

/// Whose a mapped page is, as the table of a partition that maps it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageState {
    /// The partition's own, and nobody else's.
    Owned,
    /// The partition's own, and shared with others.
    SharedOwned,
    /// Another's, shared with or lent to this partition.
    Borrowed,
}

/// The kind of memory behind a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryType {
    /// Normal, write-back cacheable, inner shareable.
    Normal,
    /// Device-nGnRnE.
    Device,
}

/// What a leaf of a stage-2 table says beside its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// What the guest may do.
    pub access: Access,
    /// Whose the page is.
    pub state: PageState,
    /// Normal or device memory.
    pub memory: MemoryType,
}

/// A descriptor as it stands in a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry(pub u64);

const VALID: u64 = 1 << 0;
const TABLE_OR_PAGE: u64 = 1 << 1;
const NORMAL_WRITE_BACK: u64 = 0b1111 << 2;
const READ: u64 = 1 << 6;
const WRITE: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 0b11 << 8;
const ACCESS_FLAG: u64 = 1 << 10;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
const EXECUTE_NEVER: u64 = 0b10 << 53;
const STATE_SHIFT: u32 = 55;
const STATE: u64 = 0b11 << STATE_SHIFT;

impl Entry {
    /// Nothing is mapped.
    pub const INVALID: Self = Self(0);

    /// The next level's table is at `address`, which is page aligned.
    pub const fn table(address: u64) -> Self {
        Self(address | TABLE_OR_PAGE | VALID)
    }

    /// The page at `address`, which is page aligned, mapped as `mapping` says.
    pub const fn page(address: u64, mapping: Mapping) -> Self {
        let mut bits = address | ACCESS_FLAG | INNER_SHAREABLE | TABLE_OR_PAGE | VALID;
        if matches!(mapping.memory, MemoryType::Normal) {
            bits |= NORMAL_WRITE_BACK;
        }
        if mapping.access.contains(Access::READ) {
            bits |= READ;
        }
        if mapping.access.contains(Access::WRITE) {
            bits |= WRITE;
        }
        if !mapping.access.contains(Access::EXECUTE) {
            bits |= EXECUTE_NEVER;
        }
        let state = match mapping.state {
            PageState::Owned => 0,
            PageState::SharedOwned => 1,
            PageState::Borrowed => 2,
        };
        Self(bits | state << STATE_SHIFT)
    }

    /// True when the walker may use the descriptor.
    pub const fn is_valid(self) -> bool {
        self.0 & VALID != 0
    }

    /// The output address, or the address of the next table.
    pub const fn address(self) -> u64 {
        self.0 & ADDRESS
    }

    /// What a valid leaf says beside its address.
    pub fn mapping(self) -> Mapping {
        let mut access = Access::empty();
        access.set(Access::READ, self.0 & READ != 0);
        access.set(Access::WRITE, self.0 & WRITE != 0);
        access.set(Access::EXECUTE, self.0 & EXECUTE_NEVER == 0);
        let state = match (self.0 & STATE) >> STATE_SHIFT {
            0 => PageState::Owned,
            1 => PageState::SharedOwned,
            _ => PageState::Borrowed,
        };
        let memory = if self.0 & NORMAL_WRITE_BACK == 0 { MemoryType::Device } else { MemoryType::Normal };
        Mapping { access, state, memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_again_what_it_was_made_of() {
        for access in [Access::READ, Access::READ | Access::WRITE, Access::all()] {
            for state in [PageState::Owned, PageState::SharedOwned, PageState::Borrowed] {
                for memory in [MemoryType::Normal, MemoryType::Device] {
                    let mapping = Mapping { access, state, memory };
                    let entry = Entry::page(0x4_5678_9000, mapping);
                    assert!(entry.is_valid());
                    assert_eq!(entry.address(), 0x4_5678_9000);
                    assert_eq!(entry.mapping(), mapping);
                }
            }
        }
    }
}
