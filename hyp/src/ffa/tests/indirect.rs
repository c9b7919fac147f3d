//! The header of indirect messages, in both its lengths.

use crate::ffa::indirect::{Header, MAX_HEADER};
use crate::ffa::{ErrorCode, PartitionId, Uuid, Version};

const PAGE: u32 = 4096;

const HEADER: Header = Header {
    offset: 40,
    size: 24,
    receiver: PartitionId(0x8002),
    sender: PartitionId(0x8001),
    service: Uuid([7; 16]),
};

/// The bytes of `header` as a sender of 1.2 writes them.
fn bytes(header: Header) -> [u8; MAX_HEADER] {
    header.to_bytes(Version::V1_2).into_inner().unwrap()
}

#[test]
fn a_header_is_read_as_it_was_written() {
    let written = bytes(HEADER);
    assert_eq!(written[8..20], [40, 0, 0, 0, 2, 0x80, 1, 0x80, 24, 0, 0, 0]);
    assert_eq!(written[24..], [7; 16]);
    assert_eq!(Header::parse(&written, Version::V1_2, PAGE), Ok(HEADER));
    let short = HEADER.to_bytes(Version::V1_1);
    assert_eq!(*short, written[..20]);
    let nameless = Header { service: Uuid::NIL, ..HEADER };
    assert_eq!(Header::parse(&written, Version::V1_1, PAGE), Ok(nameless));
}

#[test]
fn send2_41_the_payload_begins_behind_the_header_of_the_sender_s_version() {
    for (version, least) in [(Version::V1_1, 20), (Version::V1_2, 40), (Version::V1_3, 40)] {
        let at = |offset| Header::parse(&bytes(Header { offset, ..HEADER }), version, PAGE);
        assert_eq!(at(least).unwrap().offset, least);
        let error = at(least - 1).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidParameters);
    }
}

#[test]
fn send2_42_the_message_ends_within_a_page() {
    for (offset, size, fits) in [
        (40, PAGE - 40, true),
        (40, PAGE - 39, false),
        (PAGE, 0, true),
        (PAGE + 1, 0, false),
        (40, u32::MAX, false),
    ] {
        let read = Header::parse(&bytes(Header { offset, size, ..HEADER }), Version::V1_2, PAGE);
        assert_eq!(read.is_ok(), fits, "{offset} {size}");
    }
}
