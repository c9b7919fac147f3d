//! A deadline that stays when it should not.

use hal::interrupt::Intid;
use hal_sim::SimCore;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[Planted {
    what: "the timer stays on when a partition has initialised itself",
    scenario: "slow-at-work",
    checker: Checker::Fruitless,
    words: &["exits of a guest without an instruction between them"],
    bug: || Box::new(StaysOn),
}];

/// The deadline is not taken back, and its interrupt stays the secure world's.
struct StaysOn;

impl Bug for StaysOn {
    fn clear_deadline(&self, _core: &mut SimCore) {}

    fn release(&self, _core: &mut SimCore, _intid: Intid) {}
}
