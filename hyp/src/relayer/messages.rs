//! Direct messages.
//!
//! Rules: `rules/direct.toml`.

use hal::Hal;

use super::Relayer;
use super::next::Next;
use crate::capacity::MAX_PARTITIONS;
use crate::core::Core;
use crate::ffa::call::DirectMessage;
use crate::ffa::partition_info::Properties;
use crate::ffa::{Error, FunctionId, PartitionId, TargetInfo, response};
use crate::partition::execution::{NotAMove, RunState, RuntimeModel};

impl<H: Hal> Relayer<H> {
    /// FFA_MSG_SEND_DIRECT_REQ: the receiver runs with the message, and the caller waits for the answer.
    #[inline(always)]
    pub fn direct_request(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        message: &DirectMessage,
    ) -> Result<Next, Error> {
        let DirectMessage { sender, receiver, .. } = *message;
        // rule: direct.3
        speaks_for_itself(caller, sender)?;
        // rule: direct.13
        if receiver == sender {
            return Err(Error::ReceiverIsSender { sender });
        }
        // rule: direct.14
        if receiver == PartitionId::NORMAL_WORLD {
            return Err(Error::RequestToNormalWorld { sender, receiver });
        }
        let (partition, loaded) = self.reach(receiver)?;
        // rule: direct.5
        if !loaded.messaging.contains(Properties::RECEIVES_DIRECT_REQUESTS) {
            return Err(Error::CannotReceiveDirect { receiver });
        }
        if let Some((_, loaded)) = self.partition(sender)
            // rule: direct.16
            && !loaded.messaging.contains(Properties::SENDS_DIRECT_REQUESTS)
        {
            return Err(Error::CannotSendDirect { sender });
        }
        let target = TargetInfo { partition: receiver, vcpu: loaded.vcpu_on(core.index) };
        let (execution, slot) = partition.vcpu(target.vcpu).ok_or(Error::UnknownVcpu { target })?;
        {
            let busy = Error::ReceiverBusy { receiver };
            let mut execution = execution.lock(&core.token);
            // rule: direct.6, direct.17, direct.18, direct.19
            if execution.state() != RunState::Waiting || !slot.is_free() {
                let runs = execution.model() == RuntimeModel::Run;
                drop(execution);
                // rule: direct.10
                return Err(if runs && self.works_for(core, caller, target) {
                    Error::ReceiverInChain { receiver }
                } else {
                    busy
                });
            }
            // rule: direct.6
            execution.begin(RuntimeModel::DirectRequest, Some(caller)).map_err(|_| busy)?;
        }
        self.block(core, caller);
        Ok(core.give(target, response::direct_request(message)))
    }

    /// FFA_MSG_SEND_DIRECT_RESP: who asked goes on with the answer, and the caller waits for its next message.
    #[inline(always)]
    pub fn direct_response(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        message: &DirectMessage,
    ) -> Result<Next, Error> {
        let DirectMessage { sender, receiver, .. } = *message;
        // rule: direct.15
        speaks_for_itself(caller, sender)?;
        let not_requester = Error::NotRequester { sender, receiver };
        let execution = self.execution(caller).ok_or(not_requester)?;
        let requester = {
            let execution = execution.lock(&core.token);
            // rule: direct.9
            if execution.owes() {
                return Err(Error::CallNotAllowed {
                    function: FunctionId::MSG_SEND_DIRECT_RESP,
                    model: "before an interrupted callee was run on",
                });
            }
            (execution.caller())
                // rule: direct.7
                .filter(|_| execution.model() == RuntimeModel::DirectRequest)
                // rule: direct.20
                .filter(|requester| requester.partition == receiver || self.has_aborted(receiver))
                // rule: direct.23
                .ok_or(not_requester)?
        };
        self.unblock(core, requester).map_err(|_| not_requester)?;
        // It runs, so the table of moves has this one.
        let _ = execution.lock(&core.token).move_to(RunState::Waiting);
        // rule: direct.11
        let told = if requester.partition != receiver {
            response::msg_wait(caller)
        } else {
            response::direct_response(message)
        };
        Ok(core.give(requester, told))
    }

    /// True where `vcpu` has the core from `giver`, or from one that has it from `giver`.
    fn works_for(&self, core: &Core<'_, H>, mut vcpu: TargetInfo, giver: TargetInfo) -> bool {
        // A call chain has each vCPU once, and a core has at most one of each partition.
        for _ in 0..MAX_PARTITIONS {
            let before = self.execution(vcpu).and_then(|execution| execution.lock(&core.token).caller());
            match before {
                Some(before) if before == giver => return true,
                Some(before) => vcpu = before,
                None => return false,
            }
        }
        false
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

/// Refuses a message whose sender is not who calls.
fn speaks_for_itself(caller: TargetInfo, sender: PartitionId) -> Result<(), Error> {
    if sender == caller.partition {
        return Ok(());
    }
    Err(Error::SpoofedSender { claimed: sender, caller: caller.partition })
}
