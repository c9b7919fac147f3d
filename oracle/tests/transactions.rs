//! Who may send, retrieve and reclaim memory.

#[allow(dead_code, reason = "each test file uses a part")]
mod stage;

use stage::*;

/// A page of the normal world.
const PAGE: u64 = 0x4000_8000;
/// The handle that the monitor gives.
const HANDLE: u64 = 5;

/// The normal world has buffers and shares [`PAGE`] with SP1, to read.
fn shared() -> Stage {
    let mut stage = Stage::new();
    stage.calls(0, &[0x8400_006f, 0xffff_8000, 1 << 31 | 8, 0x1_0002]);
    stage.answers(0, &[0x8400_0070, 0x8000_ffff, 1 << 31 | 9, 0x1_0002]);
    stage.calls(0, &[RXTX_MAP, 0x4000_0000, 0x4000_1000, 1]);
    stage.answers(0, &[SUCCESS]);
    share(&mut stage, PAGE, HANDLE);
    stage
}

/// The normal world shares `page` with SP1, and the monitor lets it.
fn share(stage: &mut Stage, page: u64, handle: u64) {
    let send = [
        (0, 0),
        (24, 32 | 1 << 32),
        (32, 48),
        (48, u64::from(SP1) | 1 << 16 | 80 << 32),
        (80, 1 | 1 << 32),
        (96, page),
        (104, 1),
    ];
    stage.normal_world_writes(0x4000_0000, &send);
    stage.calls(0, &[MEM_SHARE, 112, 112]);
    stage.answers(0, &[SUCCESS, 0, handle, 0]);
}

#[test]
fn a_page_shared_and_reclaimed_is_right() {
    let stage = shared();
    stage.calls(0, &[MEM_RECLAIM, HANDLE, 0, 0]);
    stage.answers(0, &[SUCCESS]);
    assert_eq!(stage.findings(), Vec::<String>::new());
}

#[test]
fn a_page_in_two_transactions_is_found() {
    let mut stage = shared();
    share(&mut stage, PAGE, HANDLE + 1);
    stage.assert_found(
        "FFA_MEM_SHARE by the normal world took non-secure 0x40008000, which handle 0x5 has already",
    );
}

#[test]
fn a_handle_given_twice_is_found() {
    let mut stage = shared();
    share(&mut stage, PAGE + 0x1000, HANDLE);
    stage.assert_found(
        "FFA_MEM_SHARE by the normal world was answered with handle 0x5, which is live already",
    );
}

#[test]
fn memory_sent_by_who_does_not_own_it_is_found() {
    let mut stage = shared();
    share(&mut stage, 0x10_1000, HANDLE + 1);
    stage.assert_found("FFA_MEM_SHARE by the normal world took 0x101000, which the caller does not own");
}

#[test]
fn an_rx_buffer_that_is_shared_is_found() {
    let mut stage = shared();
    share(&mut stage, 0x4000_1000, HANDLE + 1);
    stage.assert_found("took non-secure 0x40001000, which is an RX or TX buffer");
}

#[test]
fn a_reclaim_of_what_is_not_live_is_found() {
    let stage = shared();
    stage.calls(0, &[MEM_RECLAIM, 7, 0, 0]);
    stage.answers(0, &[SUCCESS]);
    stage.assert_found(
        "FFA_MEM_RECLAIM of handle 0x7 by the normal world succeeded, and no such transaction is live",
    );
}

#[test]
fn a_page_that_reclaim_should_have_zeroed_is_found() {
    let mut stage = shared();
    stage.normal_world_writes(PAGE, &[(8, 1)]);
    stage.calls(0, &[MEM_RECLAIM, HANDLE, 0, 1]);
    stage.answers(0, &[SUCCESS]);
    stage.assert_found("left bytes in non-secure 0x40008000, which was to be zeroed");
}

/// SP1 maps buffers and retrieves [`HANDLE`]; the monitor says so in the RX buffer, and maps nothing.
fn retrieved(stage: &mut Stage, says: u64) {
    let request = [REQUEST, SP1.into()];
    stage.calls(0, &request);
    stage.enters(0, SP1, &request);
    let page = page_of(SP1);
    stage.exits(0, SP1, &[RXTX_MAP, page, page, 1]);
    stage.enters(0, SP1, &[SUCCESS]);
    // The answer, which has a composite, tells that the memory is the normal world's.
    let descriptor = |permission: u64, composite: u64| {
        let non_secure = u64::from(composite != 0) << 6;
        [
            (0, non_secure << 16),
            (8, HANDLE),
            (24, 32 | 1 << 32),
            (32, 48),
            (48, u64::from(SP1) | permission << 16 | composite << 32),
            (80, 1 | 1 << 32),
            (96, PAGE),
            (104, 1),
        ]
    };
    stage.partition_writes(page, &descriptor(1, 0));
    stage.exits(0, SP1, &[MEM_RETRIEVE_REQ, 80, 80]);
    stage.partition_writes(page, &descriptor(says, 80));
    stage.enters(0, SP1, &[MEM_RETRIEVE_RESP, 112, 112]);
}

#[test]
fn a_retrieve_that_maps_nothing_is_found() {
    let mut stage = shared();
    retrieved(&mut stage, 1);
    stage.assert_found(
        "SP1 (0x8001) does not reach non-secure 0x40008000 after FFA_MEM_RETRIEVE_REQ of handle 0x5",
    );
}

#[test]
fn a_retrieve_that_says_more_than_the_owner_granted_is_found() {
    let mut stage = shared();
    retrieved(&mut stage, 2);
    stage.assert_found("says read-write where the sender granted read-only");
}

#[test]
fn a_reclaim_while_a_partition_borrows_is_found() {
    let mut stage = shared();
    retrieved(&mut stage, 1);
    stage.findings();
    stage.calls(1, &[MEM_RECLAIM, HANDLE, 0, 0]);
    stage.answers(1, &[SUCCESS]);
    stage.assert_found(
        "FFA_MEM_RECLAIM of handle 0x5 by the normal world succeeded while SP1 (0x8001) still borrows it",
    );
}

#[test]
fn a_descriptor_cut_short_that_is_accepted_is_found() {
    let stage = shared();
    stage.calls(0, &[MEM_SHARE, 48, 48]);
    stage.answers(0, &[SUCCESS, 0, HANDLE + 1, 0]);
    stage.assert_found("succeeded with a descriptor that does not hold together");
}
