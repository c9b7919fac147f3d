//! Physical interrupts of the secure world: whose they are, and when their owner is told.
//!
//! An interrupt becomes pending for its owner's vCPU at once, and its priority drops. One that is triggered by its level
//! stays active, so it does not come again, until the partition is done with it. Whether the owner takes the core from
//! who has it is decided before somebody runs next ([`Spmc::settle`]): not while a vCPU initialises itself, handles
//! another interrupt, or works that has others' interrupts queued.
//!
//! ```text
//!   IRQ exit, FFA_INTERRUPT of the SPMD --> take --> pending for its owner, wanted here
//!   MSG_WAIT, response, IPI ------------------------------------------> wanted here
//!   step --> settle: the owner waits           --> it begins, FFA_INTERRUPT; who had the core is interrupted
//!                    it asked for who has it   --> its call returns FFA_INTERRUPT; who had the core is preempted
//!                    it runs, or is stopped    --> it sees its virtual interrupt when it runs
//! ```
//!
//! Rules: `rules/interrupt.toml`.

use core::sync::atomic::Ordering;

use hal::Hal;
use hal::interrupt::{Intid, Line, Trigger};
use hal::trace::Event;

use super::Spmc;
use super::owners::Owner;
use crate::capacity::{MAX_CORES, bit};
use crate::core::Core;
use crate::ffa::{PartitionId, TargetInfo, response};
use crate::partition::execution::RunState;
use crate::partition::interrupts::{CALL, Place, Places, SRI};
use crate::partition::timer::Timers;
use crate::partition::{Loaded, Partition};
use crate::relayer::interrupts::give_back;
use crate::relayer::next::Next;
use crate::relayer::{NORMAL_WORLD, index_of, partition_id};

impl<H: Hal> Spmc<H> {
    /// Makes the partitions' interrupts, and the monitor's own, the secure world's: on each core its private ones, on the
    /// `first` the shared ones.
    pub(super) fn claim_interrupts(&self, core: &mut Core<'_, H>, first: bool) {
        core.hal.claim(CALL, Line { priority: 0, trigger: Trigger::Edge });
        core.hal.enable(CALL, true);
        // Not before: what is pending when it is claimed is lost.
        self.on.fetch_or(bit(core.index), Ordering::Release);
        // Firmware may have it as one of the secure world's.
        core.hal.release(SRI);
        if !core.hal.is_shared() {
            let intid = core.hal.deadline_interrupt();
            core.hal.clear_deadline();
            core.hal.claim(intid, Line { priority: 0, trigger: Trigger::Level });
            core.hal.enable(intid, true);
        }
        for (_, _, loaded) in self.relayer.loaded() {
            for interrupt in &loaded.config.interrupts {
                if !interrupt.intid.is_private() && !first {
                    continue;
                }
                core.hal.claim(interrupt.intid, interrupt.line);
                if let Some(target) = interrupt.target.and_then(|affinity| core.hal.core_with(affinity)) {
                    core.hal.route(interrupt.intid, target);
                }
            }
        }
    }

    /// Takes the interrupt of the secure world that took the core from `vcpu`, or from the normal world. Returns who is
    /// next, if that is not who had the core.
    pub(super) fn take(&self, core: &mut Core<'_, H>, vcpu: Option<TargetInfo>) -> Option<Next> {
        let intid = core.hal.acknowledge()?;
        core.hal.drop_priority(intid);
        if intid == CALL {
            core.hal.deactivate(intid, core.index);
            self.answer_calls(core);
            return None;
        }
        if intid == core.hal.deadline_interrupt() {
            return self.time_is_over(core, vcpu, intid);
        }
        match self
            .owners
            .of_interrupt(intid)
            .and_then(|owner| Some((owner, self.relayer.partition(partition_id(owner.partition))?)))
        {
            Some((owner, (partition, loaded))) if !partition.has_aborted() => {
                self.arrived(core, intid, owner, partition, loaded);
            }
            _ => {
                core.hal.trace(Event::Note(&format_args!("interrupt {} has no owner", intid.0)));
                // rule: interrupt.17
                core.hal.enable(intid, false);
                core.hal.deactivate(intid, core.index);
            }
        }
        None
    }

    /// `intid`, which this core took, is pending for its owner.
    fn arrived(
        &self,
        core: &mut Core<'_, H>,
        intid: Intid,
        owner: Owner,
        partition: &Partition<H::Locks>,
        loaded: &Loaded,
    ) {
        let vcpu = loaded.vcpu_on(core.index);
        let Some((execution, _)) = partition.vcpu(vcpu) else { return };
        let place = Place::of_device(owner.device);
        let device = loaded.config.interrupts.get(owner.device);
        let is_edge = device.is_some_and(|device| device.line.trigger == Trigger::Edge);
        let runs_on = {
            let mut execution = execution.lock(&core.token);
            execution.interrupts.pend(place);
            if !is_edge {
                execution.interrupts.activate(place, core.index);
            }
            partition.note_asserted(vcpu, &execution.interrupts);
            (execution.state() == RunState::Running).then(|| execution.core())
        };
        if is_edge {
            core.hal.deactivate(intid, core.index);
        }
        core.wanted |= bit(owner.partition);
        if let Some(other) = runs_on.filter(|other| *other != core.index) {
            self.call_core(core, other, 0);
        }
    }

    /// Has the core with the linear index `other` come to the monitor, and look at the partitions in `wanted`.
    pub(super) fn call_core(&self, core: &mut Core<'_, H>, other: usize, wanted: u32) {
        if let Some(calls) = self.calls.get(other) {
            calls.fetch_or(wanted, Ordering::Relaxed);
            core.hal.send(CALL, other);
        }
    }

    /// Does what other cores called this one for.
    pub(super) fn answer_calls(&self, core: &mut Core<'_, H>) {
        if let Some(calls) = self.calls.get(core.index) {
            core.wanted |= calls.swap(0, Ordering::Relaxed);
        }
        self.take_over_timers(core);
    }

    /// Decides who is next, where partitions may have to be told of interrupts before `next`.
    pub(super) fn settle<'a>(&'a self, core: &mut Core<'a, H>, mut next: Next) -> Next {
        // A round for each partition at most.
        while core.wanted != 0 {
            let before = next.to();
            if core.handles.is_some() || self.relayer.queues_secure(core, before) {
                break;
            }
            next = self.commit(core, next);
            let index = core.wanted.trailing_zeros() as usize;
            core.wanted &= !bit(index);
            let id = partition_id(index);
            let Some((_, loaded)) = self.relayer.partition(id) else { continue };
            let vcpu = TargetInfo { partition: id, vcpu: loaded.vcpu_on(core.index) };
            if let Some(told) = self.relayer.tell(core, vcpu, before) {
                next = told;
                if core.handles == Some(vcpu) {
                    self.watch_handler(core, vcpu);
                }
            }
        }
        next
    }

    /// The core has the registers of who is `next`, and what it returns to a vCPU is in them: so nobody's further up the
    /// call chain are held here.
    fn commit<'a>(&'a self, core: &mut Core<'a, H>, next: Next) -> Next {
        let to = next.to();
        let Some((partition, loaded)) = self.relayer.partition(to.partition) else { return next };
        super::load(core, to, partition, loaded);
        if matches!(next, Next::Return(_)) {
            core.trace_resume(to);
            core.answer_vcpu();
        }
        Next::Continue(to)
    }

    /// This core is not on any more. Returns the linear index of one that is.
    pub(super) fn leave(&self, core: &mut Core<'_, H>) -> Option<usize> {
        let left = self.on.fetch_and(!bit(core.index), Ordering::Relaxed) & !bit(core.index);
        self.answer_calls(core);
        (left != 0).then(|| left.trailing_zeros() as usize)
    }

    /// This core goes off: the interrupts in `edges`, which its vCPU of the partition `id` has not taken, are pending for
    /// that of the core with the linear index `other`.
    pub(super) fn hand_over_edges(
        &self,
        core: &mut Core<'_, H>,
        other: usize,
        id: PartitionId,
        edges: Places,
    ) {
        let Some((partition, loaded)) = self.relayer.partition(id) else { return };
        let vcpu = loaded.vcpu_on(other);
        let Some((execution, _)) = partition.vcpu(vcpu) else { return };
        let mut execution = execution.lock(&core.token);
        for edge in edges {
            execution.interrupts.pend(edge);
            core.wanted |= bit(index_of(id));
        }
        partition.note_asserted(vcpu, &execution.interrupts);
    }

    /// This core goes off: what it was to look at, the one with the linear index `other` does.
    pub(super) fn hand_over_interrupts(&self, core: &mut Core<'_, H>, other: usize) {
        for (_, _, loaded) in self.relayer.loaded() {
            for interrupt in &loaded.config.interrupts {
                if core.hal.routed_to(interrupt.intid) == Some(core.index) {
                    core.hal.route(interrupt.intid, other);
                }
            }
        }
        let wanted = core::mem::take(&mut core.wanted);
        if self.hand_over_timers(core, other) || wanted != 0 {
            self.call_core(core, other, wanted);
        }
    }

    /// True where the core with the linear index `core` is on.
    pub(super) fn is_on(&self, core: usize) -> bool {
        core < MAX_CORES && self.on.load(Ordering::Relaxed) >> core & 1 != 0
    }

    /// The interrupts of a partition that aborted come no more.
    pub(super) fn silence(&self, core: &mut Core<'_, H>, partition: &Partition<H::Locks>, loaded: &Loaded) {
        for interrupt in &loaded.config.interrupts {
            // rule: interrupt.17
            core.hal.enable(interrupt.intid, false);
        }
        for execution in &partition.executions {
            let mut execution = execution.lock(&core.token);
            execution.timers = Timers::OFF;
            let active = execution.interrupts.active();
            give_back(core.hal, &mut execution.interrupts, loaded, active);
        }
    }

    /// The normal world goes on where an interrupt of the secure world took the core from it.
    pub(super) fn resume_normal_world(&self, core: &mut Core<'_, H>) -> Next {
        // The normal world has the core, so nobody else is next.
        let _ = self.take(core, None);
        core.give(NORMAL_WORLD, response::normal_world_resume())
    }
}
