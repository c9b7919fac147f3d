//! The Secure Partition Manager Core: what runs at S-EL2.
//!
//! A straight loop. Somebody runs until they call or are interrupted; the call is decoded, decided by the relayer,
//! and says who runs next:
//!
//! ```text
//!            +--> normal world --FFA call--+
//!   Next ----+                             +--> dispatch --> relayer --> Next
//!            +--> vCPU --exit--> exits ----+
//! ```

mod boot;
mod dispatch;
mod exits;
mod foreign;
mod power;
pub mod watchdog;

use hal::Hal;
use hal::boot::Boot;
use hal::lock::{Lock, Token};
use hal::trace::Event;
use spin::Once;

use crate::capacity::rank;
use crate::core::{Core, Roots};
use crate::ffa::{ErrorCode, TargetInfo, response};
use crate::manifest::Wrong;
use crate::relayer::next::Next;
use crate::relayer::{NORMAL_WORLD, Relayer};
use crate::traps;
use boot::{BootOrder, Boots, Manifests};

/// The SPMC.
pub struct Spmc<H: Hal> {
    relayer: Relayer<H>,
    manifests: Lock<Manifests, H::Locks, { rank::MANIFEST }>,
    /// The partitions in the order in which they initialise themselves.
    boot_order: Once<BootOrder>,
}

impl<H: Hal> Spmc<H> {
    /// Without partitions, the empty value.
    pub const fn new() -> Self {
        Self { relayer: Relayer::new(), manifests: Lock::new(Manifests::EMPTY), boot_order: Once::new() }
    }

    /// Boots from the first core, then serves calls for ever.
    pub fn run(&self, hal: &mut H, token: Token, boot: &Boot) -> ! {
        let mut core = Core::new(hal, token, boot.core);
        self.configure(&mut core);
        if boot.secondary_entry != 0 {
            self.register_secondary_entry(&mut core, boot.secondary_entry);
        }
        let next = self.boot(&mut core, boot);
        self.serve_for_ever(&mut core, next)
    }

    /// Prepares a core that the machine just entered the monitor on.
    fn configure(&self, core: &mut Core<'_, H>) {
        traps::configure(core.hal);
        core.hal.invalidate_all();
    }

    fn serve_for_ever<'a>(&'a self, core: &mut Core<'a, H>, mut next: Next) -> ! {
        loop {
            next = self.step(core, next);
        }
    }

    /// Loads the partitions; the first one begins. Where that fails, says why on the console and tells the SPMD.
    fn boot(&self, core: &mut Core<'_, H>, boot: &Boot) -> Next {
        match Boots::new(&self.relayer, core, boot).load(&self.manifests) {
            Ok(order) => {
                self.boot_order.call_once(|| order);
                self.begin_next(core)
            }
            Err(Wrong) => core.give(NORMAL_WORLD, response::error(ErrorCode::InvalidParameters)),
        }
    }

    /// Lets who is next run until they call or are interrupted, and returns who is next then.
    fn step<'a>(&'a self, core: &mut Core<'a, H>, next: Next) -> Next {
        let (Next::Return(to) | Next::Continue(to)) = next;
        if matches!(next, Next::Return(_)) {
            core.hal.trace(Event::Resume { callee: to.partition.0, registers: &core.exchange });
        }
        let Some((partition, loaded)) = self.relayer.partition(to.partition) else {
            core.run_normal_world();
            return self.dispatch(core, NORMAL_WORLD);
        };
        // rule: abort.7
        if partition.has_aborted() {
            return self.abort_as_well(core, to);
        }
        if !core.has(to)
            && let Some(slot) = partition.slots.get(usize::from(to.vcpu))
        {
            let roots = Roots { vsttbr: loaded.stage2.vsttbr(), vttbr: loaded.stage2.vttbr() };
            core.load_vcpu(to, slot.hold(), roots);
        }
        if matches!(next, Next::Return(_)) {
            core.answer_vcpu();
        }
        self.hurry(core, to);
        match core.run_vcpu() {
            // rule: abort.7
            Some(_) if partition.has_aborted() => self.abort_as_well(core, to),
            Some(exit) => self.vcpu_exit(core, to, exit),
            None => Next::Continue(to),
        }
    }

    /// `vcpu` stops, because another of its partition's aborted on another core.
    #[cold]
    fn abort_as_well(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        self.abort(core, vcpu, &"another of its vCPUs did")
    }
}

impl<H: Hal> Default for Spmc<H> {
    fn default() -> Self {
        Self::new()
    }
}
