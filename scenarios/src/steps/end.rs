//! The end of every scenario.

use super::{NWD, Stage};
use crate::ffa;
use crate::program::args;

/// Every program sums up its checks of its patterns, and the normal world powers the machine off.
pub fn end(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("All still have their registers");
    for partition in partitions {
        let role = partition.role();
        partition.is_asked("is asked to sum up", NWD);
        partition.sums_up();
        partition.answers("says goodbye", NWD, args![0]);
        nwd.asks(&format!("asks {} to sum up", role.name()), role, args![0]).expect_response(role, NWD);
    }
    nwd.sums_up();
    nwd.call("powers off", args![ffa::SYSTEM_OFF]).times(0);
}
