//! Memory attributes, as far as caches go.

/// What a translation says of caches. Of two stages the lesser holds (DDI 0487, D8.6.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Memory {
    /// A device: nothing is cached.
    Device,
    /// Normal memory that is not cached.
    Uncached,
    /// Normal memory, write-back or write-through.
    Cached,
}

impl Memory {
    /// What a byte of MAIR_ELx says.
    pub const fn of_mair(attribute: u8) -> Self {
        match (attribute >> 4, attribute & 0xf) {
            (0, _) => Self::Device,
            (4, _) | (_, 4) => Self::Uncached,
            _ => Self::Cached,
        }
    }

    /// What the attribute bits of a stage-2 entry say, with HCR_EL2.FWB clear.
    pub const fn of_stage2(entry: u64) -> Self {
        match (entry >> 4 & 3, entry >> 2 & 3) {
            (0, _) => Self::Device,
            (1, _) | (_, 1) => Self::Uncached,
            _ => Self::Cached,
        }
    }

    /// How tables are walked: the IRGN and ORGN fields of a control register, IRGN beginning at bit `shift`.
    pub const fn of_walk(control: u64, shift: u64) -> Self {
        match (control >> shift & 3, control >> (shift + 2) & 3) {
            (0, _) | (_, 0) => Self::Uncached,
            _ => Self::Cached,
        }
    }

    /// This, but not cached where `cached` is false.
    pub fn only_if(self, cached: bool) -> Self {
        if cached { self } else { self.min(Self::Uncached) }
    }
}

#[cfg(test)]
mod tests {
    use super::Memory::{self, Cached, Device, Uncached};

    #[test]
    fn attributes_of_both_stages_tell_cached_from_uncached_memory() {
        for (mair, memory) in
            [(0x00, Device), (0x04, Device), (0x44, Uncached), (0xff, Cached), (0xbb, Cached)]
        {
            assert_eq!(Memory::of_mair(mair), memory, "MAIR {mair:#x}");
        }
        for (bits, memory) in [(0, Device), (0b0101, Uncached), (0b1111, Cached), (0b1010, Cached)] {
            assert_eq!(Memory::of_stage2(bits << 2), memory, "MemAttr {bits:#b}");
        }
    }

    #[test]
    fn the_stricter_of_two_stages_holds() {
        assert_eq!(Device.min(Cached), Device);
        assert_eq!(Cached.min(Uncached), Uncached);
        assert_eq!(Device.only_if(false), Device);
    }
}
