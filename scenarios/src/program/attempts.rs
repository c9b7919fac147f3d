//! Accesses that may take an exception, and the mappings that they go through.

use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};

use super::frame::{self, Slot};
use super::{Arg, Program, Site, Source, layout_of, tables};

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
    /// The same, and the entry lets it be executed.
    NonSecureCode,
}

impl Program {
    /// Maps the page at `page` in the program's own stage 1, as an address of `space`.
    pub fn maps(&mut self, space: Space, page: impl Into<Arg>) {
        let first = layout_of(self.context).tables + tables::run_time_entry(0);
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

    /// Unmaps the page at `page`, which the program mapped at run time.
    pub fn unmaps(&mut self, page: u64) {
        self.load(10, layout_of(self.context).tables + tables::run_time_entry(page));
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str xzr, [x10] ; dsb ishst ; tlbi vmalle1 ; dsb nsh ; isb);
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
        self.attempts_instruction(label, |asm| dynasm!(asm ; .arch aarch64 ; mrs x0, register))
    }

    /// Tries the one instruction that `emit` emits.
    fn attempts_instruction(
        &mut self,
        label: &str,
        emit: impl FnOnce(&mut VecAssembler<Aarch64Relocation>),
    ) -> &mut Site {
        self.prepared_for_exceptions(|program| emit(&mut program.asm));
        self.testifies(
            label,
            &[("exceptions", Source::Slot(Slot::ABORTS)), ("ESR_EL1", Source::Slot(Slot::SYNDROME))],
        )
    }

    /// Tries to write 0 to the system register with this operand of `msr`; testifies as
    /// [`Program::attempts_register`] does.
    pub fn attempts_write(&mut self, label: &str, register: u32) -> &mut Site {
        self.attempts_instruction(label, |asm| dynasm!(asm ; .arch aarch64 ; msr register, xzr))
    }

    /// Tries to clean and invalidate the first line of the data cache by its set and way; testifies as
    /// [`Program::attempts_register`] does.
    pub fn attempts_set_and_way(&mut self, label: &str) -> &mut Site {
        const DC_CISW_XZR: u32 = 0xd508_7e5f;
        self.attempts_instruction(label, |asm| dynasm!(asm ; .arch aarch64 ; .u32 DC_CISW_XZR))
    }

    /// Reads the system register with this operand of `mrs`, and testifies how many exceptions that took, and
    /// `fields` of it: four bits each, from a bit on.
    pub fn reads_fields(&mut self, label: &str, register: u32, fields: &[(&'static str, u32)]) -> &mut Site {
        self.prepared_for_exceptions(|program| {
            program.load(0, 0);
            let asm = &mut program.asm;
            dynasm!(asm ; .arch aarch64 ; mrs x0, register ; adr x18, ->frame);
            for (slot, (_, shift)) in fields.iter().enumerate() {
                dynasm!(asm
                    ; .arch aarch64
                    ; ubfx x9, x0, *shift, 4
                    ; str x9, [x18, Slot::free(slot as u32).offset()]
                );
            }
        });
        let mut values = vec![("exceptions", Source::Slot(Slot::ABORTS))];
        let slots = (0..).map(|slot| Source::Slot(Slot::free(slot)));
        values.extend(fields.iter().map(|(name, _)| *name).zip(slots));
        self.testifies(label, &values)
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
}
