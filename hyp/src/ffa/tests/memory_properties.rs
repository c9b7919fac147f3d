//! Arbitrary and broken descriptors: reading never panics, and what it accepts keeps its promises.

use std::vec::Vec;

use hal::PAGE_SIZE;
use proptest::prelude::*;

use super::descriptor::{Descriptor, LAYOUTS};
use crate::ffa::call::Transfer;
use crate::ffa::memory::{
    Constituents, Layout, Range, Relinquish, Transaction, parse_retrieve_request, parse_send,
    write_retrieve_response,
};

/// The three ways to send.
const TRANSFERS: [Transfer; 3] = [Transfer::Share, Transfer::Lend, Transfer::Donate];

/// A descriptor that is right for its transfer.
pub(super) fn descriptors() -> impl Strategy<Value = (Transfer, Descriptor)> {
    let ranges = prop::collection::vec((0u64..8, 1u32..4), 1..6);
    let choices = (
        prop::sample::select(&LAYOUTS[..]),
        prop::sample::select(&TRANSFERS[..]),
        1..4u16,
        any::<u64>(),
        ranges,
    );
    choices.prop_map(|(layout, transfer, receivers, tag, ranges)| {
        let mut descriptor = Descriptor::share(layout);
        let receivers = if transfer == Transfer::Donate { 1 } else { receivers };
        let permissions = if transfer == Transfer::Donate { 0 } else { 2 };
        descriptor.receivers = (1..=receivers).map(|id| (0x8000 + id, permissions, 0)).collect();
        if transfer != Transfer::Share && receivers == 1 {
            descriptor.attributes = 0;
        }
        descriptor.tag = tag;
        let place = |(index, (gap, pages)): (usize, (u64, u32))| {
            (0x4000_0000 + (index as u64 * 16 + gap) * PAGE_SIZE, pages)
        };
        descriptor.ranges = Some(ranges.into_iter().enumerate().map(place).collect());
        (transfer, descriptor)
    })
}

/// What must hold for whatever is accepted.
fn check(transaction: &Transaction, constituents: &Constituents<'_>) {
    assert!(!transaction.receivers.is_empty());
    let ranges: Vec<Range> = constituents.iter().collect();
    assert_eq!(ranges.len(), constituents.count());
    let pages: u64 = ranges.iter().map(|range| u64::from(range.pages)).sum();
    assert_eq!(pages, u64::from(constituents.total_pages()));
    for (index, range) in ranges.iter().enumerate() {
        assert!(range.address.is_multiple_of(PAGE_SIZE) && range.pages > 0);
        assert!(range.address.checked_add(range.size()).is_some());
        let before = &ranges[..index];
        assert!(before.iter().all(|other| other.end() <= range.address || range.end() <= other.address));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for layout in LAYOUTS {
            for transfer in TRANSFERS {
                let _ = parse_send(layout, transfer, &bytes);
            }
            let _ = parse_retrieve_request(layout, &bytes);
        }
        let _ = Relinquish::parse(&bytes);
    }

    #[test]
    fn a_broken_descriptor_never_panics_and_what_is_accepted_is_right(
        (transfer, descriptor) in descriptors(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = descriptor.bytes();
        for (index, byte) in breaks {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Some(length) = cut {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Ok((transaction, constituents)) = parse_send(descriptor.layout, transfer, &bytes) {
            check(&transaction, &constituents);
        }
    }

    #[test]
    fn a_response_is_read_as_it_was_written((transfer, descriptor) in descriptors()) {
        let bytes = descriptor.bytes();
        let (transaction, constituents) = parse_send(descriptor.layout, transfer, &bytes).unwrap();
        check(&transaction, &constituents);
        for layout in LAYOUTS {
            let mut page = [0xee; PAGE_SIZE as usize];
            let length = write_retrieve_response(layout, &transaction, constituents.iter(), &mut page).unwrap().len();
            let (again, ranges) = parse_send(layout, transfer, &page[..length]).unwrap();
            prop_assert!(ranges.iter().eq(constituents.iter()));
            let kept = layout == Layout::V1_2 && descriptor.layout == Layout::V1_2;
            let mut expected = transaction.clone();
            for access in &mut expected.receivers {
                access.implementation_defined = if kept { access.implementation_defined } else { [0; 2] };
            }
            prop_assert_eq!(again, expected);
            if layout == descriptor.layout {
                prop_assert_eq!(&page[..length], &bytes[..]);
            }
            prop_assert!(page[length..].iter().all(|byte| *byte == 0xee));
            for shorter in [0, length / 2, length - 1] {
                let written = write_retrieve_response(layout, &transaction, constituents.iter(), &mut page[..shorter]);
                prop_assert!(written.is_err());
            }
        }
    }
}
