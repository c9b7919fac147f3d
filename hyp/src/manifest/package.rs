//! Partition packages: the partition's manifest, its image, and perhaps a list of hand-off blocks.
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
//! A package may also be a transfer list (firmware hand-off), with an entry for each. In that, and in version 2, the
//! first page, header included, is free once this was read: boot information goes there.

use super::error::{Problem, Report, Wrong};
use super::transfer_list;
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

/// Where everything is in a package. All extents are inside the partition's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Package {
    /// The partition's manifest, at most [`MAX_MANIFEST_SIZE`] bytes.
    pub manifest: Extent,
    /// The partition's image, page-aligned.
    pub image: Extent,
    /// The list of hand-off blocks, if there is one; page-aligned.
    pub hob_list: Option<Extent>,
    /// True where the first page is free for boot information.
    pub has_free_page: bool,
}

/// Copies the bytes from an offset in the package on; false where they cannot be read.
pub type Source<'s> = dyn FnMut(u64, &mut [u8]) -> bool + 's;

impl Package {
    /// True where `bytes` begin as a package does.
    pub fn is_one(bytes: &[u8]) -> bool {
        let magic = bytes.first_chunk().map(|magic| u32::from_le_bytes(*magic));
        magic.is_some_and(|magic| [MAGIC, transfer_list::SIGNATURE].contains(&magic))
    }

    /// Reads the package that `source` has, of a partition with `memory_size` bytes of memory, the first of which is
    /// the package's first.
    #[inline(never)]
    pub fn read(source: &mut Source<'_>, memory_size: u64, report: &mut Report<'_>) -> Result<Self, Wrong> {
        let mut header = [0; HEADER_SIZE];
        if !source(0, &mut header) {
            report.node(Problem::Missing);
            return Err(Wrong);
        }
        let [magic, ..] = words(&header);
        let package = match magic {
            MAGIC => Self::of_header(&header, report),
            transfer_list::SIGNATURE => transfer_list::read(source, &header, memory_size, report)?,
            _ => {
                let allowed = "it must be 0x474b5053 (\"SPKG\"), or 0x4a0fb10b of a transfer list";
                report.value("magic", u64::from(magic), allowed);
                return Err(Wrong);
            }
        };
        let Self { manifest, image, hob_list, .. } = package;
        if manifest.size == 0 || manifest.size > MAX_MANIFEST_SIZE as u64 {
            report.value("manifest size", manifest.size, "it must be 1 to 4096");
        }
        if !image.offset.is_multiple_of(hal::PAGE_SIZE) || image.offset < manifest.end() {
            let allowed = "it must be a multiple of 4096 behind the manifest";
            report.value("image offset", image.offset, allowed);
        }
        if hob_list.is_some_and(|hob_list| hob_list.end() > image.offset) {
            report.value("image offset", image.offset, "it must be behind the list of hand-off blocks");
        }
        if image.size == 0 || image.end() > memory_size {
            let allowed = "the image must have bytes, and end within the partition's memory";
            report.value("image size", image.size, allowed);
        }
        report.unless_wrong(package)
    }

    /// What a package's own header says.
    fn of_header(header: &[u8; HEADER_SIZE], report: &mut Report<'_>) -> Self {
        let [_, version, manifest_offset, manifest_size, image_offset, image_size] = words(header);
        let manifest = Extent { offset: u64::from(manifest_offset), size: u64::from(manifest_size) };
        let image = Extent { offset: u64::from(image_offset), size: u64::from(image_size) };
        match version {
            1 if manifest.offset != HEADER_SIZE as u64 => {
                report.value("manifest offset", manifest.offset, "in version 1 it must be 24");
            }
            2 if manifest.offset == 0 || !manifest.offset.is_multiple_of(hal::PAGE_SIZE) => {
                let allowed = "in version 2 it must be a multiple of 4096, not 0";
                report.value("manifest offset", manifest.offset, allowed);
            }
            1 | 2 => {}
            _ => report.value("version", u64::from(version), "it must be 1 or 2"),
        }
        Self { manifest, image, hob_list: None, has_free_page: version != 1 }
    }
}

/// The numbers of a header.
pub(super) fn words(header: &[u8; HEADER_SIZE]) -> [u32; HEADER_SIZE / 4] {
    let mut words = [0; HEADER_SIZE / 4];
    for (word, bytes) in words.iter_mut().zip(header.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}
