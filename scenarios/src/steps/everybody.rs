//! Many partitions.

use super::{NWD, Stage};
use crate::ffa;
use crate::machine::layout::{DATA_REGION, PAGE, PARTITION_SIZE, POOL, SECURE_DRAM, partition_base};
use crate::manifest::{Base, Region};
use crate::program::{Access, Role, Source, args, layout_of};

/// What a partition writes into its region.
const WRITTEN: u32 = 0x600D_DA7A;

/// Partitions have all of the secure memory that is not the monitor's: SP1, SP3 and SP8 what lies between, and each
/// writes the last page of what it has.
pub fn eight_partitions(stage: &mut Stage) {
    let between = |name, start: u64, end: u64| Region {
        name,
        base: Base::Address(start),
        pages: ((end - start) / PAGE) as u32,
        attributes: 3,
    };
    let (pool, secure) = (POOL.0 + POOL.1, SECURE_DRAM.0 + SECURE_DRAM.1);
    let regions = [
        (1, between("low", pool, partition_base(1))),
        (3, between("middle", DATA_REGION + PAGE, partition_base(3))),
        (8, between("high", partition_base(8) + PARTITION_SIZE, secure)),
    ];
    for (number, region) in regions {
        stage.partitions[number - 1].extras.regions = vec![region];
    }
    super::boot(stage);
    for (number, region) in regions {
        let last = region.start(number as u16) + u64::from(region.pages - 1) * PAGE;
        let role = Role::Partition(number as u16);
        stage.alone("A partition uses the memory beside its own", role, |partition| {
            partition
                .attempts("writes the last page of its region", Access::Write(WRITTEN), last)
                .expect_all([0; 3]);
            partition.testifies("reads it", &[("word", Source::Word(last))]).expect(0, WRITTEN.into());
        });
    }
}

/// Every partition is asked once, and knows who it is.
pub fn asks_everybody(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world asks everybody");
    let count = partitions.len() as u64;
    for (partition, number) in partitions.iter_mut().zip(1..) {
        let role = Role::Partition(number);
        partition.is_asked("is asked", NWD).expect(3, number.into());
        partition.answers("answers", NWD, args![partition_base(number)]);
        nwd.asks(&format!("asks {}", role.name()), role, args![u64::from(number)])
            .expect_response(role, NWD)
            .expect(3, layout_of(role).image - 0x4000);
    }
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, count);
}
