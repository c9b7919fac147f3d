//! Notifications: bits that one endpoint sets and another gets, and what the receiver's scheduler is told.
//!
//! ```text
//!   SET --> pending --> the receiver has interrupt 5 pending, which it sees when it runs
//!              |    --> the normal world has the schedule receiver interrupt: at once, or when it next runs
//!              v
//!   INFO_GET lists who has something pending, each once; FFA_RUN or a request gives the receiver cycles; GET
//! ```
//!
//! A receiver binds each notification to the endpoint that may set it. The framework's own say that a message is in an RX
//! buffer. What is to be reported is known beforehand, so no call looks at all endpoints.
//!
//! Rules: `rules/notification.toml`.

mod pending;
pub mod receivers;
mod report;

use hal::Hal;

use super::{Relayer, unknown};
use crate::core::Core;
use crate::ffa::call::{Notice, NotificationCall};
use crate::ffa::partition_info::Properties;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, FunctionId, PartitionId, TargetInfo, Version, response};
use crate::partition::notifications::Notifications;
use crate::partition::{Loaded, Partition};

impl<H: Hal> Relayer<H> {
    /// The answer to a call about notifications.
    #[inline(never)]
    pub fn notification(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        call: &NotificationCall,
    ) -> Result<Answer, Error> {
        let id = caller.partition;
        let function = call.function();
        match *call {
            NotificationCall::BitmapCreate { vm, vcpus } => {
                let owner = of_hypervisor(id, vm, function)?;
                self.notifications.lock(&core.token).create(owner, vcpus)?;
            }
            NotificationCall::BitmapDestroy { vm } => {
                let owner = of_hypervisor(id, vm, function)?;
                self.notifications.lock(&core.token).destroy(owner)?;
            }
            NotificationCall::Bind { ref notice, per_vcpu } => {
                may_bind(id, notice, function)?;
                if per_vcpu {
                    self.permits_per_vcpu(id, function)?;
                }
                // rule: notification.19
                if notice.sender.is_secure() && self.has_aborted(notice.sender) {
                    return Err(unknown(notice.sender));
                }
                self.change_bindings(core, notice, function, |own| own.bind(notice, per_vcpu))?;
            }
            NotificationCall::Unbind(ref notice) => {
                may_bind(id, notice, function)?;
                self.change_bindings(core, notice, function, |own| own.unbind(notice))?;
            }
            NotificationCall::Set { ref notice, vcpu, delays } => {
                if vcpu.is_some() {
                    self.permits_per_vcpu(id, function)?;
                }
                may_set(id, notice, delays)?;
                self.notification_set(core, notice, vcpu)?.follow(core, delays);
            }
            NotificationCall::Get { receiver, vcpu, origins } => {
                return self.notification_get(
                    core,
                    caller,
                    TargetInfo { partition: receiver, vcpu },
                    origins,
                );
            }
            NotificationCall::InfoGet(width) => return self.notification_info_get(core, id, width),
        }
        Ok(response::success())
    }

    /// Refuses notifications for one vCPU to `caller`, if its version has none.
    fn permits_per_vcpu(&self, caller: PartitionId, function: FunctionId) -> Result<(), Error> {
        // rule: notification.8, notification.23
        if self.version_of(caller) < Version::V1_3 {
            return Ok(());
        }
        let allowed = Clause::NotPerVcpuFrom1_3;
        Err(Error::Register { function, register: Item::W2, found: 1, allowed })
    }

    /// The partition `id`, if it receives notifications.
    fn receiving(&self, id: PartitionId) -> Option<(&Partition<H::Locks>, &Loaded)> {
        self.partition(id).filter(|(partition, loaded)| {
            loaded.messaging.contains(Properties::RECEIVES_NOTIFICATIONS) && !partition.has_aborted()
        })
    }

    /// Has `change` change what of the receiver's notifications is bound to whom, by `function`.
    fn change_bindings(
        &self,
        core: &Core<'_, H>,
        notice: &Notice,
        function: FunctionId,
        change: impl FnOnce(&mut Notifications) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Notice { sender, receiver, .. } = *notice;
        // rule: notification.9, notification.42
        if sender.is_secure() && self.partition(sender).is_none() {
            return Err(unknown(sender));
        }
        let off = Error::NotSupported { function };
        // A receiver that aborts is forgotten under this lock, so it is looked at under it.
        let mut receivers = self.notifications.lock(&core.token);
        // rule: notification.24
        if receiver.is_secure() && self.receiving(receiver).is_none() {
            return Err(off);
        }
        (receivers.change(receiver, change))
            // rule: notification.43
            .ok_or(off)?
    }
}

/// Whose notifications a call of `caller` by `function` creates or destroys that names `vm`.
fn of_hypervisor(caller: PartitionId, vm: PartitionId, function: FunctionId) -> Result<PartitionId, Error> {
    // rule: notification.44, notification.45
    if caller.is_secure() {
        return Err(Error::NotSupported { function });
    }
    // rule: notification.46
    if vm.is_secure() {
        return Err(Error::SpoofedSender { claimed: vm, caller });
    }
    Ok(vm)
}

/// Refuses a binding that is not between `caller`, or a VM for which it speaks, and another.
fn may_bind(caller: PartitionId, notice: &Notice, function: FunctionId) -> Result<(), Error> {
    let Notice { sender, receiver, .. } = *notice;
    // rule: notification.47
    if !caller.speaks_for(receiver) {
        return Err(Error::SpoofedSender { claimed: receiver, caller });
    }
    // rule: notification.48
    if sender == receiver {
        return Err(Error::ReceiverIsSender { sender });
    }
    // rule: notification.49
    if !caller.is_secure() && !sender.is_secure() {
        return Err(of_vms_alone(function, Item::W1, u64::from(sender.0) << 16));
    }
    Ok(())
}

/// Refuses to have `caller` set what is not its own, or a VM's for which it speaks, to set.
fn may_set(caller: PartitionId, notice: &Notice, delays: bool) -> Result<(), Error> {
    let Notice { sender, receiver, .. } = *notice;
    let function = FunctionId::NOTIFICATION_SET;
    // rule: notification.70
    if !caller.speaks_for(sender) {
        return Err(Error::SpoofedSender { claimed: sender, caller });
    }
    // rule: notification.71
    if receiver == sender {
        return Err(Error::ReceiverIsSender { sender });
    }
    if caller.is_secure() {
        return Ok(());
    }
    // rule: notification.72
    if !receiver.is_secure() {
        return Err(of_vms_alone(function, Item::W1, u64::from(receiver.0)));
    }
    // rule: notification.73
    if delays {
        let allowed = Clause::ToldAtOnce;
        return Err(Error::Register { function, register: Item::W2, found: 1 << 1, allowed });
    }
    Ok(())
}

/// The error for a call by `function` about what VMs set for VMs, as `found` in `register` says.
fn of_vms_alone(function: FunctionId, register: Item, found: u64) -> Error {
    Error::Register { function, register, found, allowed: Clause::HypervisorsOwn }
}
