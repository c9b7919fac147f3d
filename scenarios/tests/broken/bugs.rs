//! Bugs that both the flow and the oracle must find.

use hal::Memory;
use hal::boot::Boot;
use hal::cpu::GuestRegisters;
use hal::memory::Frame;
use hal_sim::SimCore;
use scenarios::ffa;

use super::machine::Bug;

/// Nothing goes wrong.
pub struct NoBug;

impl Bug for NoBug {}

/// Entries stay in the table while FFA_MEM_RELINQUISH is served.
#[derive(Default)]
pub struct LeftMapped {
    relinquishing: bool,
}

impl Bug for LeftMapped {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        self.relinquishing = registers.x[0] == ffa::MEM_RELINQUISH;
    }

    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let clears = entry & 1 == 0;
        if !(clears && self.relinquishing) {
            core.write_entry(table, index, entry);
        }
    }
}
