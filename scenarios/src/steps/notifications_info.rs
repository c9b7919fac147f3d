//! FFA_NOTIFICATION_INFO_GET: who is listed, and how; and what aborts leave of notifications.

use super::notifications::{
    DELAY, OF_ALL, OF_PARTITIONS, PER_VCPU, asks_for, binds, boots, finds, finds_nobody, gets, is_scheduled,
    notifies, runs, says,
};
use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa::{self, NOTIFICATION_BIND, NOTIFICATION_SET};
use crate::machine::layout::{GPIO, GPIO_INTERRUPT};
use crate::manifest::Device;
use crate::program::{Arg, Line, Program, Role, Space, args};

/// VMs with eight vCPUs each.
const VMS: [u16; 3] = [1, 2, 3];
const VCPUS: u64 = 8;

/// A notification for any vCPU, and one that is for one.
const FOR_ANY: u64 = 1;
const FOR_ONE: u64 = 2;

/// x3 to x7 with `ids`, so many in each.
fn packed(ids: &[u16], each: usize) -> [u64; 5] {
    let mut words =
        ids.chunks(each).map(|ids| ids.iter().rev().fold(0, |word, id| word << 16 | u64::from(*id)));
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

/// The answer lists `ids`, in lists with so many vCPUs each; more is pending where `more`.
fn lists(nwd: &mut Program, function: u64, sizes: &[u64], ids: &[u16], more: bool) {
    let counts = sizes.iter().rev().fold(0, |all, size| all << 2 | size);
    let x2 = counts << 12 | (sizes.len() as u64) << 7 | u64::from(more);
    let (success, each) =
        if function == ffa::NOTIFICATION_INFO_GET { (ffa::SUCCESS_64, 4) } else { (ffa::SUCCESS_32, 2) };
    let [x3, x4, x5, x6, x7] = packed(ids, each);
    let mut call = [0; 18];
    call[0] = function;
    for (number, register) in call.iter_mut().enumerate().skip(8) {
        *register = 0x1000 + number as u64;
    }
    let site = nwd.call("asks whom to schedule", &call.map(Arg::from));
    site.expect_all([success, 0, x2, x3, x4, x5, x6, x7]).shows("notification.63");
    for (number, register) in call.into_iter().enumerate().skip(8) {
        site.expect(number, register);
    }
    if more {
        site.shows("notification.62");
    }
}

/// SP1 notifies these vCPUs of the VM `vm`.
fn notifies_vcpus(sp1: &mut Program, vm: u16, vcpus: std::ops::Range<u64>) {
    for vcpu in vcpus {
        let label = format!("notifies vCPU {vcpu} of VM {vm}");
        let flags = vcpu << 16 | DELAY | PER_VCPU;
        says(sp1, &label, NOTIFICATION_SET, [SP1.endpoint(), vm], flags, FOR_ONE).expect_success();
    }
}

/// vCPUs of VMs are listed, more than registers hold.
pub fn notification_lists(stage: &mut Stage) {
    boots(stage, &[]);
    stage.alone("VMs have notifications", NWD, |nwd| {
        for vm in VMS {
            let label = format!("VM {vm} has notifications");
            nwd.call(&label, args![ffa::NOTIFICATION_BITMAP_CREATE, u64::from(vm), VCPUS]).expect_success();
            let ids = [SP1.endpoint(), vm];
            says(nwd, "lets SP1 notify any of its vCPUs", NOTIFICATION_BIND, ids, 0, FOR_ANY)
                .expect_success();
            says(nwd, "lets SP1 notify one of them", NOTIFICATION_BIND, ids, PER_VCPU, FOR_ONE)
                .expect_success();
        }
    });
    stage.alone("SP1 notifies all vCPUs of two VMs, and the third VM", SP1, |sp1| {
        notifies_vcpus(sp1, 1, 0..VCPUS);
        notifies_vcpus(sp1, 2, 0..VCPUS);
        says(sp1, "notifies VM 3", NOTIFICATION_SET, [SP1.endpoint(), 3], DELAY, FOR_ANY).expect_success();
        notifies_vcpus(sp1, 3, 5..6);
        let ids = [SP1.endpoint(), 3];
        says(sp1, "takes one for the other", NOTIFICATION_SET, ids, DELAY | PER_VCPU, FOR_ANY)
            .expect_error(ffa::DENIED)
            .shows("notification.26");
    });
    stage.alone("The scheduler is told in two parts", NWD, |nwd| {
        is_scheduled(nwd, 1).shows("notification.54");
        let ids = [1, 0, 1, 2, 1, 3, 4, 5, 1, 6, 7, 2, 0, 1, 2, 2, 3, 4, 5];
        lists(nwd, ffa::NOTIFICATION_INFO_GET, &[3, 3, 2, 3, 3], &ids, true);
        lists(nwd, ffa::NOTIFICATION_INFO_GET, &[2, 0, 1], &[2, 6, 7, 3, 3, 5], false);
        finds_nobody(nwd, "asks once more").shows("notification.64");
        for vcpu in 0..VCPUS as u16 {
            asks_for(nwd, "gets those of a vCPU", 1, vcpu, OF_PARTITIONS)
                .expect_all([ffa::SUCCESS_32, 0, FOR_ONE, 0, 0, 0, 0, 0])
                .shows("notification.2");
        }
        asks_for(nwd, "gets those of another", 3, 4, OF_PARTITIONS).expect_all([
            ffa::SUCCESS_32,
            0,
            FOR_ANY,
            0,
            0,
            0,
            0,
            0,
        ]);
        asks_for(nwd, "gets those of the fifth", 3, 5, OF_PARTITIONS).expect_all([
            ffa::SUCCESS_32,
            0,
            FOR_ONE,
            0,
            0,
            0,
            0,
            0,
        ]);
    });
    stage.alone("SP1 notifies all vCPUs of the first VM again", SP1, |sp1| notifies_vcpus(sp1, 1, 0..VCPUS));
    stage.alone("The scheduler is told by 32 bits, in two parts", NWD, |nwd| {
        let ids = [1, 0, 1, 2, 1, 3, 4, 5, 1, 6];
        lists(nwd, ffa::NOTIFICATION_INFO_GET_32, &[3, 3, 1], &ids, true);
        lists(nwd, ffa::NOTIFICATION_INFO_GET_32, &[1], &[1, 7], false);
    });
}

/// SP1's manifest has the normal world's scheduler give it cycles for its interrupts.
pub fn scheduled_for_interrupts(stage: &mut Stage) {
    let interrupts = vec![[GPIO_INTERRUPT as u32, Device::EDGE]];
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
    stage.sp(SP1).extras.set("sri-interrupts-policy", 3u32);
    boots(stage, &[]);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, |sp1| {
        sp1.maps(Space::Secure, GPIO);
        sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    });
    stage.alone("The GPIO's interrupt arrives while SP1 waits", NWD, |nwd| {
        nwd.asserts_gpio("asserts the GPIO's line");
        is_scheduled(nwd, 1).shows("notification.66");
        lists(nwd, ffa::NOTIFICATION_INFO_GET, &[1], &[SP1.endpoint(), 0], false);
        finds_nobody(nwd, "asks once more").shows("notification.64");
    });
    runs(stage, "SP1 is run, and handles its interrupt", SP1, |sp1| {
        sp1.takes_interrupts();
        sp1.has_handled(1, GPIO_INTERRUPT);
        sp1.asserts_gpio("asserts the line again, and waits");
    });
    stage.alone("The scheduler is told again", NWD, |nwd| {
        is_scheduled(nwd, 2).shows("notification.66");
        lists(nwd, ffa::NOTIFICATION_INFO_GET, &[1], &[SP1.endpoint(), 0], false);
    });
    runs(stage, "SP1 is run once more", SP1, |sp1| {
        sp1.takes_interrupts();
        sp1.has_handled(2, GPIO_INTERRUPT);
    });
}

/// SP2 aborts: what it had is gone, and what was bound to it; what it had set is there.
pub fn notifications_of_the_dead(stage: &mut Stage) {
    let [sp1, sp2, sp3] = [SP1, SP2, SP3].map(Role::endpoint);
    stage.sp(SP2).extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    boots(stage, &[SP1, SP2]);
    stage.alone("SP1 lets SP2 notify it", SP1, |program| {
        binds(program, SP2, 0b11);
    });
    stage.alone("SP2 lets SP3 notify it", SP2, |program| {
        binds(program, SP3, 1);
    });
    stage.alone("SP3 notifies SP2", SP3, |program| {
        notifies(program, SP2, DELAY, 1);
    });
    let (nwd, partitions) = stage.begin("SP2 notifies SP1, and aborts");
    let program = &mut partitions[1];
    program.is_asked("is asked", NWD);
    notifies(program, SP1, DELAY, 1);
    program.aborts_by("aborts", args![ffa::ABORT]);
    nwd.asks("asks SP2, which aborts", SP2, args![]).expect_error(ffa::ABORTED);
    finds(nwd, sp1);
    stage.alone("SP3 would notify SP2", SP3, |program| {
        says(program, "notifies SP2", NOTIFICATION_SET, [sp3, sp2], DELAY, 1)
            .expect_error(ffa::DENIED)
            .shows("notification.40");
    });
    stage.alone("SP1 lets SP3 notify it instead", SP1, |program| {
        says(program, "lets SP3 set what is pending", NOTIFICATION_BIND, [sp3, sp1], 0, 1)
            .expect_error(ffa::DENIED)
            .shows("notification.15");
        says(program, "lets SP2 notify it", NOTIFICATION_BIND, [sp2, sp1], 0, 4)
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("notification.19");
        binds(program, SP3, 2).shows("notification.41");
        gets(program, OF_ALL, [1, 0], [0, 0]);
        binds(program, SP3, 1);
    });
}
