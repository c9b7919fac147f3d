//! Transfer lists (firmware hand-off) as partition packages.
//!
//! | offset | field of the header (24 bytes, little-endian) | |
//! |---|---|---|
//! | 0 | signature, u32 | 0x4a0fb10b |
//! | 4 | checksum, u8 | with it all bytes in use sum to 0 |
//! | 5 | version, u8 | 1 or later |
//! | 6 | bytes of the header, u8 | 24 |
//! | 7 | alignment, u8 | |
//! | 8 | bytes in use, u32 | at most those in all |
//! | 12 | bytes in all, u32 | at most the partition's memory |
//! | 16 | flags, u32 | bit 0: there is a checksum |
//! | 20 | zero, u32 | |
//!
//! Entries follow, each aligned to 8 bytes: a tag of 3 bytes, the size of the entry's header (8), the size of the data
//! (u32), the data. The manifest, the image and the hand-off blocks begin at a page.

use super::error::{Report, Wrong};
use super::package::{Extent, HEADER_SIZE, Package, Source, words};
use crate::capacity::MAX_TRANSFER_ENTRIES;

/// The first word of a transfer list.
pub(super) const SIGNATURE: u32 = 0x4a0f_b10b;

const ENTRY_HEADER: u64 = 8;
const HAS_CHECKSUM: u32 = 1;

/// A list of hand-off blocks.
const HOB_LIST: u32 = 0x3;
/// A partition's image.
const IMAGE: u32 = 0x103;
/// A partition's manifest.
const MANIFEST: u32 = 0x106;

/// What of the list is wanted.
#[derive(Default)]
struct Found {
    manifest: Option<Extent>,
    image: Option<Extent>,
    hob_list: Option<Extent>,
}

/// Reads the list that begins with `header`, all of which `source` has.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &[u8; HEADER_SIZE],
    memory_size: u64,
    report: &mut Report<'_>,
) -> Result<Package, Wrong> {
    let [_, about, used, size, flags, _] = words(header);
    let [_, version, header_size, _] = about.to_le_bytes();
    if version == 0 {
        report.value("version", 0, "it must be 1 or later");
    }
    if usize::from(header_size) != HEADER_SIZE {
        report.value("header size", u64::from(header_size), "it must be 24");
    }
    if u64::from(size) > memory_size {
        report.value("size", u64::from(size), "it must be within the partition's memory");
    }
    if used > size || (used as usize) < HEADER_SIZE {
        report.value("used size", u64::from(used), "it must be from 24 to the size");
    }
    report.unless_wrong(())?;
    let used = u64::from(used);
    if !source(used - 1, &mut [0]) {
        report.value("used size", used, "so many bytes must be there");
        return Err(Wrong);
    }
    if flags & HAS_CHECKSUM != 0 {
        let sum = sum(source, used);
        if sum != 0 {
            report.value("checksum", u64::from(sum), "all bytes must sum to 0");
        }
    }
    let found = entries(source, used, report);
    for (name, extent) in [("manifest", found.manifest), ("image", found.image)] {
        if extent.is_none() {
            report.missing(name);
        }
    }
    report.unless_wrong(())?;
    let (manifest, image) = found.manifest.zip(found.image).ok_or(Wrong)?;
    Ok(Package { manifest, image, hob_list: found.hob_list, has_free_page: true })
}

/// Walks the entries.
fn entries(source: &mut Source<'_>, used: u64, report: &mut Report<'_>) -> Found {
    let mut found = Found::default();
    let mut offset = HEADER_SIZE as u64;
    let mut count = 0;
    while offset.saturating_add(ENTRY_HEADER) <= used {
        count += 1;
        report.room(count, MAX_TRANSFER_ENTRIES);
        let mut entry = [0; ENTRY_HEADER as usize];
        if count > MAX_TRANSFER_ENTRIES || !source(offset, &mut entry) {
            break;
        }
        let [a, b, c, header_size, size @ ..] = entry;
        let tag = u32::from_le_bytes([a, b, c, 0]);
        let data =
            Extent { offset: offset + u64::from(header_size), size: u64::from(u32::from_le_bytes(size)) };
        if u64::from(header_size) < ENTRY_HEADER || data.end() > used {
            let allowed = "the entry there must have a header of 8 bytes, and end within the list";
            report.value("entry offset", offset, allowed);
            return found;
        }
        let place = match tag {
            HOB_LIST => Some(&mut found.hob_list),
            IMAGE => Some(&mut found.image),
            MANIFEST => Some(&mut found.manifest),
            _ => None,
        };
        if let Some(place) = place {
            if place.is_some() {
                report.value("entry offset", offset, "there is an entry with this tag already");
            }
            if !data.offset.is_multiple_of(hal::PAGE_SIZE) {
                report.value("data offset", data.offset, "it must be a multiple of 4096");
            }
            *place = Some(data);
        }
        offset = data.end().next_multiple_of(ENTRY_HEADER);
    }
    found
}

/// The sum of the first `size` bytes.
fn sum(source: &mut Source<'_>, size: u64) -> u8 {
    const PIECE: u64 = 256;
    let mut piece = [0; PIECE as usize];
    let mut sum = 0u8;
    let mut offset = 0;
    while offset < size {
        let bytes = piece.get_mut(..(size - offset).min(PIECE) as usize).unwrap_or_default();
        if !source(offset, bytes) {
            return 1;
        }
        sum = bytes.iter().fold(sum, |sum, byte| sum.wrapping_add(*byte));
        offset += PIECE;
    }
    sum
}
