//! What programs do with time: arm the timer, interrupt cores, let interrupts in, compute for a while.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::*;
use super::{Program, Signal};
use crate::ffa;
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

    /// Writes `value` to the system register with this operand of `msr`.
    pub fn writes_register(&mut self, register: u32, value: u64) {
        self.load(9, value);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr register, x9 ; isb);
    }

    /// Arms the physical timer to fire so many `ticks` from now.
    pub fn arms_timer_in(&mut self, ticks: u64) {
        self.writes_register(CNTP_TVAL_EL0, ticks);
        self.writes_register(CNTP_CTL_EL0, 1);
    }

    /// The normal world lets `1 / fraction` seconds pass, and makes a call of which it testifies nothing: where the monitor
    /// has no timer of its own, it looks then what time it is.
    pub fn lets_time_pass(&mut self, fraction: u64) {
        self.load(10, fraction);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; isb
            ; mrs x11, CNTPCT_EL0
            ; mrs x9, CNTFRQ_EL0
            ; udiv x9, x9, x10
            ; add x11, x11, x9
            ; passing:
            ; mrs x9, CNTPCT_EL0
            ; cmp x9, x11
            ; b.lo <passing
        );
        self.calls_quietly();
    }

    /// Makes a call, again and again, until `signal` is true, and testifies nothing: the monitor looks what time it is.
    pub fn calls_until(&mut self, signal: &Signal) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; calling:);
        self.calls_quietly();
        self.load(10, signal.address);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ldar x9, [x10] ; cbz x9, <calling);
    }

    /// Makes a call that the monitor answers.
    fn calls_quietly(&mut self) {
        self.load(0, ffa::FEATURES);
        self.load(1, ffa::VERSION);
        for register in 2..8 {
            self.load(register, 0);
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; smc 0);
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

    /// The same with interrupts let in. A partition's handler leaves alone what this computes with.
    pub fn computes_interruptibly(&mut self, slot: Slot, rounds: u64) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr daifclr, 3);
        self.computes(slot, rounds);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr daifset, 3 ; bl ->refill);
    }

    /// Lets interrupts in until the program has handled one, and goes on so for ever where none comes.
    pub fn awaits_interrupt(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; ldr x9, [x18, Slot::INTERRUPTS.offset()]
            ; msr daifclr, 3
            ; waiting:
            ; yield
            ; ldr x10, [x18, Slot::INTERRUPTS.offset()]
            ; cmp x9, x10
            ; b.eq <waiting
            ; msr daifset, 3
            ; bl ->refill
        );
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
