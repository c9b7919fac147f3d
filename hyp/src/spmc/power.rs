//! Cores that are turned on and off.
//!
//! EL3 enters the monitor anew on every core that the normal world turns on, however often; nothing of a core
//! outlives its CPU_OFF but what is in [`Spmc`] itself.
//!
//! Rules: `rules/power.toml`.

use hal::Hal;
use hal::lock::Token;
use hal::trace::Event;

use super::Spmc;
use crate::core::Core;
use crate::ffa::response::{self, PsciStatus};
use crate::ffa::{Answer, ErrorCode, FunctionId, PartitionId, TargetInfo};
use crate::partition::execution::RunState;
use crate::partition::runtime_model::RuntimeModel;
use crate::relayer::NORMAL_WORLD;
use crate::relayer::interrupts::give_back;
use crate::relayer::next::Next;

/// PSCI's CPU_OFF.
const CPU_OFF: u32 = 0x8400_0002;

impl<H: Hal> Spmc<H> {
    /// Serves calls for ever on a core that was turned on after the first had booted; `index` is its linear index.
    pub fn run_secondary(&self, hal: &mut H, token: Token, index: usize) -> ! {
        let mut core = Core::new(hal, token, index);
        self.configure(&mut core);
        self.claim_interrupts(&mut core, false);
        let next = self.begin_next(&mut core);
        self.serve_for_ever(&mut core, next)
    }

    /// Tells EL3 where further cores enter the monitor; without that they could not be turned on, no more.
    pub(super) fn register_secondary_entry(&self, core: &mut Core<'_, H>, entry: u64) {
        let answer = core.hal.call(&response::secondary_entry_register(entry));
        let [function, _, code, ..] = answer.0;
        let function = FunctionId::from_register(function);
        if matches!(function, FunctionId::ERROR | FunctionId::ERROR_64) {
            let code = ErrorCode::from_register(code).map_or(0, |code| code as i32);
            core.hal
                .trace(Event::Note(&format_args!("no further core can enter at {entry:#x}: error {code}")));
        }
    }

    /// The next partition in boot order begins on this core; after the last one the normal world does.
    pub(super) fn begin_next(&self, core: &mut Core<'_, H>) -> Next {
        let order = self.boot_order.get().map_or(&[][..], |order| order.as_slice());
        while let Some(id) = order.get(core.begun) {
            core.begun += 1;
            if let Some((vcpu, limit)) = self.begin(core, *id) {
                self.watch(core, vcpu, limit);
                return Next::Continue(vcpu);
            }
        }
        self.unwatch(core);
        core.give(NORMAL_WORLD, response::msg_wait(TargetInfo::default()))
    }

    /// The partition's vCPU of this core begins, with so many milliseconds to initialise itself; `None` where it
    /// began on another core, there is none, or the partition aborted.
    fn begin(&self, core: &Core<'_, H>, partition: PartitionId) -> Option<(TargetInfo, u32)> {
        let (known, loaded) = self.relayer.partition(partition).filter(|(known, _)| !known.has_aborted())?;
        let index = loaded.vcpu_on(core.index);
        let (execution, slot) = known.vcpu(index)?;
        {
            let mut execution = execution.lock(&core.token);
            if execution.state() != RunState::Off {
                return None;
            }
            execution.begin(RuntimeModel::Init, None, core.index).ok()?;
        }
        let entry_point = known.secondary_entry.get().unwrap_or(loaded.entry_point);
        let mut vcpu = slot.hold();
        vcpu.start_at(entry_point, core.index);
        // Only the first vCPU begins before the entry point of the others is fixed.
        if let Some(info) = loaded.boot_info.filter(|_| !known.secondary_entry.is_fixed())
            && let Some(x) = vcpu.registers.x.get_mut(usize::from(info.register))
        {
            *x = info.address;
        }
        // rule: power.1
        Some((TargetInfo { partition, vcpu: index }, loaded.init_timeout))
    }

    /// EL3 is about to change the power of this core by the PSCI `function`; returns the answer to one that is not
    /// known here.
    pub(super) fn power(&self, core: &mut Core<'_, H>, function: u32) -> Answer {
        if function != CPU_OFF {
            return response::framework_power(PsciStatus::NotSupported);
        }
        let other = self.leave(core);
        for (id, partition, loaded) in self.relayer.loaded() {
            // rule: power.3
            if !loaded.is_pinned() {
                continue;
            }
            let vcpu = loaded.vcpu_on(core.index);
            let Some((execution, _)) = partition.vcpu(vcpu) else { continue };
            let (giver, edges) = {
                let mut execution = execution.lock(&core.token);
                let edges = execution.interrupts.edges(loaded);
                let giver = execution.caller().filter(|_| execution.state() != RunState::Waiting);
                let active = execution.interrupts.active();
                give_back(core.hal, &mut execution.interrupts, loaded, active);
                // The normal world has the core, so the vCPU waits or was interrupted: the table has both moves.
                // rule: power.2
                let _ = execution.power_off();
                partition.note_asserted(vcpu, &execution.interrupts);
                (giver, edges)
            };
            if let Some(other) = other {
                // rule: power.4
                self.hand_over_edges(core, other, id, edges);
            }
            if let Some(giver) = giver {
                let note = format_args!("vCPU {vcpu} of {id} goes off in the middle of its work");
                core.hal.trace(Event::Note(&note));
                self.relayer.set_owes(core, giver, false);
            }
        }
        // What others handed over to this core, which they took to be on, goes on with it.
        self.answer_calls(core);
        if let Some(other) = other {
            self.hand_over_interrupts(core, other);
        }
        let answer = response::framework_power(PsciStatus::Success).alone();
        core.hal.trace(Event::Resume { callee: PartitionId::NORMAL_WORLD.0, registers: &answer });
        core.hal.power_off(&mut core.token, &answer)
    }
}
