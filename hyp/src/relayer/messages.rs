//! Direct messages.
//!
//! Rules (`rules/`): `direct`, `direct2`.

use hal::Hal;

use super::Relayer;
use super::next::Next;
use crate::core::Core;
use crate::ffa::call::DirectMessage;
use crate::ffa::partition_info::Properties;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Error, MessageKind, PartitionId, TargetInfo, Uuid, Version, response};
use crate::partition::execution::{NotAMove, RunState};
use crate::partition::runtime_model::{CoreCall, RuntimeModel};
use crate::partition::{Loaded, Partition};

impl<H: Hal> Relayer<H> {
    /// FFA_MSG_SEND_DIRECT_REQ and REQ2: the receiver runs with the message, which is in the exchange, and the caller
    /// waits for the answer.
    #[inline(always)]
    pub fn direct_request(
        &self,
        core: &mut Core<'_, H>,
        mut caller: TargetInfo,
        message: &DirectMessage,
        service: Uuid,
    ) -> Result<Next, Error> {
        let DirectMessage { sender, receiver, kind, .. } = *message;
        // rule: direct.3
        may_send_as(caller, sender)?;
        // Who asks is the VM that the hypervisor calls for, so the answer must name that.
        // rule: direct.80, direct2.80
        caller.partition = sender;
        // rule: direct.13
        if receiver == sender {
            return Err(Error::ReceiverIsSender { sender });
        }
        // rule: direct.14
        if receiver == PartitionId::NORMAL_WORLD {
            return Err(Error::RequestToNormalWorld { sender, receiver });
        }
        let (partition, loaded) = self.reach(receiver)?;
        let sends = if kind == MessageKind::Plain {
            // rule: direct.5
            if !loaded.messaging.contains(Properties::RECEIVES_DIRECT_REQUESTS) {
                return Err(Error::CannotReceiveDirect { receiver });
            }
            Properties::SENDS_DIRECT_REQUESTS
        } else {
            accepts(core, message, service, partition, loaded)?
        };
        if let Some((_, loaded)) = self.partition(sender) {
            // rule: direct.16, direct2.48
            if !loaded.messaging.contains(sends) {
                return Err(Error::CannotSendDirect { sender });
            }
            self.permits(core, caller, CoreCall::Request, message.function)?;
        }
        let target = TargetInfo { partition: receiver, vcpu: loaded.vcpu_on(core.index) };
        let (execution, slot) = partition.vcpu(target.vcpu).ok_or(Error::UnknownVcpu { target })?;
        {
            let mut execution = execution.lock(&core.token);
            // rule: direct.17, direct.18, direct.19, direct.49
            if execution.state() != RunState::Waiting || !slot.is_free() {
                let asked = matches!(execution.model(), RuntimeModel::DirectRequest(_));
                drop(execution);
                // rule: direct.6, direct.10, direct.50
                return Err(if !asked && self.callee_in_chain(core, caller, target).is_some() {
                    Error::ReceiverInChain { receiver }
                } else {
                    Error::ReceiverBusy { receiver }
                });
            }
            // It waits, so the table of moves has this one.
            let _ = execution.begin(RuntimeModel::DirectRequest(kind), Some(caller), core.index);
        }
        self.block(core, caller);
        response::deliver(&mut core.exchange, message);
        Ok(Next::Return(target))
    }

    /// FFA_MSG_SEND_DIRECT_RESP and RESP2: who asked goes on with the answer, which is in the exchange, and the
    /// caller waits for its next message.
    #[inline(always)]
    pub fn direct_response(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        message: &DirectMessage,
    ) -> Result<Next, Error> {
        let DirectMessage { sender, receiver, kind, function } = *message;
        // rule: direct.15
        may_send_as(caller, sender)?;
        let not_requester = Error::NotRequester { sender, receiver };
        let (partition, loaded) = self.partition(caller.partition).ok_or(not_requester)?;
        let (execution, _) = partition.vcpu(caller.vcpu).ok_or(not_requester)?;
        let (requester, has_interrupts) = {
            let mut execution = execution.lock(&core.token);
            // rule: direct.7, direct.40, direct2.45, direct2.46
            if execution.model() != RuntimeModel::DirectRequest(kind) {
                let model = Clause::ToAnotherKind;
                let another = Error::CallNotAllowed { function, model };
                return Err(execution.model().permits(CoreCall::Response, function).err().unwrap_or(another));
            }
            // rule: direct.9, yield.42
            if execution.owes() {
                return Err(Error::CallNotAllowed { function, model: Clause::BeforeStoppedCallee });
            }
            let requester = (execution.caller())
                // rule: direct.20, direct.81
                .filter(|requester| requester.partition == receiver || self.has_aborted(receiver))
                .ok_or(not_requester)?;
            // It runs, so the table of moves has this one.
            let _ = execution.move_to(RunState::Waiting);
            (requester, !execution.interrupts.is_idle())
        };
        if has_interrupts {
            self.leaves_interrupts(core, caller, partition, loaded);
        }
        // It waits for this vCPU, so the table of moves has this one.
        let _ = self.unblock(core, requester);
        // rule: direct.11
        if requester.partition != receiver {
            return Ok(core.give(requester, response::msg_wait(caller)));
        }
        response::deliver(&mut core.exchange, message);
        Ok(Next::Return(requester))
    }

    /// `caller`, which runs on this core, waits for an answer. The normal world has no state here.
    pub(super) fn block(&self, core: &Core<'_, H>, caller: TargetInfo) {
        if let Some(execution) = self.execution(caller) {
            // It runs, so the table of moves has this one.
            let _ = execution.lock(&core.token).move_to(RunState::Blocked);
        }
    }

    /// `caller` gets its answer, on this core. The normal world has no state here.
    pub(super) fn unblock(&self, core: &Core<'_, H>, caller: TargetInfo) -> Result<(), NotAMove> {
        match self.execution(caller) {
            Some(execution) => execution.lock(&core.token).move_to(RunState::Running),
            None => Ok(()),
        }
    }
}

/// Refuses a request that is no plain one and that the receiver does not take; what its sender must have otherwise.
#[inline(never)]
fn accepts<H: Hal>(
    core: &Core<'_, H>,
    message: &DirectMessage,
    service: Uuid,
    partition: &Partition<H::Locks>,
    loaded: &Loaded,
) -> Result<Properties, Error> {
    let DirectMessage { function, sender, receiver, kind } = *message;
    let wanted = match kind {
        MessageKind::VmCreated => Properties::WANTS_VM_CREATED,
        MessageKind::VmDestroyed => Properties::WANTS_VM_DESTROYED,
        MessageKind::Plain | MessageKind::Service => {
            let version = partition.endpoint.version.get();
            // rule: direct2.41
            if version < Version::V1_2 {
                return Err(Error::ReceiverTooOld { receiver, version, function });
            }
            let messaging = if service.is_nil() {
                loaded.messaging
            } else {
                let named = (loaded.config.services.iter())
                    // rule: direct2.40
                    .find(|offered| offered.uuid == service);
                named.ok_or(Error::UnknownService { receiver, service })?.messaging
            };
            // rule: direct2.42
            if !messaging.contains(Properties::RECEIVES_DIRECT_REQUESTS_2) {
                return Err(Error::CannotReceiveDirect { receiver });
            }
            return Ok(Properties::SENDS_DIRECT_REQUESTS_2);
        }
    };
    // rule: direct.42, direct.82
    if sender != PartitionId::NORMAL_WORLD {
        let [_, _, found, ..] = core.exchange.0;
        let allowed = Clause::FrameworkIsHypervisors;
        return Err(Error::Register { function, register: Item::W2, found, allowed });
    }
    // rule: direct.43
    if !loaded.config.vm_messages.contains(wanted) {
        return Err(Error::NotSubscribed { receiver });
    }
    Ok(Properties::empty())
}

/// Refuses a message whose sender `caller` does not speak for.
fn may_send_as(caller: TargetInfo, sender: PartitionId) -> Result<(), Error> {
    if caller.partition.speaks_for(sender) {
        return Ok(());
    }
    // rule: direct.83
    let is_firmwares = !caller.partition.is_secure() && sender.is_logical();
    if is_firmwares {
        return Ok(());
    }
    Err(Error::SpoofedSender { claimed: sender, caller: caller.partition })
}
