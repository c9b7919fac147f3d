//! Timers of partitions that migrate: a core that is on looks after each, wherever the partition is.

use super::power::{goes_off, is_off, switches_on};
use super::{NWD, SP1, Stage, lends_signals};
use crate::ffa;
use crate::paravirtual::TIMER;
use crate::program::{Line, Signal, args};

/// So many ticks after it is armed a timer fires: in the simulator long enough for what comes before.
const TICKS: u64 = 100_000;

/// The normal world asks SP1, which arms its timer and answers.
fn arms(stage: &mut Stage, core: u16, armed: &Signal) {
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked", NWD);
    sp1.arms_timer_in(TICKS);
    sp1.answers("answers with its timer armed", NWD, args![]);
    let nwd = stage.nwd(core);
    nwd.asks("asks SP1 to arm its timer", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(armed);
}

/// SP1 arms its timer on core 0, and works on core 1 when that fires: it is interrupted there.
pub fn timer_elsewhere(stage: &mut Stage) {
    lends_signals(stage, &[SP1]);
    stage.begin("SP1 arms its timer on core 0, and works on core 1 when it fires");
    let armed = stage.signal("SP1's timer is armed");
    let interrupted = stage.signal("SP1 was interrupted");
    arms(stage, 0, &armed);
    let sp1 = stage.sp(SP1);
    sp1.is_asked("is asked on core 1", NWD);
    // Not before, or it would be told on core 0 where core 1 is slow.
    sp1.enables_interrupt(TIMER, Line::Irq);
    sp1.awaits_interrupt();
    sp1.has_handled(1, TIMER).shows("timer.6");
    sp1.signals(&interrupted);
    sp1.answers("answers", NWD, args![]);
    stage.nwd(0).calls_until(&interrupted);
    let nwd = stage.nwd(1);
    nwd.waits_for(&armed);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}

/// SP1 arms its timer on core 1, which goes off: it is told on core 0.
pub fn timer_handed_over(stage: &mut Stage) {
    stage.begin("SP1 arms its timer on core 1, which is switched off");
    let may_arm = stage.signal("SP1 is free");
    let armed = stage.signal("SP1's timer is armed on core 1");
    let interrupted = stage.signal("SP1 was interrupted again");
    stage.nwd(0).signals(&may_arm);
    stage.nwd(1).waits_for(&may_arm);
    arms(stage, 1, &armed);
    goes_off(stage, 1);
    let sp1 = stage.sp(SP1);
    sp1.is_interrupted("is told of its timer", TIMER).shows("timer.7");
    sp1.takes_interrupts();
    sp1.has_handled(2, TIMER);
    sp1.signals(&interrupted);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    let nwd = stage.nwd(0);
    nwd.waits_for(&armed);
    is_off(stage, 1);
    stage.nwd(0).calls_until(&interrupted);
    stage.begin("Core 1 is on again");
    switches_on(stage, 1);
}
