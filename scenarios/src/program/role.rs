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
    /// Its number: 0 the normal world, then the partitions.
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

/// An execution context: a virtual CPU of an endpoint. The normal world has one for each core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Whose.
    pub role: Role,
    /// Which, counted from 0. Where an endpoint has one for each core, it is the core too.
    pub cpu: u16,
}

impl Context {
    /// The number of its program in records: the role's, and the virtual CPU in the upper byte.
    pub const fn number(self) -> u16 {
        self.role.index() as u16 | self.cpu << 8
    }

    /// The context with this number.
    pub const fn numbered(number: u16) -> Self {
        let role = match number & 0xFF {
            0 => Role::NormalWorld,
            partition => Role::Partition(partition),
        };
        Self { role, cpu: number >> 8 }
    }
}

impl From<Role> for Context {
    /// The first of `role`.
    fn from(role: Role) -> Self {
        Self { role, cpu: 0 }
    }
}

/// Addresses in a program's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProgramLayout {
    /// The image's first byte, and the entry point.
    pub image: u64,
    /// Where the further virtual CPUs of a partition begin, in the image of its first.
    pub secondary_entry: u64,
    /// Where the image must have ended.
    pub end: u64,
    /// The exception vectors.
    pub vectors: u64,
    /// The stage-1 tables.
    pub tables: u64,
    /// The page that its endpoint sends from.
    pub tx: u64,
    /// The page that its endpoint receives in.
    pub rx: u64,
    /// The end of its stack.
    pub stack: u64,
}

/// Offset in a partition's first image of where its further virtual CPUs begin.
pub(super) const SECONDARY_ENTRY: usize = 0x10;
/// Offset in a partition's first image of where it may be entered instead of at its beginning.
pub const OTHER_ENTRY: usize = 0x40;
/// Offset of the vectors in an image.
pub(super) const VECTORS: usize = 0x800;
/// Offset of the tables in an image.
pub(super) const TABLES: usize = 0x1000;
/// Offset of an endpoint's buffers from its memory's first byte.
const BUFFERS: u64 = 0x4_0000;
/// The same of a partition that has less memory than others.
const SMALL_BUFFERS: u64 = 0x1_8000;

/// Where everything of the program of `who` is.
pub fn layout_of(who: impl Into<Context>) -> ProgramLayout {
    let Context { role, cpu } = who.into();
    let (memory, first) = match role {
        Role::NormalWorld => (layout::NORMAL_WORLD, layout::NORMAL_WORLD),
        Role::Partition(number) => {
            let base = layout::partition_base(number);
            (base, base + layout::PACKAGE_IMAGE)
        }
    };
    let buffers = match role {
        Role::Partition(number) if number > layout::PACKAGES => memory + SMALL_BUFFERS,
        _ => memory + BUFFERS,
    };
    let further = u64::from(cpu);
    let (image, end, stack) = match role {
        Role::Partition(_) if further > 0 => {
            let image = memory + layout::FURTHER_VCPUS + (further - 1) * layout::VCPU_SIZE;
            let stack = image + layout::VCPU_SIZE;
            (image, stack - layout::PAGE, stack)
        }
        _ => {
            let apart = further * layout::NORMAL_WORLD_SIZE;
            (first + apart, buffers + apart, buffers + apart + 4 * layout::PAGE)
        }
    };
    ProgramLayout {
        image,
        secondary_entry: image + SECONDARY_ENTRY as u64,
        end,
        vectors: image + VECTORS as u64,
        tables: image + TABLES as u64,
        tx: buffers,
        rx: buffers + layout::PAGE,
        stack,
    }
}
