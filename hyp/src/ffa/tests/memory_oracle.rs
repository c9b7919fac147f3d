//! Memory descriptors against `arm-ffa`, which knows the layout of 1.1.

use std::vec::Vec;

use arm_ffa::memory_management::{
    ConstituentMemRegion, DataAccessPerm, InstuctionAccessPerm, MemAccessPerm, MemRelinquishDesc,
    MemTransactionDesc,
};
use proptest::prelude::*;

use super::memory_properties::descriptors;
use crate::ffa::call::Transfer;
use crate::ffa::memory::{
    Layout, Permissions, Range, Relinquish, Transaction, parse_send, write_retrieve_response,
};
use crate::ffa::{Handle, PartitionId};

/// Everything that `arm-ffa` reads in `bytes`, or `None` where it refuses them.
fn theirs(bytes: &[u8]) -> Option<(MemTransactionDesc, Vec<MemAccessPerm>, Vec<ConstituentMemRegion>)> {
    let (header, accesses, constituents) = MemTransactionDesc::unpack(bytes).ok()?;
    let accesses = accesses.collect::<Result<_, _>>().ok()?;
    let constituents = constituents?.collect::<Result<_, _>>().ok()?;
    Some((header, accesses, constituents))
}

/// The same transaction in the words of `arm-ffa`.
fn translate(
    transaction: &Transaction,
    ranges: impl Iterator<Item = Range>,
) -> (MemTransactionDesc, Vec<MemAccessPerm>, Vec<ConstituentMemRegion>) {
    let header = MemTransactionDesc {
        sender_id: transaction.sender.0,
        mem_region_attr: transaction.attributes.bits().try_into().unwrap(),
        flags: arm_ffa::memory_management::MemTransactionFlags(transaction.flags.bits()),
        handle: arm_ffa::memory_management::Handle(transaction.handle.0),
        tag: transaction.tag,
    };
    let accesses = transaction.receivers.iter().map(|access| MemAccessPerm {
        endpoint_id: access.receiver.0,
        instr_access: InstuctionAccessPerm::try_from(access.permissions.bits()).unwrap(),
        data_access: DataAccessPerm::try_from(access.permissions.bits()).unwrap(),
        flags: access.flags.bits(),
    });
    let constituents =
        ranges.map(|range| ConstituentMemRegion { address: range.address, page_cnt: range.pages });
    (header, accesses.collect(), constituents.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_is_read_here_is_what_arm_ffa_reads(
        (transfer, mut descriptor) in descriptors(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        descriptor.layout = Layout::V1_1;
        let mut bytes = descriptor.bytes();
        for (index, byte) in breaks {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        // Only this way round: arm-ffa leaves reserved fields, alignment, overlaps, repeated receivers, flags and
        // all composite offsets but the first unchecked, and lets bytes follow the ranges.
        if let Ok((transaction, constituents)) = parse_send(Layout::V1_1, transfer, &bytes) {
            prop_assert_eq!(Some(translate(&transaction, constituents.iter())), theirs(&bytes));
        }
    }

    #[test]
    fn what_arm_ffa_writes_is_what_is_written_here((transfer, mut descriptor) in descriptors()) {
        descriptor.layout = Layout::V1_1;
        let bytes = descriptor.bytes();
        let (transaction, constituents) = parse_send(Layout::V1_1, transfer, &bytes).unwrap();
        let (header, accesses, ranges) = translate(&transaction, constituents.iter());
        let (mut theirs, mut ours) = ([0; 1024], [0; 1024]);
        let length = header.pack(&ranges, &accesses, &mut theirs);
        let written = write_retrieve_response(Layout::V1_1, &transaction, constituents.iter(), &mut ours);
        prop_assert_eq!(written.map(<[u8]>::len), Ok(length));
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn a_relinquish_descriptor_of_arm_ffa_is_read(handle: u64, zero: bool, endpoint: u16) {
        let theirs = MemRelinquishDesc {
            handle: arm_ffa::memory_management::Handle(handle),
            flags: u32::from(zero),
        };
        let mut bytes = [0; 64];
        theirs.pack(&[endpoint], &mut bytes);
        let ours = Relinquish { handle: Handle(handle), zero, endpoint: PartitionId(endpoint) };
        prop_assert_eq!(Relinquish::parse(&bytes), Ok(ours));
    }
}

#[test]
fn arm_ffa_accepts_a_second_receiver_with_a_composite_of_its_own_and_this_does_not() {
    let mut descriptor = super::descriptor::Descriptor::share(Layout::V1_1);
    descriptor.receivers.push((0x8002, Permissions::READ_ONLY.bits(), 0));
    let bytes = descriptor.patched(descriptor.access(1) + 4, [0xff; 4]);
    assert!(theirs(&bytes).is_some());
    assert!(parse_send(Layout::V1_1, Transfer::Share, &bytes).is_err());
}
