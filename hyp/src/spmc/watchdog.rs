//! How long a vCPU may initialise itself: nobody else has its core until then.
//! At its deadline a vCPU that initialises itself aborts, and with it its partition. Where another works for it then,
//! that has as long again, and so has each further one of the call chain that is over its time. Rules:
//! `rules/watch.toml`.
//!
//! So each deadline but the first of a call chain ends a partition, and boot ends.

use core::fmt;

use hal::interrupt::{Intid, Line, Trigger};
use hal::sysreg::{CNTFRQ_EL0, CNTPCT_EL0};
use hal::{Hal, Sysregs};

use super::Spmc;
use crate::core::Core;
use crate::ffa::TargetInfo;
use crate::relayer::next::Next;

/// A vCPU that initialises itself, and until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watch {
    vcpu: TargetInfo,
    /// Milliseconds that it has, not 0.
    limit: u32,
    /// The physical count at which they are over.
    deadline: u64,
    /// They were over while another worked for it.
    is_overdue: bool,
}

/// Why a partition aborts at a deadline, as a sentence.
struct TooSlow {
    watch: Watch,
    /// Who ran.
    vcpu: TargetInfo,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Watch { vcpu, limit, .. } = self.watch;
        if self.vcpu == vcpu {
            write!(f, "it did not initialise itself within {limit} ms")
        } else {
            let asks = vcpu.partition;
            write!(f, "it worked {limit} ms too long for {asks}, which initialises itself")
        }
    }
}

impl<H: Hal> Spmc<H> {
    /// `vcpu` begins to initialise itself on this core, and has `limit` milliseconds for that; 0 is no limit.
    pub(super) fn watch(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, limit: u32) {
        if limit == 0 {
            return self.unwatch(core);
        }
        if core.watch.is_none() {
            let intid = core.hal.deadline_interrupt();
            core.hal.claim(intid, Line { priority: 0, trigger: Trigger::Level });
            core.hal.enable(intid, true);
        }
        let deadline = in_milliseconds(core.hal, limit);
        // rule: watch.1
        core.hal.set_deadline(deadline);
        core.watch = Some(Watch { vcpu, limit, deadline, is_overdue: false });
    }

    /// Nobody initialises itself on this core any more, or nobody within a limit.
    pub(super) fn unwatch(&self, core: &mut Core<'_, H>) {
        // rule: watch.4
        if core.watch.take().is_some() {
            core.hal.clear_deadline();
            let intid = core.hal.deadline_interrupt();
            core.hal.release(intid);
        }
    }

    /// `vcpu` is about to run: where its time was over before, it is over at once.
    #[inline(always)]
    pub(super) fn hurry(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) {
        if let Some(watch) = &mut core.watch
            && watch.is_overdue
            && watch.vcpu == vcpu
        {
            watch.deadline = 0;
            // rule: watch.2
            core.hal.set_deadline(0);
        }
    }

    /// The secure world's interrupt `intid`, which is active, took the core from `vcpu`. Ends it, and returns
    /// who is next; `None` where the interrupt is not that of a deadline that is over.
    pub(super) fn deadline(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, intid: Intid) -> Option<Next> {
        let now = core.hal.read_sysreg::<CNTPCT_EL0>();
        let over = |watch: &Watch| intid == core.hal.deadline_interrupt() && now >= watch.deadline;
        let watch = core.watch.filter(over)?;
        let again = in_milliseconds(core.hal, watch.limit);
        core.hal.set_deadline(again);
        core.hal.deactivate(intid, core.index);
        core.watch = Some(Watch { deadline: again, is_overdue: true, ..watch });
        // rule: watch.3
        if watch.vcpu == vcpu || watch.is_overdue {
            return Some(self.abort(core, vcpu, &TooSlow { watch, vcpu }));
        }
        Some(Next::Continue(vcpu))
    }
}

/// The physical count so many `milliseconds` from now.
fn in_milliseconds(hal: &impl Sysregs, milliseconds: u32) -> u64 {
    const IN_A_SECOND: u64 = 1000;
    let ticks = u64::from(milliseconds).saturating_mul(hal.read_sysreg::<CNTFRQ_EL0>()) / IN_A_SECOND;
    hal.read_sysreg::<CNTPCT_EL0>().saturating_add(ticks)
}
