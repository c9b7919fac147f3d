//! A hypervisor in the normal world that calls for its VMs: messages of both kinds and memory have a VM as the sender.

use super::descriptor::Transaction;
use super::indirect::{ALL, LONG, Message, reads_at};
use super::lending::{self, HANDLE};
use super::vms::{Buffers, VM1, VM2, maps, says, tx_of};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa::{self, BUSY, DENIED, INVALID_PARAMETERS};
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::program::{Program, Role, Source, args, layout_of};

/// Receives and sends requests to services too.
const ALL_AND_SERVICES: u32 = ALL | 0b11 << 9;
/// The framework's message that a VM was created.
const VM_CREATED: u64 = 1 << 31 | 4;
/// A header with nothing in it but the handle, which is filled in.
const NOTHING: [u8; 48] = [0; 48];

/// The word of a message from the VM `id` to `role`.
const fn from_vm(id: u16, role: Role) -> u64 {
    ffa::sender_receiver(id, role.endpoint())
}

/// The word of a message from `role` to the VM `id`.
const fn to_vm(role: Role, id: u16) -> u64 {
    ffa::sender_receiver(role.endpoint(), id)
}

/// VMs ask SP1: who asked is who is answered, and nobody else.
pub fn requests_of_vms(stage: &mut Stage) {
    const NO_VM: u16 = 0;
    let (nwd, partitions) = stage.begin("A hypervisor asks SP1 for VM 1");
    let sp1 = &mut partitions[0];
    sp1.extras.set("messaging-method", ALL_AND_SERVICES);
    sp1.extras.set("vm-availability-messages", 1u32);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    sp1.is_woken("gets the request").expect_all([ffa::DIRECT_REQ_64, from_vm(VM1, SP1), 0, 0x1234]);
    for (label, id) in [("answers the hypervisor", NO_VM), ("answers VM 2", VM2)] {
        let site = sp1.call(label, args![ffa::DIRECT_RESP_64, to_vm(SP1, id)]);
        site.expect_error(DENIED).shows("direct.81");
    }
    sp1.call("asks SP2 in the name of VM 1", args![ffa::DIRECT_REQ_64, from_vm(VM1, SP2)])
        .expect_error(INVALID_PARAMETERS)
        .shows("direct.3");
    sp1.call("answers in its name", args![ffa::DIRECT_RESP_64, ffa::sender_receiver(VM1, VM1)])
        .expect_error(INVALID_PARAMETERS)
        .shows("direct.15");
    sp1.gives_way("answers VM 1", args![ffa::DIRECT_RESP_64, to_vm(SP1, VM1), 0, 0x2234]);
    nwd.call("asks", args![ffa::DIRECT_REQ_64, from_vm(VM1, SP1), 0, 0x1234])
        .expect_all([ffa::DIRECT_RESP_64, to_vm(SP1, VM1), 0, 0x2234])
        .shows("direct.80");

    let (nwd, partitions) = stage.begin("It asks for itself, then SP1's service for VM 2");
    let sp1 = &mut partitions[0];
    sp1.is_asked("gets the hypervisor's request", NWD);
    sp1.call("answers VM 1", args![ffa::DIRECT_RESP_64, to_vm(SP1, VM1)])
        .expect_error(DENIED)
        .shows("direct.81");
    sp1.answers("answers the hypervisor", NWD, args![]);
    nwd.asks("asks", SP1, args![]).expect_response(SP1, NWD);
    sp1.is_woken("gets the request of VM 2").expect_all([ffa::DIRECT_REQ2, from_vm(VM2, SP1), 0, 0, 0x44]);
    sp1.gives_way("answers VM 2", args![ffa::DIRECT_RESP2, to_vm(SP1, VM2), 0, 0, 0x55]);
    nwd.call("asks for VM 2", args![ffa::DIRECT_REQ2, from_vm(VM2, SP1), 0, 0, 0x44])
        .expect_all([ffa::DIRECT_RESP2, to_vm(SP1, VM2), 0, 0, 0x55])
        .shows("direct2.80");

    stage.alone("A VM may ask partitions only, and plays no hypervisor", NWD, |nwd| {
        for (label, receiver, number, shown) in [
            ("asks VM 2 for VM 1", VM2, 0, "direct.4"),
            ("asks VM 1 itself", VM1, 0, "direct.13"),
            ("tells SP1 for VM 1 of another VM", SP1.endpoint(), VM_CREATED, "direct.82"),
        ] {
            let route = ffa::sender_receiver(VM1, receiver);
            let site = nwd.call(label, args![ffa::DIRECT_REQ_32, route, number]);
            site.expect_error(INVALID_PARAMETERS).shows(shown);
        }
    });
}

/// VM 1 and SP1 send each other messages, from and to the buffers that the hypervisor named.
pub fn messages_of_vms(stage: &mut Stage) {
    const KEEP_RX: u64 = 1;
    stage.begin("SP1 has indirect messages");
    stage.sp(SP1).extras.set("messaging-method", ALL);
    stage.alone("A hypervisor names its VMs' buffers and sends for VM 1", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        lending::names_buffers(nwd);
        for id in [VM1, VM2] {
            maps(nwd, &format!("names the buffers of VM {id}"), Buffers::of(id), 0, "rxtx.44");
        }
        nwd.places(&Message::between(VM1, SP1.endpoint()).bytes(), tx_of(VM2));
        sends(nwd, "sends for VM 2 what VM 1 says", VM2).expect_error(INVALID_PARAMETERS).shows("send2.46");
        nwd.places(&Message::between(VM1, VM2).bytes(), tx_of(VM1));
        sends(nwd, "sends VM 2 a message", VM1).expect_error(INVALID_PARAMETERS).shows("send2.49");
        nwd.places(&Message::between(VM1, SP1.endpoint()).bytes(), tx_of(VM1));
        sends(nwd, "sends SP1 a message", VM1).expect_success().shows("send2.80");
    });
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    let (nwd, partitions) = stage.begin("SP1 reads it and sends VM 1 another");
    let sp1 = &mut partitions[0];
    sp1.is_run("is run");
    reads_at(sp1, layout_of(SP1).rx, from_vm(VM1, SP1), LONG);
    sp1.places(&Message::between(SP1.endpoint(), VM1).bytes(), layout_of(SP1).tx);
    sp1.call("sends VM 1 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.81");
    sp1.call("sends it again", args![ffa::MSG_SEND2]).expect_error(BUSY).shows("send2.52");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
    reads_at(nwd, tx_of(VM1) + PAGE, to_vm(SP1, VM1), LONG);
    says(nwd, "acquires the RX buffer of VM 1", ffa::RX_ACQUIRE, VM1, DENIED, "rxtx.55");
    says(nwd, "releases it", ffa::RX_RELEASE, VM1, 0, "rxtx.60");
    says(nwd, "acquires it now", ffa::RX_ACQUIRE, VM1, 0, "rxtx.59");

    let (nwd, partitions) = stage.begin("What the hypervisor acquired SP1 does not fill");
    let sp1 = &mut partitions[0];
    sp1.is_run("is run");
    sp1.call("sends VM 1 a message", args![ffa::MSG_SEND2]).expect_error(BUSY).shows("send2.52");
    sp1.gives_way("waits", args![ffa::MSG_WAIT, 0, KEEP_RX]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
    says(nwd, "releases the RX buffer of VM 1", ffa::RX_RELEASE, VM1, 0, "rxtx.60");
    sp1.is_run("is run");
    sp1.call("sends VM 1 a message", args![ffa::MSG_SEND2]).expect_success().shows("send2.81");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
}

/// FFA_MSG_SEND2 for the VM `id`.
fn sends<'a>(nwd: &'a mut Program, label: &str, id: u16) -> &'a mut crate::program::Site {
    nwd.call(label, args![ffa::MSG_SEND2, u64::from(id) << 16])
}

/// A page that the hypervisor shares for VM 1 is VM 1's: who borrows it says so, and its hypervisor takes it back.
pub fn memory_of_vms(stage: &mut Stage) {
    let of = |id| Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]).with(|share| share.sender = id);
    let request = |id| Transaction::retrieve(&[SP1]).with(|request| request.sender = id);
    lending::introduction(stage);
    stage.alone("A hypervisor shares a page for VM 1", NWD, |nwd| {
        lending::shares(nwd, "shares the page", &of(VM1).bytes()).expect_success().shows("share.80");
        nwd.keeps_handle(HANDLE);
        lending::shares(nwd, "shares it for VM 2 too", &of(VM2).bytes())
            .expect_error(DENIED)
            .shows("share.6");
    });
    lending::hands_over(stage, "SP1 borrows from VM 1, and from nobody else", HANDLE, SP1, |sp1| {
        for (label, id) in [("retrieves from the hypervisor", NWD.endpoint()), ("retrieves from VM 2", VM2)] {
            lending::retrieves(sp1, label, &request(id)).expect_error(DENIED).shows("retrieve.7");
        }
        lending::retrieves(sp1, "retrieves from VM 1", &request(VM1)).expect(0, ffa::MEM_RETRIEVE_RESP);
        reads_sender(sp1);
        lending::writes(sp1, SHARED_PAGE, 0xCAFE_FACE);
        lending::relinquishes_well(sp1);
    });
    stage.alone("The hypervisor is told what VM 1 sent, and takes it back", NWD, |nwd| {
        lending::asks_what_was_sent(nwd, "asks what was sent", &NOTHING)
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .shows("describe.80");
        reads_sender(nwd);
        lending::reclaims(nwd, "takes it back", HANDLE, 0).expect_success().shows("reclaim.80");
    });
}

/// `reader` reads in its RX buffer that VM 1 sent, and gives the buffer back.
fn reads_sender(reader: &mut Program) {
    let rx = layout_of(reader.role()).rx;
    reader.testifies("reads who sent", &[("sender", Source::Half(rx))]).expect(0, VM1.into());
    lending::releases_rx(reader);
}
