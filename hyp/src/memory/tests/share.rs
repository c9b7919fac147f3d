//! Live transactions: what they name, and who holds them.

use arrayvec::ArrayVec;
use hal::Pa;

use super::frames;
use crate::capacity::MAX_SHARES;
use crate::ffa::memory::{Access, AccessFlags, Attributes, Flags, Permissions, Transaction};
use crate::ffa::{Handle, PartitionId};
use crate::memory::share::Shares;

fn transaction(receivers: &[u16]) -> Transaction {
    let access = |receiver: &u16| Access {
        receiver: PartitionId(*receiver),
        permissions: Permissions::READ_WRITE,
        flags: AccessFlags::empty(),
        implementation_defined: [0; 2],
    };
    Transaction {
        sender: PartitionId::NORMAL_WORLD,
        attributes: Attributes::NORMAL_WRITE_BACK_INNER,
        flags: Flags::empty(),
        handle: Handle(0),
        tag: 0,
        receivers: receivers.iter().map(access).collect(),
    }
}

#[test]
fn a_transaction_names_its_pages_until_it_ends() {
    let mut shares = Shares::EMPTY;
    let extents = ArrayVec::from_iter([frames(Pa::non_secure(0x6000_0000), 2)]);
    let handle = shares.add(transaction(&[0x8001]), extents).unwrap();
    let second_page = frames(Pa::non_secure(0x6000_1000), 1);
    assert!(shares.names(&second_page));
    assert!(!shares.names(&frames(Pa::secure(0x6000_1000), 1)), "the other space's page");
    assert!(!shares.names(&frames(Pa::non_secure(0x6000_2000), 1)));
    shares.remove(handle);
    assert!(!shares.names(&second_page));
}

#[test]
fn a_handle_is_never_given_out_twice() {
    let mut shares = Shares::EMPTY;
    let first = shares.add(transaction(&[0x8001]), ArrayVec::new()).unwrap();
    shares.remove(first);
    assert_ne!(shares.add(transaction(&[0x8001]), ArrayVec::new()), Some(first));
    assert!(shares.find(first).is_none());
}

#[test]
fn there_is_room_for_a_stated_number_of_transactions() {
    let mut shares = Shares::EMPTY;
    for _ in 0..MAX_SHARES {
        assert!(shares.add(transaction(&[0x8001]), ArrayVec::new()).is_some());
    }
    assert_eq!(shares.add(transaction(&[0x8001]), ArrayVec::new()), None);
}

#[test]
fn each_receiver_holds_for_itself() {
    let mut shares = Shares::EMPTY;
    let handle = shares.add(transaction(&[0x8001, 0x8002]), ArrayVec::new()).unwrap();
    let share = shares.find(handle).unwrap();
    assert_eq!(share.holder(), None);
    share.set_held(PartitionId(0x8002), true);
    assert!(!share.is_held_by(PartitionId(0x8001)));
    assert_eq!(share.holder(), Some(PartitionId(0x8002)));
    share.set_held(PartitionId(0x8002), false);
    assert_eq!(share.holder(), None);
}
