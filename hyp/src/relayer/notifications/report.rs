//! What the normal world's scheduler is told: who has something pending.

use hal::Hal;

use crate::core::{Core, Schedule};
use crate::ffa::call::NotificationCall;
use crate::ffa::notification_lists::NotificationLists;
use crate::ffa::{Answer, Error, PartitionId, TargetInfo, Width};
use crate::relayer::Relayer;

impl<H: Hal> Relayer<H> {
    /// FFA_NOTIFICATION_INFO_GET: who has something pending that the scheduler was not told of.
    pub(super) fn notification_info_get(
        &self,
        core: &Core<'_, H>,
        caller: PartitionId,
        width: Width,
    ) -> Result<Answer, Error> {
        // rule: notification.60
        if caller.is_secure() {
            let function = NotificationCall::InfoGet(width).function();
            return Err(Error::NotSupported { function });
        }
        let mut lists = NotificationLists::new(width);
        let more = self.notifications.lock(&core.token).report(&mut lists);
        // rule: notification.61
        if lists.is_empty() {
            return Err(Error::NothingToSchedule);
        }
        Ok(lists.answer(more))
    }

    /// The vCPU, which waits, has interrupts for which its manifest has the normal world's scheduler give it the core.
    pub fn schedule(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) {
        // rule: notification.66
        self.notifications.lock(&core.token).change(vcpu.partition, |own| own.schedule(vcpu.vcpu));
        core.schedule_receiver(Schedule::AtExit);
    }
}
