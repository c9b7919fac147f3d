//! Partitions that abort: what stops, what goes on, and what others are told.
//!
//! Rules: `rules/abort.toml`.

use core::fmt::Display;

use hal::Hal;
use hal::trace::Event;

use super::next::Next;
use super::{NORMAL_WORLD, Relayer, unknown};
use crate::console::print_line;
use crate::core::Core;
use crate::ffa::{Error, ErrorCode, FunctionId, PartitionId, TargetInfo, Version, response};
use crate::partition::execution::RunState;
use crate::partition::runtime_model::{CoreCall, RuntimeModel};
use crate::partition::{Loaded, Partition};

impl<H: Hal> Relayer<H> {
    /// FFA_ERROR of a partition: true where it says that it cannot initialise itself.
    pub fn fails(&self, core: &Core<'_, H>, caller: TargetInfo, code: i32) -> Result<(), Error> {
        let refused = Error::NotSupported { function: FunctionId::ERROR };
        let (_, loaded) = self.partition(caller.partition).ok_or(refused)?;
        self.permits(core, caller, CoreCall::Error, FunctionId::ERROR)?;
        let aborts = code == ErrorCode::Aborted as i32 && loaded.config.ffa_version <= Version::V1_2;
        // rule: abort.1, abort.9, abort.10
        if aborts { Ok(()) } else { Err(refused) }
    }

    /// True where `id` is a partition that aborted.
    pub(super) fn has_aborted(&self, id: PartitionId) -> bool {
        self.partition(id).is_some_and(|(partition, _)| partition.has_aborted())
    }

    /// The partition with `id`, if somebody can reach it.
    pub(super) fn reach(&self, id: PartitionId) -> Result<(&Partition<H::Locks>, &Loaded), Error> {
        // rule: direct.4, direct.14, direct.84, run.1, send2.48
        let (partition, loaded) = self.partition(id).ok_or(unknown(id))?;
        // rule: abort.5, abort.13, abort.14, abort.15
        if !partition.has_aborted() {
            return Ok((partition, loaded));
        }
        Err(if loaded.is_listed(partition) { Error::PartitionAborted { partition: id } } else { unknown(id) })
    }

    /// The partition of `vcpu`, which runs on this core, aborts. Returns who goes on, or `None` where the vCPU was
    /// initialising itself, so that nobody waits for it.
    pub fn abort(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, why: &dyn Display) -> Option<Next> {
        let id = vcpu.partition;
        let (partition, loaded) = self.partition(id)?;
        if partition.abort() {
            let words = format_args!("{id} aborts: {why}");
            core.hal.trace(Event::Note(&words));
            print_line(core.hal, words);
            partition.endpoint.mailbox.lock(&core.token).abandon();
            self.notifications.lock(&core.token).forget(id);
            // rule: abort.6
            self.give_back(core, id, loaded);
        }
        let (model, giver) = self.execution(vcpu).map(|execution| {
            let mut execution = execution.lock(&core.token);
            // It runs, so the table of moves has this one.
            let giver = execution.abort().ok().flatten();
            (execution.model(), giver)
        })?;
        // Who was interrupted knows nothing of what this one did, nobody gave the core to a vCPU that initialises itself, and
        // EL3 runs nobody on: the normal world runs on who stopped working for it.
        let heir = giver.filter(|_| model != RuntimeModel::SecureInterrupt);
        // rule: abort.19
        let is_firmwares = heir.is_some_and(|heir| heir.partition.is_logical());
        let heir = heir.filter(|_| !is_firmwares);
        let owes = self.inherit(core, vcpu, heir.unwrap_or(NORMAL_WORLD));
        let giver = giver?;
        if model == RuntimeModel::SecureInterrupt {
            return Some(self.handled(core, giver));
        }
        // It waits for this vCPU, so the table of moves has this one.
        let _ = self.unblock(core, giver);
        self.set_owes(core, giver, owes);
        // rule: abort.4, abort.12
        Some(core.give(giver, response::error(ErrorCode::Aborted)))
    }

    /// What `id` borrowed is its lenders' alone.
    fn give_back(&self, core: &mut Core<'_, H>, id: PartitionId, loaded: &Loaded) {
        let mut shares = self.shares.lock(&core.token);
        let mut pool = self.pool.lock(&core.token);
        for share in shares.held_by(id) {
            for extent in &share.extents {
                loaded.stage2.unmap(core.hal, &mut pool, *extent);
            }
            share.set_held(id, false);
        }
    }

    /// What was interrupted in the call chain of `vcpu` is for `giver` to run on; true where there is something.
    fn inherit(&self, core: &Core<'_, H>, vcpu: TargetInfo, giver: TargetInfo) -> bool {
        let mut inherited = false;
        for (_, partition, loaded) in self.loaded() {
            let contexts = loaded.config.execution_contexts as usize;
            for execution in partition.executions.iter().take(contexts) {
                let mut execution = execution.lock(&core.token);
                let stopped = matches!(execution.state(), RunState::Preempted | RunState::Yielded);
                // rule: abort.18
                if stopped && execution.caller() == Some(vcpu) {
                    execution.set_caller(giver);
                    inherited = true;
                }
            }
        }
        inherited
    }
}
