//! A partition that was interrupted on one core goes on on another.

use super::{NWD, SP1, Stage, lends_signals};
use crate::ffa;
use crate::machine::layout::PHYSICAL_TIMER;
use crate::program::frame::Slot;
use crate::program::{Source, args};

/// The timer fires after a ten-thousandth of a second.
const FRACTION: u64 = 10_000;

/// SP1 works on core 0 until that is interrupted; core 1 runs it on, and gets the answer.
pub fn preempted_elsewhere(stage: &mut Stage) {
    lends_signals(stage, SP1);
    stage.begin("Core 0 is interrupted while it has SP1, and core 1 runs SP1 on");
    let interrupted = stage.signal("core 0 was interrupted");
    let finished = stage.signal("core 1 has SP1's answer");
    let sp1_itself = ffa::target(SP1.endpoint(), 0);

    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD).expect(3, 7);
    sp1.waits_for(&interrupted);
    sp1.answers("answers", NWD, args![8]);

    let nwd = stage.nwd(0);
    nwd.arms_timer(FRACTION);
    let request = nwd.request(SP1, args![7]);
    nwd.call_seeing_interrupts("sets its timer and asks SP1", &request)
        .expect(0, ffa::INTERRUPT)
        .expect(1, sp1_itself);
    nwd.takes_interrupts();
    nwd.testifies(
        "has handled its interrupt",
        &[("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))],
    )
    .expect_all([1, PHYSICAL_TIMER]);
    nwd.asks("asks SP1, which is interrupted", SP1, args![]).expect_error(ffa::BUSY);
    nwd.signals(&interrupted);

    let nwd = stage.nwd(1);
    nwd.waits_for(&interrupted);
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, NWD).expect(3, 8);
    nwd.signals(&finished);

    stage.begin("Core 0 asks SP1 again");
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked by core 0", NWD);
    sp1.answers("answers", NWD, args![]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&finished);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
