//! The para-virtual interrupt controller: a partition's calls about its own virtual interrupts, as Hafnium numbers them.
//!
//! They are HVCs with the number in x0 and the result in x0. Rules: `rules/interrupt.toml`.

use hal::Hal;
use hal::interrupt::Intid;
use hal::sysreg::CNTPCT_EL0;

use super::Spmc;
use crate::capacity::bit;
use crate::core::Core;
use crate::ffa::TargetInfo;
use crate::manifest::interrupts::Signal;
use crate::partition::execution::RunState;
use crate::partition::interrupts::Place;
use crate::partition::{Loaded, Partition};
use crate::relayer::index_of;
use crate::relayer::interrupts::give_back;
use crate::relayer::next::Next;

/// HF_INTERRUPT_ENABLE: x1 the interrupt, x2 1 to enable it or 0, x3 0 for a virtual IRQ or 1 for an FIQ.
const ENABLE: u64 = 0xff03;
/// HF_INTERRUPT_GET.
const GET: u64 = 0xff04;
/// HF_INTERRUPT_DEACTIVATE: x1 the physical interrupt, x2 the virtual one, which is the same.
const DEACTIVATE: u64 = 0xff08;
/// HF_INTERRUPT_RECONFIGURE: x1 the interrupt, x2 what of it, x3 what that becomes.
const RECONFIGURE: u64 = 0xff09;
/// HF_INTERRUPT_SEND_IPI: x1 the vCPU.
const SEND_IPI: u64 = 0xff0a;

/// x2 of RECONFIGURE: the core that the interrupt goes to, by its linear index.
const TARGET: u64 = 0;
/// x2 of RECONFIGURE: whose it is, 0 the normal world's, 1 the secure world's.
const SECURITY: u64 = 1;
/// x2 of RECONFIGURE: 1 for on, 0 for off.
const ON: u64 = 2;

/// The call is wrong.
const FAILED: u64 = u64::MAX;
/// No interrupt is pending.
const NONE: u64 = 0xffff_ffff;

/// True where x0 of an HVC is one of these calls' numbers.
pub(super) const fn is_call(x0: u64) -> bool {
    matches!(x0, ENABLE | GET | DEACTIVATE | RECONFIGURE | SEND_IPI)
}

/// Who calls.
#[derive(Clone, Copy)]
struct Caller<'a, H: Hal> {
    vcpu: u16,
    partition: &'a Partition<H::Locks>,
    loaded: &'a Loaded,
    /// The index of the partition.
    index: usize,
}

impl<H: Hal> Spmc<H> {
    /// Serves the call of `vcpu`, whose registers are in the core.
    #[inline(never)]
    pub(super) fn paravirtual(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        let Some((partition, loaded)) = self.relayer.partition(vcpu.partition) else {
            return Next::Continue(vcpu);
        };
        let caller = Caller { vcpu: vcpu.vcpu, partition, loaded, index: index_of(vcpu.partition) };
        let Some((_, registers)) = core.hal_and_registers() else { return Next::Continue(vcpu) };
        let [number, one, two, three, ..] = registers.x;
        let result = match number {
            ENABLE => self.enable(core, caller, one, two != 0, three),
            GET => self.get(core, caller),
            DEACTIVATE => self.deactivate(core, caller, one),
            RECONFIGURE => self.reconfigure(core, caller, one, two, three),
            _ => self.send_ipi(core, caller, one),
        };
        if let Some((_, registers)) = core.hal_and_registers() {
            registers.x[0] = result.unwrap_or(FAILED);
        }
        Next::Continue(vcpu)
    }

    fn enable(
        &self,
        core: &mut Core<'_, H>,
        caller: Caller<'_, H>,
        id: u64,
        on: bool,
        kind: u64,
    ) -> Option<u64> {
        let place = caller.place(id)?;
        let signal = if kind == 0 { Signal::Irq } else { Signal::Fiq };
        let (execution, _) = caller.partition.vcpu(caller.vcpu)?;
        {
            let mut execution = execution.lock(&core.token);
            execution.interrupts.enable(place, on, signal);
            caller.partition.note_asserted(caller.vcpu, &execution.interrupts);
        }
        if let Some(intid) = place.device(caller.loaded) {
            core.hal.enable(intid, on);
        }
        Some(0)
    }

    fn get(&self, core: &mut Core<'_, H>, caller: Caller<'_, H>) -> Option<u64> {
        let (execution, _) = caller.partition.vcpu(caller.vcpu)?;
        let mut execution = execution.lock(&core.token);
        let taken = execution.interrupts.take();
        caller.partition.note_asserted(caller.vcpu, &execution.interrupts);
        let intid = taken.and_then(|place| place.intid(caller.loaded));
        // rule: interrupt.12
        Some(intid.map_or(NONE, |intid| u64::from(intid.0)))
    }

    fn deactivate(&self, core: &mut Core<'_, H>, caller: Caller<'_, H>, id: u64) -> Option<u64> {
        let place = caller.place(id)?;
        let (execution, _) = caller.partition.vcpu(caller.vcpu)?;
        let mut execution = execution.lock(&core.token);
        // rule: interrupt.13
        give_back(core.hal, &mut execution.interrupts, caller.loaded, place.into());
        if place == Place::TIMER {
            let now = core.hal.read_sysreg::<CNTPCT_EL0>();
            // rule: timer.5
            execution.follow_timers(now);
            caller.partition.note_asserted(caller.vcpu, &execution.interrupts);
        }
        Some(0)
    }

    fn reconfigure(
        &self,
        core: &mut Core<'_, H>,
        caller: Caller<'_, H>,
        id: u64,
        what: u64,
        value: u64,
    ) -> Option<u64> {
        let place = caller.place(id)?;
        // rule: interrupt.14
        matches!((what, value), (TARGET, _) | (SECURITY | ON, 0 | 1)).then_some(())?;
        // A virtual interrupt that is no device's has nothing to reconfigure.
        let intid = place.device(caller.loaded)?;
        let line = caller.loaded.config.interrupts.iter().find(|interrupt| interrupt.intid == intid)?.line;
        match (what, value) {
            (TARGET, target) => {
                let target = usize::try_from(target).ok()?;
                let is_on = self.is_on(target) && !intid.is_private();
                // rule: interrupt.15
                // A partition with one vCPU has its interrupts where it is.
                (is_on && (caller.loaded.is_pinned() || target == core.index)).then_some(())?;
                core.hal.route(intid, target);
                if !self.is_on(target) {
                    // It went off meanwhile, and may have looked for what goes to it before.
                    core.hal.route(intid, core.index);
                }
            }
            (SECURITY, 0) => core.hal.release(intid),
            (SECURITY, 1) => core.hal.claim(intid, line),
            (ON, 0 | 1) => core.hal.enable(intid, value != 0),
            _ => {}
        }
        Some(0)
    }

    fn send_ipi(&self, core: &mut Core<'_, H>, caller: Caller<'_, H>, vcpu: u64) -> Option<u64> {
        let vcpu = u16::try_from(vcpu).ok()?;
        // rule: interrupt.16
        (u32::from(vcpu) < caller.loaded.config.execution_contexts).then_some(())?;
        let (execution, _) = caller.partition.vcpu(vcpu)?;
        let state = {
            let mut execution = execution.lock(&core.token);
            execution.interrupts.pend(Place::FROM_VCPU);
            caller.partition.note_asserted(vcpu, &execution.interrupts);
            execution.state()
        };
        if vcpu != caller.vcpu && matches!(state, RunState::Running | RunState::Waiting) {
            self.call_core(core, usize::from(vcpu), bit(caller.index));
        }
        Some(0)
    }
}

impl<H: Hal> Caller<'_, H> {
    /// The place of the caller's own interrupt `id`.
    fn place(&self, id: u64) -> Option<Place> {
        Place::find(self.loaded, Intid(u32::try_from(id).ok()?))
    }
}
