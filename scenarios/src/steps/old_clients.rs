//! A normal world of an earlier version: its own layouts, and a partition of version 1.2 that borrows from it.

use super::descriptor::{Layout, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::SHARED_PAGE;
use crate::program::{Access, Program, Source, Space, args, layout_of};

const WRITTEN: u32 = 0xCAFE_FACE;

/// The normal world speaks 1.0: descriptors of 8 bytes in its RX buffer, no NS bit, memory descriptors of 1.0.
pub fn client_1_0(stage: &mut Stage) {
    stage.alone("The normal world speaks 1.0", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, 0x1_0000]).expect(0, ffa::VERSION_1_2);
        nwd.call("knows no NS bit and asks to retrieve", args![ffa::FEATURES, ffa::MEM_RETRIEVE_REQ])
            .expect_success()
            .shows("features.6");
        lending::names_buffers(nwd);
        // The size in w3 is of 1.1; the properties of 1.0 are direct and indirect messages.
        nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
            .expect_success()
            .expect(2, 1)
            .expect(3, 0);
        reads_ids(nwd, 0b111, 0b001);
        lending::releases_rx(nwd);
    });
    shares_in(stage, Layout::V1_0);
}

/// The normal world speaks 1.1: descriptors of 24 bytes in its RX buffer, memory descriptors of 1.1.
pub fn client_1_1(stage: &mut Stage) {
    stage.alone("The normal world speaks 1.1", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, 0x1_0001]).expect(0, ffa::VERSION_1_2);
        lending::names_buffers(nwd);
        nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
            .expect_success()
            .expect(2, 1)
            .expect(3, 24);
        reads_ids(nwd, u64::MAX, 1 << 8 | 1);
        lending::releases_rx(nwd);
    });
    shares_in(stage, Layout::V1_1);
}

fn reads_ids(nwd: &mut Program, mask: u64, properties: u64) {
    let rx = layout_of(NWD).rx;
    let values =
        [("id", Source::Half(rx)), ("contexts", Source::Half(rx + 2)), ("properties", Source::Word(rx + 4))];
    nwd.testifies("reads of SP1 in its RX buffer", &values)
        .expect(0, SP1.endpoint().into())
        .expect(1, 1)
        .expect_bits(2, mask, properties);
}

/// A share whose descriptor has `layout`; SP1 retrieves it in the layout of 1.2.
fn shares_in(stage: &mut Stage, layout: Layout) {
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    let size = share.bytes().len() as u64;
    stage.alone("The normal world shares a page with SP1", NWD, |nwd| {
        lending::shares_well(nwd, "shares the page", &share.with(|share| share.layout = layout), HANDLE);
    });
    lending::hands_over(stage, "SP1, of version 1.2, writes it", HANDLE, SP1, |sp1| {
        lending::retrieves(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]))
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .expect(1, size);
        lending::releases_rx(sp1);
        sp1.maps(Space::NonSecure, SHARED_PAGE);
        sp1.attempts("writes the page", Access::Write(WRITTEN), SHARED_PAGE).expect_all([0; 3]);
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reads(nwd, "reads its page", SHARED_PAGE, WRITTEN);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}
