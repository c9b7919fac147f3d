//! The timers of partitions, and the one deadline that each core has for all of them and for the watchdog.
//!
//! Every access of a vCPU to its timers traps, so the monitor knows when each is due. Where that is first on this core, the
//! core's own timer is set to it, and stays so whoever runs: nothing of it is done from one vCPU to the next. When it
//! fires, the timers that were armed here are looked at, and the next deadline is that of the first which is left.
//!
//! ```text
//!   write that arms ------------> due later: in `Core::timers`, and the core's deadline where it is the first
//!     |                           due now: virtual interrupt 3 is pending
//!   the core's deadline is over -> of each in `Core::timers`: due, so interrupt 3 is pending and its vCPU wanted, or next
//! ```
//!
//! A vCPU that migrates is found by its run state, as for any interrupt. On a machine where the normal world's EL2 has the
//! same timer ([`hal::Timer::is_shared`]), no deadline is in force while the normal world runs: what was due then is seen
//! when the monitor has the core next, before anybody else runs.
//!
//! Rules: `rules/timer.toml`.

use core::sync::atomic::Ordering;

use hal::Hal;
use hal::interrupt::Intid;
use hal::sysreg::CNTPCT_EL0;

use super::Spmc;
use crate::capacity::bit;
use crate::core::Core;
use crate::exception::Syndrome;
use crate::ffa::TargetInfo;
use crate::partition::execution::RunState;
use crate::partition::timer::Access;
use crate::relayer::next::Next;
use crate::relayer::{index_of, partition_id};

/// No deadline.
const NEVER: u64 = u64::MAX;

impl<H: Hal> Spmc<H> {
    /// `vcpu`, whose registers are in the core, accesses a register of its timers, as `syndrome` says.
    #[inline(never)]
    pub(super) fn access_timer(
        &self,
        core: &mut Core<'_, H>,
        vcpu: TargetInfo,
        access: Access,
        syndrome: Syndrome,
    ) {
        let now = core.hal.read_sysreg::<CNTPCT_EL0>();
        let Some((partition, _)) = self.relayer.partition(vcpu.partition) else { return };
        let Some((execution, _)) = partition.vcpu(vcpu.vcpu) else { return };
        if let Some(into) = syndrome.transfer() {
            let value = execution.lock(&core.token).timers.read(access, now);
            if let Some((_, registers)) = core.hal_and_registers()
                && let Some(x) = registers.x.get_mut(into)
            {
                *x = value;
            }
            return;
        }
        let Some((_, registers)) = core.hal_and_registers() else { return };
        let value = registers.x.get(syndrome.operand()).copied().unwrap_or(0);
        let deadline = {
            let mut execution = execution.lock(&core.token);
            execution.timers.write(access, value, now);
            let asks = execution.follow_timers(now);
            partition.note_asserted(vcpu.vcpu, &execution.interrupts);
            execution.timers.deadline().filter(|_| !asks)
        };
        if let Some(deadline) = deadline {
            core.timers |= bit(index_of(vcpu.partition));
            if deadline < core.deadline {
                // rule: timer.2
                core.deadline = deadline;
                self.set_time(core);
            }
        }
    }

    /// Looks at the timers that were armed on this core: those that are due by `now` interrupt their vCPUs, and the first of
    /// the others is next.
    pub(super) fn look_at_timers(&self, core: &mut Core<'_, H>, now: u64) {
        core.deadline = NEVER;
        let mut left = core.timers;
        while left != 0 {
            let index = left.trailing_zeros();
            left &= left - 1;
            match self.look_at_timer(core, index as usize, now) {
                Some(deadline) => core.deadline = core.deadline.min(deadline),
                None => core.timers &= !bit(index as usize),
            }
        }
    }

    /// The same for the timers of the vCPU that the partition number `index` has on this core; returns when they are due,
    /// if they will be.
    fn look_at_timer(&self, core: &mut Core<'_, H>, index: usize, now: u64) -> Option<u64> {
        let (partition, loaded) = self.relayer.partition(partition_id(index))?;
        let vcpu = loaded.vcpu_on(core.index);
        let (execution, _) = partition.vcpu(vcpu)?;
        let (state, on) = {
            let mut execution = execution.lock(&core.token);
            let deadline = execution.timers.deadline()?;
            if deadline > now {
                return Some(deadline);
            }
            execution.follow_timers(now);
            partition.note_asserted(vcpu, &execution.interrupts);
            (execution.state(), execution.core())
        };
        // rule: timer.3
        core.wanted |= bit(index);
        if on != core.index && matches!(state, RunState::Running | RunState::Blocked) {
            // rule: timer.6
            self.call_core(core, on, bit(index));
        }
        None
    }

    /// Sets this core's timer to the first of its deadlines.
    pub(super) fn set_time(&self, core: &mut Core<'_, H>) {
        let watch = core.watch.map_or(NEVER, |watch| watch.deadline());
        let first = core.deadline.min(watch);
        core.timed = core.watch.is_some() || core.paused.is_some() || core.hal.is_shared() && first != NEVER;
        if first == NEVER {
            core.hal.clear_deadline();
        } else {
            core.hal.set_deadline(first);
        }
    }

    /// This core's own timer, whose interrupt `intid` is active, took the core from `vcpu` or from the normal world. Returns
    /// who is next, if that is not who had the core.
    pub(super) fn time_is_over(
        &self,
        core: &mut Core<'_, H>,
        vcpu: Option<TargetInfo>,
        intid: Intid,
    ) -> Option<Next> {
        core.hal.deactivate(intid, core.index);
        let now = core.hal.read_sysreg::<CNTPCT_EL0>();
        if now >= core.deadline {
            self.look_at_timers(core, now);
        }
        let next = vcpu.and_then(|vcpu| self.end_of_watch(core, vcpu, now));
        self.set_time(core);
        next
    }

    /// Before it is decided who runs: where the normal world may have had the timer, sees what was due meanwhile.
    pub(super) fn catch_up(&self, core: &mut Core<'_, H>) {
        let now = core.hal.read_sysreg::<CNTPCT_EL0>();
        if core.hal.is_shared() && now >= core.deadline {
            self.look_at_timers(core, now);
        }
    }

    /// This core goes off: another, the one with the linear index `other`, has the deadlines of who migrates. True where there
    /// are such.
    pub(super) fn hand_over_timers(&self, core: &mut Core<'_, H>, other: usize) -> bool {
        core.hal.clear_deadline();
        let armed = core::mem::take(&mut core.timers);
        if let Some(timers) = self.timers.get(other) {
            // rule: timer.7
            timers.fetch_or(armed, Ordering::Relaxed);
        }
        armed != 0
    }

    /// Takes over what cores that went off handed to this one.
    pub(super) fn take_over_timers(&self, core: &mut Core<'_, H>) {
        let handed = self.timers.get(core.index).map_or(0, |timers| timers.swap(0, Ordering::Relaxed));
        if handed != 0 {
            core.timers |= handed;
            let now = core.hal.read_sysreg::<CNTPCT_EL0>();
            self.look_at_timers(core, now);
            self.set_time(core);
        }
    }
}
