//! Packages: what a valid header says, and each thing that can be wrong.

use proptest::prelude::*;

use crate::manifest::package::HEADER_SIZE;
use crate::manifest::{Extent, Package};

const MEMORY: u64 = 0x10_0000;

/// The package of a partition with `memory` bytes that begins with `bytes`; behind them everything is zero.
pub fn read(bytes: &[u8], memory: u64) -> super::Read<Package> {
    let mut source = |offset: u64, into: &mut [u8]| {
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        into.iter_mut().zip(rest.iter().chain(std::iter::repeat(&0))).for_each(|(to, from)| *to = *from);
        true
    };
    super::read("package of sp1", |report| Package::read(&mut source, memory, report))
}

/// A header of these fields.
fn header(fields: [u32; 6]) -> [u8; HEADER_SIZE] {
    let mut header = [0; HEADER_SIZE];
    for (bytes, field) in header.chunks_exact_mut(4).zip(fields) {
        bytes.copy_from_slice(&field.to_le_bytes());
    }
    header
}

const MAGIC: u32 = u32::from_le_bytes(*b"SPKG");
const V2: [u32; 6] = [MAGIC, 2, 0x1000, 0x300, 0x4000, 0x200];
const V1: [u32; 6] = [MAGIC, 1, 24, 0x300, 0x1000, 0x200];

#[test]
fn both_versions_say_where_manifest_and_image_are() {
    let extent = |offset, size| Extent { offset, size };
    assert_eq!(
        read(&header(V2), MEMORY).silent(),
        Package {
            manifest: extent(0x1000, 0x300),
            image: extent(0x4000, 0x200),
            hob_list: None,
            has_free_page: true
        }
    );
    assert_eq!(
        read(&header(V1), MEMORY).silent(),
        Package {
            manifest: extent(24, 0x300),
            image: extent(0x1000, 0x200),
            hob_list: None,
            has_free_page: false
        }
    );
}

#[test]
fn each_wrong_field_is_refused_with_its_name() {
    let behind = "it must be a multiple of 4096 behind the manifest";
    let within = "the image must have bytes, and end within the partition's memory";
    let placed = "in version 2 it must be a multiple of 4096, not 0";
    for (valid, field, value, sentence) in [
        (
            V2,
            0,
            0x1234,
            "magic is 0x1234: it must be 0x474b5053 (\"SPKG\"), or 0x4a0fb10b of a transfer list",
        ),
        (V2, 1, 3, "version is 0x3: it must be 1 or 2"),
        (V1, 2, 0x1000, "manifest offset is 0x1000: in version 1 it must be 24"),
        (V2, 2, 24, &*std::format!("manifest offset is 0x18: {placed}")),
        (V2, 2, 0, &std::format!("manifest offset is 0x0: {placed}")),
        (V2, 3, 0, "manifest size is 0x0: it must be 1 to 4096"),
        (V2, 3, 0x1001, "manifest size is 0x1001: it must be 1 to 4096"),
        (V2, 4, 0x1000, &std::format!("image offset is 0x1000: {behind}")),
        (V1, 4, 0x1234, &std::format!("image offset is 0x1234: {behind}")),
        (V2, 5, 0, &std::format!("image size is 0x0: {within}")),
        (V2, 5, 0xf_c001, &std::format!("image size is 0xfc001: {within}")),
        (V2, 5, u32::MAX, &std::format!("image size is 0xffffffff: {within}")),
    ] {
        let mut fields = valid;
        fields[field] = value;
        let errors = read(&header(fields), MEMORY).errors;
        assert_eq!(errors[0], std::format!("package of sp1: {sentence}"));
    }
}

proptest! {
    #[test]
    fn an_accepted_package_is_within_its_memory(fields: [u32; 6], version in 1..3u32, memory in 0..0x100_0000u64) {
        let [_, _, manifest, size, image, image_size] = fields;
        let near = [MAGIC, version, manifest & 0x3000, size & 0x1fff, image & 0xf000, image_size & 0xff_ffff];
        for fields in [fields, near] {
            if let Some(package) = read(&header(fields), memory).value {
                prop_assert!(package.manifest.end() <= package.image.offset);
                prop_assert!(package.image.end() <= memory);
            }
        }
    }
}
