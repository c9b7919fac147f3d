//! The registers that hold something of each interrupt: the distributor and the redistributors have them alike.

/// What a register holds of interrupts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// IGROUPR.
    Group,
    /// ISENABLER.
    SetEnable,
    /// ICENABLER.
    ClearEnable,
    /// ISPENDR.
    SetPending,
    /// ICPENDR.
    ClearPending,
    /// ISACTIVER.
    SetActive,
    /// ICACTIVER.
    ClearActive,
    /// IPRIORITYR.
    Priority,
    /// ICFGR.
    Configuration,
    /// IGRPMODR.
    GroupModifier,
}

impl Field {
    /// Bits of an interrupt.
    const fn bits(self) -> u64 {
        match self {
            Self::Priority => 8,
            Self::Configuration => 2,
            _ => 1,
        }
    }

    /// True where a register of this kind can be accessed by `size` bytes.
    const fn takes(self, size: u64) -> bool {
        size == 4 || size == 1 && matches!(self, Self::Priority)
    }
}

/// What `size` bytes at `offset` hold, and of which interrupt the first bit is.
pub fn find(offset: u64, size: u64) -> Option<(Field, u32)> {
    within(
        &[
            (0x080, 0x100, Field::Group),
            (0x100, 0x180, Field::SetEnable),
            (0x180, 0x200, Field::ClearEnable),
            (0x200, 0x280, Field::SetPending),
            (0x280, 0x300, Field::ClearPending),
            (0x300, 0x380, Field::SetActive),
            (0x380, 0x400, Field::ClearActive),
            (0x400, 0x800, Field::Priority),
            (0xc00, 0xd00, Field::Configuration),
            (0xd00, 0xd80, Field::GroupModifier),
        ],
        offset,
        size,
    )
}

/// The same for the extended SPIs, counted from the first of them.
pub fn find_extended(offset: u64, size: u64) -> Option<(Field, u32)> {
    within(
        &[
            (0x1000, 0x1080, Field::Group),
            (0x1200, 0x1280, Field::SetEnable),
            (0x1400, 0x1480, Field::ClearEnable),
            (0x1600, 0x1680, Field::SetPending),
            (0x1800, 0x1880, Field::ClearPending),
            (0x1a00, 0x1a80, Field::SetActive),
            (0x1c00, 0x1c80, Field::ClearActive),
            (0x2000, 0x2400, Field::Priority),
            (0x3000, 0x3100, Field::Configuration),
            (0x3400, 0x3480, Field::GroupModifier),
        ],
        offset,
        size,
    )
}

/// Where `offset` is among `ranges` of registers.
fn within(ranges: &[(u64, u64, Field)], offset: u64, size: u64) -> Option<(Field, u32)> {
    let &(start, _, field) = ranges.iter().find(|(start, end, _)| (*start..*end).contains(&offset))?;
    let first = (offset - start) * 8 / field.bits();
    (field.takes(size) && offset.is_multiple_of(size)).then_some((field, first as u32))
}
