//! The words of memory sharing: what the normal world and a borrower do in one call each.

use super::descriptor::{self, Transaction};
use super::{NWD, Stage};
use crate::ffa;
use crate::machine::layout::PAGE;
use crate::program::frame::Slot;
use crate::program::{Access, Arg, Program, Role, Site, Source, Space, args, layout_of};

/// Where every program keeps the handle that it works with.
pub const HANDLE: Slot = Slot::free(1);

/// The normal world agrees on a version and names its buffers.
pub fn introduction(stage: &mut Stage) {
    stage.alone("The normal world introduces itself", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        names_buffers(nwd);
    });
}

/// The caller names its buffers.
pub fn names_buffers(caller: &mut Program) {
    let place = layout_of(caller.role());
    caller
        .call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
        .expect_success();
}

/// FFA_MEM_SHARE of `bytes`.
pub fn shares<'a>(owner: &'a mut Program, label: &str, bytes: &[u8]) -> &'a mut Site {
    owner.places(bytes, layout_of(owner.role()).tx);
    let size = bytes.len() as u64;
    owner.call(label, args![ffa::MEM_SHARE, size, size])
}

/// FFA_MEM_SHARE of `transaction`, which succeeds; the handle is kept in `slot`.
pub fn shares_well(owner: &mut Program, label: &str, transaction: &Transaction, slot: Slot) {
    shares(owner, label, &transaction.bytes()).expect_success();
    owner.keeps_handle(slot);
}

/// The normal world hands the handle in its `slot` to `role`, which keeps it as [`HANDLE`] and acts.
pub fn hands_over(
    stage: &mut Stage,
    title: &'static str,
    slot: Slot,
    role: Role,
    act: impl FnOnce(&mut Program),
) {
    let (nwd, partitions) = stage.begin(title);
    let borrower = &mut partitions[role.index() - 1];
    borrower.is_asked("gets the handle", NWD).handle(3);
    borrower.keeps(HANDLE, 3);
    act(borrower);
    borrower.answers("is done", NWD, args![]);
    nwd.asks(&format!("hands {} the handle", role.name()), role, args![Arg::Handle(slot)])
        .expect_response(role, NWD);
}

/// FFA_MEM_RETRIEVE_REQ of `request` with the handle in [`HANDLE`].
pub fn retrieves<'a>(borrower: &'a mut Program, label: &str, request: &Transaction) -> &'a mut Site {
    retrieves_by(borrower, label, &request.bytes())
}

/// The same of a request with these `bytes`.
pub fn retrieves_by<'a>(borrower: &'a mut Program, label: &str, bytes: &[u8]) -> &'a mut Site {
    let size = bytes.len() as u64;
    places_request(borrower, bytes);
    borrower.call(label, args![ffa::MEM_RETRIEVE_REQ, size, size])
}

/// FFA_MEM_RETRIEVE_REQ of a hypervisor, which wants to be told of the transaction with the handle in [`HANDLE`].
pub fn asks_what_was_sent<'a>(owner: &'a mut Program, label: &str, header: &[u8]) -> &'a mut Site {
    let size = header.len() as u64;
    places_request(owner, header);
    owner.call(label, args![ffa::MEM_RETRIEVE_REQ_64, size, size])
}

/// The caller has `bytes` in its TX buffer, and in them the handle in [`HANDLE`].
pub fn places_request(caller: &mut Program, bytes: &[u8]) {
    let tx = layout_of(caller.role()).tx;
    caller.places(bytes, tx);
    caller.stores(HANDLE, tx + descriptor::HANDLE);
}

/// FFA_MEM_RETRIEVE_REQ of `request`, which succeeds, and FFA_RX_RELEASE.
pub fn retrieves_well(borrower: &mut Program, label: &str, request: &Transaction) {
    retrieves(borrower, label, request).expect(0, ffa::MEM_RETRIEVE_RESP);
    releases_rx(borrower);
}

/// FFA_RX_RELEASE.
pub fn releases_rx(caller: &mut Program) {
    caller.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
}

/// FFA_MEM_RELINQUISH of `bytes` with the handle in [`HANDLE`].
pub fn relinquishes<'a>(borrower: &'a mut Program, label: &str, bytes: &[u8]) -> &'a mut Site {
    let tx = layout_of(borrower.role()).tx;
    borrower.places(bytes, tx);
    borrower.stores(HANDLE, tx);
    borrower.call(label, args![ffa::MEM_RELINQUISH])
}

/// FFA_MEM_RELINQUISH of what the borrower retrieved.
pub fn relinquishes_well(borrower: &mut Program) {
    let role = borrower.role();
    relinquishes(borrower, "relinquishes the memory", &descriptor::relinquish(0, &[role])).expect_success();
}

/// FFA_MEM_RECLAIM of the handle in `slot` with `flags`.
pub fn reclaims<'a>(owner: &'a mut Program, label: &str, slot: Slot, flags: u64) -> &'a mut Site {
    owner.call(label, args![ffa::MEM_RECLAIM, Arg::Low(slot), Arg::High(slot), flags])
}

/// Maps the page of `address` non-secure and writes there.
pub fn writes(borrower: &mut Program, address: u64, value: u32) {
    borrower.maps(Space::NonSecure, address & !(PAGE - 1));
    let site = borrower.attempts(&format!("writes {address:#x}"), Access::Write(value), address);
    site.expect_all([0; 3]).shows("retrieve.32");
}

/// Testifies that the word at `address` is `content`.
pub fn reads<'a>(reader: &'a mut Program, label: &str, address: u64, content: u32) -> &'a mut Site {
    reader.testifies(label, &[("content", Source::Word(address))]).expect(0, content.into())
}
