//! What programs do between calls: touch memory, testify values, take aborts, use the timer, compute.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::{self, Slot};
use super::{Arg, Kind, Program, SUMMARY, Site, layout_of, pattern, tables};

/// An access that may abort.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// `ldr x0, [address]`
    Read,
    /// `str w0, [address]` of this value.
    Write(u32),
    /// `blr address`
    Execute,
}

/// The address space that a stage-1 entry of a partition names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// The secure one (NS clear).
    Secure,
    /// The non-secure one (NS set).
    NonSecure,
}

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

    /// Maps the page at `page` in the program's own stage 1, as an address of `space`.
    pub fn maps(&mut self, space: Space, page: impl Into<Arg>) {
        let first = layout_of(self.role).tables + tables::run_time_entry(0);
        self.load_arg(9, page.into());
        self.load(10, first);
        self.load(11, tables::run_time_attributes(space));
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ubfx x12, x9, 12, 9
            ; orr x11, x11, x9
            ; str x11, [x10, x12, lsl 3]
            ; dsb ishst
            ; isb
        );
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

    /// Tries `access` and testifies how many aborts it took, and the syndrome and address of the last.
    pub fn attempts(&mut self, label: &str, access: Access, address: impl Into<Arg>) -> &mut Site {
        let address = address.into();
        self.prepared_for_exceptions(|program| {
            program.load_arg(1, address);
            let value = if let Access::Write(value) = access { value } else { 0 };
            program.load(0, value.into());
            let asm = &mut program.asm;
            match access {
                Access::Read => dynasm!(asm ; .arch aarch64 ; ldr x0, [x1]),
                Access::Write(_) => dynasm!(asm ; .arch aarch64 ; str w0, [x1]),
                Access::Execute => dynasm!(asm ; .arch aarch64 ; blr x1),
            }
        });
        self.testifies(
            label,
            &[
                ("aborts", Source::Slot(Slot::ABORTS)),
                ("ESR_EL1", Source::Slot(Slot::SYNDROME)),
                ("FAR_EL1", Source::Slot(Slot::FAULT_ADDRESS)),
            ],
        )
    }

    /// Tries to read the system register with this operand of `mrs`; testifies how many exceptions that took, and
    /// the syndrome of the last.
    pub fn attempts_register(&mut self, label: &str, register: u32) -> &mut Site {
        self.prepared_for_exceptions(|program| {
            let asm = &mut program.asm;
            dynasm!(asm ; .arch aarch64 ; mrs x0, register);
        });
        self.testifies(
            label,
            &[("exceptions", Source::Slot(Slot::ABORTS)), ("ESR_EL1", Source::Slot(Slot::SYNDROME))],
        )
    }

    /// Waits for an interrupt (`wfi`).
    pub fn waits_for_interrupt(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; wfi);
    }

    /// Emits what `emit` does, between the instructions that make exceptions expected there and unexpected again.
    fn prepared_for_exceptions(&mut self, emit: impl FnOnce(&mut Self)) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; str xzr, [x18, Slot::ABORTS.offset()]
            ; str xzr, [x18, Slot::SYNDROME.offset()]
            ; str xzr, [x18, Slot::FAULT_ADDRESS.offset()]
            ; movz x9, 1
            ; str x9, [x18, frame::ABORT_EXPECTED]
        );
        emit(self);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; str xzr, [x18, frame::ABORT_EXPECTED]
            ; bl ->refill
        );
    }

    /// Testifies how often all patterns were looked at, and how many registers that are.
    pub fn sums_up(&mut self) {
        let registers = pattern::checked(self.role) as u64;
        let site = &mut self.sites[SUMMARY];
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
