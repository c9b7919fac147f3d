//! Calls that are not FF-A's: the calling convention's own, and those that EL3 serves.
//!
//! EL3 gets a partition's call only where the monitor's manifest names it, or all, and with the partition's id as the
//! client's, in w7.
//!
//! Rules (`rules/`): `smc`.

use hal::Hal;
use hal::trace::Event;

use super::Spmc;
use crate::core::Core;
use crate::ffa::{FunctionId, TargetInfo};
use crate::relayer::next::Next;

/// The calling convention's answer, in x0, to a call that nobody knows.
const UNKNOWN: u64 = u64::MAX;

/// SMCCC_VERSION.
const VERSION: u32 = 0x8000_0000;

/// SMCCC_ARCH_FEATURES.
const ARCH_FEATURES: u32 = 0x8000_0001;

/// The first version that has x8 to x17, which FF-A 1.2 needs.
const SMCCC_1_2: u64 = 0x1_0002;

impl<H: Hal> Spmc<H> {
    /// Decides the call of `caller` with `function`, which is not FF-A's. Registers that an answer does not have stay as
    /// they were.
    #[inline(never)]
    pub(super) fn foreign(&self, core: &mut Core<'_, H>, caller: TargetInfo, function: FunctionId) -> Next {
        let id = caller.partition;
        let [x0, x1, _, _, _, _, _, x7, ..] = &mut core.exchange.0;
        // rule: smc.40, smc.41, smc.44, smc.45
        let is_allowed = self.relayer.partition(id).is_some_and(|(_, loaded)| loaded.smcs.allow(function.0));
        if is_allowed {
            let kept = core::mem::replace(x7, u64::from(id.0));
            *x0 = u64::from(function.0);
            core.exchange = core.hal.call(&core.exchange);
            core.exchange.0[7] = kept;
            core.hal.trace(Event::Note(&format_args!("EL3 serves {function} of {id}")));
            return Next::Return(caller);
        }
        *x0 = match (function.0, *x1 as u32) {
            // rule: smc.42
            (VERSION, _) => SMCCC_1_2,
            // rule: smc.43, smc.46
            (ARCH_FEATURES, asked) if asked == VERSION || asked == ARCH_FEATURES => 0,
            _ => UNKNOWN,
        };
        Next::Return(caller)
    }
}
