//! The answer to FFA_NOTIFICATION_INFO_GET: lists of who has notifications pending.
//!
//! ```text
//! x2          bit 0: more is pending; [11:7]: how many lists; then two bits for each list, from bit 12 on: its vCPUs
//! x3 to x7    16-bit ids, the first in x3[15:0]: of each list the endpoint, then its vCPUs, at most three
//! ```
//!
//! A list without vCPUs says that notifications for any vCPU of its endpoint are pending. The 32-bit call has half of the
//! room: two ids in each register.

use super::call::Width;
use super::ids::PartitionId;
use super::response::{self, Answer};

/// The most ids that registers hold.
const MOST: usize = 20;

/// vCPUs of one list at most.
const MOST_VCPUS: u64 = 3;

/// Lists being made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotificationLists {
    width: Width,
    ids: [u16; MOST],
    used: usize,
    lists: u32,
    /// Two bits for each list: how many vCPUs it has.
    sizes: u64,
    /// Whose vCPUs the last list is of, if it is one of vCPUs.
    open: Option<PartitionId>,
}

/// What one vCPU more in list number `list` adds to the sizes, which have two bits for each of a few lists.
const fn one_more(list: u32) -> u64 {
    1u64.wrapping_shl(2 * list)
}

impl NotificationLists {
    /// No lists, for a call of `width`.
    pub const fn new(width: Width) -> Self {
        Self { width, ids: [0; MOST], used: 0, lists: 0, sizes: 0, open: None }
    }

    /// True where nothing is listed.
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Lists `endpoint`, or its `vcpu`; false where there is no room left.
    pub fn list(&mut self, endpoint: PartitionId, vcpu: Option<u16>) -> bool {
        let last = self.lists.saturating_sub(1);
        let size = self.sizes.wrapping_shr(2 * last) & MOST_VCPUS;
        let joins = vcpu.is_some() && self.open == Some(endpoint) && size < MOST_VCPUS;
        let room = match self.width {
            Width::W32 => MOST / 2,
            Width::W64 => MOST,
        };
        let needed = if vcpu.is_some() && !joins { 2 } else { 1 };
        if room.saturating_sub(self.used) < needed {
            return false;
        }
        if joins {
            self.sizes = self.sizes.wrapping_add(one_more(last));
        } else {
            self.add(endpoint.0);
            if vcpu.is_some() {
                self.sizes |= one_more(self.lists);
            }
            self.lists += 1;
            self.open = vcpu.map(|_| endpoint);
        }
        if let Some(vcpu) = vcpu {
            self.add(vcpu);
        }
        true
    }

    fn add(&mut self, id: u16) {
        if let Some(place) = self.ids.get_mut(self.used) {
            *place = id;
            self.used += 1;
        }
    }

    /// The answer, in x0 to x7; more is pending than is listed where `more`.
    pub fn answer(&self, more: bool) -> Answer {
        let counts = self.sizes << 12 | u64::from(self.lists) << 7 | u64::from(more);
        let each = match self.width {
            Width::W32 => 2,
            Width::W64 => 4,
        };
        let mut answer = response::success_of(self.width);
        let [_, _, x2, others @ ..] = &mut answer.0;
        // rule: notification.63
        *x2 = counts;
        for (register, ids) in others.iter_mut().zip(self.ids.chunks(each)).take(5) {
            *register = ids.iter().rev().fold(0, |word, id| word << 16 | u64::from(*id));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use arm_ffa::interface_args::SuccessArgs;
    use arm_ffa::notification::{SuccessArgsNotificationInfoGet32, SuccessArgsNotificationInfoGet64};

    use super::*;

    const SP1: PartitionId = PartitionId(0x8001);
    const SP2: PartitionId = PartitionId(0x8002);

    #[test]
    fn lists_are_what_arm_ffa_reads() {
        let mut lists = NotificationLists::new(Width::W64);
        for (id, vcpu) in [
            (SP1, None),
            (SP1, Some(0)),
            (SP1, Some(3)),
            (SP1, Some(5)),
            (SP1, Some(7)),
            (SP2, Some(1)),
            (SP2, None),
        ] {
            assert!(lists.list(id, vcpu));
        }
        let answer = lists.answer(true);
        let args = SuccessArgs::Args64(*answer.alone().0[2..].first_chunk().unwrap());
        let read = SuccessArgsNotificationInfoGet64::try_from(args).unwrap();
        assert!(read.more_pending_notifications);
        let lists: std::vec::Vec<_> = read.iter().map(|(id, vcpus)| (id, vcpus.to_vec())).collect();
        let expected: &[(u16, &[u16])] =
            &[(0x8001, &[]), (0x8001, &[0, 3, 5]), (0x8001, &[7]), (0x8002, &[1]), (0x8002, &[])];
        assert_eq!(lists.len(), expected.len());
        for ((id, vcpus), (expected_id, expected_vcpus)) in lists.iter().zip(expected) {
            assert_eq!((*id, &vcpus[..]), (*expected_id, *expected_vcpus));
        }
    }

    #[test]
    fn a_list_that_finds_no_room_is_not_begun() {
        for (width, room) in [(Width::W32, 10), (Width::W64, 20)] {
            let mut lists = NotificationLists::new(width);
            for number in 0..room - 1 {
                assert!(lists.list(PartitionId(0x8001 + number), None));
            }
            let before = lists.clone();
            assert!(!lists.list(SP1, Some(0)), "an endpoint and a vCPU need two places");
            assert_eq!(lists, before);
            assert!(lists.list(SP1, None));
            assert!(!lists.list(SP2, None));
        }
    }

    #[test]
    fn the_32_bit_answer_has_two_ids_in_a_register() {
        let mut lists = NotificationLists::new(Width::W32);
        assert!(lists.list(SP1, Some(2)) && lists.list(SP2, None));
        let answer = lists.answer(false);
        assert_eq!(answer.0[..6], [0x8400_0061, 0, 2 << 7 | 1 << 12, 0x0002_8001, 0x8002, 0]);
        let args = SuccessArgs::Args32(std::array::from_fn(|index| answer.0[2 + index] as u32));
        let read = SuccessArgsNotificationInfoGet32::try_from(args).unwrap();
        assert!(!read.more_pending_notifications);
    }
}
