//! A deadline that stays when it should not, and one that never comes.

use hal_sim::SimCore;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "the timer stays on when a partition has initialised itself",
        scenario: "slow-at-work",
        checker: Checker::Fruitless,
        words: &["exits of a guest without an instruction between them"],
        bug: || Box::new(StaysOn),
    },
    Planted {
        what: "the timer is never set",
        scenario: "timer",
        checker: Checker::Timers,
        words: &["SP1 (0x8001) ran for more than", "instructions after its timer was due"],
        bug: || Box::new(NeverComes),
    },
];

/// The deadline is not taken back.
struct StaysOn;

impl Bug for StaysOn {
    fn clear_deadline(&self, _core: &mut SimCore) {}
}

/// The deadline is not set.
struct NeverComes;

impl Bug for NeverComes {
    fn set_deadline(&self, _core: &mut SimCore, _deadline: u64) {}
}
