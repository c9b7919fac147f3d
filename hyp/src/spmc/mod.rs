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
mod interrupts;
mod owners;
mod paravirtual;
mod power;
mod timers;
pub mod watchdog;

use core::sync::atomic::AtomicU32;

use hal::Hal;
use hal::boot::Boot;
use hal::lock::{Lock, Token};
use spin::Once;

use crate::capacity::{MAX_CORES, rank};
use crate::core::{Core, Roots};
use crate::ffa::{ErrorCode, TargetInfo, response};
use crate::manifest::Wrong;
use crate::partition::{Loaded, Partition};
use crate::relayer::next::Next;
use crate::relayer::{NORMAL_WORLD, Relayer};
use crate::traps;
use boot::{BootOrder, Boots, Manifests};
use owners::Owners;

/// The SPMC.
pub struct Spmc<H: Hal> {
    relayer: Relayer<H>,
    manifests: Lock<Manifests, H::Locks, { rank::MANIFEST }>,
    /// The partitions in the order in which they initialise themselves.
    boot_order: Once<BootOrder>,
    /// Whose each interrupt of a device is.
    owners: Owners,
    /// What each core adds to its [`Core::wanted`] when another has it come to the monitor.
    calls: [AtomicU32; MAX_CORES],
    /// What it adds to its [`Core::timers`] then.
    timers: [AtomicU32; MAX_CORES],
    /// The cores that are on, a bit each.
    on: AtomicU32,
}

impl<H: Hal> Spmc<H> {
    /// Without partitions, the empty value.
    pub const fn new() -> Self {
        Self {
            relayer: Relayer::new(),
            manifests: Lock::new(Manifests::EMPTY),
            boot_order: Once::new(),
            owners: Owners::new(),
            calls: [const { AtomicU32::new(0) }; MAX_CORES],
            timers: [const { AtomicU32::new(0) }; MAX_CORES],
            on: AtomicU32::new(0),
        }
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
        match Boots::new(&self.relayer, &self.owners, core, boot).load(&self.manifests) {
            Ok(order) => {
                self.boot_order.call_once(|| order);
                self.claim_interrupts(core, true);
                self.begin_next(core)
            }
            Err(Wrong) => core.give(NORMAL_WORLD, response::error(ErrorCode::InvalidParameters)),
        }
    }

    /// Lets who is next run until they call or are interrupted, and returns who is next then.
    fn step<'a>(&'a self, core: &mut Core<'a, H>, next: Next) -> Next {
        let next = if core.is_quiet() { next } else { self.look_around(core, next) };
        let to = next.to();
        if matches!(next, Next::Return(_)) {
            core.trace_resume(to);
        }
        let Some((partition, loaded)) = self.relayer.partition(to.partition) else {
            core.run_normal_world();
            return self.dispatch(core, NORMAL_WORLD);
        };
        // rule: abort.7
        if partition.has_aborted() {
            return self.abort_as_well(core, to);
        }
        load(core, to, partition, loaded);
        if matches!(next, Next::Return(_)) {
            core.answer_vcpu();
        }
        core.assert(partition.asserted(to.vcpu));
        match core.run_vcpu() {
            // rule: abort.7
            Some(_) if partition.has_aborted() => self.abort_as_well(core, to),
            Some(exit) => self.vcpu_exit(core, to, exit),
            None => Next::Continue(to),
        }
    }

    /// Sees to interrupts and deadlines before `next`. Returns who is next then.
    #[cold]
    fn look_around<'a>(&'a self, core: &mut Core<'a, H>, next: Next) -> Next {
        if core.timed {
            self.catch_up(core);
        }
        let next = if core.wanted == 0 { next } else { self.settle(core, next) };
        let to = next.to();
        if core.masked_for.is_some() {
            self.relayer.unmask(core, to);
        }
        if core.timed {
            self.look_at_watch(core, to);
        }
        next
    }

    /// `vcpu` stops, because another of its partition's aborted on another core.
    #[cold]
    fn abort_as_well(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        self.abort(core, vcpu, &"another of its vCPUs did")
    }
}

/// Has `core` have the registers of `vcpu`, which is one of `partition`'s.
#[inline(always)]
fn load<'a, H: Hal>(
    core: &mut Core<'a, H>,
    vcpu: TargetInfo,
    partition: &'a Partition<H::Locks>,
    loaded: &Loaded,
) {
    if !core.has(vcpu)
        && let Some(slot) = partition.slots.get(usize::from(vcpu.vcpu))
    {
        let roots = Roots { vsttbr: loaded.stage2.vsttbr(), vttbr: loaded.stage2.vttbr() };
        core.load_vcpu(vcpu, slot, roots);
    }
}

impl<H: Hal> Default for Spmc<H> {
    fn default() -> Self {
        Self::new()
    }
}
