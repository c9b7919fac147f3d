//! What interrupts do to who runs: whom one of the normal world stops, who is told of one of the secure world.
//!
//! Rules (`rules/`): `preempt`, `interrupt`.

use hal::Hal;
use hal::sysreg::CNTPCT_EL0;
use hal::trace::Event;

use super::next::Next;
use super::{Relayer, index_of};
use crate::capacity::{MAX_PARTITIONS, bit};
use crate::core::Core;
use crate::ffa::{TargetInfo, response};
use crate::manifest::interrupts::NormalWorldAction;
use crate::partition::execution::RunState;
use crate::partition::interrupts::{Place, Places, VirtualInterrupts};
use crate::partition::runtime_model::RuntimeModel;
use crate::partition::{Loaded, Partition};

impl<H: Hal> Relayer<H> {
    /// An interrupt that is not the secure world's arrived while `vcpu` runs.
    pub fn preempted(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        let (action, strictest) = self.normal_world_action(core, vcpu);
        match action {
            NormalWorldAction::Queued => {
                core.hal.trace(Event::Note(&"the normal world's interrupts wait"));
                // rule: interrupt.1
                core.mask(strictest);
                Next::Continue(vcpu)
            }
            NormalWorldAction::ManagedExit if self.begins_managed_exit(core, vcpu) => Next::Continue(vcpu),
            NormalWorldAction::ManagedExit | NormalWorldAction::Signalled => self.stop(core, vcpu),
        }
    }

    /// The least permissive action of the call chain of `vcpu`, which runs, and the first vCPU of the chain that has it:
    /// nothing stops who initialises itself, handles an interrupt, or works for EL3, which takes no answer but the last.
    fn normal_world_action(&self, core: &Core<'_, H>, vcpu: TargetInfo) -> (NormalWorldAction, TargetInfo) {
        let mut least = (NormalWorldAction::Signalled, vcpu);
        let mut next = Some(vcpu);
        // A call chain has each vCPU once.
        for _ in 0..MAX_PARTITIONS {
            let Some((vcpu, (_, loaded))) =
                next.and_then(|vcpu| Some((vcpu, self.partition(vcpu.partition)?)))
            else {
                break;
            };
            let own = loaded.config.interrupt_actions.normal_world;
            let Some(execution) = self.execution(vcpu) else { break };
            let execution = execution.lock(&core.token);
            let works = matches!(execution.model(), RuntimeModel::Run | RuntimeModel::DirectRequest(_));
            // rule: interrupt.19
            let is_firmwares = execution.caller().is_some_and(|caller| caller.partition.is_logical());
            let action = if works && !is_firmwares { own } else { NormalWorldAction::Queued };
            // rule: interrupt.2
            if action <= least.0 {
                least = (action, vcpu);
            }
            next = execution.caller().filter(|_| works);
        }
        least
    }

    /// Has `vcpu` end what it does, if that is how its partition deals with the normal world's interrupts; these wait.
    fn begins_managed_exit(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> bool {
        let Some((partition, loaded)) = self.partition(vcpu.partition) else { return false };
        let actions = &loaded.config.interrupt_actions;
        let Some(execution) = self.execution(vcpu) else { return false };
        if actions.normal_world != NormalWorldAction::ManagedExit {
            return false;
        }
        {
            let mut execution = execution.lock(&core.token);
            // rule: interrupt.3
            execution.interrupts.enable(Place::MANAGED_EXIT, true, actions.managed_exit);
            execution.interrupts.pend(Place::MANAGED_EXIT);
            partition.note_asserted(vcpu.vcpu, &execution.interrupts);
        }
        core.hal.trace(Event::Note(&"a managed exit begins"));
        core.mask(vcpu);
        true
    }

    /// True where one of EL3's logical partitions asked `vcpu`.
    pub fn is_of_logical(&self, core: &Core<'_, H>, vcpu: TargetInfo) -> bool {
        let caller = self.execution(vcpu).and_then(|execution| execution.lock(&core.token).caller());
        caller.is_some_and(|caller| caller.partition.is_logical())
    }

    /// The core goes from `vcpu`, which runs, to who gave it to it.
    fn stop(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        let giver = self.execution(vcpu).and_then(|execution| {
            let mut execution = execution.lock(&core.token);
            let giver = execution.caller()?;
            // rule: preempt.1
            execution.move_to(RunState::Preempted).ok()?;
            Some(giver)
        });
        let Some(giver) = giver else { return Next::Continue(vcpu) };
        core.hal.trace(Event::Preempted { endpoint: vcpu.partition.0 });
        // It waits for this vCPU, so the table of moves has this one.
        let _ = self.unblock(core, giver);
        // rule: wait.4, direct.9
        self.set_owes(core, giver, true);
        core.give(giver, response::interrupted(vcpu))
    }

    /// `next` is about to run, while the normal world's interrupts are masked: lets them through where nobody is left whom
    /// they were masked for.
    #[cold]
    pub fn unmask(&self, core: &mut Core<'_, H>, next: TargetInfo) {
        let Some(masked_for) = core.masked_for else { return };
        if next == masked_for || self.callee_in_chain(core, next, masked_for).is_some() {
            return;
        }
        core.unmask();
        if let Some((partition, _)) = self.partition(masked_for.partition)
            && let Some(execution) = self.execution(masked_for)
        {
            let mut execution = execution.lock(&core.token);
            // rule: interrupt.4
            execution.interrupts.cancel(Place::MANAGED_EXIT);
            partition.note_asserted(masked_for.vcpu, &execution.interrupts);
        }
    }

    /// True where `vcpu`, which is about to run, has interrupts of other partitions wait.
    pub fn queues_secure(&self, core: &Core<'_, H>, vcpu: TargetInfo) -> bool {
        let Some((_, loaded)) = self.partition(vcpu.partition) else { return false };
        let Some(execution) = self.execution(vcpu) else { return false };
        // rule: interrupt.5
        let initialises = execution.lock(&core.token).model() == RuntimeModel::Init;
        // rule: interrupt.6
        if loaded.config.interrupt_actions.queues_others {
            return true;
        }
        initialises
    }

    /// Tells `vcpu` of its pending interrupts, if that takes the core from `before`, who was to have it: then returns who
    /// is next.
    pub fn tell(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, before: TargetInfo) -> Option<Next> {
        let (_, loaded) = self.partition(vcpu.partition)?;
        let execution = self.execution(vcpu)?;
        let (state, model, first) = {
            let execution = execution.lock(&core.token);
            (execution.state(), execution.model(), execution.interrupts.waking()?)
        };
        match state {
            RunState::Waiting if !loaded.config.interrupt_actions.scheduled_while_waiting => {
                let model = RuntimeModel::SecureInterrupt;
                // rule: interrupt.7
                execution.lock(&core.token).begin(model, Some(before), core.index).ok()?;
                match self.execution(before) {
                    // It runs, so the table of moves has this one.
                    Some(before) => drop(before.lock(&core.token).move_to(RunState::Interrupted)),
                    None => core.parked = core.exchange,
                }
                core.handles = Some(vcpu);
                Some(core.give(vcpu, response::interrupt(first.intid(loaded)?)))
            }
            RunState::Waiting => {
                self.schedule(core, vcpu);
                None
            }
            // Who initialises itself could not run the other on.
            // rule: interrupt.8
            RunState::Blocked
                if model != RuntimeModel::Init && self.callee_in_chain(core, before, vcpu).is_some() =>
            {
                Some(self.unwind(core, before, vcpu))
            }
            _ => None,
        }
    }

    /// The core goes from `vcpu`, which runs, to `giver` further up its call chain. Each between them finds, when it is
    /// run on, that its callee was interrupted.
    fn unwind(&self, core: &mut Core<'_, H>, mut vcpu: TargetInfo, giver: TargetInfo) -> Next {
        // A call chain has each vCPU once.
        for _ in 0..MAX_PARTITIONS {
            let before = self.execution(vcpu).and_then(|execution| {
                let mut execution = execution.lock(&core.token);
                // It runs, or waits for an answer: the table of moves has both.
                let _ = execution.move_to(RunState::Preempted);
                execution.caller()
            });
            let Some(before) = before.filter(|before| *before != giver) else { break };
            self.set_owes(core, before, true);
            if let Some((partition, _)) = self.partition(before.partition)
                && let Some((_, slot)) = partition.vcpu(before.vcpu)
            {
                // It waits for an answer on this core, so nobody holds its registers.
                slot.hold().go_on(&response::interrupted(vcpu));
            }
            vcpu = before;
        }
        let _ = self.unblock(core, giver);
        self.set_owes(core, giver, true);
        core.give(giver, response::interrupted(vcpu))
    }

    /// A vCPU that handled a secure interrupt is done: `interrupted` has the core again.
    pub fn handled(&self, core: &mut Core<'_, H>, interrupted: TargetInfo) -> Next {
        core.handles = None;
        let Some(execution) = self.execution(interrupted) else {
            core.exchange = core.parked;
            return Next::Return(interrupted);
        };
        // It was interrupted, so the table of moves has this one.
        let _ = execution.lock(&core.token).go_on(core.index);
        Next::Continue(interrupted)
    }

    /// `vcpu` begins to wait, with interrupts pending or active: it is told of those, and done with those that it took.
    #[cold]
    pub fn leaves_interrupts(
        &self,
        core: &mut Core<'_, H>,
        vcpu: TargetInfo,
        partition: &Partition<H::Locks>,
        loaded: &Loaded,
    ) {
        let Some((execution, _)) = partition.vcpu(vcpu.vcpu) else { return };
        let mut execution = execution.lock(&core.token);
        // rule: interrupt.4
        execution.interrupts.cancel(Place::MANAGED_EXIT);
        let taken = execution.interrupts.taken();
        // rule: interrupt.9
        give_back(core.hal, &mut execution.interrupts, loaded, taken);
        let now = core.hal.read_sysreg::<CNTPCT_EL0>();
        execution.follow_timers(now);
        partition.note_asserted(vcpu.vcpu, &execution.interrupts);
        let is_told = execution.interrupts.waking().is_some();
        drop(execution);
        if is_told && loaded.config.interrupt_actions.scheduled_when_it_waits {
            self.schedule(core, vcpu);
        } else if is_told {
            // rule: interrupt.10
            core.wanted |= bit(index_of(vcpu.partition));
        }
    }

    /// The vCPU that `giver` called in the call chain in which `vcpu` runs, if `vcpu` has the core from `giver`, or from
    /// one that has it from `giver`.
    pub(super) fn callee_in_chain(
        &self,
        core: &Core<'_, H>,
        mut vcpu: TargetInfo,
        giver: TargetInfo,
    ) -> Option<TargetInfo> {
        // A call chain has each vCPU once, and a core has at most one of each partition.
        for _ in 0..MAX_PARTITIONS {
            let before = self.execution(vcpu)?.lock(&core.token).caller()?;
            if before == giver {
                return Some(vcpu);
            }
            vcpu = before;
        }
        None
    }
}

/// The vCPU whose `interrupts` these are is done with `places`, those of its active ones that are: each can arrive again.
pub fn give_back<H: Hal>(hal: &mut H, interrupts: &mut VirtualInterrupts, loaded: &Loaded, places: Places) {
    for place in places {
        if interrupts.deactivate(place)
            && let Some(intid) = place.device(loaded)
        {
            hal.deactivate(intid, interrupts.home());
        }
    }
}
