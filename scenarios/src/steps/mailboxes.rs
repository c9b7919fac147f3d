//! RX and TX buffers: which pages may be buffers, and who holds the RX buffer.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{
    GICD, NORMAL_RAM, PAGE, PARTITION_SIZE, SECURE_UART, SHARED_PAGE, partition_base,
};
use crate::manifest::{Base, Device, Region};
use crate::program::{Program, Source, args, layout_of};

/// A page of SP1, and one of SP2, in neither program's use.
const PAGE_OF_SP1: u64 = partition_base(1) + 0x8_0000;
const PAGE_OF_SP2: u64 = partition_base(2) + 0x8_0000;

/// A page of SP1 that it may only read.
const CONSTANTS: Region =
    Region { name: "constants", base: Base::LoadRelative(0x9_0000), pages: 1, attributes: 1 };

/// Buffers that may not be, buffers that are, and their end, for the normal world.
pub fn rxtx_of_normal_world(stage: &mut Stage) {
    stage.alone("The normal world maps and unmaps buffers", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        nwd.call("unmaps buffers that it has not", args![ffa::RXTX_UNMAP])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.9");
        misshapen_buffers(nwd);
        let place = layout_of(NWD);
        let mut denied = |label: &str, tx: u64| {
            nwd.call(label, args![ffa::RXTX_MAP_64, tx, place.rx, 1])
                .expect_error(ffa::DENIED)
                .shows("rxtx.8");
        };
        denied("names a page of SP1", PAGE_OF_SP1);
        denied("names a device", GICD);
        nwd.call("names its own pages", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1]).expect_success();
        nwd.call("names them again", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect_error(ffa::DENIED)
            .shows("rxtx.6");
        nwd.call("has something else in w1 when it unmaps them", args![ffa::RXTX_UNMAP, 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.5");
        nwd.call("has something else in w1 when it gives RX back", args![ffa::RX_RELEASE, 1 << 16])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.14");
        let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
        lending::shares_well(nwd, "shares a page with SP1", &share, HANDLE);
        nwd.call("unmaps them", args![ffa::RXTX_UNMAP]).expect_success();
        nwd.call("unmaps them again", args![ffa::RXTX_UNMAP])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.9");
        nwd.call("names the page that it shares", args![ffa::RXTX_MAP_64, SHARED_PAGE, place.rx, 1])
            .expect_error(ffa::DENIED)
            .shows("rxtx.17");
        lending::reclaims(nwd, "takes that page back", HANDLE, 0).expect_success();
        let two_pages = args![ffa::RXTX_MAP_32, SHARED_PAGE, SHARED_PAGE + 2 * PAGE, 2];
        nwd.call("names others, two pages each, by the 32-bit call", two_pages).expect_success();
    });
}

/// The same for SP1, which boots with buffers.
pub fn rxtx_of_partition(stage: &mut Stage) {
    let extras = &mut stage.sp(SP1).extras;
    extras.regions = vec![CONSTANTS];
    extras.devices = vec![Device::at(SECURE_UART)];
    stage.alone("SP1 unmaps its buffers and maps them again", SP1, |sp1| {
        let place = layout_of(SP1);
        let in_another_name = u64::from(SP1.endpoint()) << 16;
        sp1.call("says whose buffers to unmap", args![ffa::RXTX_UNMAP, in_another_name])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.10");
        sp1.call("unmaps its buffers", args![ffa::RXTX_UNMAP]).expect_success();
        sp1.call("unmaps them again", args![ffa::RXTX_UNMAP])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("rxtx.9");
        misshapen_buffers(sp1);
        for (label, page, rule) in [
            ("names a page of SP2", PAGE_OF_SP2, "rxtx.7"),
            ("names a page of the normal world", SHARED_PAGE, "rxtx.7"),
            ("names a device", GICD, "rxtx.7"),
            ("names its own device", SECURE_UART, "rxtx.19"),
            ("names a page that it may only read", CONSTANTS.start(1), "rxtx.16"),
        ] {
            sp1.call(label, args![ffa::RXTX_MAP_64, page, place.rx, 1])
                .expect_error(ffa::INVALID_PARAMETERS)
                .shows(rule);
        }
        sp1.call("names its own pages", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1]).expect_success();
        sp1.call("names them again", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect_error(ffa::DENIED)
            .shows("rxtx.6");
    });
}

/// Buffers of one to four pages, by both calls.
pub fn buffer_sizes(stage: &mut Stage) {
    stage.alone("The normal world has buffers of every size", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        every_size(nwd, SHARED_PAGE);
        let end = NORMAL_RAM.0 + NORMAL_RAM.1;
        nwd.call(
            "names a buffer whose last page is not memory",
            args![ffa::RXTX_MAP_64, SHARED_PAGE, end - PAGE, 2],
        )
        .expect_error(ffa::DENIED)
        .shows("rxtx.43");
    });
    stage.alone("SP1 has buffers of every size", SP1, |sp1| {
        sp1.call("unmaps its buffers", args![ffa::RXTX_UNMAP]).expect_success();
        every_size(sp1, PAGE_OF_SP1);
        let end = partition_base(1) + PARTITION_SIZE;
        sp1.call(
            "names a buffer whose last page is not its own",
            args![ffa::RXTX_MAP_64, PAGE_OF_SP1, end - PAGE, 2],
        )
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("rxtx.64");
        let place = layout_of(SP1);
        sp1.call("names those that it had", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1]).expect_success();
    });
}

/// `caller` maps, uses and unmaps buffers in its memory from `at` on.
fn every_size(caller: &mut Program, at: u64) {
    for (map, pages) in [
        (ffa::RXTX_MAP_64, 1),
        (ffa::RXTX_MAP_32, 2),
        (ffa::RXTX_MAP_64, 3),
        (ffa::RXTX_MAP_32, 4),
        (ffa::RXTX_MAP_64, 4),
    ] {
        caller
            .call("names buffers", args![map, at + pages * PAGE, at, pages])
            .expect_success()
            .shows("rxtx.40");
        caller.call("has the partitions listed", args![ffa::PARTITION_INFO_GET]).expect_success();
        caller.testifies("reads who is first", &[("id", Source::Half(at))]).expect(0, SP1.endpoint().into());
        // The buffer need not be given back before.
        caller.call("unmaps them", args![ffa::RXTX_UNMAP]).expect_success();
    }
    caller
        .call("names buffers of five pages", args![ffa::RXTX_MAP_64, at, at + 5 * PAGE, 5])
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("rxtx.41");
}

/// What the arguments alone show to be wrong.
fn misshapen_buffers(caller: &mut Program) {
    let place = layout_of(caller.role());
    let (tx, rx) = (place.tx, place.rx);
    for (label, tx, rx, pages, rule) in [
        ("names a TX buffer in the middle of a page", tx + 8, rx, 1, "rxtx.2"),
        ("names an RX buffer in the middle of a page", tx, rx + PAGE / 2, 1, "rxtx.13"),
        ("names one page for both", tx, tx, 1, "rxtx.4"),
        ("names buffers that overlap", tx, rx, 2, "rxtx.4"),
        ("names buffers of no page", tx, rx, 0, "rxtx.1"),
        ("names more pages than the call can", tx, rx, 64, "rxtx.41"),
        ("names a buffer beyond the address space", 0u64.wrapping_sub(PAGE), rx, 2, "rxtx.3"),
    ] {
        caller
            .call(label, args![ffa::RXTX_MAP_64, tx, rx, pages])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows(rule);
    }
}

/// FFA_MSG_WAIT gives the RX buffer back, unless it is told not to.
pub fn wait_releases_rx(stage: &mut Stage) {
    const KEEP_RX: u64 = 1;
    let (nwd, partitions) = stage.begin("SP1 waits with a full RX buffer");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    for (label, flags) in [("waits", 0), ("waits and keeps its RX buffer", KEEP_RX)] {
        sp1.is_run("is run");
        sp1.call("has the partitions listed in its RX buffer", args![ffa::PARTITION_INFO_GET])
            .expect_success();
        sp1.gives_way(label, args![ffa::MSG_WAIT, 0, flags]);
        nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect(0, ffa::MSG_WAIT).expect(1, sp1_itself);

        sp1.is_run("is run again").shows("wait.9");
        let site = sp1.call("gives the RX buffer back", args![ffa::RX_RELEASE]);
        if flags == KEEP_RX {
            site.expect_success().shows("wait.8")
        } else {
            site.expect_error(ffa::DENIED).shows("wait.7")
        };
        sp1.gives_way("waits for the next", args![ffa::MSG_WAIT]);
        nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect(0, ffa::MSG_WAIT).expect(1, sp1_itself);
    }
}
