//! Transfer lists as packages: what a valid one says, and each thing that can be wrong.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::package_rules::read;
use crate::manifest::{Extent, Package};

const MEMORY: u64 = 0x10_0000;
const MANIFEST: u32 = 0x106;
const HOB_LIST: u32 = 0x3;
const IMAGE: u32 = 0x103;

/// A list with entries whose data begin at these offsets, filled up with entries of no kind; the checksum is right.
fn list(entries: &[(u32, usize, usize)]) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    for (tag, data, size) in entries {
        let gap = data - 8 - bytes.len();
        if gap > 0 {
            bytes.extend([0, 0, 0, 8]);
            bytes.extend((gap as u32 - 8).to_le_bytes());
            bytes.resize(data - 8, 0);
        }
        bytes.extend((tag | 8 << 24).to_le_bytes());
        bytes.extend((*size as u32).to_le_bytes());
        bytes.resize((data + size).next_multiple_of(8), 0x55);
    }
    let size = bytes.len() as u32;
    for (offset, word) in [(0, 0x4a0f_b10b), (4, 0x0318_0100), (8, size), (12, size), (16, 1)] {
        bytes[offset..offset + 4].copy_from_slice(&u32::to_le_bytes(word));
    }
    seal(&mut bytes);
    bytes
}

/// Makes the checksum right.
fn seal(bytes: &mut [u8]) {
    bytes[4] = 0;
    bytes[4] = bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
}

const VALID: [(u32, usize, usize); 3] =
    [(MANIFEST, 0x1000, 0x300), (HOB_LIST, 0x2000, 0x40), (IMAGE, 0x4000, 0x201)];

/// The list with `word` at `offset`, sealed again.
fn with(offset: usize, word: u32) -> Vec<u8> {
    let mut bytes = list(&VALID);
    bytes[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
    seal(&mut bytes);
    bytes
}

#[track_caller]
fn refused(bytes: &[u8], sentence: &str) {
    assert_eq!(read(bytes, MEMORY).errors, [std::format!("package of sp1: {sentence}")]);
}

#[test]
fn a_list_says_where_manifest_image_and_blocks_are() {
    let extent = |offset, size| Extent { offset, size };
    let package = Package {
        manifest: extent(0x1000, 0x300),
        image: extent(0x4000, 0x201),
        hob_list: Some(extent(0x2000, 0x40)),
        has_free_page: true,
    };
    assert_eq!(read(&list(&VALID), MEMORY).silent(), package);
    let without = list(&[VALID[0], VALID[2]]);
    assert_eq!(read(&without, MEMORY).silent(), Package { hob_list: None, ..package });
}

#[test]
fn a_list_without_a_checksum_is_not_summed() {
    let mut bytes = list(&VALID);
    bytes[4] = bytes[4].wrapping_add(1);
    refused(&bytes, "checksum is 0x1: all bytes must sum to 0");
    bytes[16] = 0;
    assert!(read(&bytes, MEMORY).value.is_some());
}

#[test]
fn each_wrong_field_is_refused_with_its_name() {
    refused(&with(4, 0x0318_0000), "version is 0x0: it must be 1 or later");
    refused(&with(4, 0x0320_0100), "header size is 0x20: it must be 24");
    let (size, used) = (list(&VALID).len() as u32, "it must be from 24 to the size");
    refused(&with(8, size + 1), &std::format!("used size is {:#x}: {used}", size + 1));
    refused(&with(8, 23), &std::format!("used size is 0x17: {used}"));
    refused(&with(12, 0x10_0001), "size is 0x100001: it must be within the partition's memory");
    let entry = "the entry there must have a header of 8 bytes, and end within the list";
    let errors = read(&with(0xff8, MANIFEST | 7 << 24), MEMORY).errors;
    assert_eq!(errors[0], std::format!("package of sp1: entry offset is 0xff8: {entry}"));
    let errors = read(&with(0xffc, 0x1_0000), MEMORY).errors;
    assert_eq!(errors[0], std::format!("package of sp1: entry offset is 0xff8: {entry}"));
}

#[test]
fn each_wrong_entry_is_refused() {
    let list = |entries: &[_]| self::list(entries);
    refused(&list(&VALID[..2]), "image is missing");
    refused(&list(&VALID[1..]), "manifest is missing");
    refused(
        &list(&[(MANIFEST, 0x1008, 0x300), VALID[2]]),
        "data offset is 0x1008: it must be a multiple of 4096",
    );
    refused(
        &list(&[VALID[0], (MANIFEST, 0x2000, 8), VALID[2]]),
        "entry offset is 0x1ff8: there is an entry with this tag already",
    );
    let behind = "it must be behind the list of hand-off blocks";
    refused(
        &list(&[VALID[0], (IMAGE, 0x2000, 8), (HOB_LIST, 0x3000, 8)]),
        &std::format!("image offset is 0x2000: {behind}"),
    );
    refused(&list(&[(MANIFEST, 0x1000, 0x1001), VALID[2]]), "manifest size is 0x1001: it must be 1 to 4096");
    let many: Vec<_> = (0..65).map(|index| (0u32, 32 + 8 * index, 0)).collect();
    assert_eq!(read(&list(&many), MEMORY).errors[0], "package of sp1 has 65 entries: there is room for 64");
}

#[test]
fn a_list_may_have_as_many_entries_as_there_is_room_for() {
    // What is between the entries are entries too.
    let many = |count| {
        let first = (MANIFEST, 0x1000, 0x300);
        let further = (0..count).map(|index| (0u32, 0x1308 + 8 * index, 0));
        let entries: Vec<_> = [first].into_iter().chain(further).chain([(IMAGE, 0x4000, 8)]).collect();
        read(&list(&entries), MEMORY).value
    };
    assert!(many(60).is_some());
    assert!(many(61).is_none());
}

proptest! {
    #[test]
    fn an_accepted_list_is_within_its_memory(words in prop::collection::vec((0usize..0x50, any::<u32>(), 0u32..32), 0..3)) {
        let mut bytes = list(&VALID);
        for (place, word, shift) in words {
            // A word of the header, or of what precedes one of the three entries' data.
            let offset = match place {
                0..6 => 4 * place,
                _ => [0xff8, 0xffc, 0x1ff8, 0x1ffc, 0x3ff8, 0x3ffc][place % 6],
            };
            bytes[offset..offset + 4].copy_from_slice(&(word >> shift).to_le_bytes());
        }
        bytes[16] = 0;
        if let Some(package) = read(&bytes, MEMORY).value {
            prop_assert!(package.manifest.offset >= 0x1000 && package.manifest.end() <= package.image.offset);
            prop_assert!(package.image.end() <= MEMORY);
            prop_assert!(package.hob_list.is_none_or(|list| list.offset >= 0x1000 && list.end() <= package.image.offset));
        }
    }
}
