//! Each call once: what it costs is counted here.

use super::descriptor::{Transaction, relinquish};
use super::interrupts::{handles, prepare_gpio};
use super::lending::{self, HANDLE};
use super::notifications::{OF_ALL, binds, finds, gets, notifies, receives};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::{PAGE, SHARED_PAGE};
use crate::manifest::{Device, uuid_of};
use crate::paravirtual::MANAGED_EXIT;
use crate::program::{args, layout_of};

/// Where the normal world has memory to share of which a table of level 3 describes the first 2 MiB.
const MANY_PAGES: u64 = 0x7000_0000;
/// The pages that such a table describes.
const BLOCK: u64 = 512;
/// Runs of pages that one transaction may have.
const RUNS: u64 = 32;

/// What each call costs: of the normal world, of SP1, between them, between SP2 and SP1, about memory.
pub fn every_call(stage: &mut Stage) {
    lending::introduction(stage);
    of_the_normal_world(stage);
    of_a_partition(stage);
    messages(stage);
    interrupts(stage);
    managed_exit(stage);
    notifications(stage);
    let scattered: Vec<_> = (0..RUNS).map(|run| (MANY_PAGES + 2 * run * PAGE, 1)).collect();
    memory(stage, "One page is shared", "1 page", &[(SHARED_PAGE, 1)]);
    memory(stage, "A block of pages is shared", "512 contiguous pages", &[(MANY_PAGES, BLOCK as u32)]);
    memory(stage, "Scattered pages are shared", "32 scattered pages", &scattered);
}

fn of_the_normal_world(stage: &mut Stage) {
    let count = stage.partitions.len() as u64;
    stage.alone("The normal world's own calls", NWD, |nwd| {
        let place = layout_of(NWD);
        nwd.call("takes its buffers back", args![ffa::RXTX_UNMAP])
            .expect_success()
            .counted_as("FFA_RXTX_UNMAP");
        nwd.call("gives the SPMC its buffers again", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect_success()
            .counted_as("FFA_RXTX_MAP");
        nwd.call("asks whether it can unmap buffers", args![ffa::FEATURES, ffa::RXTX_UNMAP])
            .expect_success()
            .counted_as("FFA_FEATURES from the normal world");
        nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
            .expect_success()
            .expect(2, count)
            .counted_as("FFA_PARTITION_INFO_GET");
        nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE])
            .expect_success()
            .counted_as("FFA_RX_RELEASE");
        nwd.call("asks who is there, by registers", args![ffa::PARTITION_INFO_GET_REGS])
            .expect(0, ffa::SUCCESS_64)
            .counted_as("FFA_PARTITION_INFO_GET_REGS");
    });
}

fn of_a_partition(stage: &mut Stage) {
    stage.alone("A partition's own calls", SP1, |sp1| {
        sp1.call("asks whether it can unmap buffers", args![ffa::FEATURES, ffa::RXTX_UNMAP])
            .expect_success()
            .counted_as("FFA_FEATURES from a partition");
        sp1.call("asks who it is", args![ffa::ID_GET])
            .expect_success()
            .expect(2, SP1.endpoint().into())
            .counted_as("FFA_ID_GET from a partition");
    });
}

fn messages(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("Messages");
    let [sp1, sp2, ..] = partitions else { panic!("two partitions play") };
    sp1.offers_its_service();
    sp1.is_asked("is asked", NWD);
    sp1.answers("answers", NWD, args![]);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD).counted_as("DIRECT_REQ_64 and RESP_64");

    sp1.is_asked_for("gets all registers", NWD, uuid_of(SP1));
    sp1.answers_for("answers with all registers", NWD);
    nwd.asks_for("asks SP1 by UUID", SP1, uuid_of(SP1)).counted_as("DIRECT_REQ2 and RESP2");

    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_run("is run");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself])
        .expect(0, ffa::MSG_WAIT)
        .counted_as("FFA_RUN to FFA_MSG_WAIT");

    sp1.is_asked("is asked by SP2", SP2);
    sp1.answers("answers SP2", SP2, args![]);
    sp2.is_asked("is told to ask SP1", NWD);
    sp2.asks("asks SP1", SP1, args![])
        .expect_response(SP1, SP2)
        .counted_as("partition to partition, there and back");
    sp2.answers("is done", NWD, args![]);
    nwd.asks("tells SP2 to ask", SP2, args![]).expect_response(SP2, NWD);
}

/// SP1's interrupt, from its arrival to the handler and back.
fn interrupts(stage: &mut Stage) {
    prepare_gpio(stage, Device::LEVEL, SP2);
    let (nwd, partitions) = stage.begin("An interrupt");
    handles(&mut partitions[0], 1);
    nwd.asserts_gpio("asserts the GPIO's line").counted_as("a secure interrupt, to its handler and back");
}

/// An interrupt of the normal world is there as soon as SP2 runs, which is told by its managed exit, and answers.
fn managed_exit(stage: &mut Stage) {
    stage.sp(SP2).extras.set("ns-interrupts-action", 1u32);
    let (nwd, partitions) = stage.begin("A managed exit");
    let sp2 = &mut partitions[1];
    sp2.is_asked("is asked", NWD);
    sp2.takes_interrupts();
    sp2.has_handled(1, MANAGED_EXIT);
    sp2.answers("ends its work", NWD, args![]);
    nwd.arms_timer_in(0);
    nwd.asks("asks SP2, its timer's interrupt pending", SP2, args![])
        .expect_response(SP2, NWD)
        .counted_as("a request, and its managed exit");
    nwd.takes_interrupts();
}

/// From the normal world to SP1.
fn notifications(stage: &mut Stage) {
    receives(stage, SP1);
    stage.alone("SP1 lets the normal world notify it", SP1, |sp1| {
        binds(sp1, NWD, 1);
    });
    stage.alone("The normal world notifies SP1", NWD, |nwd| {
        notifies(nwd, SP1, 0, 1).counted_as("FFA_NOTIFICATION_SET by the normal world");
        finds(nwd, SP1.endpoint()).counted_as("FFA_NOTIFICATION_INFO_GET");
    });
    stage.alone("SP1 gets its notification", SP1, |sp1| {
        gets(sp1, OF_ALL, [0, 1], [0, 0]).counted_as("FFA_NOTIFICATION_GET by a partition");
    });
}

/// The life of a transaction of `ranges`, which are `pages`.
fn memory(stage: &mut Stage, title: &'static str, pages: &str, ranges: &[(u64, u32)]) {
    let name = |call: &str| format!("{call} of {pages}");
    stage.alone(title, NWD, |nwd| {
        lending::shares(nwd, "shares pages with SP1", &Transaction::share(&[SP1], ranges).bytes())
            .expect_success()
            .counted_as(name("FFA_MEM_SHARE"));
        nwd.keeps_handle(HANDLE);
    });
    lending::hands_over(stage, "SP1 borrows them", HANDLE, SP1, |sp1| {
        lending::retrieves(sp1, "retrieves them", &Transaction::retrieve(&[SP1]))
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .counted_as(name("FFA_MEM_RETRIEVE_REQ"));
        lending::releases_rx(sp1);
        lending::relinquishes(sp1, "gives them back", &relinquish(0, &[SP1]))
            .expect_success()
            .counted_as(name("FFA_MEM_RELINQUISH"));
    });
    stage.alone("The normal world takes them back", NWD, |nwd| {
        lending::reclaims(nwd, "reclaims them", HANDLE, 0)
            .expect_success()
            .counted_as(name("FFA_MEM_RECLAIM"));
    });
}
