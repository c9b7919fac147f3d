//! How a program starts: the normal world comes down from NS-EL2 and sets up its interrupts; all turn their MMU
//! on, open the stream and fill their registers.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::role::OTHER_ENTRY;
use super::sysreg::*;
use super::{Program, Role, Serves, layout_of, pattern};
use crate::machine::layout::{self, SGI_FRAME};

/// HCR_EL2: EL1 is AArch64 and may use pointer authentication.
const HCR: u64 = 1 << 31 | 1 << 40 | 1 << 41;
/// CPTR_EL2 with E2H clear: SIMD and SVE are not trapped, all else as reset.
const CPTR: u64 = 0x32FF;
/// SCTLR_EL1 with only the bits that must be set: MMU and caches off.
const SCTLR_OFF: u64 = 0x30D0_0800;
/// EL1 with its own stack pointer, all interrupts masked.
const EL1H_MASKED: u64 = 0x3C5;

/// GICD_CTLR as the normal world sees it: affinity routing, Group 1 enabled.
const GICD_ENABLE: u64 = 0x13;
/// Offsets in the distributor, and in the redistributor's second frame (Arm IHI 0069): GICR_ISENABLER0,
/// GICR_IPRIORITYR0 and 7, GICD_ICFGR0.
const ISENABLER0: u32 = 0x100;
const IPRIORITYR: u32 = 0x400;
const IPRIORITYR7: u32 = 0x41C;
const ICFGR: u32 = 0xC00;

impl Program {
    /// `->start`, and on to the program's first own action.
    pub(super) fn start(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ->start:);
        if self.context.role == Role::NormalWorld {
            self.leave_el2();
        } else {
            self.look_at_boot_information();
        }
        self.turn_mmu_on();
        if self.context.role != Role::NormalWorld {
            self.note_boot_information();
        }
        if self.context.role == Role::NormalWorld {
            self.enable_interrupts();
        }
        match self.serves {
            Serves::Devices => self.enable_devices(),
            Serves::Timer => self.arm_timer(),
            Serves::Nobody | Serves::Another => {}
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; bl ->open ; bl ->fill);
        self.begin_again();
    }

    /// Where a manifest may have the program entered instead of at its beginning: x25 = 1.
    pub(super) fn other_entry(&mut self) {
        self.pad_to(OTHER_ENTRY);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz x25, 1 ; b ->start);
    }

    /// x20 to x23 = x0 to x3; x24 = the word at the address that one of them is, if one is not zero.
    fn look_at_boot_information(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; mov x20, x0
            ; mov x21, x1
            ; mov x22, x2
            ; mov x23, x3
            ; orr x9, x0, x1
            ; orr x10, x2, x3
            ; orr x24, x9, x10
            ; cbz x24, >none
            ; ldr w24, [x24]
            ; none:
        );
    }

    /// Notes what it saw in its frame.
    fn note_boot_information(&mut self) {
        for (register, slot) in
            (20u8..).zip((0..4).map(Slot::at_start).chain([Slot::WORD_AT_START, Slot::ENTERED_ELSEWHERE]))
        {
            self.store_slot(slot, register);
        }
    }

    pub(super) fn write_register(&mut self, register: u32, value: u64) {
        self.load(9, value);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr register, x9);
    }

    fn leave_el2(&mut self) {
        self.write_register(HCR_EL2, HCR);
        self.write_register(CPTR_EL2, CPTR);
        self.write_register(HSTR_EL2, 0);
        // The physical timer and counter are EL1's.
        self.write_register(CNTHCTL_EL2, 3);
        self.write_register(CNTVOFF_EL2, 0);
        self.write_register(ICC_SRE_EL2, 0xF);
        self.write_register(SCTLR_EL1, SCTLR_OFF);
        self.write_register(SPSR_EL2, EL1H_MASKED);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; mrs x9, MIDR_EL1
            ; msr VPIDR_EL2, x9
            ; mrs x9, MPIDR_EL1
            ; msr VMPIDR_EL2, x9
            ; adr x9, ->el1
            ; msr ELR_EL2, x9
            ; isb
            ; eret
            ; ->el1:
        );
    }

    fn turn_mmu_on(&mut self) {
        let context = self.context;
        for (index, register) in pattern::system_registers(context.role) {
            if [MAIR_EL1, TCR_EL1, TTBR0_EL1, VBAR_EL1, CPACR_EL1].contains(&register.encoding) {
                self.write_register(register.encoding, pattern::value(context, index));
            }
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb ; tlbi vmalle1 ; dsb nsh ; isb);
        self.write_register(SCTLR_EL1, pattern::value(context, 0));
        self.load(9, layout_of(context).stack);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb ; mov sp, x9);
    }

    /// With x9 = the distributor: the shared interrupt from outside is on, triggered by an edge, less urgent than the
    /// timer, and goes to the first core.
    fn enable_interrupt_from_outside(&mut self) {
        const INTID: u32 = layout::FROM_OUTSIDE as u32;
        self.load(10, 2 << (2 * (INTID % 16)));
        self.load(11, 0xA0 << (8 * (INTID % 4)));
        self.load(12, 1 << (INTID % 32));
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; str w10, [x9, ICFGR + INTID / 16 * 4]
            ; str w11, [x9, IPRIORITYR + INTID / 4 * 4]
            ; str w12, [x9, ISENABLER0 + INTID / 32 * 4]
            ; dsb sy
        );
    }

    fn enable_interrupts(&mut self) {
        self.write_register(ICC_SRE_EL1, 7);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb);
        self.load(9, layout::GICD);
        self.load(10, GICD_ENABLE);
        self.load(11, layout::redistributor(self.context.cpu) + SGI_FRAME);
        self.load(12, 0x8080_8080);
        let doorbell = if self.contexts > 1 { 1 << layout::DOORBELL } else { 0 };
        self.load(13, 1 << layout::PHYSICAL_TIMER | doorbell);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; str w10, [x9]
            ; str w12, [x11, IPRIORITYR7]
            ; str w13, [x11, ISENABLER0]
            ; dsb sy
        );
        if self.context.cpu == 0 {
            self.enable_interrupt_from_outside();
        }
        self.write_register(ICC_PMR_EL1, 0xFF);
        self.write_register(ICC_IGRPEN1_EL1, 1);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb);
    }
}
