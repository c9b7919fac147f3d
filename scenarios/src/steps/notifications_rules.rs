//! Calls about notifications that are refused.

use super::notifications::{
    DELAY, ENDS, OF_ALL, OF_HYPERVISOR, OF_PARTITIONS, OF_VMS, PER_VCPU, asks_for, binds, boots, gets,
    notifies, says,
};
use super::{NWD, SP1, SP2, SP3, Stage};
use crate::ffa;
use crate::ffa::{NOTIFICATION_BIND, NOTIFICATION_BITMAP_CREATE, NOTIFICATION_BITMAP_DESTROY};
use crate::ffa::{NOTIFICATION_SET, NOTIFICATION_UNBIND};
use crate::program::{Program, Role, args};

const DENIED: u64 = ffa::DENIED;
const INVALID: u64 = ffa::INVALID_PARAMETERS;
const UNSUPPORTED: u64 = ffa::NOT_SUPPORTED;

const NOBODY: u16 = 0x8042;
/// A logical partition of EL3.
const LOGICAL: u16 = 0xFFC0;
/// A VM that has notifications, and one that has none.
const VM: u16 = 3;
const OTHER_VM: u16 = 4;

/// How many endpoints of the normal world have notifications.
const MOST: u64 = 17;
/// How many vCPUs each may have.
const MOST_VCPUS: u64 = 8;

/// A call with flags, and what comes of it.
type Refusal = (&'static str, u64, [u16; 2], u64, u64, u64, &'static str);

fn is_refused(who: &mut Program, refusals: &[Refusal]) {
    for (label, function, ids, flags, bits, code, rule) in refusals {
        says(who, label, *function, *ids, *flags, *bits).expect_error(*code).shows(rule);
    }
}

/// Bitmaps of VMs: one each, as many as there is room for, none that goes with something pending.
pub fn notification_bitmaps(stage: &mut Stage) {
    boots(stage, &[]);
    stage.alone("A hypervisor creates notifications", NWD, |nwd| {
        for (label, function, word, vcpus, code, rule) in [
            ("creates its own again", NOTIFICATION_BITMAP_CREATE, 0, 1, DENIED, "notification.10"),
            (
                "creates SP1's",
                NOTIFICATION_BITMAP_CREATE,
                SP1.endpoint().into(),
                1,
                INVALID,
                "notification.46",
            ),
            (
                "destroys SP1's",
                NOTIFICATION_BITMAP_DESTROY,
                SP1.endpoint().into(),
                0,
                INVALID,
                "notification.46",
            ),
            ("has more in w1", NOTIFICATION_BITMAP_CREATE, 1 << 16 | 3, 1, INVALID, "notification.3"),
            ("has more in w1", NOTIFICATION_BITMAP_DESTROY, 1 << 16, 0, INVALID, "notification.3"),
            ("creates those of no vCPU", NOTIFICATION_BITMAP_CREATE, 3, 0, INVALID, "notification.4"),
            (
                "creates those of many vCPUs",
                NOTIFICATION_BITMAP_CREATE,
                3,
                MOST_VCPUS + 1,
                ffa::NO_MEMORY,
                "notification.12",
            ),
            (
                "destroys what is not there",
                NOTIFICATION_BITMAP_DESTROY,
                VM.into(),
                0,
                DENIED,
                "notification.13",
            ),
        ] {
            nwd.call(label, args![function, word, vcpus]).expect_error(code).shows(rule);
        }
        for id in 1..MOST {
            let label = format!("creates those of VM {id}");
            nwd.call(&label, args![NOTIFICATION_BITMAP_CREATE, id, MOST_VCPUS]).expect_success();
        }
        nwd.call("creates those of one too many", args![NOTIFICATION_BITMAP_CREATE, MOST, 1])
            .expect_error(ffa::NO_MEMORY)
            .shows("notification.11");
        nwd.call("destroys those of one", args![NOTIFICATION_BITMAP_DESTROY, u64::from(OTHER_VM)])
            .expect_success();
        nwd.call("creates those of the other", args![NOTIFICATION_BITMAP_CREATE, MOST, 1]).expect_success();
        asks_for(nwd, "gets those of whom it destroyed", OTHER_VM, 0, OF_PARTITIONS)
            .expect_error(INVALID)
            .shows("notification.38");
        let ids = [SP1.endpoint(), VM];
        says(nwd, "lets SP1 notify a VM", NOTIFICATION_BIND, ids, 0, u64::MAX).expect_success();
    });
    for bit in [0, 31, 32, 63] {
        stage.alone("SP1 notifies the VM", SP1, |sp1| {
            says(sp1, "notifies the VM", NOTIFICATION_SET, [SP1.endpoint(), VM], DELAY, 1 << bit)
                .expect_success();
        });
        stage.alone("A hypervisor destroys what is pending", NWD, |nwd| {
            let destroys = args![NOTIFICATION_BITMAP_DESTROY, u64::from(VM)];
            nwd.call("destroys the VM's", destroys).expect_error(DENIED).shows("notification.18");
            asks_for(nwd, "gets the VM's", VM, 0, OF_PARTITIONS)
                .expect_success()
                .expect(2, (1u64 << bit) & 0xFFFF_FFFF)
                .expect(3, 1u64 << bit >> 32);
        });
    }
    stage.alone("A hypervisor destroys what is got", NWD, |nwd| {
        nwd.call("destroys the VM's", args![NOTIFICATION_BITMAP_DESTROY, u64::from(VM)]).expect_success();
        nwd.call("creates it again", args![NOTIFICATION_BITMAP_CREATE, u64::from(VM), 1]).expect_success();
    });
    stage.alone("SP1 would notify the VM that came after it", SP1, |sp1| {
        let ids = [SP1.endpoint(), VM];
        is_refused(sp1, &[("notifies the VM", NOTIFICATION_SET, ids, DELAY, 1, DENIED, "notification.25")]);
    });
}

/// Who may bind what to whom, and who may set it.
pub fn notification_rules(stage: &mut Stage) {
    let [sp1, sp2, sp3] = [SP1, SP2, SP3].map(Role::endpoint);
    boots(stage, &[SP1, SP2]);
    stage.alone("SP1 binds", SP1, |program| {
        binds(program, SP2, ENDS).shows("notification.1");
        binds(program, SP2, ENDS).shows("notification.1");
        binds(program, NWD, ENDS);
        is_refused(
            program,
            &[
                ("binds to another", NOTIFICATION_BIND, [sp3, sp1], 0, 3, DENIED, "notification.14"),
                ("binds to another VM", NOTIFICATION_BIND, [VM, sp1], 0, 1, DENIED, "notification.14"),
                ("has another flag", NOTIFICATION_BIND, [sp2, sp1], 2, 2, INVALID, "notification.5"),
                ("has a flag", NOTIFICATION_UNBIND, [sp2, sp1], 1, 1, INVALID, "notification.6"),
                ("binds nothing", NOTIFICATION_BIND, [sp2, sp1], 0, 0, INVALID, "notification.7"),
                ("unbinds nothing", NOTIFICATION_UNBIND, [sp2, sp1], 0, 0, INVALID, "notification.7"),
                ("binds to nobody", NOTIFICATION_BIND, [NOBODY, sp1], 0, 2, INVALID, "notification.9"),
                ("unbinds from nobody", NOTIFICATION_UNBIND, [NOBODY, sp1], 0, 2, INVALID, "notification.9"),
                ("binds to EL3", NOTIFICATION_BIND, [LOGICAL, sp1], 0, 2, INVALID, "notification.42"),
                ("binds for SP2", NOTIFICATION_BIND, [sp3, sp2], 0, 2, INVALID, "notification.47"),
                ("binds for a VM", NOTIFICATION_BIND, [sp1, VM], 0, 2, INVALID, "notification.47"),
                ("binds to itself", NOTIFICATION_BIND, [sp1, sp1], 0, 2, INVALID, "notification.48"),
                (
                    "unbinds what another has",
                    NOTIFICATION_UNBIND,
                    [sp3, sp1],
                    0,
                    1,
                    DENIED,
                    "notification.16",
                ),
                ("unbinds what nobody has", NOTIFICATION_UNBIND, [sp2, sp1], 0, 3, DENIED, "notification.16"),
            ],
        );
        for (label, call, rule) in [
            ("creates a VM's notifications", args![NOTIFICATION_BITMAP_CREATE, 9, 1], "notification.44"),
            ("destroys them", args![NOTIFICATION_BITMAP_DESTROY, 9, 0], "notification.45"),
            ("asks whom to schedule", args![ffa::NOTIFICATION_INFO_GET, 0, 0], "notification.60"),
            ("asks by 32 bits", args![ffa::NOTIFICATION_INFO_GET_32, 0, 0], "notification.60"),
        ] {
            program.call(label, call).expect_error(UNSUPPORTED).shows(rule);
        }
        for (label, receiver, vcpu, origins, rule) in [
            ("has another flag", sp1, 0, 16, "notification.30"),
            ("gets SP2's", sp2, 0, OF_ALL, "notification.31"),
            ("gets a VM's", VM, 0, OF_PARTITIONS, "notification.31"),
            ("gets those of a vCPU that it has not", sp1, 1, OF_ALL, "notification.33"),
        ] {
            asks_for(program, label, receiver, vcpu, origins).expect_error(INVALID).shows(rule);
        }
    });
    stage.alone("SP2 sets", SP2, |program| {
        is_refused(
            program,
            &[
                ("sets what it may not", NOTIFICATION_SET, [sp2, sp1], 0, 3, DENIED, "notification.25"),
                ("sets nothing", NOTIFICATION_SET, [sp2, sp1], 0, 0, INVALID, "notification.20"),
                ("has another flag", NOTIFICATION_SET, [sp2, sp1], 4, 1, INVALID, "notification.21"),
                ("names a vCPU", NOTIFICATION_SET, [sp2, sp1], 1 << 16, 1, INVALID, "notification.22"),
                ("sets for one vCPU", NOTIFICATION_SET, [sp2, sp1], PER_VCPU, 1, DENIED, "notification.26"),
                (
                    "sets for a vCPU that is not there",
                    NOTIFICATION_SET,
                    [sp2, sp1],
                    1 << 16 | PER_VCPU,
                    1,
                    INVALID,
                    "notification.28",
                ),
                ("sets nobody's", NOTIFICATION_SET, [sp2, NOBODY], 0, 1, INVALID, "notification.27"),
                ("sets in SP3's name", NOTIFICATION_SET, [sp3, sp1], 0, 1, INVALID, "notification.70"),
                ("sets its own", NOTIFICATION_SET, [sp2, sp2], 0, 1, INVALID, "notification.71"),
                ("sets a VM's that has none", NOTIFICATION_SET, [sp2, VM], 0, 1, DENIED, "notification.29"),
            ],
        );
        notifies(program, SP1, DELAY, 1);
    });
    stage.alone("SP3 has no notifications", SP3, |program| {
        let off = "notification.24";
        is_refused(
            program,
            &[
                ("lets SP1 notify it", NOTIFICATION_BIND, [sp1, sp3], 0, 1, UNSUPPORTED, off),
                ("lets it no more", NOTIFICATION_UNBIND, [sp1, sp3], 0, 1, UNSUPPORTED, off),
            ],
        );
        asks_for(program, "gets its own", sp3, 0, OF_ALL).expect_error(INVALID).shows("notification.37");
        program
            .call("asks for its interrupt", args![ffa::FEATURES, 1])
            .expect_error(UNSUPPORTED)
            .shows("features.8");
    });
    stage.alone("SP1 changes what is pending", SP1, |program| {
        is_refused(
            program,
            &[
                ("binds what is pending", NOTIFICATION_BIND, [sp2, sp1], 0, 1, DENIED, "notification.15"),
                ("unbinds what is pending", NOTIFICATION_UNBIND, [sp2, sp1], 0, 1, DENIED, "notification.17"),
            ],
        );
        gets(program, OF_ALL, [1, 0], [0, 0]);
    });
    stage.alone("The normal world", NWD, |nwd| {
        is_refused(
            nwd,
            &[
                ("binds to a VM", NOTIFICATION_BIND, [VM, OTHER_VM], 0, 1, INVALID, "notification.49"),
                ("unbinds from a VM", NOTIFICATION_UNBIND, [VM, OTHER_VM], 0, 1, INVALID, "notification.49"),
                ("binds for SP1", NOTIFICATION_BIND, [sp2, sp1], 0, 2, INVALID, "notification.47"),
                (
                    "binds a VM's that has none",
                    NOTIFICATION_BIND,
                    [sp1, VM],
                    0,
                    1,
                    UNSUPPORTED,
                    "notification.43",
                ),
                ("sets a VM's", NOTIFICATION_SET, [VM, OTHER_VM], 0, 1, INVALID, "notification.72"),
                (
                    "tells its scheduler later",
                    NOTIFICATION_SET,
                    [0, sp1],
                    DELAY,
                    1,
                    INVALID,
                    "notification.73",
                ),
                ("sets in SP2's name", NOTIFICATION_SET, [sp2, sp1], 0, 1, INVALID, "notification.70"),
                ("sets what a VM may not", NOTIFICATION_SET, [VM, sp1], 0, 1, DENIED, "notification.25"),
            ],
        );
        for (label, receiver, origins, rule) in [
            ("gets SP1's", sp1, OF_ALL, "notification.31"),
            ("gets those of a VM that has none", VM, OF_PARTITIONS, "notification.38"),
        ] {
            asks_for(nwd, label, receiver, 0, origins).expect_error(INVALID).shows(rule);
        }
        nwd.call("gives a VM two vCPUs", args![NOTIFICATION_BITMAP_CREATE, u64::from(VM), 2])
            .expect_success();
        asks_for(nwd, "gets those of a third", VM, 2, OF_PARTITIONS)
            .expect_error(INVALID)
            .shows("notification.33");
        asks_for(nwd, "gets those of the second", VM, 1, OF_PARTITIONS).expect_success();
        for (label, receiver, origins) in [
            ("gets what VMs set for VMs", VM, OF_VMS),
            ("gets what a hypervisor set for VMs", VM, OF_HYPERVISOR),
            ("gets what VMs set for itself", NWD.endpoint(), OF_VMS),
        ] {
            asks_for(nwd, label, receiver, 0, origins).expect_error(INVALID).shows("notification.32");
        }
    });
}

/// SP1 is of version 1.3, which has no notifications for one vCPU.
pub fn notifications_of_1_3(stage: &mut Stage) {
    let [sp1, sp2] = [SP1, SP2].map(Role::endpoint);
    stage.sp(SP1).extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    boots(stage, &[SP1, SP2]);
    stage.alone("SP2, of 1.2, lets SP1 notify its vCPU", SP2, |program| {
        says(program, "lets SP1 notify it", NOTIFICATION_BIND, [sp1, sp2], PER_VCPU, 1).expect_success();
        program
            .call("asks for notifications", args![ffa::FEATURES, 4])
            .expect_error(UNSUPPORTED)
            .shows("features.8");
    });
    stage.alone("SP1 would have notifications for its vCPU", SP1, |program| {
        program
            .call("asks for notifications", args![ffa::FEATURES, 4])
            .expect_success()
            .expect(2, 3)
            .shows("features.52");
        is_refused(
            program,
            &[
                ("binds for one vCPU", NOTIFICATION_BIND, [sp2, sp1], PER_VCPU, 1, INVALID, "notification.8"),
                ("sets for one vCPU", NOTIFICATION_SET, [sp1, sp2], PER_VCPU, 1, INVALID, "notification.23"),
            ],
        );
        binds(program, SP2, 1);
    });
}
