//! Exceptions that a program takes: aborts that it asked for, interrupts of the normal world, and the rest.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::role::VECTORS;
use super::sysreg::*;
use super::{Program, Role, UNEXPECTED, frame, layout_of, pattern, report};
use crate::machine::layout;

/// Entries of a vector table, and bytes of each.
const ENTRIES: usize = 16;
const ENTRY: usize = 0x80;
/// From the current exception level with its own stack pointer: synchronous, IRQ, FIQ.
const SYNCHRONOUS: usize = 4;
const IRQ: usize = 5;
const FIQ: usize = 6;

/// Exception class of an instruction abort taken without a change of exception level.
const INSTRUCTION_ABORT: u32 = 0x21;

impl Program {
    /// The vector table, at the assembler's place.
    pub(super) fn vectors(&mut self) {
        for entry in 0..ENTRIES {
            self.pad_to(VECTORS + entry * ENTRY);
            let normal_world = self.context.role == Role::NormalWorld;
            let asm = &mut self.asm;
            match entry {
                SYNCHRONOUS => dynasm!(asm ; .arch aarch64 ; b ->synchronous),
                IRQ => dynasm!(asm ; .arch aarch64 ; b ->irq),
                FIQ if !normal_world => dynasm!(asm ; .arch aarch64 ; b ->fiq),
                _ => dynasm!(asm ; .arch aarch64 ; b ->unexpected),
            }
        }
    }

    /// The handlers, and what programs call around them.
    pub(super) fn exception_routines(&mut self) {
        self.synchronous_handler();
        self.unexpected_handler();
        match self.context.role {
            Role::NormalWorld => self.irq_handler(),
            Role::Partition(_) => self.partition_irq_handler(),
        }
        self.refill_routine();
    }

    /// Notes an expected abort and goes on after the faulting instruction; where that was the fetch itself, at
    /// the link register.
    fn synchronous_handler(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->synchronous:
            ; stp x17, x18, [sp, -16]!
            ; adr x18, ->frame
            ; ldr x17, [x18, frame::ABORT_EXPECTED]
            ; cbz x17, ->unexpected
            ; ldr x17, [x18, Slot::ABORTS.offset()]
            ; add x17, x17, 1
            ; str x17, [x18, Slot::ABORTS.offset()]
            ; mrs x17, FAR_EL1
            ; str x17, [x18, Slot::FAULT_ADDRESS.offset()]
            ; mrs x17, ESR_EL1
            ; str x17, [x18, Slot::SYNDROME.offset()]
            ; ubfx x17, x17, 26, 6
            ; cmp x17, INSTRUCTION_ABORT
            ; mrs x17, ELR_EL1
            ; add x17, x17, 4
            ; csel x17, x30, x17, eq
            ; msr ELR_EL1, x17
            ; ldp x17, x18, [sp], 16
            ; eret
        );
    }

    /// Testifies to any other exception and ends the machine.
    fn unexpected_handler(&mut self) {
        let image = layout_of(self.context).image;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->unexpected:
            ; adr x18, ->frame
            ; mrs x9, ESR_EL1
            ; mrs x10, FAR_EL1
            ; stp x9, x10, [x18, frame::VALUES as i32]
            ; mrs x9, ELR_EL1
        );
        self.load(10, image);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; sub x9, x9, x10 ; str x9, [x18, frame::VALUES + 16]);
        self.emit_record(UNEXPECTED as u32, 3);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz x0, report::UNEXPECTED_EXCEPTION as u32 ; b ->exit);
    }

    /// Acknowledges, silences the timer, ends, counts; an interrupt from outside is counted apart. `->take_interrupts`: lets pending interrupts in.
    fn irq_handler(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->irq:
            ; stp x17, x18, [sp, -16]!
            ; adr x18, ->frame
            ; mrs x17, ICC_IAR1_EL1
            ; cmp x17, layout::FROM_OUTSIDE as u32
            ; b.eq >from_outside
            ; str x17, [x18, Slot::INTERRUPT_ID.offset()]
            ; msr CNTP_CTL_EL0, xzr
            ; isb
            ; msr ICC_EOIR1_EL1, x17
            ; ldr x17, [x18, Slot::INTERRUPTS.offset()]
            ; add x17, x17, 1
            ; str x17, [x18, Slot::INTERRUPTS.offset()]
            ; ldp x17, x18, [sp], 16
            ; eret
            ; from_outside:
            ; msr ICC_EOIR1_EL1, x17
            ; ldr x17, [x18, Slot::FROM_OUTSIDE.offset()]
            ; add x17, x17, 1
            ; str x17, [x18, Slot::FROM_OUTSIDE.offset()]
            ; ldp x17, x18, [sp], 16
            ; eret
            // At most a thousand rounds: an interrupt that does not come must not hang the program.
            ; ->take_interrupts:
            ; adr x18, ->frame
            ; ldr x9, [x18, Slot::INTERRUPTS.offset()]
            ; ldr x12, [x18, Slot::FROM_OUTSIDE.offset()]
            ; movz x11, 1000
            ; msr daifclr, 2
            ; waiting:
            ; isb
            ; ldr x10, [x18, Slot::INTERRUPTS.offset()]
            ; cmp x9, x10
            ; b.ne >taken
            ; ldr x10, [x18, Slot::FROM_OUTSIDE.offset()]
            ; cmp x12, x10
            ; b.ne >taken
            ; subs x11, x11, 1
            ; b.ne <waiting
            ; taken:
            ; msr daifset, 2
            ; b ->refill
        );
    }

    /// Lets interrupts in from here on. What taking one does to registers is not looked at any more.
    pub fn lets_interrupts_in(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr daifclr, 2 ; isb);
    }

    /// `->refill`: gives the registers that taking an exception writes their patterns again.
    fn refill_routine(&mut self) {
        let role = self.context.role;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ->refill: ; adr x18, ->patterns);
        for (index, register) in pattern::system_registers(role) {
            if [ESR_EL1, FAR_EL1, ELR_EL1, SPSR_EL1].contains(&register.encoding) {
                dynasm!(asm
                    ; .arch aarch64
                    ; ldr x9, [x18, 8 * index as u32]
                    ; msr register.encoding, x9
                );
            }
        }
        dynasm!(asm ; .arch aarch64 ; ret);
    }
}
