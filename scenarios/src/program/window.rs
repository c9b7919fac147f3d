//! The window of a scenario: the part of it whose schedules are all explored. Hints mark it that no architecture
//! defines, so no machine does anything at them; `hal-sim/src/record.rs` knows them.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::Program;
use super::frame::{self, Slot};
use crate::ffa;

impl Program {
    /// The window begins, where another program has not begun it.
    pub fn explored_from_here(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; hint 126);
    }

    /// The window is over for the core that comes here, and ends where it is over for all.
    pub fn until_here(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; hint 127);
    }

    /// Sets `slot` to 1 where the last call returned no FFA_ERROR, and otherwise to 0.
    pub fn keeps_whether_it_succeeded(&mut self, slot: Slot) {
        self.load(10, ffa::ERROR);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; ldr x9, [x18, frame::VALUES]
            ; cmp x9, x10
            ; cset x9, ne
        );
        self.store_slot(slot, 9);
    }

    /// Adds the eight bytes at `address` to `slot`.
    pub fn adds_double(&mut self, slot: Slot, address: u64) {
        self.load_slot(9, slot);
        self.load(10, address);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ldr x10, [x10] ; add x9, x9, x10);
        self.store_slot(slot, 9);
    }
}
