//! The walk of stage 2: from a secure or non-secure IPA to a physical address.

use hal::{Ipa, Pa, Space};

use super::attributes::Memory;
use super::fault::{Fault, Kind};
use super::regime::{Stage2, address_bits};
use crate::ram::Ram;

/// What stage 2 says of one page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// The physical page.
    pub page: Pa,
    /// Loads allowed.
    pub read: bool,
    /// Stores allowed.
    pub write: bool,
    /// Instruction fetches of EL1 allowed.
    pub execute_el1: bool,
    /// Instruction fetches of EL0 allowed.
    pub execute_el0: bool,
    /// The level of the entry.
    pub level: u8,
    /// The memory type, as far as caches go.
    pub memory: Memory,
    /// The entry.
    pub entry: u64,
    /// Where the entry is.
    pub at: Pa,
    /// The addresses of the entries of the walk from level 0 on, 0 where it has none.
    path: [u64; 4],
}

impl Leaf {
    /// Stage 2 off: the same address, everything allowed.
    pub const fn identity(ipa: Ipa) -> Self {
        Self {
            page: Pa { space: ipa.space, address: ipa.address & !0xfff },
            read: true,
            write: true,
            execute_el1: true,
            execute_el0: true,
            level: 0,
            memory: Memory::Cached,
            entry: 0,
            at: Pa { space: ipa.space, address: 0 },
            path: [0; 4],
        }
    }

    /// True where the walk read the entry at `at`.
    pub fn came_from(&self, at: Pa) -> bool {
        self.entry != 0 && self.at.space == at.space && self.path.contains(&at.address)
    }

    /// True where both translate alike, whatever entries they come from.
    pub fn is_like(&self, other: &Self) -> bool {
        let meaning =
            |leaf: &Self| (leaf.page, leaf.read, leaf.write, leaf.execute_el1, leaf.execute_el0, leaf.memory);
        meaning(self) == meaning(other)
    }
}

/// True where two entries translate alike: they differ in nothing but the bits for software.
pub const fn means_the_same(old: u64, new: u64) -> bool {
    const SOFTWARE: u64 = 0xf << 55;
    (old ^ new) & !SOFTWARE == 0
}

/// The bits of an output address in a descriptor.
pub const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Table and control registers that translate one IPA space.
struct Tables {
    base: u64,
    /// VTCR_EL2 or VSTCR_EL2.
    control: u64,
    /// Where the tables are.
    walk: Space,
    /// Where the output is.
    output: Space,
}

impl Stage2 {
    /// What translates `space` for a core in `world`. DDI 0487, VSTCR_EL2 and VTCR_EL2: a space bit that is set
    /// makes those after it behave as set (SW, then SA and NSW, then NSA).
    const fn tables(&self, world: Space, space: Space) -> Tables {
        const WALK: u64 = 1 << 29;
        const OUTPUT: u64 = 1 << 30;
        if matches!(world, Space::NonSecure) {
            return Tables {
                base: self.vttbr,
                control: self.vtcr,
                walk: Space::NonSecure,
                output: Space::NonSecure,
            };
        }
        let sw = self.vstcr & WALK != 0;
        let sa = sw || self.vstcr & OUTPUT != 0;
        let nsw = sw || self.vtcr & WALK != 0;
        let nsa = sa || nsw || self.vtcr & OUTPUT != 0;
        const fn space_of(non_secure: bool) -> Space {
            if non_secure { Space::NonSecure } else { Space::Secure }
        }
        match space {
            Space::Secure => {
                Tables { base: self.vsttbr, control: self.vstcr, walk: space_of(sw), output: space_of(sa) }
            }
            Space::NonSecure => {
                Tables { base: self.vttbr, control: self.vtcr, walk: space_of(nsw), output: space_of(nsa) }
            }
        }
    }

    /// Walks to the page of `ipa` for a core in `world`, as if all of the tables were visible.
    pub fn walk(&self, ram: &Ram, world: Space, ipa: Ipa) -> Result<Leaf, Fault> {
        self.walk_with(world, ipa, |at| ram.read_u64(at))
    }

    /// How tables are walked: VSTCR_EL2 has no fields of its own for that.
    pub const fn walk_memory(&self) -> Memory {
        Memory::of_walk(self.vtcr, 8)
    }

    /// Walks to the page of `ipa` for a core in `world`; `read` gets an entry.
    pub fn walk_with(
        &self,
        world: Space,
        ipa: Ipa,
        mut read: impl FnMut(Pa) -> Option<u64>,
    ) -> Result<Leaf, Fault> {
        let tables = self.tables(world, ipa.space);
        let bits = 64 - (tables.control & 0x3f);
        let start = match tables.control >> 6 & 3 {
            0 => 2u8,
            1 => 1,
            2 => 0,
            _ => 3,
        };
        // Up to 16 tables may be concatenated at the start level (DDI 0487, D8.2); only the 4 KiB granule is here.
        let covered = 12 + 9 * (4 - u64::from(start));
        let granule = tables.control >> 14 & 3;
        if granule != 0 || bits > covered + 4 || bits + 9 <= covered || bits > 48 || ipa.address >> bits != 0
        {
            return Err(Fault::stage2(Kind::Translation, 0, ipa));
        }
        let mut table = tables.base & ADDRESS & !1;
        let mut path = [0; 4];
        for level in start..=3 {
            let shift = 12 + 9 * (3 - u64::from(level));
            let index = if level == start { ipa.address >> shift } else { ipa.address >> shift & 0x1ff };
            let at = Pa { space: tables.walk, address: table + index * 8 };
            path[usize::from(level)] = at.address;
            let Some(entry) = read(at) else {
                return Err(Fault::stage2(Kind::ExternalOnWalk, level, ipa));
            };
            if entry & 1 != 0 && (entry & ADDRESS) >> address_bits(self.vtcr >> 16) != 0 {
                return Err(Fault::stage2(Kind::AddressSize, level, ipa));
            }
            match (entry & 3, level) {
                (3, 0..=2) => table = entry & ADDRESS,
                (1, 1 | 2) | (3, 3) => {
                    let leaf = leaf(entry, level, shift, ipa, tables.output)?;
                    return Ok(Leaf { at, path, ..leaf });
                }
                _ => return Err(Fault::stage2(Kind::Translation, level, ipa)),
            }
        }
        unreachable!("level 3 ends a walk")
    }
}

/// The leaf that `entry`, which maps `1 << shift` bytes, is for `ipa`.
fn leaf(entry: u64, level: u8, shift: u64, ipa: Ipa, output: Space) -> Result<Leaf, Fault> {
    const ACCESS_FLAG: u64 = 1 << 10;
    if entry & ACCESS_FLAG == 0 {
        return Err(Fault::stage2(Kind::AccessFlag, level, ipa));
    }
    let inside = (1 << shift) - 1;
    // XN[1:0] with FEAT_XNX: 0 all execute, 1 EL0 only, 2 none, 3 EL1 only.
    let xn = entry >> 53 & 3;
    Ok(Leaf {
        page: Pa { space: output, address: (entry & ADDRESS & !inside) | (ipa.address & inside & !0xfff) },
        read: entry >> 6 & 1 != 0,
        write: entry >> 7 & 1 != 0,
        execute_el1: matches!(xn, 0 | 3),
        execute_el0: matches!(xn, 0 | 1),
        level,
        memory: Memory::of_stage2(entry),
        entry,
        ..Leaf::identity(ipa)
    })
}
