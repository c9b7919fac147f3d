//! Notifications that are set and got, and the interrupt that their receiver has meanwhile.

use hal::Hal;
use hal::lock::LockPolicy;

use super::of_vms_alone;
use super::receivers::Receivers;
use crate::capacity::bit;
use crate::core::{Core, Schedule};
use crate::ffa::call::{Notice, Origins};
use crate::ffa::wording::Item;
use crate::ffa::{Answer, Error, FunctionId, PartitionId, TargetInfo, response};
use crate::partition::execution::RunState;
use crate::partition::interrupts::{CALL, Place};
use crate::partition::{Loaded, Partition};
use crate::relayer::{Relayer, unknown};

/// What is to be done when no lock is held any more.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::relayer) struct Following {
    /// The cores, a bit each, that run a vCPU that is to see its interrupt.
    cores: u32,
    /// The scheduler is to be told.
    schedules: bool,
}

impl Following {
    /// Does it; the scheduler is told later where the sender `delays` that.
    pub(in crate::relayer) fn follow<H: Hal>(self, core: &mut Core<'_, H>, delays: bool) {
        let mut left = self.cores;
        // At most one round for each core.
        while left != 0 {
            core.hal.send(CALL, left.trailing_zeros() as usize);
            left &= left - 1;
        }
        if self.schedules {
            core.schedule_receiver(if delays { Schedule::AtExit } else { Schedule::Now });
        }
    }
}

impl<H: Hal> Relayer<H> {
    /// FFA_NOTIFICATION_SET: what `notice` names is pending, for the receiver's vCPU number `vcpu` where it is for one.
    pub(super) fn notification_set(
        &self,
        core: &Core<'_, H>,
        notice: &Notice,
        vcpu: Option<u16>,
    ) -> Result<Following, Error> {
        let Notice { sender, receiver, bits } = *notice;
        // rule: notification.27
        if receiver.is_secure() && self.partition(receiver).is_none() {
            return Err(unknown(receiver));
        }
        let partition = self.receiving(receiver);
        let mut receivers = self.notifications.lock(&core.token);
        let vcpus = vcpus_of(&receivers, receiver, partition);
        let beyond = vcpu.filter(|vcpu| vcpus.is_some_and(|vcpus| *vcpu >= vcpus));
        // rule: notification.28
        if let Some(vcpu) = beyond {
            return Err(Error::UnknownVcpu { target: TargetInfo { partition: receiver, vcpu } });
        }
        let set = receivers.change(receiver, |own| own.set(notice, vcpu).map(|()| own.is_unreported()));
        let schedules = set
            // rule: notification.29
            .ok_or(Error::NotBound { sender, receiver, bits })??;
        Ok(Following { cores: self.pend(core, partition, vcpu), schedules })
    }

    /// The RX buffer of `receiver` is full with a message of `sender`: it has the framework's notification, if it has
    /// notifications.
    pub(in crate::relayer) fn notify_rx_full(
        &self,
        core: &Core<'_, H>,
        sender: PartitionId,
        receiver: PartitionId,
    ) -> Following {
        let mut receivers = self.notifications.lock(&core.token);
        let partition = self.receiving(receiver);
        let receives = partition.is_some() || !receiver.is_secure();
        let set = receives.then(|| receivers.change(receiver, |own| own.set_rx_full(sender))).flatten();
        match set {
            Some(()) => Following { cores: self.pend(core, partition, None), schedules: true },
            None => Following { cores: 0, schedules: false },
        }
    }

    /// The vCPU number `vcpu` of `partition`, or each where none is named, has its notification pending interrupt. Returns
    /// the cores, a bit each, that run one of them, but for this one. The notifications are held.
    fn pend(
        &self,
        core: &Core<'_, H>,
        partition: Option<(&Partition<H::Locks>, &Loaded)>,
        vcpu: Option<u16>,
    ) -> u32 {
        let Some((partition, loaded)) = partition else { return 0 };
        let mut cores = 0;
        let all = 0..loaded.config.execution_contexts as u16;
        for index in vcpu.map_or(all, |vcpu| vcpu..vcpu + 1) {
            let Some((execution, _)) = partition.vcpu(index) else { break };
            let mut execution = execution.lock(&core.token);
            // rule: notification.50
            execution.interrupts.pend(Place::NPI);
            partition.note_asserted(index, &execution.interrupts);
            if execution.state() == RunState::Running && execution.core() != core.index {
                cores |= bit(execution.core());
            }
        }
        cores
    }

    /// FFA_NOTIFICATION_GET: what of `origins` is pending for `receiver`, and is so no more.
    pub(super) fn notification_get(
        &self,
        core: &Core<'_, H>,
        caller: TargetInfo,
        receiver: TargetInfo,
        origins: Origins,
    ) -> Result<Answer, Error> {
        let TargetInfo { partition: id, vcpu } = receiver;
        // rule: notification.31
        let speaks = if caller.partition.is_secure() { caller.partition == id } else { !id.is_secure() };
        if !speaks {
            return Err(Error::SpoofedSender { claimed: id, caller: caller.partition });
        }
        // rule: notification.32
        if !id.is_secure() && origins.include(Origins::VMS | Origins::HYPERVISOR) {
            return Err(of_vms_alone(FunctionId::NOTIFICATION_GET, Item::W2, origins.0.into()));
        }
        let off = Error::NoNotifications { receiver: id };
        let partition = self.receiving(id);
        let mut receivers = self.notifications.lock(&core.token);
        let vcpus = vcpus_of(&receivers, id, partition)
            // rule: notification.37, notification.38
            .ok_or(off)?;
        // A partition's vCPU gets its own; which vCPU of a VM calls, its hypervisor knows.
        let is_own = !id.is_secure() || vcpu == caller.vcpu;
        // rule: notification.33
        if vcpu >= vcpus || !is_own {
            return Err(Error::UnknownVcpu { target: receiver });
        }
        let got = receivers.change(id, |own| own.get(vcpu, origins)).ok_or(off)?;
        self.settle_pending(core, &receivers, id, partition);
        let [spm, hypervisor] = got.framework;
        let halves = |bits: u64| [bits as u32, (bits >> 32) as u32];
        let ([a, b], [c, d]) = (halves(got.from_partitions), halves(got.from_vms));
        Ok(response::success_with([a, b, c, d, spm, hypervisor]))
    }

    /// Takes the notification pending interrupt from the vCPUs of `partition`, which is `id`, for which nothing is pending
    /// any more.
    fn settle_pending(
        &self,
        core: &Core<'_, H>,
        receivers: &Receivers,
        id: PartitionId,
        partition: Option<(&Partition<H::Locks>, &Loaded)>,
    ) {
        let Some((partition, loaded)) = partition else { return };
        let Some(notifications) = receivers.of(id) else { return };
        for index in 0..loaded.config.execution_contexts as u16 {
            if notifications.is_pending_for(index) {
                continue;
            }
            let Some((execution, _)) = partition.vcpu(index) else { break };
            let mut execution = execution.lock(&core.token);
            // rule: notification.55
            execution.interrupts.cancel(Place::NPI);
            partition.note_asserted(index, &execution.interrupts);
        }
    }
}

/// How many vCPUs `id` has, which is `partition` where it is one; `None` where it has no notifications.
fn vcpus_of<P: LockPolicy>(
    receivers: &Receivers,
    id: PartitionId,
    partition: Option<(&Partition<P>, &Loaded)>,
) -> Option<u16> {
    // A VM has them until its hypervisor destroys them, whoever is told that the VM is no more.
    // rule: notification.74
    let is_vm = !id.is_secure();
    if is_vm {
        return receivers.vcpus(id);
    }
    partition.map(|(_, loaded)| loaded.config.execution_contexts as u16)
}
