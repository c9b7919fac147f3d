//! A partition of an earlier version.

use super::console::log;
use super::{SP1, Stage};
use crate::ffa;
use crate::program::args;

/// The characters of x2 to x7, which is where the 64-bit call had them before version 1.2.
const MOST: u64 = 48;

/// SP1's manifest says 1.1: it prints as such partitions do, and has nothing of 1.2.
pub fn calls_of_1_1(stage: &mut Stage) {
    stage.sp(SP1).extras.set("ffa-version", 0x1_0001u32);
    super::boot(stage);
    stage.alone("SP1, of version 1.1, makes its calls", SP1, |sp1| {
        let text = "forty-eight characters, the most of x2 to x7...\n";
        assert_eq!(text.len() as u64, MOST);
        sp1.call("fills six 64-bit registers", &log(ffa::CONSOLE_LOG_64, text))
            .expect_success()
            .shows("function.3");
        sp1.call("prints more than they hold", args![ffa::CONSOLE_LOG_64, MOST + 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("console.4");
        sp1.call("waits with a flag of 1.2", args![ffa::MSG_WAIT, 0, 1])
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("wait.6");
        sp1.call("makes a call of 1.2", args![ffa::PARTITION_INFO_GET_REGS])
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("function.2");
    });
}
