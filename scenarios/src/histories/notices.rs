//! Calls of histories about notifications: few bits, senders and receivers, so that they meet.

use super::call::Call;
use super::vms::{VM1, VM2};
use crate::ffa;
use crate::program::{Context, Role};
use crate::soak::random::Random;

/// Notifications that histories use.
const BITS: usize = 3;

/// A call of `who` about notifications, on a machine with so many partitions.
pub fn about(random: &mut Random, who: Context, partitions: u16) -> Call {
    let partition = ffa::partition_id(1 + random.below(partitions.into()) as u16);
    let vm = random.pick(&[ffa::NORMAL_WORLD, VM1, VM2]);
    let bits = 1 << (31 * random.below(BITS));
    let per_vcpu = u64::from(random.below(8) == 0);
    let vcpu = if per_vcpu != 0 { random.below(2) as u64 } else { 0 };
    let is_nwd = who.role == Role::NormalWorld;
    let own = if is_nwd { vm } else { who.role.endpoint() };
    let other = if is_nwd { partition } else { random.pick(&[partition, partition, vm]) };
    let call = |function, from, to, flags| {
        Call::new([function, ffa::sender_receiver(from, to), flags, bits & 0xFFFF_FFFF, bits >> 32])
    };
    match random.below(if is_nwd { 20 } else { 16 }) {
        0..3 => call(ffa::NOTIFICATION_BIND, other, own, per_vcpu),
        3 => call(ffa::NOTIFICATION_UNBIND, other, own, 0),
        4..10 => {
            let delay = if is_nwd { 0 } else { 2 * random.below(2) as u64 };
            call(ffa::NOTIFICATION_SET, own, other, vcpu << 16 | delay | per_vcpu)
        }
        10..16 => {
            let vcpu = if is_nwd { 0 } else { who.cpu };
            let origins = random.pick(if is_nwd { &[1, 5, 4] } else { &[15, 3, 12] });
            Call::new([ffa::NOTIFICATION_GET, ffa::sender_receiver(vcpu, own), origins])
        }
        16 | 17 => Call::new([ffa::NOTIFICATION_INFO_GET]),
        18 => Call::new([ffa::NOTIFICATION_BITMAP_CREATE, own.into(), 2]),
        _ => Call::new([ffa::NOTIFICATION_BITMAP_DESTROY, own.into()]),
    }
}
