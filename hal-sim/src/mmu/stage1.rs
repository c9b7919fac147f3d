//! The walk of stage 1: from a virtual address to an address that stage 2 translates.

use hal::{Ipa, Space};

use super::attributes::Memory;
use super::fault::{Fault, Kind};
use super::regime::Stage1;
use super::stage2::ADDRESS;

/// What stage 1 says of one page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// The page that stage 2 translates.
    pub page: Ipa,
    /// Stores allowed, to who may load.
    pub write: bool,
    /// EL0 may load.
    pub el0: bool,
    /// Not executable by the privileged level.
    pub pxn: bool,
    /// Not executable by EL0.
    pub uxn: bool,
    /// Valid for every ASID.
    pub global: bool,
    /// The level of the entry.
    pub level: u8,
    /// The memory type, as far as caches go.
    pub memory: Memory,
}

impl Leaf {
    /// Stage 1 off: the same address in the space of the security state, everything allowed.
    pub const fn identity(world: Space, page: u64) -> Self {
        Self {
            page: Ipa { space: world, address: page },
            write: true,
            el0: true,
            pxn: false,
            uxn: false,
            global: true,
            level: 0,
            memory: Memory::Cached,
        }
    }
}

/// Rights that tables take from what is below them.
#[derive(Clone, Copy, Default)]
struct Inherited {
    non_secure: bool,
    no_el0: bool,
    read_only: bool,
    pxn: bool,
    uxn: bool,
}

impl Stage1 {
    /// Walks to the page of `address` for a core in `world`; `read` gets a table entry at an IPA.
    pub fn walk(
        &self,
        world: Space,
        address: u64,
        mut read: impl FnMut(Ipa, u8) -> Result<u64, Fault>,
    ) -> Result<Leaf, Fault> {
        let (base, bits) = self.half(address).ok_or(Fault::stage1(Kind::Translation, 0))?;
        let mut inherited = Inherited { non_secure: world == Space::NonSecure, ..Inherited::default() };
        let start = 4 - (bits - 12).div_ceil(9) as u8;
        let input = address & ((1 << bits) - 1);
        let mut table = base & ADDRESS;
        for level in start..=3 {
            let shift = 12 + 9 * (3 - u64::from(level));
            let index = input >> shift & 0x1ff;
            let space = if inherited.non_secure { Space::NonSecure } else { Space::Secure };
            if table >> self.output_bits() != 0 {
                return Err(Fault::stage1(Kind::AddressSize, level - u8::from(level > start)));
            }
            let entry = read(Ipa { space, address: table + index * 8 }, level)?;
            match (entry & 3, level) {
                (3, 0..=2) => {
                    table = entry & ADDRESS;
                    inherited = inherited.below(entry);
                }
                (1, 1 | 2) | (3, 3) => return self.leaf(entry, level, shift, input, inherited),
                _ => return Err(Fault::stage1(Kind::Translation, level)),
            }
        }
        unreachable!("level 3 ends a walk")
    }

    /// How the tables for `address` are walked.
    pub const fn walk_memory(&self, address: u64) -> Memory {
        let upper = self.el1 && address >> 55 & 1 != 0;
        Memory::of_walk(self.tcr, if upper { 24 } else { 8 })
    }

    /// The table base and the width of the half that `address` is in, if the tables cover it.
    fn half(&self, address: u64) -> Option<(u64, u64)> {
        const EPD: [u64; 2] = [1 << 7, 1 << 23];
        let upper = self.el1 && address >> 55 & 1 != 0;
        let tagged = match (self.el1, upper) {
            (true, false) => self.tcr >> 37 & 1 != 0,
            (true, true) => self.tcr >> 38 & 1 != 0,
            (false, _) => self.tcr >> 20 & 1 != 0,
        };
        let size = if upper { self.tcr >> 16 & 0x3f } else { self.tcr & 0x3f };
        let four_kib = if upper { self.tcr >> 30 & 3 == 2 } else { self.tcr >> 14 & 3 == 0 };
        if !(16..=39).contains(&size) || !four_kib || (self.el1 && self.tcr & EPD[usize::from(upper)] != 0) {
            return None;
        }
        let bits = 64 - size;
        let top = if tagged { (address << 8).cast_signed() >> 8 } else { address.cast_signed() } >> bits;
        (top == if upper { -1 } else { 0 }).then_some((self.ttbr[usize::from(upper)], bits))
    }

    /// The leaf that `entry`, which maps `1 << shift` bytes, is for `input`.
    fn leaf(
        &self,
        entry: u64,
        level: u8,
        shift: u64,
        input: u64,
        inherited: Inherited,
    ) -> Result<Leaf, Fault> {
        const ACCESS_FLAG: u64 = 1 << 10;
        if entry & ACCESS_FLAG == 0 {
            return Err(Fault::stage1(Kind::AccessFlag, level));
        }
        if (entry & ADDRESS) >> self.output_bits() != 0 {
            return Err(Fault::stage1(Kind::AddressSize, level));
        }
        let inside = (1 << shift) - 1;
        let write = entry >> 7 & 1 == 0 && !inherited.read_only;
        let el0 = self.el1 && entry >> 6 & 1 != 0 && !inherited.no_el0;
        let never = self.wxn && write;
        let non_secure = inherited.non_secure || entry >> 5 & 1 != 0;
        // In a regime of one exception level bit 54 is XN. What EL0 may write, EL1 never executes.
        let uxn = entry >> 54 & 1 != 0 || inherited.uxn;
        let pxn = if self.el1 { entry >> 53 & 1 != 0 || inherited.pxn || (el0 && write) } else { uxn };
        Ok(Leaf {
            page: Ipa {
                space: if non_secure { Space::NonSecure } else { Space::Secure },
                address: (entry & ADDRESS & !inside) | (input & inside & !0xfff),
            },
            write,
            el0,
            pxn: pxn || never,
            uxn: uxn || never,
            global: !self.el1 || entry >> 11 & 1 == 0,
            level,
            memory: Memory::of_mair((self.mair >> (8 * (entry >> 2 & 7))) as u8),
        })
    }
}

impl Inherited {
    /// What holds below the table that `entry` points to.
    const fn below(self, entry: u64) -> Self {
        Self {
            non_secure: self.non_secure || entry >> 63 & 1 != 0,
            read_only: self.read_only || entry >> 62 & 1 != 0,
            no_el0: self.no_el0 || entry >> 61 & 1 != 0,
            uxn: self.uxn || entry >> 60 & 1 != 0,
            pxn: self.pxn || entry >> 59 & 1 != 0,
        }
    }
}
