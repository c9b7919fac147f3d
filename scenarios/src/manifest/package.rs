//! Secure partition packages: SPKG, a header, the manifest, the image; and transfer lists of the same.

use crate::machine::layout;

/// What a package is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// SPKG of version 1: the manifest is right behind the header.
    Spkg1,
    /// SPKG of version 2: the manifest has a page of its own.
    #[default]
    Spkg2,
    /// A transfer list with this list of hand-off blocks.
    TransferList(Vec<u8>),
}

/// The package of a partition with this manifest, a device tree blob, and this image.
///
/// # Panics
/// When something reaches what follows it: a mistake in a scenario.
pub fn package(format: &Format, manifest: &[u8], image: &[u8]) -> Vec<u8> {
    match format {
        Format::Spkg1 => spkg(1, HEADER, manifest, image),
        Format::Spkg2 => spkg(2, layout::PACKAGE_MANIFEST as usize, manifest, image),
        Format::TransferList(hob_list) => transfer_list(manifest, hob_list, image),
    }
}

/// "SPKG".
const MAGIC: u32 = 0x474B_5053;
/// Bytes of a header.
const HEADER: usize = 24;

fn spkg(version: u32, manifest_at: usize, manifest: &[u8], image: &[u8]) -> Vec<u8> {
    let image_at = layout::PACKAGE_IMAGE as usize;
    assert!(manifest_at + manifest.len() <= image_at, "a manifest that ends before the image");
    let mut package = vec![0; image_at];
    let header =
        [MAGIC, version, manifest_at as u32, manifest.len() as u32, image_at as u32, image.len() as u32];
    for (bytes, word) in package.chunks_exact_mut(4).zip(header) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    package[manifest_at..manifest_at + manifest.len()].copy_from_slice(manifest);
    package.extend(image);
    package
}

/// The first word of a transfer list.
const SIGNATURE: u32 = 0x4A0F_B10B;
/// Tags of its entries.
const HOB_LIST: u32 = 0x3;
const IMAGE: u32 = 0x103;
const MANIFEST: u32 = 0x106;

/// The same as a transfer list, with `hob_list` between the manifest and the image.
fn transfer_list(manifest: &[u8], hob_list: &[u8], image: &[u8]) -> Vec<u8> {
    let mut list = vec![0; HEADER];
    for (tag, data_at, data) in [
        (MANIFEST, layout::PACKAGE_MANIFEST, manifest),
        (HOB_LIST, layout::PACKAGE_HOB_LIST, hob_list),
        (IMAGE, layout::PACKAGE_IMAGE, image),
    ] {
        let gap = (data_at as usize - 8).checked_sub(list.len()).expect("an entry that ends before the next");
        if gap > 0 {
            entry(&mut list, 0, &vec![0; gap - 8]);
        }
        entry(&mut list, tag, data);
    }
    let size = list.len() as u32;
    // Signature; version 1, a header of 24 bytes, entries aligned to 8; used and whole size; a checksum.
    for (bytes, word) in list.chunks_exact_mut(4).zip([SIGNATURE, 0x0318_0100, size, size, 1]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    list[4] = list.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
    list
}

/// Adds an entry, and what aligns the next.
fn entry(list: &mut Vec<u8>, tag: u32, data: &[u8]) {
    const HEADER: u32 = 8;
    list.extend((tag | HEADER << 24).to_le_bytes());
    list.extend((data.len() as u32).to_le_bytes());
    list.extend(data);
    list.resize(list.len().next_multiple_of(8), 0);
}
