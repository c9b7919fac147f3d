//! Each rule of [`crate::ffa::memory`] that holds for all descriptors, in each layout.

use std::string::ToString;
use std::vec;

use super::descriptor::{Descriptor, LAYOUTS};
use crate::ffa::call::Transfer;
use crate::ffa::memory::{
    AccessFlags, Attributes, Flags, Layout, Permissions, parse_retrieve_request, parse_send,
};
use crate::ffa::{ErrorCode, Handle, PartitionId};

/// Expects that a share in `bytes` is refused as invalid with `sentence`.
#[track_caller]
fn invalid(layout: Layout, bytes: &[u8], sentence: &str) {
    let error = parse_send(layout, Transfer::Share, bytes).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidParameters, "{error}");
    assert_eq!(error.to_string(), sentence);
}

/// Expects that a share described by `change` is refused as invalid with `sentence`, in every layout.
#[track_caller]
fn refused(change: impl Fn(&mut Descriptor), sentence: &str) {
    for layout in LAYOUTS {
        let mut descriptor = Descriptor::share(layout);
        change(&mut descriptor);
        invalid(layout, &descriptor.bytes(), sentence);
    }
}

/// Expects that a share with `patch` at the offset that `at` says is refused, in every layout.
#[track_caller]
fn patched<const N: usize>(at: impl Fn(&Descriptor) -> usize, patch: [u8; N], sentence: &str) {
    for layout in LAYOUTS {
        let descriptor = Descriptor::share(layout);
        invalid(layout, &descriptor.patched(at(&descriptor), patch), sentence);
    }
}

#[test]
fn a_descriptor_is_read_as_it_was_written() {
    for layout in LAYOUTS {
        let bytes = Descriptor::share(layout).bytes();
        let (transaction, constituents) = parse_send(layout, Transfer::Share, &bytes).unwrap();
        assert_eq!(transaction.sender, PartitionId::NORMAL_WORLD);
        assert_eq!(transaction.attributes, Attributes::NORMAL_WRITE_BACK_INNER);
        assert_eq!(
            (transaction.flags, transaction.handle, transaction.tag),
            (Flags::empty(), Handle(0), 0x1234)
        );
        let access = transaction.access_of(PartitionId(0x8001)).unwrap();
        assert_eq!((access.permissions, access.flags), (Permissions::READ_WRITE, AccessFlags::empty()));
        let word = if layout == Layout::V1_2 { 0x1111_1111_1111_1111 } else { 0 };
        assert_eq!(access.implementation_defined, [word; 2]);
        assert_eq!(transaction.access_of(PartitionId(0x8002)), None);
        let ranges: std::vec::Vec<_> =
            constituents.iter().map(|range| (range.address, range.pages)).collect();
        assert_eq!(ranges, [(0x6000_0000, 1), (0x6001_0000, 2)]);
        assert_eq!((constituents.total_pages(), constituents.count()), (3, 2));
    }
}

#[test]
fn memory_1_a_descriptor_that_is_cut_anywhere_is_refused() {
    for layout in LAYOUTS {
        let bytes = Descriptor::share(layout).bytes();
        for length in 0..bytes.len() {
            let error = parse_send(layout, Transfer::Share, &bytes[..length]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidParameters, "{length}: {error}");
        }
        let bytes = Descriptor::retrieve(layout).bytes();
        for length in 0..bytes.len() {
            assert!(parse_retrieve_request(layout, &bytes[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn memory_2_reserved_attributes_are_refused() {
    refused(|d| d.attributes = 0x80, "attributes is 0x80: bits [15:7] must be zero");
    refused(|d| d.attributes = 0x3f, "attributes is 0x3f: the type in bits [5:4] is reserved");
    refused(|d| d.attributes = 0x23, "attributes is 0x23: the cacheability in bits [3:2] is reserved");
    refused(|d| d.attributes = 0x2b, "attributes is 0x2b: the cacheability in bits [3:2] is reserved");
    refused(|d| d.attributes = 0x2d, "attributes is 0x2d: the shareability in bits [1:0] is reserved");
}

#[test]
fn memory_3_access_descriptors_are_of_the_versions_size_and_behind_the_header() {
    for (layout, wrong) in [(Layout::V1_1, 32), (Layout::V1_2, 16), (Layout::V1_1, 0)] {
        let bytes = Descriptor::share(layout).patched(24, u32::to_le_bytes(wrong));
        let sentence = "it must be 16 before version 1.2 and 32 from then on";
        invalid(layout, &bytes, &std::format!("access descriptor size is {wrong:#x}: {sentence}"));
    }
    for offset in [0, 32, 56, 0xffff_fff0u32] {
        let bytes = Descriptor::share(Layout::V1_1).patched(32, offset.to_le_bytes());
        let error = parse_send(Layout::V1_1, Transfer::Share, &bytes).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidParameters, "{offset:#x}: {error}");
    }
}

#[test]
fn memory_3_access_descriptors_may_lie_further_back() {
    let descriptor = Descriptor::share(Layout::V1_1);
    let mut bytes = descriptor.patched(32, 64u32.to_le_bytes());
    bytes.splice(48..48, [0xff; 16]);
    let composite = descriptor.composite() as u32 + 16;
    bytes[68..72].copy_from_slice(&composite.to_le_bytes());
    assert!(parse_send(Layout::V1_1, Transfer::Share, &bytes).is_ok());
}

#[test]
fn memory_4_there_are_1_to_32_receivers() {
    refused(|d| d.receivers.clear(), "receiver count is 0x0: it must be 1 to 32");
    let many = |count: u16| (0..count).map(|index| (0x8001 + index, 2, 0)).collect();
    refused(|d| d.receivers = many(33), "receiver count is 0x21: it must be 1 to 32");
    let bytes = Descriptor::share(Layout::V1_2).patched(28, [0xff; 4]);
    let error = parse_send(Layout::V1_2, Transfer::Share, &bytes).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidParameters, "{error}");
    let mut descriptor = Descriptor::share(Layout::V1_2);
    descriptor.receivers = many(32);
    let bytes = descriptor.bytes();
    let (transaction, _) = parse_send(Layout::V1_2, Transfer::Share, &bytes).unwrap();
    assert_eq!(transaction.receivers.len(), 32);
}

#[test]
fn memory_5_a_receiver_is_named_once_and_is_not_the_sender() {
    refused(|d| d.sender = 0x8001, "receiver is 0x8001: it is the sender");
    let twice = vec![(0x8001, 2, 0), (0x8002, 2, 0), (0x8001, 1, 0)];
    refused(|d| d.receivers = twice.clone(), "receiver is 0x8001: it is named twice");
}

#[test]
fn memory_6_reserved_permissions_and_access_flags_are_refused() {
    let permissions = |value| move |d: &mut Descriptor| d.receivers[0].1 = value;
    refused(permissions(0x12), "permissions is 0x12: bits [7:4] must be zero");
    refused(permissions(0x3), "permissions is 0x3: the data access in bits [1:0] is reserved");
    refused(permissions(0xe), "permissions is 0xe: the instruction access in bits [3:2] is reserved");
    refused(|d| d.receivers[0].2 = 2, "access flags is 0x2: only bit 0 may be set");
}

#[test]
fn memory_7_reserved_fields_are_zero() {
    let access = "reserved field of an access descriptor is 0x1: it must be zero";
    patched(|d| d.access(1) - 8, [1], access);
    patched(|d| d.composite() + 8, [1], "reserved field of the composite is 0x1: it must be zero");
    patched(|d| d.range(0) + 12, [1], "reserved field of a range is 0x1: it must be zero");
    let header = "reserved field of the header is 0x1: it must be zero";
    invalid(Layout::V1_0, &Descriptor::share(Layout::V1_0).patched(24, [1]), header);
    for offset in [36, 40] {
        let bytes = Descriptor::share(Layout::V1_1).patched(offset, [1]);
        invalid(Layout::V1_1, &bytes, header);
    }
}

#[test]
fn memory_8_all_receivers_have_the_same_composite_behind_them() {
    for layout in LAYOUTS {
        let mut descriptor = Descriptor::share(layout);
        descriptor.receivers.push((0x8002, 1, 0));
        assert!(parse_send(layout, Transfer::Share, &descriptor.bytes()).is_ok());
        let bytes = descriptor.patched(descriptor.access(1) + 4, [0x48, 0, 0, 0]);
        invalid(layout, &bytes, "composite offset is 0x48: it must be the same for all receivers");
    }
    for offset in [0u32, 8, 60, 0xffff_fff8] {
        for layout in LAYOUTS {
            let descriptor = Descriptor::share(layout);
            let bytes = descriptor.patched(descriptor.access(0) + 4, offset.to_le_bytes());
            let error = parse_send(layout, Transfer::Share, &bytes).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidParameters, "{offset:#x}: {error}");
        }
    }
}

#[test]
fn memory_9_the_ranges_end_where_the_descriptor_ends() {
    let sentence = "it must be at least 1, and the ranges must end where the descriptor ends";
    for (count, patch) in [("0x0", 0u32), ("0x1", 1), ("0x3", 3), ("0xffffffff", u32::MAX)] {
        let sentence = std::format!("range count is {count}: {sentence}");
        patched(|d| d.composite() + 4, patch.to_le_bytes(), &sentence);
    }
}

#[test]
fn memory_10_a_range_is_whole_pages_within_the_address_space() {
    let range = |range| move |d: &mut Descriptor| d.ranges = Some(vec![range]);
    refused(range((0x6000_0800, 1)), "address of a range is 0x60000800: it must be a multiple of 4096");
    refused(range((0x6000_0000, 0)), "page count of a range is 0x0: it must be at least 1");
    let sentence = "address of a range is 0xfffffffffffff000: the range must end below 2^64";
    refused(range((0xffff_ffff_ffff_f000, 1)), sentence);
}

#[test]
fn memory_11_ranges_do_not_overlap_in_whatever_order() {
    let sentence = "address of a range is 0x60001000: it must not overlap another range";
    refused(|d| d.ranges = Some(vec![(0x6000_0000, 2), (0x6000_1000, 1)]), sentence);
    refused(|d| d.ranges = Some(vec![(0x6000_2000, 4), (0x6000_1000, 2)]), sentence);
    refused(|d| d.ranges = Some(vec![(0x6000_1000, 1), (0x7000_0000, 1), (0x6000_1000, 1)]), sentence);
    for layout in LAYOUTS {
        let mut descriptor = Descriptor::share(layout);
        descriptor.ranges = Some(vec![(0x6000_2000, 4), (0x6000_0000, 2), (0x5000_0000, 1)]);
        assert!(parse_send(layout, Transfer::Share, &descriptor.bytes()).is_ok());
    }
}

#[test]
fn memory_12_the_total_is_the_sum() {
    let sentence = "total page count is 0x4: it must be the sum of the ranges' page counts";
    patched(|d| d.composite(), [4, 0, 0, 0], sentence);
    let wraps = vec![(0, u32::MAX), (0x1000_0000_0000, 2)];
    let sentence = "total page count is 0x1: it must be the sum of the ranges' page counts";
    refused(|d| d.ranges = Some(wraps.clone()), sentence);
}
