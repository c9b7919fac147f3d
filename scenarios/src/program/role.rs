//! Who a program is, and where its memory has what.

use crate::ffa;
use crate::machine::layout;

/// Who a program is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The normal world, entered at NS-EL2.
    NormalWorld,
    /// The secure partition of this number, counted from 1, entered at S-EL1.
    Partition(u16),
}

impl Role {
    /// The program's number in its records: 0 the normal world, then the partitions.
    pub const fn index(self) -> usize {
        match self {
            Role::NormalWorld => 0,
            Role::Partition(number) => number as usize,
        }
    }

    /// Its FF-A endpoint id.
    pub const fn endpoint(self) -> u16 {
        match self {
            Role::NormalWorld => ffa::NORMAL_WORLD,
            Role::Partition(number) => ffa::partition_id(number),
        }
    }

    /// What transcripts call it.
    pub fn name(self) -> String {
        match self {
            Role::NormalWorld => "NWd".to_string(),
            Role::Partition(number) => format!("SP{number}"),
        }
    }

    /// What sentences call it.
    pub fn in_words(self) -> String {
        match self {
            Role::NormalWorld => "the normal world".to_string(),
            Role::Partition(_) => self.name(),
        }
    }
}

/// Addresses in a program's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProgramLayout {
    /// The image's first byte, and the entry point.
    pub image: u64,
    /// The exception vectors.
    pub vectors: u64,
    /// The stage-1 tables.
    pub tables: u64,
    /// The page that it sends from.
    pub tx: u64,
    /// The page that it receives in.
    pub rx: u64,
    /// The end of its stack.
    pub stack: u64,
}

/// Offset of the vectors in an image.
pub(super) const VECTORS: usize = 0x800;
/// Offset of the tables in an image.
pub(super) const TABLES: usize = 0x1000;
/// Offset of the program's buffers from its memory's first byte; its image ends before.
const BUFFERS: u64 = 0x4_0000;

/// Where everything of a program in `role` is.
pub const fn layout_of(role: Role) -> ProgramLayout {
    let (memory, image) = match role {
        Role::NormalWorld => (layout::NORMAL_WORLD, layout::NORMAL_WORLD),
        Role::Partition(number) => {
            let base = layout::partition_base(number);
            (base, base + layout::PACKAGE_IMAGE)
        }
    };
    ProgramLayout {
        image,
        vectors: image + VECTORS as u64,
        tables: image + TABLES as u64,
        tx: memory + BUFFERS,
        rx: memory + BUFFERS + layout::PAGE,
        stack: memory + BUFFERS + 4 * layout::PAGE,
    }
}
