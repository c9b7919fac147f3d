//! A program that does what the host says: it makes the call that it is given, shows what came back, is given the next.
//!
//! It asks by semihosting's SYS_READ. Its block says who it is and what its last call left; the host puts the next
//! call there:
//!
//! ```text
//! 0x000  the number of its context (see Context::number)
//! 0x008  x0 to x17: as the last call left them; then those of the next call
//! 0x098  where bytes are copied to before that call, and how many: a multiple of 8, at most DATA_SIZE
//! 0x0A8  the bytes
//! ```

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::{Program, Role, frame};
use crate::ffa;

/// Offset of x0 in a block; those of the others follow.
pub const REGISTERS: usize = 0x008;
/// Registers of a call.
pub const REGISTER_COUNT: usize = 18;
/// Offset of the address that bytes are copied to; how many are behind it.
pub const TARGET: usize = 0x098;
/// Offset of the bytes.
pub const DATA: usize = 0x0A8;
/// The most bytes.
pub const DATA_SIZE: usize = 0x200;
/// Bytes of a block.
pub const BLOCK: usize = DATA + DATA_SIZE;

const SYS_READ: u32 = 0x06;

impl Program {
    /// From here on the program does what the host says, for ever.
    pub fn obeys(&mut self) {
        let block = self.asm.new_dynamic_label();
        let mut bytes = vec![0; BLOCK];
        bytes[0..2].copy_from_slice(&self.context.number().to_le_bytes());
        self.constants.push((block, bytes));
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->obey:
            ; adr x18, ->frame
            ; adr x1, =>block
            ; str x1, [x18, frame::SEMIHOSTING + 8]
            ; movz x2, BLOCK as u32
            ; str x2, [x18, frame::SEMIHOSTING + 16]
            ; add x1, x18, frame::SEMIHOSTING
            ; movz w0, SYS_READ
        );
        self.host_call();
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, =>block
            ; ldr x9, [x18, TARGET as u32]
            ; ldr x10, [x18, TARGET as u32 + 8]
            ; add x11, x18, DATA as u32
            ; copy:
            ; cbz x10, >copied
            ; ldr x12, [x11], 8
            ; str x12, [x9], 8
            ; sub x10, x10, 8
            ; b <copy
            ; copied:
        );
        let pairs = || (0..REGISTER_COUNT as u8).step_by(2);
        let offset = |register: u8| REGISTERS as i32 + 8 * i32::from(register);
        for register in pairs() {
            dynasm!(asm ; .arch aarch64 ; ldp X(register), X(register + 1), [x18, offset(register)]);
        }
        dynasm!(asm ; .arch aarch64 ; smc 0 ; adr x18, =>block);
        for register in pairs() {
            dynasm!(asm ; .arch aarch64 ; stp X(register), X(register + 1), [x18, offset(register)]);
        }
        if self.context.role == Role::NormalWorld {
            let interrupt = ffa::INTERRUPT as u32;
            dynasm!(asm
                ; .arch aarch64
                ; movz w9, interrupt & 0xFFFF
                ; movk w9, interrupt >> 16, lsl 16
                ; cmp w0, w9
                ; b.ne ->obey
                ; bl ->take_interrupts
            );
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; b ->obey);
    }
}
