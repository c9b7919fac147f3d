//! Notifications: bits that one endpoint sets and another gets, and the interrupts that say so.

use super::{NWD, SP1, SP2, Stage, boot};
use crate::ffa;
use crate::machine::layout::{NOTIFICATION_PENDING, SCHEDULE_RECEIVER};
use crate::program::frame::Slot;
use crate::program::{Line, Program, Role, Site, Source, args};

/// FFA_NOTIFICATION_BIND and SET: for one vCPU.
pub(super) const PER_VCPU: u64 = 1;
/// FFA_NOTIFICATION_SET: the scheduler is told later.
pub(super) const DELAY: u64 = 2;
/// FFA_NOTIFICATION_GET: those that partitions set, that VMs set, the framework's.
pub(super) const OF_PARTITIONS: u64 = 1;
pub(super) const OF_VMS: u64 = 2;
pub(super) const OF_SPM: u64 = 4;
pub(super) const OF_HYPERVISOR: u64 = 8;
/// All of these.
pub(super) const OF_ALL: u64 = 15;

/// The first and the last notification.
pub(super) const ENDS: u64 = 1 << 63 | 1;

/// The two registers that name notifications.
const fn halves(bits: u64) -> [u64; 2] {
    [bits & 0xFFFF_FFFF, bits >> 32]
}

/// `who` makes the call `function`, which has flags, about `bits` that `sender` sets for `receiver`.
pub(super) fn says<'a>(
    who: &'a mut Program,
    label: &str,
    function: u64,
    [sender, receiver]: [u16; 2],
    flags: u64,
    bits: u64,
) -> &'a mut Site {
    let [low, high] = halves(bits);
    who.call(label, args![function, ffa::sender_receiver(sender, receiver), flags, low, high])
}

/// `who` lets `sender` set `bits` of its notifications.
pub(super) fn binds<'a>(who: &'a mut Program, sender: Role, bits: u64) -> &'a mut Site {
    let ids = [sender.endpoint(), who.role().endpoint()];
    let label = format!("lets {} notify it", sender.in_words());
    says(who, &label, ffa::NOTIFICATION_BIND, ids, 0, bits).expect_success()
}

/// `who` sets `bits` of the notifications of `receiver`, which succeeds.
pub(super) fn notifies<'a>(who: &'a mut Program, receiver: Role, flags: u64, bits: u64) -> &'a mut Site {
    let ids = [who.role().endpoint(), receiver.endpoint()];
    let label = format!("notifies {}", receiver.in_words());
    says(who, &label, ffa::NOTIFICATION_SET, ids, flags, bits).expect_success()
}

/// `who` asks what of `origins` is pending for vCPU number `vcpu` of `receiver`.
pub(super) fn asks_for<'a>(
    who: &'a mut Program,
    label: &str,
    receiver: u16,
    vcpu: u16,
    origins: u64,
) -> &'a mut Site {
    who.call(label, args![ffa::NOTIFICATION_GET, ffa::sender_receiver(vcpu, receiver), origins])
}

/// `who` gets its own notifications of `origins`: these of partitions, of VMs, of the framework.
pub(super) fn gets(
    who: &mut Program,
    origins: u64,
    [partitions, vms]: [u64; 2],
    framework: [u64; 2],
) -> &mut Site {
    let (id, vcpu) = (who.role().endpoint(), if who.role() == NWD { 0 } else { who.context().cpu });
    let ([a, b], [c, d], [spm, hypervisor]) = (halves(partitions), halves(vms), framework);
    asks_for(who, "gets its notifications", id, vcpu, origins)
        .expect_all([ffa::SUCCESS_32, 0, a, b, c, d, spm, hypervisor])
        .shows("notification.2")
}

/// The normal world has notifications, and sees the interrupt that tells its scheduler.
pub(super) fn prepares(nwd: &mut Program) {
    nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
    nwd.enables_schedule_receiver();
    nwd.call("has notifications", args![ffa::NOTIFICATION_BITMAP_CREATE, 0, 1]).expect_success();
}

/// The normal world's scheduler is told, for the `count`-th time.
pub(super) fn is_scheduled(nwd: &mut Program, count: u64) -> &mut Site {
    nwd.takes_interrupts();
    has_been_scheduled(nwd, count)
}

/// The normal world's scheduler was told so often.
pub(super) fn has_been_scheduled(nwd: &mut Program, count: u64) -> &mut Site {
    let values =
        [("interrupts", Source::Slot(Slot::INTERRUPTS)), ("interrupt id", Source::Slot(Slot::INTERRUPT_ID))];
    nwd.testifies("was told to schedule a receiver", &values).expect_all([count, SCHEDULE_RECEIVER])
}

/// The normal world asks whom to schedule: that is `id`, for any of its vCPUs.
pub(super) fn finds(nwd: &mut Program, id: u16) -> &mut Site {
    nwd.call("asks whom to schedule", args![ffa::NOTIFICATION_INFO_GET])
        .expect_all([ffa::SUCCESS_64, 0, 1 << 7, id.into(), 0, 0, 0, 0])
        .shows("notification.63")
}

/// Nobody is left to be scheduled.
pub(super) fn finds_nobody<'a>(nwd: &'a mut Program, label: &str) -> &'a mut Site {
    nwd.call(label, args![ffa::NOTIFICATION_INFO_GET]).expect_error(ffa::NO_DATA)
}

/// `partition` receives notifications.
pub(super) fn receives(stage: &mut Stage, partition: Role) {
    stage.sp(partition).extras.set("notification-support", ());
}

/// `partition` enables the interrupt that says that notifications are pending.
pub(super) fn enables_pending(partition: &mut Program) {
    partition.enables_interrupt(NOTIFICATION_PENDING, Line::Irq);
}

/// The normal world runs the partition `role`, which acts and waits again.
pub(super) fn runs(stage: &mut Stage, title: &'static str, role: Role, act: impl FnOnce(&mut Program)) {
    let (nwd, partitions) = stage.begin(title);
    let partition = &mut partitions[role.index() - 1];
    partition.is_run("is run");
    act(partition);
    partition.gives_way("waits", args![ffa::MSG_WAIT]);
    let target = ffa::target(role.endpoint(), 0);
    nwd.call(&format!("runs {}", role.name()), args![ffa::RUN, target]).expect_all([ffa::MSG_WAIT, target]);
}

/// All boot, `receivers` with notifications; the normal world has some, and sees when its scheduler is told.
pub(super) fn boots(stage: &mut Stage, receivers: &[Role]) {
    receivers.iter().for_each(|role| receives(stage, *role));
    boot(stage);
    stage.alone("The normal world prepares", NWD, prepares);
}

/// From the normal world to SP1, and back.
pub fn notifications_of_both_worlds(stage: &mut Stage) {
    boots(stage, &[SP1]);
    stage.alone("SP1 lets the normal world notify it", SP1, |sp1| {
        sp1.call("asks for its interrupt", args![ffa::FEATURES, 1])
            .expect_success()
            .expect(2, NOTIFICATION_PENDING)
            .shows("features.50");
        enables_pending(sp1);
        binds(sp1, NWD, ENDS).shows("notification.1");
    });
    stage.alone("The normal world notifies SP1", NWD, |nwd| {
        nwd.call("asks for its interrupt", args![ffa::FEATURES, 2])
            .expect_success()
            .expect(2, SCHEDULE_RECEIVER)
            .shows("features.51");
        finds_nobody(nwd, "asks whom to schedule, which is nobody").shows("notification.61");
        notifies(nwd, SP1, 0, 1);
        notifies(nwd, SP1, 0, 1 << 63);
        is_scheduled(nwd, 1).shows("notification.52");
        finds(nwd, SP1.endpoint());
        finds_nobody(nwd, "asks once more").shows("notification.64");
        notifies(nwd, SP1, 0, ENDS);
        finds_nobody(nwd, "asks again, and nothing was set anew");
    });
    runs(stage, "SP1 is run, and gets its notifications", SP1, |sp1| {
        sp1.takes_interrupts();
        sp1.has_handled(1, NOTIFICATION_PENDING).shows("notification.50");
        gets(sp1, OF_PARTITIONS, [0, 0], [0, 0]);
        gets(sp1, OF_ALL, [0, ENDS], [0, 0]);
        gets(sp1, OF_ALL, [0, 0], [0, 0]);
    });

    let (nwd, partitions) = stage.begin("SP1 notifies the normal world, whose scheduler is told later");
    let sp1 = &mut partitions[0];
    sp1.is_asked("is told to begin", NWD);
    notifies(sp1, NWD, DELAY, 1 << 5);
    sp1.answers("is done", NWD, args![]);
    binds(nwd, SP1, 1 << 5 | 1 << 6).shows("notification.1");
    let request = nwd.request(SP1, args![]);
    nwd.call_seeing_interrupts("tells SP1 to begin", &request).expect_response(SP1, NWD);
    is_scheduled(nwd, 2).shows("notification.54");
    finds(nwd, 0);
    gets(nwd, OF_PARTITIONS, [1 << 5, 0], [0, 0]);

    let (nwd, partitions) = stage.begin("SP1 notifies the normal world, whose scheduler is told at once");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_asked("is told to begin", NWD);
    notifies(sp1, NWD, 0, 1 << 6);
    sp1.answers("is done", NWD, args![]);
    let request = nwd.request(SP1, args![]);
    nwd.call_seeing_interrupts("tells SP1 to begin", &request).expect_all([ffa::INTERRUPT, sp1_itself]);
    is_scheduled(nwd, 3).shows("notification.52");
    finds(nwd, 0);
    gets(nwd, OF_PARTITIONS, [1 << 6, 0], [0, 0]);
    nwd.call("runs SP1 on", args![ffa::RUN, sp1_itself]).expect_response(SP1, NWD);
}

/// From SP2 to SP1, which gets them before its interrupt, after it, and does not wake for them.
pub fn notifications_of_partitions(stage: &mut Stage) {
    boots(stage, &[SP1]);
    stage.alone("SP1 lets SP2 notify it", SP1, |sp1| {
        enables_pending(sp1);
        binds(sp1, SP2, ENDS);
        binds(sp1, NWD, ENDS);
    });
    stage.alone("SP2 notifies SP1", SP2, |sp2| {
        notifies(sp2, SP1, 0, 1);
        notifies(sp2, SP1, DELAY, ENDS);
    });
    stage.alone("The normal world notifies SP1, and knows whom to schedule", NWD, |nwd| {
        has_been_scheduled(nwd, 1);
        notifies(nwd, SP1, 0, 1);
        finds(nwd, SP1.endpoint());
    });
    let (nwd, partitions) = stage.begin("SP1 is run, and waits again before it lets interrupts in");
    let sp1 = &mut partitions[0];
    let sp1_itself = ffa::target(SP1.endpoint(), 0);
    sp1.is_run("is run");
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);
    sp1.is_run("is run once more, and was not before").shows("notification.51");
    gets(sp1, OF_PARTITIONS | OF_SPM, [ENDS, 0], [0, 0]);
    sp1.takes_interrupts();
    sp1.has_handled(1, NOTIFICATION_PENDING).shows("notification.50");
    gets(sp1, OF_VMS | OF_HYPERVISOR, [0, 1], [0, 0]);
    sp1.gives_way("waits", args![ffa::MSG_WAIT]);
    nwd.call("runs SP1", args![ffa::RUN, sp1_itself]).expect_all([ffa::MSG_WAIT, sp1_itself]);

    stage.alone("SP2 notifies SP1 again", SP2, |sp2| {
        notifies(sp2, SP1, DELAY, 1);
    });
    runs(stage, "SP1 gets its notifications, and has no interrupt any more", SP1, |sp1| {
        gets(sp1, OF_ALL, [1, 0], [0, 0]);
        sp1.takes_interrupts();
        sp1.has_handled(1, NOTIFICATION_PENDING).shows("notification.55");
        let label = "lets SP2 notify it no more";
        let ids = [SP2.endpoint(), SP1.endpoint()];
        says(sp1, label, ffa::NOTIFICATION_UNBIND, ids, 0, ENDS).expect_success();
    });
    stage.alone("SP2 would notify SP1 once more", SP2, |sp2| {
        let ids = [SP2.endpoint(), SP1.endpoint()];
        says(sp2, "notifies SP1", ffa::NOTIFICATION_SET, ids, 0, 1)
            .expect_error(ffa::DENIED)
            .shows("notification.25");
    });
}
