//! What the normal world learns of the secure world.

use super::Stage;
use super::listing::{DESCRIPTOR, SEEN_BY_NORMAL_WORLD, reads_descriptor};
use crate::ffa;
use crate::manifest::uuid_of;
use crate::program::{Role, args, layout_of};

/// Version, features, identity, buffers, and the list of partitions.
pub fn discovery(stage: &mut Stage) {
    let listed = stage.listed();
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
        .expect(2, listed)
        .expect(3, DESCRIPTOR);
    for (index, partition) in partitions.iter().enumerate() {
        let role = partition.role();
        reads_descriptor(nwd, index as u64, role, SEEN_BY_NORMAL_WORLD, uuid_of(role));
    }
    nwd.call("gives the RX buffer back", args![ffa::RX_RELEASE]).expect(0, ffa::SUCCESS_32);
}
