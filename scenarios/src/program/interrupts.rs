//! A partition's interrupts: it enables them, lets them in, and handles them as Hafnium's para-virtual calls have it. Its
//! devices' are those of the GPIO and the UART, whose lines anybody asserts by a store.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::CNTP_CTL_EL0;
use super::{Program, Role, Site, Source, args};
use crate::machine::layout::{self, SHARED_PAGE};
use crate::{ffa, paravirtual};

/// GPIOIS and GPIOIE (Arm DDI 0190).
const GPIOIS: u32 = 0x404;
const GPIOIE: u32 = 0x410;
/// UARTICR (Arm DDI 0183).
const UARTICR: u32 = 0x44;

/// The virtual interrupt of a partition's timers.
const TIMER: u32 = paravirtual::TIMER as u32;

/// Where a partition that maps the device at `address` at run time has it.
const fn mapped(address: u64) -> u64 {
    const BLOCK: u64 = 0x20_0000;
    SHARED_PAGE / BLOCK * BLOCK + address % BLOCK
}

/// A virtual interrupt line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// The IRQ.
    Irq,
    /// The FIQ.
    Fiq,
}

impl Program {
    /// Enables its interrupt `intid`, which comes by `line`.
    pub fn enables_interrupt(&mut self, intid: u64, line: Line) -> &mut Site {
        let by = u64::from(line == Line::Fiq);
        self.call_by_hvc("enables an interrupt", args![paravirtual::ENABLE, intid, 1, by]).expect(0, 0)
    }

    /// The partition's turn ends; it comes back because its interrupt `intid` is pending.
    pub fn is_interrupted(&mut self, label: &str, intid: u64) -> &mut Site {
        self.is_woken(label).expect(0, ffa::INTERRUPT).expect(1, 0).expect(2, intid)
    }

    /// Testifies which interrupts it handled: how many, and the last.
    pub fn has_handled(&mut self, count: u64, last: u64) -> &mut Site {
        self.testifies(
            "has handled interrupts",
            &[
                ("interrupts", Source::Slot(Slot::INTERRUPTS)),
                ("interrupt id", Source::Slot(Slot::INTERRUPT_ID)),
            ],
        )
        .expect_all([count, last])
    }

    /// Testifies that it came here.
    pub fn notes(&mut self, label: &str) {
        self.says(label);
    }

    /// Testifies, and has the GPIO assert its line.
    pub fn asserts_gpio(&mut self, label: &str) {
        self.says(label);
        let base = if self.context.role == Role::NormalWorld { layout::GPIO } else { mapped(layout::GPIO) };
        self.load(10, base);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w9, 1
            ; str w9, [x10, GPIOIS]
            ; str w9, [x10, GPIOIE]
            ; dsb sy
        );
    }

    /// `->irq` of a partition: asks which interrupt it is, has the device or its timer release the line, deactivates it, counts.
    /// `->take_interrupts`: lets pending interrupts in.
    pub(super) fn partition_irq_handler(&mut self) {
        let [gpio, uart] = [layout::GPIO_INTERRUPT, layout::UART_INTERRUPT].map(|intid| intid as u32);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->irq:
            ; stp x0, x1, [sp, -16]!
            ; stp x2, x18, [sp, -16]!
            ; movz x0, paravirtual::GET as u32
            ; hvc 0
            ; adr x18, ->frame
            ; str x0, [x18, Slot::INTERRUPT_ID.offset()]
            ; ldr x1, [x18, Slot::INTERRUPTS.offset()]
            ; add x1, x1, 1
            ; str x1, [x18, Slot::INTERRUPTS.offset()]
            ; cmp w0, gpio
            ; b.ne >no_gpio
        );
        self.load(2, mapped(layout::GPIO));
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str wzr, [x2, GPIOIE] ; no_gpio: ; cmp w0, uart ; b.ne >no_uart);
        self.load(2, mapped(layout::SECURE_UART));
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w1, 0x7FF
            ; str w1, [x2, UARTICR]
            ; no_uart:
            ; cmp w0, TIMER
            ; b.ne >no_timer
            ; msr CNTP_CTL_EL0, xzr
            ; no_timer:
            ; dsb sy
            ; mov x1, x0
            ; mov x2, x0
            ; movz x0, paravirtual::DEACTIVATE as u32
            ; hvc 0
            ; ldp x2, x18, [sp], 16
            ; ldp x0, x1, [sp], 16
            ; eret
            ; ->take_interrupts:
            ; msr daifclr, 3
            ; isb
            ; msr daifset, 3
            ; b ->refill
        );
    }
}
