//! FFA_PARTITION_INFO_GET: counting and listing partitions.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::manifest::uuid_of;
use crate::program::{Arg, Program, Role, Site, Source, args, layout_of};

/// Properties as a partition sees them: receives direct requests, sends them, is AArch64.
pub(super) const SEEN_BY_PARTITION: u64 = 1 << 0 | 1 << 1 | 1 << 8;
/// The same as the normal world sees them, which gets no direct request (`info.4`).
pub(super) const SEEN_BY_NORMAL_WORLD: u64 = 1 << 0 | 1 << 8;
/// Bytes of a descriptor of FF-A 1.1 and 1.2.
pub(super) const DESCRIPTOR: u64 = 24;
/// w5: only the number is wanted.
const COUNT_ONLY: u64 = 1;

/// FFA_PARTITION_INFO_GET for `uuid` with `flags`.
pub(super) fn info_get(uuid: [u64; 2], flags: u64) -> [Arg; 6] {
    let low = |word: u64| word & 0xFFFF_FFFF;
    let [a, b] = uuid;
    [ffa::PARTITION_INFO_GET, low(a), a >> 32, low(b), b >> 32, flags].map(Arg::from)
}

/// Counting needs no RX buffer; listing does, an empty one; a UUID narrows both.
pub fn partition_count(stage: &mut Stage) {
    let place = layout_of(NWD);
    let everybody = [0, 0];
    stage.alone("The normal world counts, without buffers", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        nwd.call("counts all", &info_get(everybody, COUNT_ONLY))
            .expect_success()
            .expect(2, 2)
            .expect(3, 0)
            .shows("info.7");
        nwd.call("counts those with SP2's UUID", &info_get(uuid_of(SP2), COUNT_ONLY))
            .expect_success()
            .expect(2, 1);
        nwd.call("counts those with a UUID that nobody has", &info_get([1, 2], COUNT_ONLY))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("info.2");
        nwd.call("sets a flag that there is not", &info_get(everybody, 2))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("info.1");
        nwd.call("wants the list", &info_get(everybody, 0)).expect_error(ffa::BUSY).shows("info.5");
    });
    stage.alone("The normal world lists, with buffers", NWD, |nwd| {
        nwd.call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
            .expect_success();
        nwd.call("wants those with SP2's UUID", &info_get(uuid_of(SP2), 0))
            .expect_success()
            .expect(2, 1)
            .expect(3, DESCRIPTOR);
        // Who asked for a UUID knows it.
        reads_descriptor(nwd, 0, SP2, SEEN_BY_NORMAL_WORLD, [0, 0]).shows("info.4").shows("info.44");
        nwd.call("wants all, its RX buffer still full", &info_get(everybody, 0))
            .expect_error(ffa::BUSY)
            .shows("info.3");
        nwd.call("counts all meanwhile", &info_get(everybody, COUNT_ONLY))
            .expect_success()
            .expect(2, 2)
            .shows("info.7");
        nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
        nwd.call("wants all", &info_get(everybody, 0)).expect_success().expect(2, 2);
        nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
        nwd.call("gives it back again", args![ffa::RX_RELEASE]).expect_error(ffa::DENIED).shows("rxtx.11");
    });
}

/// A partition lists all, itself included, and sees who sends direct requests.
pub fn partition_list(stage: &mut Stage) {
    stage.alone("SP1 lists the partitions", SP1, |sp1| {
        sp1.call("wants all", &info_get([0, 0], 0)).expect_success().expect(2, 2).expect(3, DESCRIPTOR);
        for (index, role) in [SP1, SP2].into_iter().enumerate() {
            reads_descriptor(sp1, index as u64, role, SEEN_BY_PARTITION, uuid_of(role));
        }
        sp1.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect_success();
    });
}

/// As many partitions as there can be, with as many UUIDs as each can have: their descriptors of 1.3 are more than a page.
pub fn list_too_long(stage: &mut Stage) {
    const UUIDS: u32 = 4;
    let partitions = stage.partitions.len() as u32;
    for (number, partition) in (0..).zip(&mut stage.partitions) {
        let cells: Vec<u32> = (0..UUIDS).flat_map(|uuid| [0x55, 0, number, uuid]).collect();
        partition.extras.set("uuid", &cells[..]);
    }
    stage.sp(SP1).extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    stage.alone("SP1, of version 1.3, lists all services", SP1, |sp1| {
        sp1.call("counts them", &info_get([0, 0], COUNT_ONLY))
            .expect_success()
            .expect(2, (UUIDS * partitions).into());
        sp1.call("wants them in a buffer of a page", &info_get([0, 0], 0))
            .expect_error(ffa::NO_MEMORY)
            .shows("info.6");
    });
}

/// Testifies descriptor `index` in the RX buffer, which must be that of `role`.
pub(super) fn reads_descriptor(
    reader: &mut Program,
    index: u64,
    role: Role,
    properties: u64,
    uuid: [u64; 2],
) -> &mut Site {
    let at = layout_of(reader.role()).rx + DESCRIPTOR * index;
    let [low, high] = uuid;
    let values = [
        ("id", Source::Half(at)),
        ("contexts", Source::Half(at + 2)),
        ("properties", Source::Word(at + 4)),
        ("UUID bytes 0-7", Source::Double(at + 8)),
        ("UUID bytes 8-15", Source::Double(at + 16)),
    ];
    reader.testifies(&format!("reads of {} in its RX buffer", role.name()), &values).expect_all([
        role.endpoint().into(),
        1,
        properties,
        low,
        high,
    ])
}
