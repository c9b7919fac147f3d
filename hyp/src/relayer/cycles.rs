//! Who has the core: FFA_MSG_WAIT, FFA_YIELD, FFA_RUN.
//!
//! Rules (`rules/`): `run`, `wait`, `yield`.

use hal::Hal;

use super::next::Next;
use super::{Relayer, unknown};
use crate::core::Core;
use crate::ffa::wording::Clause;
use crate::ffa::{Error, FunctionId, PartitionId, TargetInfo, response};
use crate::partition::execution::RunState;
use crate::partition::runtime_model::{CoreCall, RuntimeModel, Verdict};

impl<H: Hal> Relayer<H> {
    /// FFA_MSG_WAIT: the caller waits, and who gave it the core by FFA_RUN gets it back, or who was interrupted; nobody
    /// did when it had initialised itself.
    ///
    /// Releases the caller's RX buffer unless `keep_rx`.
    pub fn msg_wait(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        keep_rx: bool,
    ) -> Result<Option<Next>, Error> {
        let (partition, loaded) = self.partition(caller.partition).ok_or(unknown(caller.partition))?;
        let execution = self.execution(caller).ok_or(unknown(caller.partition))?;
        let (model, giver, has_interrupts) = {
            let mut execution = execution.lock(&core.token);
            // rule: wait.3
            execution.model().permits(CoreCall::Wait, FunctionId::MSG_WAIT)?;
            // rule: wait.4
            if execution.owes() {
                return Err(Error::CallNotAllowed {
                    function: FunctionId::MSG_WAIT,
                    model: Clause::BeforeInterruptedCallee,
                });
            }
            let busy = Error::VcpuBusy { target: caller };
            execution.move_to(RunState::Waiting).map_err(|_| busy)?;
            if execution.model() == RuntimeModel::Init {
                partition.secondary_entry.fix();
            }
            (execution.model(), execution.caller(), !execution.interrupts.is_idle())
        };
        // rule: wait.7
        if !keep_rx {
            let mut mailbox = partition.endpoint.mailbox.lock(&core.token);
            // An empty buffer has nothing to release, and a message that the caller does not know of stays.
            let _ = self.release_rx(&core.token, caller.partition, &mut mailbox);
        }
        if has_interrupts {
            self.leaves_interrupts(core, caller, partition, loaded);
        }
        Ok(giver.map(|giver| match model {
            RuntimeModel::SecureInterrupt => self.handled(core, giver),
            _ => core.give(giver, response::msg_wait(caller)),
        }))
    }

    /// FFA_YIELD: who gave the caller the core has it, and runs the caller on by FFA_RUN, perhaps after `timeout`.
    pub fn yield_core(
        &self,
        core: &mut Core<'_, H>,
        caller: TargetInfo,
        timeout: u64,
    ) -> Result<Next, Error> {
        let function = FunctionId::YIELD;
        let execution = self.execution(caller).ok_or(Error::NotSupported { function })?;
        let giver = {
            let mut execution = execution.lock(&core.token);
            let model = execution.model();
            // rule: yield.40
            model.permits(CoreCall::Yield, function)?;
            let giver = execution.caller().filter(|_| model.verdict(CoreCall::Yield) == Verdict::Allowed);
            // rule: yield.43
            let is_firmwares = giver.is_some_and(|giver| giver.partition.is_logical());
            giver.filter(|_| !is_firmwares && execution.move_to(RunState::Yielded).is_ok())
        };
        let Some(giver) = giver else {
            return Ok(core.give(caller, response::success()));
        };
        // It waits for this vCPU, so the table of moves has this one.
        let _ = self.unblock(core, giver);
        // rule: yield.42, wait.4
        self.set_owes(core, giver, true);
        Ok(core.give(giver, response::yielded(caller, timeout)))
    }

    /// Refuses `call`, made by `function`, where the runtime model of `caller` does. The normal world has no model here.
    pub(super) fn permits(
        &self,
        core: &Core<'_, H>,
        caller: TargetInfo,
        call: CoreCall,
        function: FunctionId,
    ) -> Result<(), Error> {
        self.execution(caller)
            .map_or(Ok(()), |execution| execution.lock(&core.token).model().permits(call, function))
    }

    /// FFA_RUN: the target goes on, and the caller waits.
    pub fn run(&self, core: &mut Core<'_, H>, caller: TargetInfo, target: TargetInfo) -> Result<Next, Error> {
        // rule: run.40
        self.permits(core, caller, CoreCall::Run, FunctionId::RUN)?;
        // rule: run.2
        if target.partition == PartitionId::NORMAL_WORLD {
            return Err(Error::CannotRun { target, state: Clause::InNormalWorld });
        }
        let (partition, loaded) = self.reach(target.partition)?;
        let (execution, slot) = (partition.vcpu(target.vcpu))
            // rule: run.8
            .filter(|_| u32::from(target.vcpu) < loaded.config.execution_contexts)
            .ok_or(Error::UnknownVcpu { target })?;
        let elsewhere = target.vcpu != loaded.vcpu_on(core.index);
        // rule: run.6, run.8
        if elsewhere && self.partition(caller.partition).is_none_or(|(_, caller)| caller.is_pinned()) {
            return Err(Error::PinnedElsewhere { target });
        }
        let mut goes_on = false;
        let told = {
            let mut execution = execution.lock(&core.token);
            let busy = Error::VcpuBusy { target };
            match execution.state() {
                // rule: run.5
                RunState::Waiting if caller.partition.is_secure() => {
                    return Err(Error::CannotRun { target, state: Clause::WaitingForMessage });
                }
                RunState::Waiting => {
                    if !slot.is_free() {
                        return Err(busy);
                    }
                    // rule: run.12
                    execution.begin(RuntimeModel::Run, Some(caller), core.index).map_err(|_| busy)?;
                    // rule: wait.9
                    Some(response::run(target))
                }
                // rule: run.4, run.80
                RunState::Preempted | RunState::Yielded if !execution.works_for(caller) => {
                    return Err(Error::CannotRun { target, state: Clause::StoppedInAnotherChain });
                }
                // rule: run.7
                RunState::Preempted | RunState::Yielded if elsewhere => {
                    return Err(Error::CannotRun { target, state: Clause::StoppedElsewhere });
                }
                stopped @ (RunState::Preempted | RunState::Yielded) => {
                    if !slot.is_free() {
                        return Err(busy);
                    }
                    execution.go_on(core.index).map_err(|_| busy)?;
                    goes_on = true;
                    (stopped == RunState::Yielded).then(response::success)
                }
                RunState::Blocked => {
                    // rule: run.11
                    return Err(Error::CannotRun { target, state: Clause::WaitingForAnswer });
                }
                // rule: run.9
                RunState::Off => {
                    return Err(Error::CannotRun { target, state: Clause::NotBegun });
                }
                RunState::Aborted => {
                    // rule: abort.13
                    return Err(Error::PartitionAborted { partition: target.partition });
                }
                // rule: run.3
                RunState::Running | RunState::Interrupted => return Err(busy),
            }
        };
        self.block(core, caller);
        if goes_on {
            // rule: preempt.2
            self.set_owes(core, caller, false);
        }
        Ok(match told {
            Some(registers) => core.give(target, registers),
            None => Next::Continue(target),
        })
    }

    /// Notes whether `giver` has a callee that is interrupted or yielded; the normal world's scheduler keeps its own notes.
    pub fn set_owes(&self, core: &Core<'_, H>, giver: TargetInfo, owes: bool) {
        if let Some(execution) = self.execution(giver) {
            execution.lock(&core.token).set_owes(owes);
        }
    }
}
