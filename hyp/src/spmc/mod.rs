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

use core::sync::atomic::{AtomicUsize, Ordering};

use hal::Hal;
use hal::boot::Boot;
use hal::lock::{Lock, Token};
use hal::trace::Event;
use spin::Once;

use crate::capacity::rank;
use crate::console::print_line;
use crate::core::{Core, Roots};
use crate::ffa::{ErrorCode, TargetInfo, response};
use crate::manifest::CoreManifest;
use crate::partition::execution::RuntimeModel;
use crate::relayer::next::Next;
use crate::relayer::{NORMAL_WORLD, Relayer};
use crate::traps;
use boot::{BootOrder, Boots};

/// The SPMC.
pub struct Spmc<H: Hal> {
    relayer: Relayer<H>,
    manifest: Lock<CoreManifest, H::Locks, { rank::MANIFEST }>,
    /// The partitions in the order in which they initialise themselves.
    boot_order: Once<BootOrder>,
    /// How many of them have begun.
    begun: AtomicUsize,
}

impl<H: Hal> Spmc<H> {
    /// Without partitions, the empty value.
    pub const fn new() -> Self {
        Self {
            relayer: Relayer::new(),
            manifest: Lock::new(CoreManifest::EMPTY),
            boot_order: Once::new(),
            begun: AtomicUsize::new(0),
        }
    }

    /// Boots from the first core, then serves calls for ever.
    pub fn run(&self, hal: &mut H, token: Token, boot: &Boot) -> ! {
        let mut core = Core::new(hal, token, boot.core);
        traps::configure(core.hal);
        core.hal.invalidate_all();
        let mut next = self.boot(&mut core, boot);
        loop {
            next = self.step(&mut core, next);
        }
    }

    /// Loads the partitions; the first one begins. Where that fails, says why on the console and tells the SPMD.
    fn boot(&self, core: &mut Core<'_, H>, boot: &Boot) -> Next {
        match Boots::new(&self.relayer, core, boot).load(&self.manifest) {
            Ok(order) => {
                self.boot_order.call_once(|| order);
                self.begin_next(core)
            }
            Err(error) => {
                core.hal.trace(Event::Note(&error));
                print_line(core.hal, format_args!("Tantalum does not boot: {error}"));
                core.give(NORMAL_WORLD, response::error(ErrorCode::InvalidParameters))
            }
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
        if !core.has(to)
            && let Some(slot) = partition.slots.get(usize::from(to.vcpu))
        {
            let roots = Roots { vsttbr: loaded.stage2.vsttbr(), vttbr: loaded.stage2.vttbr() };
            core.load_vcpu(to, slot.hold(), roots);
        }
        if matches!(next, Next::Return(_)) {
            core.answer_vcpu();
        }
        match core.run_vcpu() {
            Some(exit) => self.vcpu_exit(core, to, exit),
            None => Next::Continue(to),
        }
    }

    /// The next partition in boot order begins; after the last one the normal world does.
    fn begin_next(&self, core: &mut Core<'_, H>) -> Next {
        loop {
            let index = self.begun.fetch_add(1, Ordering::Relaxed);
            let Some(id) = self.boot_order.get().and_then(|order| order.get(index).copied()) else {
                return core.give(NORMAL_WORLD, response::msg_wait(TargetInfo::default()));
            };
            let vcpu = TargetInfo { partition: id, vcpu: 0 };
            if let Some((partition, loaded)) = self.relayer.partition(id) {
                let [execution, ..] = &partition.executions;
                let [slot, ..] = &partition.slots;
                let begun = execution.lock(&core.token).begin(RuntimeModel::Init, None);
                if begun.is_ok() {
                    slot.hold().start_at(loaded.entry_point, core.index);
                    return Next::Continue(vcpu);
                }
            }
        }
    }
}

impl<H: Hal> Default for Spmc<H> {
    fn default() -> Self {
        Self::new()
    }
}
