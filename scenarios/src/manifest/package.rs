//! Secure partition packages (SPKG, version 2): a header, the manifest, the image.

use crate::machine::layout;

/// "SPKG".
const MAGIC: u32 = 0x474B_5053;
const VERSION: u32 = 2;

/// The package of a partition with this manifest, a device tree blob, and this image.
///
/// # Panics
/// When the manifest reaches the image: a mistake in a scenario.
pub fn package(manifest: &[u8], image: &[u8]) -> Vec<u8> {
    let manifest_at = layout::PACKAGE_MANIFEST as usize;
    let image_at = layout::PACKAGE_IMAGE as usize;
    assert!(manifest_at + manifest.len() <= image_at, "a manifest that ends before the image");
    let mut package = vec![0; image_at];
    let header =
        [MAGIC, VERSION, manifest_at as u32, manifest.len() as u32, image_at as u32, image.len() as u32];
    for (bytes, word) in package.chunks_exact_mut(4).zip(header) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    package[manifest_at..manifest_at + manifest.len()].copy_from_slice(manifest);
    package.extend(image);
    package
}
