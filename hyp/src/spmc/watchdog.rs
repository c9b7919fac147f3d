//! How long a vCPU may keep its core from everybody else: while it initialises itself, handles an interrupt, or has one of
//! the normal world wait for the end of what it does (a managed exit, a request of EL3's logical partitions).
//! At its deadline it aborts, and with it its partition. Where another works for it then, that has as long again, and so
//! has each further one of the call chain that is over its time. Rules: `rules/watch.toml`.
//!
//! So each deadline but the first of a call chain ends a partition, and boot ends.

use core::fmt;

use hal::sysreg::{CNTFRQ_EL0, CNTPCT_EL0};
use hal::{Hal, Sysregs};

use super::Spmc;
use crate::core::Core;
use crate::ffa::TargetInfo;
use crate::partition::interrupts::Place;
use crate::relayer::next::Next;

/// What a vCPU must be done with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Task {
    /// Its initialisation.
    Init,
    /// The handling of a secure interrupt. It is over when somebody else has the core again.
    Interrupt,
    /// A managed exit.
    ManagedExit,
    /// The request of one of EL3's logical partitions, while an interrupt of the normal world waits for its end.
    Logical,
}

/// A vCPU that must be done, and until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watch {
    vcpu: TargetInfo,
    task: Task,
    /// Milliseconds that it has, not 0.
    limit: u32,
    /// The physical count at which they are over.
    deadline: u64,
    /// They were over while another worked for it.
    is_overdue: bool,
}

/// What the normal world's interrupts wait for, during which another handles an interrupt: its time goes on afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paused {
    watch: Watch,
    /// Ticks of the physical count that are left.
    left: u64,
}

impl Watch {
    /// The physical count at which its time is over.
    pub const fn deadline(&self) -> u64 {
        self.deadline
    }

    /// True where an interrupt of the normal world waits for its end.
    fn waits(&self) -> bool {
        matches!(self.task, Task::ManagedExit | Task::Logical)
    }
}

/// Why a partition aborts at a deadline, as a sentence.
struct TooSlow {
    watch: Watch,
    /// Who ran.
    vcpu: TargetInfo,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Watch { vcpu, task, limit, .. } = self.watch;
        let (did_not, does) = match task {
            Task::Init => ("initialise itself", "initialises itself"),
            Task::Interrupt => ("handle its interrupt", "handles an interrupt"),
            Task::ManagedExit => ("end its managed exit", "has to end its work"),
            Task::Logical => ("answer EL3's logical partition", "works for EL3"),
        };
        if self.vcpu == vcpu {
            write!(f, "it did not {did_not} within {limit} ms")
        } else {
            let asks = vcpu.partition;
            write!(f, "it worked {limit} ms too long for {asks}, which {does}")
        }
    }
}

impl<H: Hal> Spmc<H> {
    /// `vcpu` begins to initialise itself on this core, and has `limit` milliseconds for that; 0 is no limit.
    pub(super) fn watch(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, limit: u32) {
        // rule: watch.1
        core.watch = watched(core, vcpu, Task::Init, limit);
        self.set_time(core);
    }

    /// Nobody initialises itself on this core any more.
    pub(super) fn unwatch(&self, core: &mut Core<'_, H>) {
        // rule: watch.4
        core.watch = None;
        self.set_time(core);
    }

    /// `vcpu` is about to handle an interrupt. Where it did so before, and nobody else ran since, its time goes on.
    pub(super) fn watch_handler(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) {
        if !core.watch.is_some_and(|watch| watch.vcpu == vcpu && watch.task == Task::Interrupt) {
            let limit =
                self.relayer.partition(vcpu.partition).map_or(0, |(_, loaded)| loaded.interrupt_timeout);
            if let Some(watch) = core.watch.filter(Watch::waits) {
                let left = watch.deadline.saturating_sub(core.hal.read_sysreg::<CNTPCT_EL0>());
                // rule: watch.7
                core.paused = Some(Paused { watch, left });
            }
            // rule: watch.5
            core.watch = watched(core, vcpu, Task::Interrupt, limit);
            core.timed = true;
        }
    }

    /// The normal world's interrupts are masked on this core since now: watches who is to end its work because of them.
    #[cold]
    pub(super) fn watch_managed_exit(&self, core: &mut Core<'_, H>) {
        let Some(vcpu) = core.masked_for.filter(|_| core.watch.is_none()) else { return };
        let Some((partition, loaded)) = self.relayer.partition(vcpu.partition) else { return };
        let Some((execution, _)) = partition.vcpu(vcpu.vcpu) else { return };
        let is_firmwares = self.relayer.is_of_logical(core, vcpu);
        // rule: watch.8
        let nobody_waits =
            !is_firmwares && !execution.lock(&core.token).interrupts.is_pending(Place::MANAGED_EXIT);
        if nobody_waits {
            return;
        }
        let task = if is_firmwares { Task::Logical } else { Task::ManagedExit };
        // rule: watch.6
        core.watch = watched(core, vcpu, task, loaded.interrupt_timeout);
        core.timed = true;
    }

    /// `next` is about to run, and somebody may be watched: forgets who is done, has who comes back too late abort at once,
    /// and sets the core's timer.
    #[cold]
    pub(super) fn look_at_watch(&self, core: &mut Core<'_, H>, next: TargetInfo) {
        if let Some(watch) = &mut core.watch {
            let is_over = match watch.task {
                Task::Init => false,
                Task::Interrupt => core.handles != Some(watch.vcpu),
                Task::ManagedExit | Task::Logical => core.masked_for != Some(watch.vcpu),
            };
            if is_over {
                core.watch = None;
            } else if watch.is_overdue && watch.vcpu == next {
                // rule: watch.2
                watch.deadline = 0;
            }
        }
        if core.handles.is_none()
            && let Some(Paused { watch, left }) = core.paused.take()
            && core.masked_for == Some(watch.vcpu)
        {
            let deadline = core.hal.read_sysreg::<CNTPCT_EL0>().saturating_add(left);
            core.watch = Some(Watch { deadline, ..watch });
        }
        // For a VM the normal world runs, and EL3 goes on to it.
        let leaves = !next.partition.is_secure() || next.partition.is_logical();
        if leaves && core.hal.is_shared() {
            core.hal.clear_deadline();
        } else {
            self.set_time(core);
        }
    }

    /// `vcpu` had the core until `now`, when a deadline was over. Ends it if that is its, and returns who is next then.
    pub(super) fn end_of_watch(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, now: u64) -> Option<Next> {
        let watch = core.watch.filter(|watch| now >= watch.deadline)?;
        let again = in_milliseconds(core.hal, watch.limit);
        core.watch = Some(Watch { deadline: again, is_overdue: true, ..watch });
        // rule: watch.3
        if watch.vcpu == vcpu || watch.is_overdue {
            return Some(self.abort(core, vcpu, &TooSlow { watch, vcpu }));
        }
        None
    }
}

/// `vcpu` as one that has `limit` milliseconds for `task`; `None` where that is 0, no limit.
fn watched<H: Hal>(core: &Core<'_, H>, vcpu: TargetInfo, task: Task, limit: u32) -> Option<Watch> {
    let deadline = in_milliseconds(core.hal, limit);
    (limit != 0).then_some(Watch { vcpu, task, limit, deadline, is_overdue: false })
}

/// The physical count so many `milliseconds` from now.
fn in_milliseconds(hal: &impl Sysregs, milliseconds: u32) -> u64 {
    const IN_A_SECOND: u64 = 1000;
    let ticks = u64::from(milliseconds).saturating_mul(hal.read_sysreg::<CNTFRQ_EL0>()) / IN_A_SECOND;
    hal.read_sysreg::<CNTPCT_EL0>().saturating_add(ticks)
}
