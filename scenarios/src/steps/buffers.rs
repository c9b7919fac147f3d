//! Buffers that a manifest gives a partition.

use super::listing::{DESCRIPTOR, info_get};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::PAGE;
use crate::manifest::{Base, Region};
use crate::program::{Program, Source, args, layout_of};

/// Buffers of four pages beside the memory of all partitions.
const LARGE: u64 = 0x0E90_0000;
const LARGE_PAGES: u64 = 4;

/// SP1's manifest names its usual buffers, SP2's others of four pages.
pub fn given_buffers(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, their buffers mapped");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    let place = layout_of(SP1);
    given(sp1, place.tx, place.rx, 1);
    given(sp2, LARGE, LARGE + LARGE_PAGES * PAGE, LARGE_PAGES);

    let (nwd, partitions) = stage.begin("They use them");
    let rx = [place.rx, LARGE + LARGE_PAGES * PAGE];
    for (partition, rx) in partitions.iter_mut().zip(rx) {
        let role = partition.role();
        let own = layout_of(role);
        partition.is_asked("is asked", NWD);
        partition
            .call("names buffers, though it has some", args![ffa::RXTX_MAP_64, own.tx, own.rx, 1])
            .expect_error(ffa::DENIED);
        partition.call("has the partitions listed", &info_get([0, 0], 0)).expect_success().expect(2, 2);
        let ids = [("first id", Source::Half(rx)), ("second id", Source::Half(rx + DESCRIPTOR))];
        partition
            .testifies("reads them in its RX buffer", &ids)
            .expect_all([SP1.endpoint().into(), SP2.endpoint().into()]);
        partition.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
        partition.call("unmaps its buffers", args![ffa::RXTX_UNMAP]).expect_success();
        partition
            .call("names pages of its own memory", args![ffa::RXTX_MAP_64, own.tx, own.rx, 1])
            .expect_success();
        partition.answers("answers", NWD, args![]);
        nwd.asks(&format!("asks {}", role.name()), role, args![]).expect_response(role, NWD);
    }
}

/// `partition` has these buffers by its manifest, and waits.
fn given(partition: &mut Program, tx: u64, rx: u64, pages: u64) {
    let region = |name, address| Region {
        name,
        base: Base::Address(address),
        pages: pages as u32,
        attributes: 1 << 0 | 1 << 1,
    };
    partition.extras.buffers = Some([region("tx", tx), region("rx", rx)]);
    partition.is_ready();
}
