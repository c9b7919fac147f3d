//! A normal world of an earlier version: its own layouts, and a partition of version 1.2 that borrows from it.

use super::descriptor::{Layout, NORMAL_MEMORY, Transaction};
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::SHARED_PAGE;
use crate::program::{Access, Program, Site, Source, Space, args, layout_of};

const WRITTEN: u32 = 0xCAFE_FACE;

/// The normal world speaks 1.0: descriptors of 8 bytes in its RX buffer, no NS bit, memory descriptors of 1.0.
pub fn client_1_0(stage: &mut Stage) {
    stage.alone("The normal world speaks 1.0", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, 0x1_0000]).expect(0, ffa::VERSION_1_2);
        nwd.call("knows no NS bit and asks to retrieve", args![ffa::FEATURES, ffa::MEM_RETRIEVE_REQ])
            .expect_success()
            .shows("features.6");
        nwd.call("asks what RX/TX buffers may be", args![ffa::FEATURES, ffa::RXTX_MAP_64])
            .expect_success()
            .expect(2, 0)
            .shows("features.41");
        super::features::has_not(
            nwd,
            "asks for a call of 1.1",
            &[ffa::SPM_ID_GET, ffa::RX_ACQUIRE],
            Some("features.40"),
        );
        lending::names_buffers(nwd);
        // The size in w3 is of 1.1; the properties of 1.0 are direct and indirect messages.
        nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
            .expect_success()
            .expect(2, 1)
            .expect(3, 0)
            .shows("info.46");
        // Version 1.0 knows three properties.
        reads_ids(nwd, 0b001).shows("info.47");
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
        reads_ids(nwd, 1 << 8 | 1);
        lending::releases_rx(nwd);
    });
    shares_in(stage, Layout::V1_1);
}

/// The normal world speaks 1.3, as the SPMC's manifest does: descriptors of 48 bytes.
pub fn client_1_3(stage: &mut Stage) {
    stage.version = ffa::VERSION_1_3;
    stage.alone("The normal world speaks 1.3", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_3])
            .expect(0, ffa::VERSION_1_3)
            .shows("version.40");
        lending::names_buffers(nwd);
        nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
            .expect_success()
            .expect(2, 3)
            .expect(3, 48)
            .shows("info.46");
        reads_ids(nwd, 1 << 8 | 1);
        let rx = layout_of(NWD).rx;
        let values = [
            ("image UUID bytes 0-7", Source::Double(rx + 24)),
            ("image UUID bytes 8-15", Source::Double(rx + 32)),
            ("version", Source::Double(rx + 40)),
            ("id of SP2", Source::Half(rx + 48)),
        ];
        nwd.testifies("reads on", &values).expect_all([0, 0, ffa::VERSION_1_2, SP2.endpoint().into()]);
        lending::releases_rx(nwd);
        nwd.call("asks for what registers hold", args![ffa::PARTITION_INFO_GET_REGS])
            .expect(0, ffa::SUCCESS_64)
            .expect(2, 48 << 48 | 1 << 16 | 2)
            .expect_bits(9, 0xFFFF, SP2.endpoint().into())
            .expect(14, ffa::VERSION_1_2)
            .expect(15, 0)
            .shows("info.43");
        nwd.call("asks for the rest", args![ffa::PARTITION_INFO_GET_REGS, 0, 0, 2])
            .expect(0, ffa::SUCCESS_64)
            .expect(2, 48 << 48 | 2 << 16 | 2)
            .expect(9, 0)
            .shows("info.43");
        nwd.call("asks for a call of partitions", args![ffa::FEATURES, ffa::ABORT])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("features.9");
    });
}

fn reads_ids(nwd: &mut Program, properties: u64) -> &mut Site {
    let rx = layout_of(NWD).rx;
    let values =
        [("id", Source::Half(rx)), ("contexts", Source::Half(rx + 2)), ("properties", Source::Word(rx + 4))];
    nwd.testifies("reads of SP1 in its RX buffer", &values)
        .expect(0, SP1.endpoint().into())
        .expect(1, 1)
        .expect(2, properties)
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

/// SP1 is written for 1.0: it borrows a page by the layouts of that version, and is told of no NS bit.
pub fn borrower_1_0(stage: &mut Stage) {
    const BYPASS_MULTI_BORROWER_CHECK: u32 = 1 << 10;
    stage.sp(SP1).extras.set("ffa-version", 0x1_0000u32);
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    let request = Transaction::retrieve(&[SP1]).with(|request| request.layout = Layout::V1_0);
    let size = share.clone().with(|share| share.layout = Layout::V1_0).bytes().len() as u64;
    lending::introduction(stage);
    stage.alone("The normal world shares a page with SP1", NWD, |nwd| {
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "SP1, of version 1.0, writes it", HANDLE, SP1, |sp1| {
        let unchecked = request.clone().with(|request| request.flags |= BYPASS_MULTI_BORROWER_CHECK);
        lending::retrieves(sp1, "sets a flag of 1.1", &unchecked)
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("retrieve.13");
        lending::retrieves(sp1, "retrieves the page", &request)
            .expect(0, ffa::MEM_RETRIEVE_RESP)
            .expect(1, size);
        let rx = layout_of(SP1).rx;
        let values = [
            ("attributes", Source::Half(rx + 2)),
            ("receivers", Source::Word(rx + 28)),
            ("receiver", Source::Half(rx + 32)),
            ("pages", Source::Word(rx + 48)),
        ];
        sp1.testifies("reads what it got", &values).expect_all([
            NORMAL_MEMORY.into(),
            1,
            SP1.endpoint().into(),
            1,
        ]);
        lending::releases_rx(sp1);
        lending::writes(sp1, SHARED_PAGE, WRITTEN);
        lending::relinquishes_well(sp1);
    });
    stage.alone("The normal world takes the page back", NWD, |nwd| {
        lending::reads(nwd, "reads what SP1 wrote", SHARED_PAGE, WRITTEN);
        lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    });
}
