//! The framework's notification that an indirect message is in an RX buffer.

use super::indirect::ALL;
use super::notifications::{
    DELAY, OF_ALL, OF_HYPERVISOR, OF_PARTITIONS, OF_SPM, asks_for, boots, enables_pending, finds,
    finds_nobody, gets, is_scheduled, runs,
};
use super::vms::{self, VM1};
use super::{Message, NWD, SP1, SP2, Stage, lending};
use crate::ffa;
use crate::machine::layout::NOTIFICATION_PENDING;
use crate::program::{Program, args, layout_of};

/// FFA_MSG_SEND2 of `message`, which is placed in the sender's TX buffer.
fn sends(sender: &mut Program, label: &str, message: Message, delay: u64) {
    sender.places(&message.bytes(), layout_of(sender.role()).tx);
    sender.call(label, args![ffa::MSG_SEND2, 0, delay]).expect_success();
}

/// Messages to who has notifications: from a partition, from the normal world, to the normal world, to a VM.
pub fn full_buffers(stage: &mut Stage) {
    for role in [SP1, SP2] {
        stage.sp(role).extras.set("messaging-method", ALL);
    }
    boots(stage, &[SP1]);
    stage.alone("The normal world and its VM have buffers", NWD, |nwd| {
        lending::names_buffers(nwd);
        vms::knows(nwd, VM1);
        nwd.call("the VM has notifications", args![ffa::NOTIFICATION_BITMAP_CREATE, u64::from(VM1), 1])
            .expect_success();
    });
    stage.alone("SP1 enables its interrupt", SP1, enables_pending);
    stage.alone("SP2 sends SP1 a message", SP2, |sp2| sends(sp2, "sends", Message::new(SP2, SP1), DELAY));
    stage.alone("The scheduler is told", NWD, |nwd| {
        is_scheduled(nwd, 1).shows("notification.54");
        finds(nwd, SP1.endpoint());
    });
    runs(stage, "SP1 is run, and does not look", SP1, |sp1| {
        sp1.call("gives the RX buffer back", args![ffa::RX_RELEASE])
            .expect_error(ffa::DENIED)
            .shows("notification.35");
        gets(sp1, OF_PARTITIONS | OF_HYPERVISOR, [0, 0], [0, 0]);
    });
    runs(stage, "SP1 is run again, and has its message still", SP1, |sp1| {
        sp1.takes_interrupts();
        sp1.has_handled(1, NOTIFICATION_PENDING);
        asks_for(sp1, "learns that its RX buffer is full", SP1.endpoint(), 0, OF_SPM)
            .expect_all([ffa::SUCCESS_32, 0, 0, 0, 0, 0, 1, 0])
            .shows("notification.34");
        sp1.call("gives the RX buffer back", args![ffa::RX_RELEASE])
            .expect_success()
            .shows("notification.36");
        gets(sp1, OF_ALL, [0, 0], [0, 0]);
    });
    stage.alone("The normal world sends SP1 a message", NWD, |nwd| {
        sends(nwd, "sends", Message::new(NWD, SP1), 0);
        is_scheduled(nwd, 2).shows("notification.52");
        finds(nwd, SP1.endpoint());
    });
    runs(stage, "SP1 learns of it, and sends one to the normal world and one to its VM", SP1, |sp1| {
        asks_for(sp1, "learns that its RX buffer is full", SP1.endpoint(), 0, OF_ALL)
            .expect_all([ffa::SUCCESS_32, 0, 0, 0, 0, 0, 0, 1])
            .shows("notification.34");
        sends(sp1, "sends the normal world a message", Message::new(SP1, NWD), DELAY);
        sends(sp1, "sends the VM a message", Message::between(SP1.endpoint(), VM1), DELAY);
    });
    stage.alone("The normal world and its VM learn of them", NWD, |nwd| {
        is_scheduled(nwd, 3);
        nwd.call("asks whom to schedule", args![ffa::NOTIFICATION_INFO_GET])
            .expect_all([ffa::SUCCESS_64, 0, 2 << 7, u64::from(VM1) << 16])
            .shows("notification.63");
        nwd.call("gives its RX buffer back", args![ffa::RX_RELEASE])
            .expect_error(ffa::DENIED)
            .shows("notification.35");
        nwd.call("gives the VM's back", args![ffa::RX_RELEASE, u64::from(VM1)])
            .expect_error(ffa::DENIED)
            .shows("notification.35");
        for id in [0, VM1] {
            asks_for(nwd, "learns that an RX buffer is full", id, 0, OF_SPM)
                .expect_all([ffa::SUCCESS_32, 0, 0, 0, 0, 0, 1, 0])
                .shows("notification.34");
            nwd.call("gives it back", args![ffa::RX_RELEASE, u64::from(id)]).expect_success();
        }
        finds_nobody(nwd, "asks whom to schedule");
    });
}
