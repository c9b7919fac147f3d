//! The way to the first message.

use super::{NWD, SP1, Stage};
use crate::program::args;

/// A number to say hello with.
const GREETING: u64 = 0x1234_5678;

/// Every partition is entered, maps its buffers, and waits.
pub fn boot(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot");
    for partition in partitions {
        partition.initialise();
    }
}

/// One message to SP1, which answers it.
pub fn first_message(stage: &mut Stage) {
    let (normal_world, partitions) = stage.begin("The normal world says hello");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is greeted", NWD).expect(3, GREETING);
    sp1.answers("greets back", NWD, args![GREETING + 1]);
    normal_world.asks("greets SP1", SP1, args![GREETING]).expect_response(SP1, NWD).expect(3, GREETING + 1);
}
