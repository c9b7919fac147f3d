//! What programs do with cores: switch them on and off, and begin again where they left.
//!
//! A core that is switched on finds none of its registers, but its memory. So its program notes in its frame where
//! it goes on before the core goes off, and its start leads there.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

use super::call::OnInterrupt;
use super::role::{SECONDARY_ENTRY, VECTORS};
use super::sysreg::MPIDR_EL1;
use super::{Context, Kind, Program, Role, Signal, Site, args, frame, layout_of};
use crate::machine::layout;
use crate::psci;

impl Program {
    /// Where a partition's virtual CPUs but the first begin: each goes to its own image, by the number in its
    /// MPIDR_EL1.
    pub(super) fn secondary_entry(&mut self) {
        let Context { role: Role::Partition(_), cpu: 0 } = self.context else { return };
        if self.contexts == 1 {
            return;
        }
        self.pad_to(SECONDARY_ENTRY);
        let second = layout_of(Context { cpu: 1, ..self.context }).image;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; mrs x9, MPIDR_EL1 ; and x9, x9, 0xff ; sub x9, x9, 1);
        self.load(10, layout::VCPU_SIZE);
        self.load(11, second);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; madd x9, x9, x10, x11 ; br x9);
        assert!(self.asm.offset().0 <= VECTORS);
    }

    /// The end of the start: goes on where the program left when its core went off.
    pub(super) fn begin_again(&mut self) {
        if self.context.cpu == 0 {
            return;
        }
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; ldr x9, [x18, frame::AGAIN]
            ; cbz x9, >first
            ; br x9
            ; first:
        );
    }

    /// The program goes on at `label` when it begins again.
    fn notes_where(&mut self, label: DynamicLabel) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; adr x9, =>label ; str x9, [x18, frame::AGAIN]);
    }

    /// Switches `core` on, where the normal world's program of that core begins; the site is PSCI's answer.
    pub fn switches_on(&mut self, label: &str, core: u16) -> &mut Site {
        let entry = layout_of(Context { role: Role::NormalWorld, cpu: core }).image;
        self.call(label, args![psci::CPU_ON, u64::from(core), entry, 0])
    }

    /// Switches its own core off; the program goes on from here when somebody switched it on again. The site is where
    /// the call would come back.
    pub fn goes_off(&mut self) -> &mut Site {
        let label = self.asm.new_dynamic_label();
        self.notes_where(label);
        let args = args![psci::CPU_OFF];
        let site = self.call_site("switches its core off", args);
        self.never_returns(site, args, label);
        &mut self.sites[site as usize + 1]
    }

    /// The virtual CPU's turn ends, and its core is switched off; it goes on from here when it begins again.
    pub fn is_switched_off(&mut self) {
        let label = self.asm.new_dynamic_label();
        self.notes_where(label);
        let turn = self.take_turn();
        let site = self.turn_site(&turn);
        self.never_returns(site, &turn.args, label);
    }

    /// The virtual CPU makes `signal` true and works until its core is switched off; it goes on from here when it
    /// begins again.
    pub fn works_until_off(&mut self, signal: &Signal) {
        let label = self.asm.new_dynamic_label();
        self.notes_where(label);
        self.signals(signal);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; working: ; yield ; b <working ; =>label);
    }

    /// Emits the call of site `site`, after which the core is off, and `label` for its new beginning.
    fn never_returns(&mut self, site: u32, args: &[super::Arg], label: DynamicLabel) {
        self.site(Kind::Return, "goes on, and its core should be off");
        self.emit_call(site, args, OnInterrupt::Return).times(0);
        // No check follows a call that does not come back.
        self.checks -= 1;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; =>label);
    }

    /// Asks, and testifies nothing, until `core` is off.
    pub fn awaits_off(&mut self, core: u16) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; still_on:);
        self.load(0, psci::AFFINITY_INFO);
        self.load(1, core.into());
        self.load(2, 0);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; smc 0 ; cmp x0, psci::OFF as u32 ; b.ne <still_on);
    }
}
