//! A partition's interrupts: it enables them, lets them in, and handles them as Hafnium's para-virtual calls have it. Its
//! devices' are those of the GPIO and the UART, whose lines anybody asserts by a store.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::{CNTP_CTL_EL0, CNTP_CVAL_EL0, ICC_PMR_EL1};
use super::{Program, Role, Serves, Site, Source, args};
use crate::machine::layout::{self, SHARED_PAGE};
use crate::manifest::Device;
use crate::{ffa, paravirtual};

/// GPIOIS and GPIOIE (Arm DDI 0190).
const GPIOIS: u32 = 0x404;
const GPIOIE: u32 = 0x410;
const GPIOIC: u32 = 0x41C;
/// UARTCR, UARTIMSC and UARTICR (Arm DDI 0183).
const UARTCR: u32 = 0x30;
const UARTIMSC: u32 = 0x38;
const UARTICR: u32 = 0x44;

/// The virtual interrupt of a partition's timers.
const TIMER: u32 = paravirtual::TIMER as u32;

/// The device region of a partition that serves interrupts from outside.
pub(super) fn secure_gpio() -> Device {
    let interrupts = vec![
        [layout::SECURE_GPIO_INTERRUPT as u32, Device::LEVEL],
        [layout::SECURE_EDGE as u32, Device::EDGE],
    ];
    Device { interrupts, ..Device::at(layout::SECURE_GPIO) }
}

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

    /// Testifies how many of the interrupts that it handled came by the FIQ.
    pub fn has_handled_fiqs(&mut self, count: u64) -> &mut Site {
        self.testifies("has handled FIQs", &[("FIQs", Source::Slot(Slot::FIQS))]).expect_all([count])
    }

    /// Testifies that it came here.
    pub fn notes(&mut self, label: &str) {
        self.says(label);
    }

    /// Testifies, and has the GPIO assert its line.
    pub fn asserts_gpio(&mut self, label: &str) -> &mut Site {
        self.asserts_pin(label, 0)
    }

    /// Testifies, and has the GPIO assert its line and that of its pin number `pin`. What is counted is from the store that
    /// does so to what is behind it.
    pub fn asserts_pin(&mut self, label: &str, pin: u8) -> &mut Site {
        let site = self.says(label);
        self.load(10, self.gpio());
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w9, 1 << pin
            ; str w9, [x10, GPIOIS]
        );
        let made_at = super::layout_of(self.context).image + self.asm.offset().0 as u64;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str w9, [x10, GPIOIE] ; dsb sy);
        let site = &mut self.sites[site as usize];
        site.made_at = Some(made_at);
        site
    }

    /// Has the GPIO release its line.
    pub fn releases_gpio(&mut self) {
        self.load(10, self.gpio());
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; str wzr, [x10, GPIOIE] ; dsb sy);
    }

    /// Has the GPIO assert its line and release it, so often.
    pub fn toggles_gpio(&mut self, times: u64) {
        self.load(10, self.gpio());
        self.load(11, times);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w9, 1
            ; str w9, [x10, GPIOIS]
            ; toggle:
            ; str w9, [x10, GPIOIE]
            ; str wzr, [x10, GPIOIE]
            ; subs x11, x11, 1
            ; b.ne <toggle
            ; dsb sy
        );
    }

    /// Handles what is pending, if anything is, and neither counts it nor testifies.
    pub fn drops_interrupts(&mut self) {
        self.load_slot(13, Slot::INTERRUPTS);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; bl ->take_interrupts);
        self.store_slot(Slot::INTERRUPTS, 13);
    }

    /// Testifies whether the GPIO's line is still wanted: 1, or 0 once a handler has had it released.
    pub fn sees_gpio(&mut self, label: &str, slot: Slot) -> &mut Site {
        self.load(10, self.gpio());
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ldr w9, [x10, GPIOIE]);
        self.store_slot(slot, 9);
        self.testifies(label, &[("GPIOIE", Source::Slot(slot))])
    }

    /// Where it has the GPIO.
    fn gpio(&self) -> u64 {
        if self.context.role == Role::NormalWorld { layout::GPIO } else { mapped(layout::GPIO) }
    }

    /// Testifies, and has its UART assert its line, by sending an empty line.
    pub fn asserts_uart(&mut self, label: &str) {
        const SENDS: u32 = 1 << 0 | 1 << 8;
        const SENT: u32 = 1 << 5;
        self.says(label);
        self.load(10, mapped(layout::SECURE_UART));
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w9, SENDS
            ; str w9, [x10, UARTCR]
            ; movz w9, SENT
            ; str w9, [x10, UARTIMSC]
            ; movz w9, 0xA
            ; str w9, [x10]
            ; dsb sy
        );
    }

    /// A partition that serves interrupts from outside enables them, before anything else of it.
    pub(super) fn enable_devices(&mut self) {
        self.enable([layout::SECURE_GPIO_INTERRUPT, layout::SECURE_EDGE]);
        self.load(10, layout::SECURE_GPIO);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz w9, 0xFF ; str w9, [x10, GPIOIE] ; dsb sy);
    }

    /// A partition that serves its timer from outside arms it, before anything else of it.
    pub(super) fn arm_timer(&mut self) {
        self.enable([paravirtual::TIMER]);
        self.load(10, layout::TIMER_AT);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz x9, 1 ; msr CNTP_CVAL_EL0, x10 ; msr CNTP_CTL_EL0, x9);
    }

    /// Enables these interrupts, which come by the IRQ, and testifies nothing.
    fn enable<const N: usize>(&mut self, intids: [u64; N]) {
        for intid in intids {
            let asm = &mut self.asm;
            dynasm!(asm
                ; .arch aarch64
                ; movz x0, paravirtual::ENABLE as u32
                ; movz x1, intid as u32
                ; movz x2, 1
                ; movz x3, 0
                ; hvc 0
            );
        }
    }

    /// The normal world's priority mask becomes `mask`.
    pub fn masks_priorities(&mut self, mask: u32) {
        self.write_register(ICC_PMR_EL1, mask.into());
    }

    /// Sets `slot` to the normal world's priority mask.
    pub fn reads_priority_mask(&mut self, slot: Slot) {
        self.reads_register(slot, ICC_PMR_EL1);
    }

    /// Lets interrupts in until it has handled `count`; one that never comes hangs it.
    pub fn awaits_interrupts(&mut self, count: u64) {
        self.load(10, count);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; msr daifclr, 3
            ; fewer:
            ; isb
            ; ldr x9, [x18, Slot::INTERRUPTS.offset()]
            ; cmp x9, x10
            ; b.lo <fewer
            ; msr daifset, 3
            ; bl ->refill
        );
    }

    /// `->irq` of a partition: asks which interrupt it is, has the device or its timer release the line, deactivates it, counts.
    /// `->take_interrupts`: lets pending interrupts in.
    pub(super) fn partition_irq_handler(&mut self) {
        let [gpio, uart] = [layout::GPIO_INTERRUPT, layout::UART_INTERRUPT].map(|intid| intid as u32);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->fiq:
            ; stp x0, x1, [sp, -16]!
            ; stp x2, x18, [sp, -16]!
            ; adr x18, ->frame
            ; ldr x1, [x18, Slot::FIQS.offset()]
            ; add x1, x1, 1
            ; str x1, [x18, Slot::FIQS.offset()]
            ; b >handle
            ; ->irq:
            ; stp x0, x1, [sp, -16]!
            ; stp x2, x18, [sp, -16]!
            ; adr x18, ->frame
            ; handle:
            ; movz x0, paravirtual::GET as u32
            ; hvc 0
            ; cmp w0, layout::SECURE_GPIO_INTERRUPT as u32
            ; b.eq >secure_gpio
            ; cmp w0, layout::SECURE_EDGE as u32
            ; b.eq >from_outside
        );
        if self.serves == Serves::Timer {
            let asm = &mut self.asm;
            dynasm!(asm ; .arch aarch64 ; cmp w0, TIMER ; b.eq >from_outside);
        }
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
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
            ; b >no_uart
            ; secure_gpio:
        );
        self.load(2, layout::SECURE_GPIO);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w1, 0xFF
            ; str w1, [x2, GPIOIC]
            ; from_outside:
            ; ldr x1, [x18, Slot::FROM_OUTSIDE.offset()]
            ; add x1, x1, 1
            ; str x1, [x18, Slot::FROM_OUTSIDE.offset()]
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
