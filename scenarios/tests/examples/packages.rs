//! Mistakes in packages.

use hyp::manifest::Package;
use scenarios::manifest::{self, Format, said};

use super::manifests::partition_manifest;

const MEMORY: u64 = 0x10_0000;

/// Everything that is said of the package `bytes`, behind which there is nothing.
fn package(bytes: &[u8]) -> Vec<String> {
    let mut source = |offset: u64, into: &mut [u8]| {
        let from = bytes.get(offset as usize..).and_then(|bytes| bytes.get(..into.len()));
        from.map(|from| into.copy_from_slice(from)).is_some()
    };
    let read =
        |report: &mut hyp::manifest::Report<'_>| Package::read(&mut source, MEMORY, report).map(|_| ());
    said("package of sp1", read).1.into_iter().map(|said| said.words).collect()
}

/// `bytes` with these words.
fn with(mut bytes: Vec<u8>, words: &[(usize, u32)]) -> Vec<u8> {
    for (at, word) in words {
        bytes[*at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// What is said of mistakes in packages.
pub fn of_packages() -> impl Iterator<Item = String> {
    let manifest = partition_manifest().dtb();
    let spkg = manifest::package(&Format::Spkg2, &manifest, &[0; 0x200]);
    let list = manifest::package(&Format::TransferList(b"blocks".to_vec()), &manifest, &[0; 0x200]);
    let header = |words: &[(usize, u32)]| package(&with(spkg.clone(), words));
    // Without a checksum, so that a word more or less does not matter.
    let unsealed = |words: &[(usize, u32)]| package(&with(with(list.clone(), &[(16, 0)]), words));
    let image = 0x103 | 8 << 24;
    let many: Vec<(usize, u32)> =
        (0..70).flat_map(|entry| [(24 + 8 * entry, 8 << 24), (28 + 8 * entry, 0)]).collect();
    [
        package(&[]),
        header(&[(0, 0x1234)]),
        header(&[(4, 3)]),
        header(&[(4, 1)]),
        header(&[(8, 24), (12, 0)]),
        header(&[(16, 0x1000), (20, 0)]),
        package(&with(list.clone(), &[(0x4000, 1)])),
        unsealed(&[(4, 0x0318_0000)]),
        unsealed(&[(4, 0x0320_0100)]),
        unsealed(&[(8, 0x10)]),
        unsealed(&[(12, 0x20_0000)]),
        unsealed(&[(8, 0x5000), (12, 0x5000)]),
        unsealed(&[(0xff8, 0x106 | 7 << 24)]),
        unsealed(&[(0xff8, 0x106 | 16 << 24)]),
        unsealed(&[(0x2ff8, image)]),
        unsealed(&[(0x3ff8, 0x3 | 8 << 24), (0x2ff8, image)]),
        unsealed(&many),
    ]
    .into_iter()
    .flatten()
}
