//! Broken manifests: reading never panics, and a valid one that was broken little is mostly refused or read.

use std::vec::Vec;

use proptest::prelude::*;
use proptest::sample::Index;

use super::trees::{Tree, core_manifest, partition_manifest};

/// Values that a mutation writes: cells that mean something, and any.
fn cell() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..20, Just(0xd00d_feed), Just(u32::MAX), Just(0x8000_0000), any::<u32>()]
}

fn broken(tree: fn() -> Tree) -> impl Strategy<Value = Vec<u8>> {
    let cells = prop::collection::vec((any::<Index>(), cell()), 0..4);
    let bytes = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    (cells, bytes, prop::option::weighted(0.1, any::<Index>())).prop_map(move |(cells, bytes, cut)| {
        let mut blob = tree().blob();
        for (index, cell) in cells {
            let at = index.index(blob.len() / 4) * 4;
            blob[at..at + 4].copy_from_slice(&cell.to_be_bytes());
        }
        for (index, byte) in bytes {
            let at = index.index(blob.len());
            blob[at] = byte;
        }
        if let Some(length) = cut {
            blob.truncate(length.index(blob.len()));
        }
        blob
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_broken_monitor_manifest_never_panics(blob in broken(core_manifest)) {
        prop_assert!(super::read_core(&blob).errors.iter().all(|error| error.lines().count() == 1));
    }

    #[test]
    fn a_broken_partition_manifest_never_panics(blob in broken(partition_manifest)) {
        prop_assert!(super::read_partition(&blob).errors.iter().all(|error| error.lines().count() == 1));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(super::read_core(&bytes).value.is_none());
        prop_assert!(super::read_partition(&bytes).value.is_none());
    }
}

#[test]
fn a_nested_tree_is_read() {
    let deep = (0..50).fold(Tree::new("d"), |below, _| Tree::new("d").with(below));
    assert!(super::read_partition(&partition_manifest().with(deep.clone()).blob()).value.is_some());
    assert!(super::read_core(&core_manifest().with(deep).blob()).value.is_some());
}

#[test]
fn a_tree_nested_as_deep_as_a_page_allows_is_walked() {
    const DEPTH: u32 = 330;
    let begin = std::iter::repeat_n([1u32.to_be_bytes(), *b"d\0\0\0"], DEPTH as usize).flatten();
    let end = std::iter::repeat_n(2u32.to_be_bytes(), DEPTH as usize);
    let structure: Vec<u8> = [1u32.to_be_bytes(), [0; 4]]
        .into_iter()
        .chain(begin)
        .chain(end)
        .chain([2u32.to_be_bytes(), 9u32.to_be_bytes()])
        .flatten()
        .collect();
    let size = structure.len() as u32;
    // Magic, sizes and offsets, versions 17 and 16, boot core, sizes of no strings and of the structure; then the
    // end of an empty list of reservations.
    let header = [0xd00d_feed, 56 + size, 56, 56 + size, 40, 17, 16, 0, 0, size, 0, 0, 0, 0];
    let blob: Vec<u8> = header.into_iter().flat_map(u32::to_be_bytes).chain(structure).collect();
    assert!(blob.len() > 4000 && blob.len() <= 4096);
    let read = super::read_core(&blob);
    assert_eq!(read.errors[0], "monitor manifest: compatible is missing");
}
