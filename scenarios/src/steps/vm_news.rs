//! The framework's messages about VMs, which the normal world's hypervisor sends to partitions that want them.

use super::notifications::{OF_PARTITIONS, asks_for};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::program::{Arg, Role, args};

/// The bit of w2 that says that a message is the framework's.
const FRAMEWORK: u64 = 1 << 31;
const VM_CREATED: u64 = FRAMEWORK | 4;
const VM_CREATED_ANSWER: u64 = FRAMEWORK | 5;
const VM_DESTROYED: u64 = FRAMEWORK | 6;
const VM_DESTROYED_ANSWER: u64 = FRAMEWORK | 7;
/// A number that no message has.
const NO_MESSAGE: u64 = FRAMEWORK | 0x42;

/// The invalid memory handle, low and high: there is no memory that describes the VM.
const NO_MEMORY: u64 = 0xFFFF_FFFF;
const VM: u64 = 3;

/// The message `number` from `from` to `to`.
fn message(function: u64, from: Role, to: Role, number: u64, values: [u64; 3]) -> Vec<Arg> {
    let route = ffa::sender_receiver(from.endpoint(), to.endpoint());
    let [a, b, c] = values;
    [function, route, number, a, b, c].map(Arg::from).to_vec()
}

/// SP1 wants to know of VMs that come, SP2 of those that go. The VM's notifications outlive it until they are destroyed.
pub fn vm_news(stage: &mut Stage) {
    let about = [NO_MEMORY, NO_MEMORY, VM];
    stage.alone("A VM has notifications", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        nwd.call("creates them", args![ffa::NOTIFICATION_BITMAP_CREATE, VM, 1]).expect_success();
    });
    let (nwd, partitions) = stage.begin("A VM comes and goes");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("vm-availability-messages", 1u32);
    sp2.extras.set("vm-availability-messages", 2u32);
    for (partition, role, request, answer, shown) in [
        (&mut *sp1, SP1, VM_CREATED, VM_CREATED_ANSWER, "direct.46"),
        (&mut *sp2, SP2, VM_DESTROYED, VM_DESTROYED_ANSWER, "direct.47"),
    ] {
        partition
            .is_woken("is told")
            .expect(0, ffa::DIRECT_REQ_32)
            .expect(1, ffa::sender_receiver(0, role.endpoint()))
            .expect(2, request)
            .expect(3, NO_MEMORY)
            .expect(5, VM);
        let to_nwd = |function, number| message(function, role, NWD, number, [0; 3]);
        partition
            .call("answers as if a partition had asked", &to_nwd(ffa::DIRECT_RESP_32, 0))
            .expect_error(ffa::DENIED)
            .shows("direct.40");
        let other = answer ^ 2;
        partition
            .call("answers the other message", &to_nwd(ffa::DIRECT_RESP_32, other))
            .expect_error(ffa::DENIED)
            .shows("direct.40");
        partition
            .call("answers by a message that there is not", &to_nwd(ffa::DIRECT_RESP_32, NO_MESSAGE))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.41");
        partition.gives_way("says that it knows", &to_nwd(ffa::DIRECT_RESP_32, answer));
        nwd.call("tells", &message(ffa::DIRECT_REQ_32, NWD, role, request, about))
            .expect(0, ffa::DIRECT_RESP_32)
            .expect(1, ffa::sender_receiver(role.endpoint(), 0))
            .expect(2, answer)
            .expect(3, 0)
            .shows(shown);
    }
    asks_for(nwd, "gets the VM's notifications", VM as u16, 0, OF_PARTITIONS)
        .expect_success()
        .shows("notification.74");
    let destroys = args![ffa::NOTIFICATION_BITMAP_DESTROY, VM];
    nwd.call("destroys them", destroys).expect_success();
    nwd.call("destroys them again", destroys).expect_error(ffa::DENIED).shows("notification.13");
    for (label, to, request) in
        [("tells SP1 of the end", SP1, VM_DESTROYED), ("tells SP2 of the beginning", SP2, VM_CREATED)]
    {
        nwd.call(label, &message(ffa::DIRECT_REQ_32, NWD, to, request, about))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.43");
    }
    nwd.call("sends what is no message", &message(ffa::DIRECT_REQ_32, NWD, SP1, NO_MESSAGE, about))
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("direct.2");
    stage.alone("SP2 plays the hypervisor", SP2, |sp2| {
        sp2.call("tells SP1", &message(ffa::DIRECT_REQ_32, SP2, SP1, VM_CREATED, about))
            .expect_error(ffa::INVALID_PARAMETERS)
            .shows("direct.42");
    });
}
