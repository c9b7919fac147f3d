//! What programs do with time: arm the timer, interrupt cores, let interrupts in, compute for a while.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::Program;
use super::frame::Slot;
use super::sysreg::*;
use crate::machine::layout::{self, SGI_FRAME};

/// GICR_ISPENDR0, from the redistributor's second frame on (Arm IHI 0069).
const ISPENDR0: u32 = 0x200;
/// GICR_ISENABLER0, likewise.
const ISENABLER0: u32 = 0x100;

impl Program {
    /// Arms the physical timer to fire once, `1 / fraction` seconds from now.
    pub fn arms_timer(&mut self, fraction: u64) {
        self.load(10, fraction);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; mrs x9, CNTFRQ_EL0
            ; udiv x9, x9, x10
            ; msr CNTP_TVAL_EL0, x9
            ; movz x9, 1
            ; msr CNTP_CTL_EL0, x9
            ; isb
        );
    }

    /// Interrupts `core`, and testifies that before.
    pub fn rings(&mut self, core: u16) {
        self.says(&format!("interrupts core {core}"));
        self.load(10, layout::redistributor(core) + SGI_FRAME);
        self.load(9, 1 << layout::DOORBELL);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; dsb sy ; str w9, [x10, ISPENDR0]);
    }

    /// The normal world enables the schedule receiver interrupt on its core.
    pub fn enables_schedule_receiver(&mut self) {
        self.load(10, layout::redistributor(self.context.cpu) + SGI_FRAME);
        self.load(9, 1 << layout::SCHEDULE_RECEIVER);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str w9, [x10, ISENABLER0] ; dsb sy);
    }

    /// Lets pending interrupts in, for a moment.
    pub fn takes_interrupts(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; bl ->take_interrupts);
    }

    /// Runs `rounds` rounds of [`computed`] on `slot`, five instructions each.
    pub fn computes(&mut self, slot: Slot, rounds: u64) {
        self.load_slot(9, slot);
        self.load(10, rounds);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; again:
            ; ror x9, x9, 63
            ; add x9, x9, x10
            ; eor x9, x9, x9, lsr 7
            ; subs x10, x10, 1
            ; b.ne <again
        );
        self.store_slot(slot, 9);
    }
}

/// What [`Program::computes`] makes of `value`.
pub fn computed(mut value: u64, rounds: u64) -> u64 {
    for round in (1..=rounds).rev() {
        value = value.rotate_left(1).wrapping_add(round);
        value ^= value >> 7;
    }
    value
}
