//! What an image's ELF file says of its size and place.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use super::failure::Failure;

/// A program header's type of a segment that is loaded.
const PT_LOAD: u32 = 1;

/// A segment's flag: it holds instructions.
const PF_X: u32 = 1;

/// A section header's type of a symbol table.
const SHT_SYMTAB: u32 = 2;

/// An image, as far as its figures go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Image {
    /// Bytes of memory that its segments take, zeroed ones (.bss and stacks) included.
    pub resident: u64,
    /// Where its instructions are, by virtual and by physical address.
    pub code: Vec<Range<u64>>,
    /// The instructions by which it leaves its exception level, ERET and SMC, by virtual address.
    pub exits: HashSet<u64>,
    /// Its symbols by address, names as the linker knows them.
    pub symbols: BTreeMap<u64, String>,
}

/// Reads the ELF file of an image.
pub(super) fn read(path: &Path) -> Result<Image, Failure> {
    let bytes = fs::read(path).map_err(Failure::file(path))?;
    parse(&bytes).ok_or_else(|| Failure::NotElf(path.to_owned()))
}

/// Parses a little-endian 64-bit ELF file for AArch64 (ELF-64 object file format, version 1.5; machine 183).
fn parse(bytes: &[u8]) -> Option<Image> {
    let (u16_at, u32_at, u64_at) = (
        |at| field(bytes, at).map(u16::from_le_bytes),
        |at| field(bytes, at).map(u32::from_le_bytes),
        |at| field(bytes, at).map(u64::from_le_bytes),
    );
    if bytes.get(..6)? != b"\x7fELF\x02\x01" || u16_at(18)? != 183 {
        return None;
    }
    let table = usize::try_from(u64_at(32)?).ok()?;
    let size = usize::from(u16_at(54)?);
    let mut image = Image { resident: 0, code: Vec::new(), exits: HashSet::new(), symbols: symbols(bytes)? };
    for index in 0..usize::from(u16_at(56)?) {
        let header = table.checked_add(index.checked_mul(size)?)?;
        if u32_at(header)? != PT_LOAD {
            continue;
        }
        let bytes_in_memory = u64_at(header + 40)?;
        image.resident += bytes_in_memory;
        if u32_at(header + 4)? & PF_X != 0 {
            let offset = usize::try_from(u64_at(header + 8)?).ok()?;
            let bytes_in_file = usize::try_from(u64_at(header + 32)?).ok()?;
            let (code, _) = bytes.get(offset..offset.checked_add(bytes_in_file)?)?.as_chunks();
            let start = u64_at(header + 16)?;
            let exits =
                (start..).step_by(4).zip(code).filter(|(_, code)| is_exit(u32::from_le_bytes(**code)));
            image.exits.extend(exits.map(|(address, _)| address));
            for address in [u64_at(header + 16)?, u64_at(header + 24)?] {
                let range = address..address.checked_add(bytes_in_memory)?;
                if !range.is_empty() && !image.code.contains(&range) {
                    image.code.push(range);
                }
            }
        }
    }
    Some(image)
}

/// True for ERET, and for SMC with any immediate (Arm ARM, A64 instruction descriptions).
const fn is_exit(instruction: u32) -> bool {
    instruction == 0xd69f_03e0 || instruction & 0xffe0_001f == 0xd400_0003
}

/// The `N` bytes at `at`.
fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The named symbols of an ELF file that has a symbol table; mapping symbols ($x, $d) are left out.
fn symbols(bytes: &[u8]) -> Option<BTreeMap<u64, String>> {
    let (u16_at, u32_at, u64_at) = (
        |at| field(bytes, at).map(u16::from_le_bytes),
        |at| field(bytes, at).map(u32::from_le_bytes),
        |at| field(bytes, at).map(u64::from_le_bytes),
    );
    let offset = |at| usize::try_from(u64_at(at)?).ok();
    let (table, size) = (offset(40)?, usize::from(u16_at(58)?));
    let section = |index: usize| table.checked_add(index.checked_mul(size)?);
    let mut symbols = BTreeMap::new();
    for index in 0..usize::from(u16_at(60)?) {
        let header = section(index)?;
        if u32_at(header + 4)? != SHT_SYMTAB {
            continue;
        }
        let names = offset(section(usize::try_from(u32_at(header + 40)?).ok()?)? + 24)?;
        let (start, length) = (offset(header + 24)?, offset(header + 32)?);
        for symbol in (start..start.checked_add(length)?).step_by(24) {
            let name = names.checked_add(usize::try_from(u32_at(symbol)?).ok()?)?;
            let name = bytes.get(name..)?.split(|byte| *byte == 0).next()?;
            let name = String::from_utf8_lossy(name).into_owned();
            if !name.is_empty() && !name.starts_with('$') {
                symbols.insert(u64_at(symbol + 8)?, name);
            }
        }
    }
    Some(symbols)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::{Image, parse};

    #[test]
    fn what_is_no_elf_file_is_refused() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"\x7fELF\x02\x01"), None);
    }

    #[test]
    fn code_is_counted_at_both_of_its_addresses_and_bss_only_as_memory() {
        let mut file = vec![0; 64 + 2 * 56];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[18] = 183;
        file[32] = 64;
        file[54] = 56;
        file[56] = 2;
        let mut segment = |index: usize, flags: u8, virt: u64, phys: u64, size: u64| {
            let header = &mut file[64 + index * 56..][..56];
            header[0] = 1;
            header[4] = flags;
            header[16..24].copy_from_slice(&virt.to_le_bytes());
            header[24..32].copy_from_slice(&phys.to_le_bytes());
            header[40..48].copy_from_slice(&size.to_le_bytes());
        };
        segment(0, 5, 0xffff_0000, 0x0e10_0000, 0x1000);
        segment(1, 6, 0xffff_1000, 0x0e10_1000, 0x300);
        // NOP, ERET, SMC #0; behind the headers, in the first segment.
        let code = [0xd503_201f_u32, 0xd69f_03e0, 0xd400_0003];
        file[64 + 8..][..8].copy_from_slice(&(64_u64 + 2 * 56).to_le_bytes());
        file[64 + 32..][..8].copy_from_slice(&12_u64.to_le_bytes());
        file.extend(code.iter().flat_map(|code| code.to_le_bytes()));
        let image = Image {
            resident: 0x1300,
            code: vec![0xffff_0000..0xffff_1000, 0x0e10_0000..0x0e10_1000],
            exits: HashSet::from([0xffff_0004, 0xffff_0008]),
            symbols: BTreeMap::new(),
        };
        assert_eq!(parse(&file), Some(image));
    }
}
