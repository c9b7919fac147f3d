//! Notifications on several cores: for one vCPU, and set on one core while they are got on another.

use super::{NWD, SP1, Stage, lending, lends_signals};
use crate::ffa::{self, NOTIFICATION_BIND, NOTIFICATION_SET};
use crate::machine::layout::NOTIFICATION_PENDING;
use crate::program::frame::Slot;
use crate::program::{Line, Program, Signal, Source, args};
use crate::steps::notifications::{OF_VMS, PER_VCPU, asks_for, binds, receives, says};

/// The sum of what was got.
const GOT: Slot = Slot::free(5);

/// A notification for any vCPU, and one that is for one.
const FOR_ANY: u64 = 1;
const FOR_ONE: u64 = 2;

/// Who has notifications must say so in its manifest before it boots.
pub fn sp1_receives(stage: &mut Stage) {
    receives(stage, SP1);
}

/// Core 0 notifies vCPU 1 of SP1, which core 1 runs, and then any of its vCPUs.
pub fn notified_vcpus(stage: &mut Stage) {
    lending::introduction(stage);
    stage.begin("Core 0 notifies vCPU 1 of SP1, and any of its vCPUs");
    let set = stage.signal("vCPU 1 was notified");
    let got = stage.signal("vCPU 1 got its notification");
    let sp1 = SP1.endpoint();
    let gets = |vcpu: &mut Program, number: u16, bits: u64| {
        asks_for(vcpu, "gets its notifications", sp1, number, OF_VMS)
            .expect_all([ffa::SUCCESS_32, 0, 0, 0, bits, 0, 0, 0])
            .shows("notification.2");
    };

    let vcpu = stage.vcpu(SP1, 0);
    vcpu.is_asked("is asked on core 0", NWD);
    let label = "lets the normal world notify one of its vCPUs";
    says(vcpu, label, NOTIFICATION_BIND, [0, sp1], PER_VCPU, FOR_ONE).expect_success();
    binds(vcpu, NWD, FOR_ANY);
    vcpu.enables_interrupt(NOTIFICATION_PENDING, Line::Irq);
    vcpu.answers("is ready to be notified", NWD, args![]);
    vcpu.is_asked("is asked once more", NWD);
    vcpu.takes_interrupts();
    vcpu.has_handled(1, NOTIFICATION_PENDING).shows("notification.50");
    gets(vcpu, 0, FOR_ANY);
    asks_for(vcpu, "gets those of vCPU 1", sp1, 1, OF_VMS)
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("notification.33");
    vcpu.answers("answers", NWD, args![]);

    let vcpu = stage.vcpu(SP1, 1);
    vcpu.is_asked("is asked on core 1", NWD);
    vcpu.enables_interrupt(NOTIFICATION_PENDING, Line::Irq);
    vcpu.takes_interrupts();
    vcpu.has_handled(1, NOTIFICATION_PENDING).shows("notification.50");
    gets(vcpu, 1, FOR_ONE);
    gets(vcpu, 1, 0);
    vcpu.answers("answers", NWD, args![]);

    let nwd = stage.nwd(0);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    let flags = 1 << 16 | PER_VCPU;
    says(nwd, "notifies vCPU 1", NOTIFICATION_SET, [0, sp1], flags, FOR_ONE).expect_success();
    let flags = 2 << 16 | PER_VCPU;
    says(nwd, "notifies a vCPU that is not there", NOTIFICATION_SET, [0, sp1], flags, FOR_ONE)
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("notification.28");
    nwd.call("asks whom to schedule", args![ffa::NOTIFICATION_INFO_GET])
        .expect_all([ffa::SUCCESS_64, 0, 1 << 12 | 1 << 7, 1 << 16 | u64::from(sp1)])
        .shows("notification.63");
    nwd.signals(&set);
    nwd.waits_for(&got);
    says(nwd, "notifies SP1", NOTIFICATION_SET, [0, sp1], 0, FOR_ANY).expect_success();
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);

    let nwd = stage.nwd(1);
    nwd.waits_for(&set);
    nwd.asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
    nwd.signals(&got);
}

/// Core 0 sets notifications of SP1 one by one while SP1 gets them on core 1: each arrives, and once.
pub fn notified_at_once(stage: &mut Stage) {
    sets_while_it_gets(stage, &[1, 2, 4, 8], false);
}

/// Core 0 sets one while SP1 gets it on core 1.
pub fn set_against_get(stage: &mut Stage) {
    sets_while_it_gets(stage, &[1], true);
}

fn sets_while_it_gets(stage: &mut Stage, bits: &[u64], explored: bool) {
    let sp1 = SP1.endpoint();
    let all = bits.iter().sum();
    lends_signals(stage, &[SP1]);
    stage.alone("SP1 lets the normal world notify it", SP1, |program| {
        binds(program, NWD, all);
    });
    stage.begin("Core 0 notifies SP1 while that gets its notifications on core 1");
    let here: Vec<Signal> =
        [0, 1].into_iter().map(|core| stage.signal(format!("core {core} is here"))).collect();
    let set = stage.signal("all notifications are set");
    let get = |program: &mut Program| {
        asks_for(program, "gets its notifications", sp1, 0, OF_VMS).expect_success();
        program.adds_result(GOT, 4);
    };
    let program = stage.sp(SP1);
    program.is_asked("is asked on core 1", NWD);
    program.meets("meets core 0", &here[1], &here);
    if explored {
        program.explored_from_here();
    }
    bits.iter().for_each(|_| get(program));
    if explored {
        program.until_here();
    }
    program.waits_for(&set);
    get(program);
    program.testifies("adds up what it got", &[("sum", Source::Slot(GOT))]).expect(0, all);
    program.answers("answers", NWD, args![]);

    let nwd = stage.nwd(0);
    nwd.meets("meets SP1", &here[0], &here);
    if explored {
        nwd.explored_from_here();
    }
    for bit in bits {
        says(nwd, "notifies SP1", NOTIFICATION_SET, [0, sp1], 0, *bit).expect_success();
    }
    if explored {
        nwd.until_here();
    }
    nwd.signals(&set);
    stage.nwd(1).asks("asks SP1", SP1, args![]).expect_response(SP1, NWD);
}
