//! What who is to call may want, and how often.

use super::known::Known;
use crate::program::{Context, Role};
use crate::soak::random::Random;

/// What somebody may want.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// A direct request.
    Ask,
    /// A request to a service.
    AskService,
    /// An indirect message.
    Send,
    /// The response that it owes.
    Answer,
    /// FFA_MSG_WAIT.
    Wait,
    /// FFA_RUN.
    Run,
    /// FFA_YIELD.
    Yield,
    /// FFA_MEM_SHARE.
    Share,
    /// FFA_MEM_RETRIEVE_REQ.
    Retrieve,
    /// FFA_MEM_RELINQUISH.
    Relinquish,
    /// FFA_MEM_RECLAIM.
    Reclaim,
    /// FFA_RXTX_MAP.
    Map,
    /// FFA_RXTX_UNMAP.
    Unmap,
    /// FFA_RX_RELEASE.
    Release,
    /// A call about the buffers of a VM.
    OfVm,
    /// A call about notifications.
    Notify,
    /// Bytes in a page that may be shared.
    Write,
    /// FFA_PARTITION_INFO_GET.
    List,
    /// FFA_PARTITION_INFO_GET_REGS.
    ListInRegisters,
    /// A call that changes nothing.
    Look,
    /// FFA_CONSOLE_LOG.
    Print,
}

impl Wish {
    /// What `who` wants now.
    pub fn of(who: Context, known: &Known, random: &mut Random) -> Self {
        let at_times = [
            (3, Self::Map),
            (2, Self::Unmap),
            (6, Self::Release),
            (5, Self::List),
            (4, Self::ListInRegisters),
            (6, Self::Send),
            (8, Self::AskService),
            (6, Self::Look),
            (12, Self::Notify),
            (2, Self::Yield),
            (1, Self::Print),
        ];
        let often: &[(usize, Wish)] = match who.role {
            _ if known.stopped.contains_key(&who.number()) => &[(200, Self::Run), (20, Self::Ask)],
            Role::NormalWorld => &[
                (60, Self::Ask),
                (5, Self::Run),
                (20, Self::Share),
                (14, Self::Reclaim),
                (25, Self::OfVm),
                (4, Self::Write),
            ],
            Role::Partition(_) if known.owed.contains_key(&who.number()) => &[
                (35, Self::Answer),
                (15, Self::Ask),
                (14, Self::Retrieve),
                (16, Self::Relinquish),
                (2, Self::Wait),
                (2, Self::Run),
            ],
            Role::Partition(_) => &[(60, Self::Wait), (10, Self::Ask), (5, Self::Retrieve)],
        };
        let all = || often.iter().chain(&at_times);
        let mut drawn = random.below(all().map(|(weight, _)| weight).sum());
        for (weight, wish) in all() {
            match drawn.checked_sub(*weight) {
                Some(left) => drawn = left,
                None => return *wish,
            }
        }
        Self::Look
    }

    /// True for what the first context of an endpoint alone does, which maps its buffers and writes to TX and to what
    /// it shares: what a descriptor is that changes, or appears, while it is read is open.
    pub const fn is_of_the_first(self) -> bool {
        matches!(
            self,
            Self::Share
                | Self::Retrieve
                | Self::Relinquish
                | Self::Send
                | Self::Map
                | Self::Unmap
                | Self::OfVm
                | Self::Write
        )
    }
}
