//! Partition packages: a header, the partition's manifest, its image.
//!
//! | offset | field (u32, little-endian) | version 1 | version 2 |
//! |---|---|---|---|
//! | 0 | magic "SPKG" | | |
//! | 4 | version | | |
//! | 8 | offset of the manifest | 24 | page-aligned, not 0 |
//! | 12 | bytes of the manifest | 1 to 4096 | 1 to 4096 |
//! | 16 | offset of the image | page-aligned, behind the manifest | the same |
//! | 20 | bytes of the image | at least 1 | at least 1 |
//!
//! In version 2 the first page, header included, is free once this was read: boot information goes there.

use super::error::{Error, Path, Problem, cut};
use crate::capacity::MAX_MANIFEST_SIZE;

/// Bytes of the header.
pub const HEADER_SIZE: usize = 24;

/// "SPKG".
const MAGIC: u32 = 0x474b_5053;

/// Some bytes of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Bytes from the start of the package.
    pub offset: u64,
    /// Bytes, at least one.
    pub size: u64,
}

impl Extent {
    /// The offset behind the last byte.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}

/// Where everything is in a package. Both extents are inside the partition's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Package {
    /// The partition's manifest, at most [`MAX_MANIFEST_SIZE`] bytes.
    pub manifest: Extent,
    /// The partition's image, page-aligned.
    pub image: Extent,
}

impl Package {
    /// Reads the header of the package of the partition `name`, which has `memory_size` bytes of memory, the first
    /// of which is the package's first.
    pub fn parse(name: &str, header: &[u8; HEADER_SIZE], memory_size: u64) -> Result<Self, Error> {
        let fail = |property, problem| Error { node: package_path(name), property: Some(property), problem };
        let value = |property, found: u64, allowed| fail(property, Problem::Value { found, allowed });

        let [magic, version, manifest_offset, manifest_size, image_offset, image_size] = words(header);
        if magic != MAGIC {
            return Err(value("magic", u64::from(magic), "it must be 0x474b5053 (\"SPKG\")"));
        }
        let manifest = Extent { offset: u64::from(manifest_offset), size: u64::from(manifest_size) };
        let image = Extent { offset: u64::from(image_offset), size: u64::from(image_size) };
        let (placed, allowed) = match version {
            1 => (manifest.offset == HEADER_SIZE as u64, "in version 1 it must be 24"),
            2 => (
                manifest.offset != 0 && manifest.offset.is_multiple_of(hal::PAGE_SIZE),
                "in version 2 it must be a multiple of 4096, not 0",
            ),
            _ => return Err(value("version", u64::from(version), "it must be 1 or 2")),
        };
        if !placed {
            return Err(value("manifest offset", manifest.offset, allowed));
        }
        if manifest.size == 0 || manifest.size > MAX_MANIFEST_SIZE as u64 {
            return Err(value("manifest size", manifest.size, "it must be 1 to 4096"));
        }
        if !image.offset.is_multiple_of(hal::PAGE_SIZE) || image.offset < manifest.end() {
            return Err(value(
                "image offset",
                image.offset,
                "it must be a multiple of 4096 behind the manifest",
            ));
        }
        if image.size == 0 || image.end() > memory_size {
            return Err(value(
                "image size",
                image.size,
                "the image must have bytes, and end within the partition's memory",
            ));
        }
        Ok(Self { manifest, image })
    }
}

fn package_path(name: &str) -> Path {
    let mut path = cut::<{ crate::capacity::MAX_PATH }>("package of ");
    for character in name.chars() {
        if path.try_push(character).is_err() {
            break;
        }
    }
    path
}

fn words(header: &[u8; HEADER_SIZE]) -> [u32; HEADER_SIZE / 4] {
    let mut words = [0; HEADER_SIZE / 4];
    for (word, bytes) in words.iter_mut().zip(header.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}
