//! What programs do between calls: keep values, lay out memory, testify.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::{self, Slot};
use super::{Kind, Program, SUMMARY, Site, pattern};

/// Where a testified value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A slot.
    Slot(Slot),
    /// Eight bytes of memory, little-endian.
    Double(u64),
    /// Four bytes of memory.
    Word(u64),
    /// Two bytes of memory.
    Half(u64),
}

impl Program {
    /// Testifies `values`.
    pub fn testifies(&mut self, label: &str, values: &[(&'static str, Source)]) -> &mut Site {
        let names = values.iter().map(|(name, _)| *name).collect();
        let site = self.site(Kind::Values(names), label);
        self.emit_values_of(site, values)
    }

    /// Testifies the number in `slot`, which differs between machines.
    pub fn measures(&mut self, label: &str, name: &'static str, slot: Slot) -> &mut Site {
        let site = self.site(Kind::Measurement(name), label);
        self.emit_values_of(site, &[(name, Source::Slot(slot))])
    }

    fn emit_values_of(&mut self, site: u32, values: &[(&'static str, Source)]) -> &mut Site {
        for (index, (_, source)) in values.iter().enumerate() {
            self.fetch(9, *source);
            let asm = &mut self.asm;
            let offset = frame::VALUES + 8 * index as u32;
            dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; str x9, [x18, offset]);
        }
        self.emit_record(site, values.len() as u32);
        &mut self.sites[site as usize]
    }

    /// Emits `register = source`; uses x10.
    fn fetch(&mut self, register: u8, source: Source) {
        match source {
            Source::Slot(slot) => self.load_slot(register, slot),
            Source::Double(address) => {
                self.load(10, address);
                let asm = &mut self.asm;
                dynasm!(asm ; .arch aarch64 ; ldr X(register), [x10]);
            }
            Source::Word(address) => {
                self.load(10, address);
                let asm = &mut self.asm;
                dynasm!(asm ; .arch aarch64 ; ldr W(register), [x10]);
            }
            Source::Half(address) => {
                self.load(10, address);
                let asm = &mut self.asm;
                dynasm!(asm ; .arch aarch64 ; ldrh W(register), [x10]);
            }
        }
    }

    /// Sets `slot` from x`register` as the last call returned it.
    pub fn keeps(&mut self, slot: Slot, register: u32) {
        self.load_slot(9, Slot::ABORTS);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ldr x9, [x18, frame::VALUES + 8 * register]);
        self.store_slot(slot, 9);
    }

    /// Sets `slot` from the memory handle in x2 and x3 as the last call returned them.
    pub fn keeps_handle(&mut self, slot: Slot) {
        self.load_slot(9, Slot::ABORTS);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr w9, [x18, frame::VALUES + 8 * 2]
            ; ldr w10, [x18, frame::VALUES + 8 * 3]
            ; orr x9, x9, x10, lsl 32
        );
        self.store_slot(slot, 9);
    }

    /// Adds `number` to `slot`.
    pub fn adds(&mut self, slot: Slot, number: u64) {
        self.load_slot(9, slot);
        self.load(10, number);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; add x9, x9, x10);
        self.store_slot(slot, 9);
    }

    /// Adds x`register` as the last call returned it to `slot`.
    pub fn adds_result(&mut self, slot: Slot, register: u32) {
        self.load_slot(9, slot);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr x10, [x18, frame::VALUES + 8 * register]
            ; add x9, x9, x10
        );
        self.store_slot(slot, 9);
    }

    /// Copies `bytes` to `address`, which both are multiples of 8 long and aligned.
    pub fn places(&mut self, bytes: &[u8], address: u64) {
        assert!(bytes.len().is_multiple_of(8) && address.is_multiple_of(8), "whole double words");
        let label = self.asm.new_dynamic_label();
        self.load(10, address);
        let words = bytes.len() as u32 / 8;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x9, =>label
            ; movz x11, words
            ; next:
            ; ldr x12, [x9], 8
            ; str x12, [x10], 8
            ; subs x11, x11, 1
            ; b.ne <next
        );
        self.constants.push((label, bytes.to_vec()));
    }

    /// Sends `text` by the PL011 whose registers are at `uart`, waiting for room.
    pub fn prints(&mut self, text: &str, uart: u64) {
        let label = self.asm.new_dynamic_label();
        self.load(10, uart);
        let length = text.len() as u32;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x9, =>label
            ; movz x11, length
            ; next:
            ; ldr w12, [x10, 0x18]
            ; tbnz w12, 5, <next
            ; ldrb w12, [x9], 1
            ; str w12, [x10]
            ; subs x11, x11, 1
            ; b.ne <next
        );
        self.constants.push((label, text.into()));
    }

    /// Stores `slot` at `address`.
    pub fn stores(&mut self, slot: Slot, address: u64) {
        self.load_slot(9, slot);
        self.load(10, address);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str x9, [x10]);
    }

    /// Reads in the descriptor at `transaction` where its first range begins: follows the offset of the access
    /// descriptors at 32, in the first of them the offset of the composite at 4, and in that the range at 16.
    pub fn finds_first_range(&mut self, slot: Slot, transaction: u64) {
        self.load(10, transaction);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr w9, [x10, 32]
            ; add x9, x10, x9
            ; ldr w9, [x9, 4]
            ; add x9, x10, x9
            ; ldr x9, [x9, 16]
        );
        self.store_slot(slot, 9);
    }

    /// Sets `slot` from the eight bytes at `address`.
    pub fn loads(&mut self, slot: Slot, address: u64) {
        self.fetch(9, Source::Double(address));
        self.store_slot(slot, 9);
    }

    /// Sets `slot` from the system register with this operand of `mrs`.
    pub fn reads_register(&mut self, slot: Slot, register: u32) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; mrs x9, register);
        self.store_slot(slot, 9);
    }

    /// Sets `slot` to `number`.
    pub fn sets(&mut self, slot: Slot, number: u64) {
        self.load(9, number);
        self.store_slot(slot, 9);
    }

    /// Sets slot `to` to what slot `from` holds.
    pub fn copies(&mut self, from: Slot, to: Slot) {
        self.load_slot(9, from);
        self.store_slot(to, 9);
    }

    /// Waits for an interrupt (`wfi`).
    pub fn waits_for_interrupt(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; wfi);
    }

    /// Testifies how often all patterns were looked at, and how many registers that are.
    pub fn sums_up(&mut self) {
        let registers = pattern::checked(self.context.role) as u64;
        let site = &mut self.sites[SUMMARY];
        site.step = self.step;
        site.times(1).expect(0, self.checks).expect(1, registers);
        let count = Slot::free(0);
        self.load(9, registers);
        self.store_slot(count, 9);
        self.emit_values_of(
            SUMMARY as u32,
            &[("checks", Source::Slot(Slot::CHECKS)), ("registers each", Source::Slot(count))],
        );
    }

    /// Ends the program's life, where it still runs.
    pub(super) fn halt(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; halt: ; wfi ; b <halt);
    }
}
