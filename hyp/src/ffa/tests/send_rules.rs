//! The rules of [`crate::ffa::memory`] for sending, retrieving and relinquishing.

use std::string::ToString;
use std::vec;

use super::descriptor::{Descriptor, LAYOUTS};
use crate::ffa::call::Transfer;
use crate::ffa::memory::{
    Attributes, Flags, Layout, Permissions, Relinquish, parse_retrieve_request, parse_send,
};
use crate::ffa::{ErrorCode, Handle, PartitionId};

/// A descriptor that `transfer` accepts.
fn accepted(transfer: Transfer, layout: Layout) -> Descriptor {
    let mut descriptor = Descriptor::share(layout);
    match transfer {
        Transfer::Share => {}
        Transfer::Lend => descriptor.attributes = 0,
        Transfer::Donate => {
            descriptor.attributes = 0;
            descriptor.receivers[0].1 = 0;
        }
    }
    descriptor
}

/// Expects that `transfer` accepts its descriptor but for `change`, which it refuses with `sentence`.
#[track_caller]
fn refused(transfer: Transfer, change: impl Fn(&mut Descriptor), sentence: &str) {
    for layout in LAYOUTS {
        let mut descriptor = accepted(transfer, layout);
        assert!(parse_send(layout, transfer, &descriptor.bytes()).is_ok());
        change(&mut descriptor);
        let bytes = descriptor.bytes();
        let error = parse_send(layout, transfer, &bytes).unwrap_err();
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.code(), ErrorCode::InvalidParameters);
    }
}

#[test]
fn send_3_a_share_has_no_flags_and_the_others_may_zero() {
    refused(Transfer::Share, |d| d.flags = 1, "flags is 0x1: none may be set for a share");
    for transfer in [Transfer::Lend, Transfer::Donate] {
        let sentence = "only bit 0 (zero the memory) may be set";
        for flags in [2, 4, 8, 0x200, 0x400] {
            refused(transfer, |d| d.flags = flags, &std::format!("flags is {flags:#x}: {sentence}"));
        }
        refused(transfer, |d| d.flags = 0x800, "flags is 0x800: bits [31:11] must be zero");
        let mut zeroed = accepted(transfer, Layout::V1_1);
        zeroed.flags = 1;
        let bytes = zeroed.bytes();
        let (transaction, _) = parse_send(Layout::V1_1, transfer, &bytes).unwrap();
        assert_eq!(transaction.flags, Flags::ZERO);
    }
}

#[test]
fn send_4_the_handle_is_the_spmcs_to_give() {
    refused(Transfer::Share, |d| d.handle = 1, "handle of a send is 0x1: it must be zero");
    refused(Transfer::Share, |d| d.receivers[0].2 = 1, "access flags of a send is 0x1: it must be zero");
}

#[test]
fn send_5_the_sender_does_not_say_what_is_not_its_to_say() {
    let sentence = "attributes is 0x6f: bit 6 (non-secure) must be zero";
    refused(Transfer::Share, |d| d.attributes = 0x6f, sentence);
    for transfer in [Transfer::Lend, Transfer::Donate] {
        let sentence =
            "attributes is 0x2f: a donation or a loan to one leaves the memory type to the receiver";
        refused(transfer, |d| d.attributes = 0x2f, sentence);
    }
    let mut several = accepted(Transfer::Lend, Layout::V1_1);
    several.attributes = 0x2f;
    several.receivers.push((0x8002, 1, 0));
    assert!(parse_send(Layout::V1_1, Transfer::Lend, &several.bytes()).is_ok());
}

#[test]
fn send_6_a_donation_has_one_receiver() {
    let sentence = "receiver count is 0x2: a donation has one receiver";
    refused(Transfer::Donate, |d| d.receivers.push((0x8002, 0, 0)), sentence);
}

#[test]
fn send_7_the_sender_gives_data_access_and_no_other() {
    for transfer in [Transfer::Share, Transfer::Lend] {
        refused(transfer, |d| d.receivers[0].1 = 0, "permissions is 0x0: data access must be given");
        for permissions in [6, 10] {
            let sentence = "instruction access is not the sender's to give";
            let sentence = std::format!("permissions is {permissions:#x}: {sentence}");
            refused(transfer, |d| d.receivers[0].1 = permissions, &sentence);
        }
    }
    let sentence = "permissions is 0x2: a donation does not limit data access";
    refused(Transfer::Donate, |d| d.receivers[0].1 = 2, sentence);
}

/// Expects that a retrieve request is accepted but for `change`, which is refused with `sentence`.
#[track_caller]
fn retrieve_refused(change: impl Fn(&mut Descriptor), sentence: &str) {
    for layout in LAYOUTS {
        let mut descriptor = Descriptor::retrieve(layout);
        assert!(parse_retrieve_request(layout, &descriptor.bytes()).is_ok());
        change(&mut descriptor);
        let error = parse_retrieve_request(layout, &descriptor.bytes()).unwrap_err();
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.code(), ErrorCode::InvalidParameters);
    }
}

#[test]
fn retrieve_2_a_retrieve_request_names_no_pages() {
    for layout in LAYOUTS {
        let mut longer = Descriptor::retrieve(layout).bytes();
        longer.push(0);
        let error = parse_retrieve_request(layout, &longer).unwrap_err();
        assert!(error.to_string().ends_with("it must end with the access descriptors"));
        let with_pages = Descriptor::share(layout).bytes();
        let error = parse_retrieve_request(layout, &with_pages).unwrap_err();
        assert!(error.to_string().starts_with("composite offset of a retrieve request"));
    }
}

#[test]
fn retrieve_3_flags_that_are_not_offered_are_refused() {
    retrieve_refused(|d| d.flags = 0x800, "flags is 0x800: bits [31:11] must be zero");
    retrieve_refused(|d| d.flags = 2, "flags is 0x2: time slicing (bit 1) is not offered");
    let hint = "an alignment hint (bits [9:5]) is not offered";
    retrieve_refused(|d| d.flags = 0x20, &std::format!("flags is 0x20: {hint}"));
    retrieve_refused(|d| d.flags = 0x200, &std::format!("flags is 0x200: {hint}"));
    let several = vec![(0x8001, 2, 0), (0x8002, 2, 0)];
    let sentence = "flags is 0x400: bit 10 goes with one receiver, from version 1.1 on";
    retrieve_refused(|d| (d.flags, d.receivers) = (0x400, several.clone()), sentence);
    let bypass = |layout| {
        let mut descriptor = Descriptor::retrieve(layout);
        descriptor.flags = 0x400;
        parse_retrieve_request(layout, &descriptor.bytes()).is_ok()
    };
    assert_eq!(LAYOUTS.map(bypass), [false, true, true]);
}

#[test]
fn retrieve_4_shared_memory_is_not_zeroed_by_its_receiver() {
    for flags in [0x9, 0xc] {
        let sentence = std::format!("flags is {flags:#x}: shared memory is not zeroed");
        retrieve_refused(|d| d.flags = flags, &sentence);
    }
    let mut lent = Descriptor::retrieve(Layout::V1_1);
    lent.flags = 0x15;
    let transaction = parse_retrieve_request(Layout::V1_1, &lent.bytes()).unwrap();
    assert_eq!(transaction.flags.transfer(), Some(Transfer::Lend));
    assert!(transaction.flags.contains(Flags::ZERO | Flags::ZERO_AFTER_RELINQUISH));
    assert_eq!(transaction.handle, Handle(0x1_0000_0002));
}

#[test]
fn retrieve_5_the_receiver_does_not_say_what_is_non_secure() {
    let sentence = "attributes is 0x6f: bit 6 (non-secure) must be zero";
    retrieve_refused(|d| d.attributes = 0x6f, sentence);
}

/// A relinquish descriptor.
fn relinquish(flags: u8, count: u8) -> [u8; 18] {
    [5, 0, 0, 0, 1, 0, 0, 0, flags, 0, 0, 0, count, 0, 0, 0, 0x01, 0x80]
}

#[test]
fn relinquish_1_and_2_one_endpoint_gives_back_with_or_without_zeroing() {
    let expected = Relinquish { handle: Handle(0x1_0000_0005), zero: true, endpoint: PartitionId(0x8001) };
    assert_eq!(Relinquish::parse(&relinquish(1, 1)), Ok(expected));
    for (flags, count) in [(2, 1), (3, 1), (0, 0), (0, 2)] {
        let error = Relinquish::parse(&relinquish(flags, count)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidParameters, "{error}");
    }
    for length in 0..18 {
        assert!(Relinquish::parse(&relinquish(0, 1)[..length]).is_err());
    }
}

#[test]
fn permissions_are_within_what_allows_as_much() {
    let (read, write) = (Permissions::READ_ONLY, Permissions::READ_WRITE);
    assert!(read.is_within(read) && read.is_within(write) && write.is_within(write));
    assert!(!write.is_within(read) && !read.is_within(Permissions::empty()));
    assert!(Permissions::empty().is_within(Permissions::empty()));
    let (execute, not) = (Permissions::EXECUTABLE, Permissions::NOT_EXECUTABLE);
    assert!((write | execute).is_within(write | execute) && (write | not).is_within(write | execute));
    assert!(!(read | execute).is_within(write | not) && !(read | execute).is_within(write));
}

#[test]
fn only_normal_write_back_inner_shareable_memory_is_given_as_memory() {
    for word in [0x2f, 0x6f, 0x00, 0x40] {
        assert_eq!(Attributes::from_bits(word).unwrap().check_normal_memory(), Ok(()));
    }
    for word in [0x2e, 0x27, 0x2c, 0x10, 0x1c] {
        let error = Attributes::from_bits(word).unwrap().check_normal_memory().unwrap_err();
        assert_eq!(error.code(), ErrorCode::Denied);
    }
}
