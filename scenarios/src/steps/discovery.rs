//! What the normal world learns of the secure world.

use super::Stage;
use crate::ffa;
use crate::manifest::uuid_of;
use crate::program::{Role, Source, args, layout_of};

/// Properties of a partition as the normal world sees them: receives direct requests, is AArch64. That a
/// partition can send direct requests is not the normal world's to use (DEN0077A, partition information).
const PROPERTIES: u64 = 1 << 0 | 1 << 8;

/// Bytes of a partition information descriptor of FF-A 1.1 and 1.2.
const DESCRIPTOR: u64 = 24;

/// Version, features, identity, buffers, and the list of partitions.
pub fn discovery(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world looks around");
    let place = layout_of(Role::NormalWorld);
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    // Bits 1:0: they begin at multiples of 4 KiB.
    nwd.call("asks what RX/TX buffers may be", args![ffa::FEATURES, ffa::RXTX_MAP_64])
        .expect(0, ffa::SUCCESS_32)
        .expect_bits(2, 0b11, 0);
    nwd.call("asks who it is", args![ffa::ID_GET])
        .expect(0, ffa::SUCCESS_32)
        .expect(2, ffa::NORMAL_WORLD.into());
    nwd.call("gives the SPMC its buffers", args![ffa::RXTX_MAP_64, place.tx, place.rx, 1])
        .expect(0, ffa::SUCCESS_32);
    nwd.call("asks who is there", args![ffa::PARTITION_INFO_GET])
        .expect(0, ffa::SUCCESS_32)
        .expect(2, partitions.len() as u64)
        .expect(3, DESCRIPTOR);
    for (index, partition) in partitions.iter().enumerate() {
        let role = partition.role();
        let at = place.rx + DESCRIPTOR * index as u64;
        let [uuid_low, uuid_high] = uuid_of(role);
        let values = [
            ("id", Source::Half(at)),
            ("contexts", Source::Half(at + 2)),
            ("properties", Source::Word(at + 4)),
            ("UUID bytes 0-7", Source::Double(at + 8)),
            ("UUID bytes 8-15", Source::Double(at + 16)),
        ];
        nwd.testifies(&format!("reads of {} in its RX buffer", role.name()), &values).expect_all([
            role.endpoint().into(),
            1,
            PROPERTIES,
            uuid_low,
            uuid_high,
        ]);
    }
    nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect(0, ffa::SUCCESS_32);
}
