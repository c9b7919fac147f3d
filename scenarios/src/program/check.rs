//! Filling the registers with their patterns, and looking whether they still hold them.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::{Program, frame, pattern};

impl Program {
    /// `->fill`: writes every system and vector register's pattern. `->check`: compares all, sends a record for
    /// each that differs, and fills again if one did. Both keep x18 = frame and change x0 to x17.
    pub(super) fn check_routines(&mut self) {
        self.fill_routine();
        self.check_routine();
        self.mismatch_routine();
    }

    fn fill_routine(&mut self) {
        let role = self.context.role;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ->fill: ; adr x17, ->patterns);
        for (index, register) in pattern::system_registers(role) {
            dynasm!(asm
                ; .arch aarch64
                ; ldr x9, [x17, 8 * index as u32]
                ; msr register.encoding, x9
            );
        }
        dynasm!(asm ; .arch aarch64 ; isb ; add x16, x17, 8 * pattern::FIRST_VECTOR as u32);
        for vector in 0..32u8 {
            dynasm!(asm ; .arch aarch64 ; ldp x9, x10, [x16, 16 * i32::from(vector)]);
            dynasm!(asm
                ; .arch aarch64
                ; ins V(vector).d[0], x9
                ; ins V(vector).d[1], x10
            );
        }
        dynasm!(asm ; .arch aarch64 ; ret);
    }

    fn check_routine(&mut self) {
        let role = self.context.role;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->check:
            ; adr x18, ->frame
            ; adr x17, ->patterns
            ; str x30, [x18, frame::INNER_RETURN]
            ; str xzr, [x18, frame::LOST]
        );
        for (index, register) in pattern::system_registers(role) {
            let asm = &mut self.asm;
            dynasm!(asm ; .arch aarch64 ; mrs x9, register.encoding);
            self.compare(index);
        }
        for half in 0..pattern::VECTOR {
            let asm = &mut self.asm;
            let vector = half as u8 / 2;
            if half % 2 == 0 {
                dynasm!(asm ; .arch aarch64 ; umov x9, V(vector).d[0]);
            } else {
                dynasm!(asm ; .arch aarch64 ; umov x9, V(vector).d[1]);
            }
            self.compare(pattern::FIRST_VECTOR + half);
        }
        // What the call left in x19 to x30 and in the stack pointer is in the frame, in the same order.
        for index in pattern::FIRST_GENERAL..pattern::REGISTERS_IN_ALL {
            let asm = &mut self.asm;
            let offset = frame::GENERAL + 8 * (index - pattern::FIRST_GENERAL) as u32;
            dynasm!(asm ; .arch aarch64 ; ldr x9, [x18, offset]);
            self.compare(index);
        }
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr x9, [x17, 8 * pattern::STACK_POINTER as u32]
            ; mov sp, x9
            ; ldr x9, [x18, frame::LOST]
            ; cbz x9, >kept
            ; bl ->fill
            ; kept:
            ; adr x18, ->frame
            ; ldr x30, [x18, frame::INNER_RETURN]
            ; ret
        );
    }

    /// Compares x9 with the pattern of register `index`.
    fn compare(&mut self, index: usize) {
        let index = index as u32;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr x10, [x17, 8 * index]
            ; cmp x9, x10
            ; b.eq >same
            ; movz w11, index
            ; bl ->mismatch
            ; same:
        );
    }

    /// Sends the record that register x11 held x9 where x10 was expected; keeps x17.
    fn mismatch_routine(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->mismatch:
            ; mov x16, x30
            ; ldrh w12, [x18, frame::SITE]
            ; stp x11, x10, [x18, frame::MISMATCH_VALUES as i32]
            ; stp x9, x12, [x18, frame::MISMATCH_VALUES as i32 + 16]
            ; movz w12, 1
            ; str x12, [x18, frame::LOST]
            ; add x1, x18, frame::MISMATCH
            ; bl ->emit
            ; ret x16
        );
    }
}
