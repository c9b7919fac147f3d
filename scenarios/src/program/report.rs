//! How a program testifies: records by semihosting.
//!
//! A record is `b"TALY"`, u16 program (see [`Context::number`]), u16 site, u32 count, u32 zero, then `count` values of
//! 64 bits, all little-endian. It leaves by SYS_WRITE of Arm's semihosting interface (`hlt #0xf000`), which QEMU and
//! the simulator both have, to a handle that the program opened once for `:tt`.
//!
//! A partition turns its stage 1 off for the time of the `hlt`, between an `isb` and an `isb`, and touches no memory
//! meanwhile: QEMU before 8.1 cannot walk the stage 1 of a secure EL1 behind a stage 2 when semihosting reads the
//! guest's memory, and answers -1. Programs are mapped identically, so the same bytes are read.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::sysreg::SCTLR_EL1;
use super::{Context, Program, Role, frame, site};

/// First bytes of a record.
pub const MAGIC: [u8; 4] = *b"TALY";

/// Bytes before a record's values.
pub const HEADER: usize = 16;

const SYS_OPEN: u32 = 0x01;
const SYS_WRITE: u32 = 0x05;
const SYS_EXIT_EXTENDED: u32 = 0x20;
/// ADP_Stopped_ApplicationExit.
const APPLICATION_EXIT: u64 = 0x2_0026;
/// The handle's place in semihosting's parameter block, then address and length.
const HANDLE: u32 = frame::SEMIHOSTING;
/// How SYS_OPEN opens: "w".
const WRITE_MODE: u32 = 4;
/// Bytes of the stream's name, which is `:tt`.
const STREAM_NAME_LENGTH: u32 = 3;

/// The exit code of a program that met an exception it did not expect.
pub const UNEXPECTED_EXCEPTION: u64 = 2;

/// The frame as it is in the image.
pub fn frame(context: Context) -> Vec<u8> {
    let mut bytes = vec![0; frame::SIZE];
    let header = |site: usize, count: u32| {
        let mut header = [0; HEADER];
        header[0..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&context.number().to_le_bytes());
        header[6..8].copy_from_slice(&(site as u16).to_le_bytes());
        header[8..12].copy_from_slice(&count.to_le_bytes());
        header
    };
    bytes[frame::RECORD as usize..][..HEADER].copy_from_slice(&header(0, 0));
    bytes[frame::MISMATCH as usize..][..HEADER].copy_from_slice(&header(site::MISMATCH, 4));
    bytes
}

impl Program {
    /// `->open`: opens the stream. `->emit`: sends the record at x1. `->exit`: ends the machine with code x0.
    /// `->emit_values`: sends the record in the frame. All keep x18 = frame and change x0 to x3.
    pub(super) fn report_routines(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->open:
            ; adr x18, ->frame
            ; adr x1, ->stream_name
            ; movz x2, WRITE_MODE
            ; stp x1, x2, [x18, HANDLE as i32]
            ; movz x2, STREAM_NAME_LENGTH
            ; str x2, [x18, HANDLE + 16]
            ; add x1, x18, HANDLE
            ; movz w0, SYS_OPEN
        );
        self.host_call();
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; str x0, [x18, HANDLE]
            ; ret
            ; ->emit_values:
            ; adr x1, ->frame
            ; ->emit:
            ; adr x18, ->frame
            ; ldr w2, [x1, frame::COUNT]
            ; lsl x2, x2, 3
            ; add x2, x2, HEADER as u32
            ; str x1, [x18, HANDLE + 8]
            ; str x2, [x18, HANDLE + 16]
            ; add x1, x18, HANDLE
            ; movz w0, SYS_WRITE
        );
        self.host_call();
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ret
            ; ->exit:
            ; adr x1, ->exit_block
            ; str x0, [x1, 8]
            ; movz w0, SYS_EXIT_EXTENDED
        );
        self.host_call();
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; b ->exit
            ; .align 8
            ; ->exit_block:
            ; .u64 APPLICATION_EXIT, 0
            ; ->stream_name:
            ; .bytes b":tt\0\0\0\0\0".iter()
        );
    }

    /// Emits semihosting operation w0 with the parameter block at x1; the result is in x0.
    pub(super) fn host_call(&mut self) {
        let partition = self.context.role != Role::NormalWorld;
        let asm = &mut self.asm;
        if partition {
            dynasm!(asm
                ; .arch aarch64
                ; mrs x2, SCTLR_EL1
                ; and x3, x2, !1
                ; dsb sy
                ; msr SCTLR_EL1, x3
                ; isb
            );
        }
        dynasm!(asm ; .arch aarch64 ; hlt 0xF000);
        if partition {
            dynasm!(asm ; .arch aarch64 ; msr SCTLR_EL1, x2 ; isb);
        }
    }

    /// Emits the sending of a record of `site` whose `count` values are in the frame.
    pub(super) fn emit_record(&mut self, site: u32, count: u32) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; movz w0, site
            ; strh w0, [x18, frame::SITE]
            ; movz w0, count
            ; str w0, [x18, frame::COUNT]
            ; bl ->emit_values
        );
    }
}
