//! What a partition may not touch.

use super::{NWD, SP2, Stage};
use crate::machine::layout;
use crate::program::{Access, args};

/// A page of SP1.
const PAGE_OF_SP1: u64 = layout::partition_base(1) + 0x1_0000;

/// ESR_EL1 of a data abort without a change of exception level (EC 0x25, IL) at a load: an abort that EL1 takes
/// never describes the access (ISV is 0).
const READ_ABORT: u64 = 0x25 << 26 | 1 << 25;
/// Translation fault at level 2: no table covers the 2 MiB around the monitor's image.
const TRANSLATION_LEVEL_2: u64 = 0b00_0110;
/// Translation fault at level 3: SP1 and SP2 share the 2 MiB that their entries of level 2 describe.
const TRANSLATION_LEVEL_3: u64 = 0b00_0111;
/// ESR_EL1 of an instruction abort without a change of exception level (EC 0x21, IL): permission fault, level 3.
const EXECUTE_ABORT: u64 = 0x21 << 26 | 1 << 25 | 0b00_1111;

/// SP2 reads a page of SP1 and one of the monitor, and executes from its data region: each time it takes the abort
/// itself and goes on.
pub fn isolation(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("SP2 reaches for what is not its own");
    let sp2 = &mut partitions[1];
    sp2.is_asked("is told to try", NWD);
    sp2.attempts("reads a page of SP1", Access::Read, PAGE_OF_SP1)
        .expect(0, 1)
        .expect(1, READ_ABORT | TRANSLATION_LEVEL_3)
        .expect(2, PAGE_OF_SP1)
        .shows("boot.8");
    sp2.attempts("reads a page of the monitor", Access::Read, layout::MONITOR.0)
        .expect(0, 1)
        .expect(1, READ_ABORT | TRANSLATION_LEVEL_2)
        .expect(2, layout::MONITOR.0)
        .shows("boot.8");
    sp2.attempts("executes from its data region", Access::Execute, layout::DATA_REGION)
        .expect(0, 1)
        .expect(1, EXECUTE_ABORT)
        .expect(2, layout::DATA_REGION)
        .shows("boot.7");
    sp2.answers("is still there", NWD, args![3]);
    nwd.asks("tells SP2 to try three accesses", SP2, args![0]).expect_response(SP2, NWD).expect(3, 3);
}
