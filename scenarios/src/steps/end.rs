//! The end of every scenario.

use super::{NWD, Stage};
use crate::ffa;
use crate::program::{Messaging, args};
use crate::psci;

/// Every program sums up its checks of its patterns, and the normal world powers the machine off.
pub fn end(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("All still have their registers");
    for partition in partitions.iter_mut().filter(|partition| !partition.has_aborted()) {
        let role = partition.role();
        if partition.messaging() == Messaging::Sends {
            partition.is_run("is run to sum up");
            partition.sums_up();
            partition.gives_way("waits again", args![ffa::MSG_WAIT]);
            let target = ffa::target(role.endpoint(), 0);
            nwd.call(&format!("runs {} to sum up", role.name()), args![ffa::RUN, target])
                .expect(0, ffa::MSG_WAIT)
                .expect(1, target);
            continue;
        }
        partition.is_asked("is asked to sum up", NWD);
        partition.sums_up();
        partition.answers("says goodbye", NWD, args![0]);
        nwd.asks(&format!("asks {} to sum up", role.name()), role, args![0]).expect_response(role, NWD);
    }
    nwd.sums_up();
    nwd.lets_interrupts_in();
    nwd.call("powers off", args![psci::SYSTEM_OFF]).times(0);
}
