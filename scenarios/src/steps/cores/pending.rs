//! What is pending for a virtual CPU when its core goes off.

use super::interrupts::{TARGET, enables_gpio, grants_gpio};
use super::power::{goes_off, is_off, switches_on};
use super::{NWD, SP1, Stage, lending};
use crate::ffa::{self, NOTIFICATION_BIND, NOTIFICATION_SET};
use crate::machine::layout::{GPIO_INTERRUPT, NOTIFICATION_PENDING};
use crate::manifest::Device;
use crate::paravirtual::RECONFIGURE;
use crate::program::{Line, args};
use crate::steps::notifications::{OF_VMS, PER_VCPU, asks_for, says};

/// Core 1 goes off with an edge that its virtual CPU of SP1 does not want, and with a notification for that: another core's
/// sees the one, and it sees the other when it is back.
pub fn pending_at_off(stage: &mut Stage) {
    const BIT: u64 = 1;
    let sp1 = SP1.endpoint();
    grants_gpio(stage, Device::EDGE);
    lending::introduction(stage);
    stage.alone("SP1 has the GPIO interrupt core 1, and can be notified", SP1, |sp1| {
        enables_gpio(sp1);
        sp1.call_by_hvc("has it sent to core 1", args![RECONFIGURE, GPIO_INTERRUPT, TARGET, 1]).expect(0, 0);
        let label = "lets the normal world notify one of its vCPUs";
        let bound = [0, SP1.endpoint()];
        says(sp1, label, NOTIFICATION_BIND, bound, PER_VCPU, BIT).expect_success();
    });

    stage.begin("Core 1 goes off with both pending, and core 0 gets the interrupt");
    let pending = stage.signal("both are pending");
    let nwd = stage.nwd(0);
    let flags = 1 << 16 | PER_VCPU;
    says(nwd, "notifies vCPU 1", NOTIFICATION_SET, [0, sp1], flags, BIT).expect_success();
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.signals(&pending);
    stage.nwd(1).waits_for(&pending);
    goes_off(stage, 1);
    is_off(stage, 1);
    stage.nwd(0).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let vcpu = stage.vcpu(SP1, 0);
    vcpu.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("power.4");
    vcpu.takes_interrupts();
    vcpu.has_handled(1, GPIO_INTERRUPT);
    vcpu.gives_way("is done", args![ffa::MSG_WAIT]);
    vcpu.is_asked("is asked", NWD);
    vcpu.answers("answers", NWD, args![]);

    stage.begin("Core 1 is on again, and gets its notification");
    switches_on(stage, 1);
    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked on core 1", NWD);
    vcpu.enables_interrupt(NOTIFICATION_PENDING, Line::Irq);
    vcpu.takes_interrupts();
    vcpu.has_handled(1, NOTIFICATION_PENDING).shows("power.5");
    asks_for(vcpu, "gets its notifications", sp1, 1, OF_VMS).expect_all([
        ffa::SUCCESS_32,
        0,
        0,
        0,
        BIT,
        0,
        0,
        0,
    ]);
    vcpu.answers("answers", NWD, args![]);
    stage.nwd(1).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
