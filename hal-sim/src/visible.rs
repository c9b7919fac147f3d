//! What guests do that other cores may notice, for the [`record`] of a run.
//!
//! The emulator makes most loads and stores without asking. While a run is recorded it asks before every
//! instruction, which is decoded here: its address is translated without a trace, so a recorded run is the same as
//! another.

use hal::{PAGE_SIZE, Pa};

use crate::decode;
use crate::encoding::Encoding;
use crate::guest::Leave;
use crate::maintenance::page_of;
use crate::platform::Platform;
use crate::record::{self, Access, Look, Mark, Object};
use crate::tlbi;
use crate::turn;
use crate::unicorn::Pace;
use crate::unicorn::registers::Registers;

/// `smc #0`, whatever its immediate.
const SMC: u32 = 0xd400_0003;

/// `hint #126` and `hint #127`, which no architecture defines: a guest's marks.
const MARKS: [(u32, Mark); 2] = [(0xd503_2fdf, Mark::FromHere), (0xd503_2fff, Mark::UntilHere)];

/// Bytes that a load or store reaches at most, but for those of several vector registers' structures.
const LONGEST: u64 = 32;

/// The guest of the running core is left: that belongs to its last instruction.
pub fn left_guest(leave: &Leave) {
    if record::is_active() && matches!(leave, Leave::Monitor(_) | Leave::Call) {
        record::transition(turn::taken().saturating_sub(1));
        record::touch(Object::Program, Access::Write);
    }
}

impl Platform {
    /// Notes what the instruction at the program counter, which begins, does. True where another core must run first.
    pub fn note_instruction(&mut self, core: &Registers, pace: &Pace) -> bool {
        let Some(word) = self.peek(core, core.pc()).and_then(|(at, _)| self.ram.read_u32(at)) else {
            return false;
        };
        let step = turn::taken() + pace.begun;
        if let Some((_, mark)) = MARKS.into_iter().find(|(hint, _)| *hint == word) {
            let is_over = record::mark(mark, step);
            if is_over {
                turn::end_after(pace.begun);
            }
            return is_over;
        }
        if word & 0xffc0_0000 == 0xd500_0000 {
            self.note_system_instruction(word, step);
            return false;
        }
        if word & 0xffe0_001f == SMC && record::looks_again(Look { pc: core.pc(), at: core.x(0) }) {
            turn::end_after(pace.begun);
            return true;
        }
        let Some(address) = decode::address(word, core) else { return false };
        let Some((at, entry)) = self.peek(core, address) else { return false };
        let access = if decode::is_load(word) { Access::Read } else { Access::Write };
        let look = Look { pc: core.pc(), at: address };
        let ram = self.is_ram(page_of(at));
        let looks = ram && access == Access::Read;
        if looks && record::looks_again(look) {
            turn::end_after(pace.begun);
            return true;
        }
        record::transition(step);
        record::touch(Object::Gic, Access::Read);
        if let Some(entry) = entry {
            record::touch(Object::Tlb, Access::Read);
            record::touch(Object::Entry(entry), Access::Read);
        }
        if ram {
            let size = LONGEST.min(PAGE_SIZE - at.address % PAGE_SIZE);
            record::touch_memory(at, size, access);
        } else {
            record::touch(Object::Gic, Access::Write);
        }
        if looks {
            record::looks(look, record::line_of(at));
        }
        false
    }

    /// An instruction for the TLB, or the interrupt controller's registers.
    fn note_system_instruction(&mut self, word: u32, step: u64) {
        let register = Encoding::of_instruction(word);
        let object = if tlbi::is_invalidation(register) {
            Object::Tlb
        } else if matches!((register.crn(), register.crm()), (4, 6) | (12, 8..=12)) {
            Object::Gic
        } else {
            return;
        };
        record::transition(step);
        record::touch(object, Access::Write);
    }

    /// The byte that `address` names, and the stage-2 entry that says so, if one does.
    fn peek(&mut self, core: &Registers, address: u64) -> Option<(Pa, Option<Pa>)> {
        let regime = self.regime(core);
        let offset = address % PAGE_SIZE;
        let current = self.current;
        let (page, entry) = self.cores[current].mmu.peek(&self.ram, &regime, address - offset)?;
        Some((Pa { address: page.address | offset, ..page }, entry))
    }
}
