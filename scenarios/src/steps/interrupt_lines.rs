//! Secure interrupts while their owner handles one, and lines that stay asserted, come again, or are another's.

use super::interrupts::handles;
use super::{NWD, SP1, SP2, Stage, boot};
use crate::ffa;
use crate::machine::layout::{GPIO, GPIO_INTERRUPT, GPIO_PINS, SECURE_UART, UART_INTERRUPT};
use crate::manifest::Device;
use crate::paravirtual::{DEACTIVATE, FAILED, GET, NONE, RECONFIGURE};
use crate::program::{Line, Program, Site, Space, args};

/// What RECONFIGURE changes: the core, whose interrupt it is, on or off.
const TARGET: u64 = 0;
const SECURITY: u64 = 1;
const ON: u64 = 2;

/// A device at `base` with its interrupt.
fn device(base: u64, intid: u64, attributes: u32) -> Device {
    Device { interrupts: vec![[intid as u32, attributes]], ..Device::at(base) }
}

/// `partition` maps its device at `base`, and enables its interrupt.
fn enables(partition: &mut Program, base: u64, intid: u64) {
    partition.maps(Space::Secure, base);
    partition.enables_interrupt(intid, Line::Irq);
}

/// Asks which interrupt is pending, and it is `intid`.
fn gets<'p>(partition: &'p mut Program, label: &str, intid: u64) -> &'p mut Site {
    partition.call_by_hvc(label, args![GET]).expect(0, intid)
}

/// Deactivates its interrupt `intid`.
fn deactivates(partition: &mut Program, label: &str, intid: u64) {
    partition.call_by_hvc(label, args![DEACTIVATE, intid, intid]).expect(0, 0).shows("interrupt.13");
}

/// SP1 has both devices, and the second interrupts while it handles the first.
pub fn second_interrupt(stage: &mut Stage) {
    stage.sp(SP1).extras.devices =
        vec![device(GPIO, GPIO_INTERRUPT, Device::LEVEL), device(SECURE_UART, UART_INTERRUPT, Device::LEVEL)];
    boot(stage);
    stage.alone("SP1 enables the interrupts of its GPIO and its UART", SP1, |sp1| {
        enables(sp1, GPIO, GPIO_INTERRUPT);
        enables(sp1, SECURE_UART, UART_INTERRUPT);
    });

    let (nwd, partitions) = stage.begin("The UART's interrupt arrives before SP1 lets in the GPIO's");
    let sp1 = &mut partitions[0];
    sp1.is_interrupted("is told of the GPIO's interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    sp1.asserts_uart("asserts the UART's line");
    sp1.takes_interrupts();
    sp1.has_handled(2, UART_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");

    let (nwd, partitions) = stage.begin("It arrives when SP1 has handled the GPIO's, and not waited yet");
    let sp1 = &mut partitions[0];
    sp1.is_interrupted("is told of the GPIO's interrupt", GPIO_INTERRUPT);
    sp1.takes_interrupts();
    sp1.has_handled(3, GPIO_INTERRUPT);
    sp1.asserts_uart("asserts the UART's line");
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    sp1.is_interrupted("is told of the UART's interrupt", UART_INTERRUPT).shows("interrupt.10");
    sp1.takes_interrupts();
    sp1.has_handled(4, UART_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
}

/// SP1 has the GPIO, SP2 the UART: while SP1 handles an interrupt, SP2 is not told of its own.
pub fn interrupt_of_another(stage: &mut Stage) {
    stage.sp(SP1).extras.devices = vec![device(GPIO, GPIO_INTERRUPT, Device::LEVEL)];
    stage.sp(SP2).extras.devices = vec![
        device(SECURE_UART, UART_INTERRUPT, Device::LEVEL),
        Device { non_secure: true, ..Device::at(GPIO) },
    ];
    boot(stage);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, |sp1| enables(sp1, GPIO, GPIO_INTERRUPT));
    stage.alone("SP2 enables the interrupt of its UART", SP2, |sp2| {
        enables(sp2, SECURE_UART, UART_INTERRUPT);
        sp2.maps(Space::NonSecure, GPIO);
    });

    let (nwd, partitions) =
        stage.begin("Both interrupts arrive while SP2 works: it sees its own when it likes");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is asked", NWD);
    sp2.asserts_uart("asserts the UART's line");
    sp2.asserts_gpio("asserts the GPIO's line");
    handles(sp1, 1);
    sp2.takes_interrupts();
    sp2.has_handled(1, UART_INTERRUPT);
    sp2.answers("answers", NWD, args![]);
    nwd.asks("asks SP2", SP2, args![]).expect_response(SP2, NWD);

    let (nwd, partitions) =
        stage.begin("SP2, which SP1 asks while it handles an interrupt, gets one of its own");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT);
    sp2.is_asked("is asked", SP1);
    sp2.asserts_uart("asserts the UART's line");
    sp2.answers("answers", SP1, args![]);
    sp1.asks("asks SP2", SP2, args![]).expect_response(SP2, SP1);
    sp1.takes_interrupts();
    sp1.has_handled(2, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
    sp2.is_interrupted("is told when SP1 is done", UART_INTERRUPT).shows("interrupt.7");
    sp2.takes_interrupts();
    sp2.has_handled(2, UART_INTERRUPT);
    sp2.gives_way("is done", args![ffa::MSG_WAIT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
}

/// A level that stays asserted interrupts again when the interrupt is deactivated, and not before.
pub fn asserted_level(stage: &mut Stage) {
    stage.alone("The line stays asserted when SP1 deactivates its interrupt", SP1, |sp1| {
        sp1.asserts_gpio("asserts the GPIO's line");
        gets(sp1, "asks which interrupt is pending", GPIO_INTERRUPT);
        gets(sp1, "asks again, while the line is asserted", NONE).shows("interrupt.12");
        deactivates(sp1, "deactivates it", GPIO_INTERRUPT);
        gets(sp1, "asks again", GPIO_INTERRUPT);
        sp1.releases_gpio();
        deactivates(sp1, "releases the line and deactivates it", GPIO_INTERRUPT);
        gets(sp1, "asks again", NONE);
    });
    stage.alone("The line falls and rises while the interrupt is active", SP1, |sp1| {
        sp1.asserts_gpio("asserts the GPIO's line");
        gets(sp1, "asks which interrupt is pending", GPIO_INTERRUPT);
        sp1.releases_gpio();
        sp1.asserts_gpio("releases the line and asserts it again");
        deactivates(sp1, "deactivates the interrupt", GPIO_INTERRUPT);
        gets(sp1, "asks again", GPIO_INTERRUPT);
        sp1.releases_gpio();
        deactivates(sp1, "releases the line and deactivates it", GPIO_INTERRUPT);
        gets(sp1, "asks again", NONE);
    });
}

/// An extended interrupt, and a private one.
pub fn interrupt_ranges(stage: &mut Stage) {
    let interrupts = GPIO_PINS.map(|(_, intid)| [intid as u32, Device::LEVEL]).to_vec();
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
    boot(stage);
    let [(extended_pin, extended), (private_pin, private)] = GPIO_PINS;
    stage.alone("SP1 enables an extended interrupt and a private one", SP1, |sp1| {
        enables(sp1, GPIO, extended);
        enables(sp1, GPIO, private);
        sp1.call_by_hvc("sends the private one to its own core", args![RECONFIGURE, private, TARGET, 0])
            .expect(0, FAILED)
            .shows("interrupt.15");
    });
    for (title, pin, intid) in [
        ("The extended interrupt arrives while the normal world runs", extended_pin, extended),
        ("The private interrupt arrives while the normal world runs", private_pin, private),
    ] {
        let (nwd, partitions) = stage.begin(title);
        let sp1 = &mut partitions[0];
        sp1.is_interrupted("is told of its interrupt", intid).shows("interrupt.7");
        gets(sp1, "asks which interrupt is pending", intid);
        deactivates(sp1, "deactivates it, with its line asserted", intid);
        gets(sp1, "asks again", intid);
        sp1.releases_gpio();
        deactivates(sp1, "releases the line and deactivates it", intid);
        gets(sp1, "asks again", NONE);
        sp1.gives_way("is done", args![ffa::MSG_WAIT]);
        nwd.asserts_pin("asserts the line", pin);
        nwd.notes("goes on");
    }
}

/// SP1 waits with its interrupt active: it is deactivated, and arrives again.
pub fn left_active(stage: &mut Stage) {
    let (nwd, partitions) =
        stage.begin("SP1 waits and has not deactivated its interrupt, which arrives again");
    let sp1 = &mut partitions[0];
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT);
    gets(sp1, "asks which interrupt is pending", GPIO_INTERRUPT);
    sp1.releases_gpio();
    sp1.gives_way("waits, with the line released", args![ffa::MSG_WAIT]);
    sp1.is_interrupted("is told of its interrupt again", GPIO_INTERRUPT).shows("interrupt.9");
    gets(sp1, "asks which interrupt is pending", GPIO_INTERRUPT);
    sp1.releases_gpio();
    sp1.gives_way("waits, with the line released", args![ffa::MSG_WAIT]);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.asserts_gpio("asserts it again");
    nwd.notes("goes on");
}

/// A rise of the line while the interrupt is handled is not lost.
pub fn second_edge(stage: &mut Stage) {
    stage.alone("The line rises again while SP1 handles its interrupt", SP1, |sp1| {
        sp1.asserts_gpio("asserts the GPIO's line");
        gets(sp1, "asks which interrupt is pending", GPIO_INTERRUPT);
        sp1.releases_gpio();
        sp1.asserts_gpio("has the line rise again");
        gets(sp1, "asks again", GPIO_INTERRUPT);
        gets(sp1, "asks again, while the line is asserted", NONE);
        sp1.releases_gpio();
    });
}

/// SP1 turns its interrupt off and on, gives it to the normal world and takes it back, and routes it.
pub fn reconfigured(stage: &mut Stage) {
    let reconfigures = |sp1: &mut Program, label: &str, what: u64, value: u64, result: u64| {
        sp1.call_by_hvc(label, args![RECONFIGURE, GPIO_INTERRUPT, what, value]).expect(0, result);
    };
    stage.alone("SP1 reconfigures its interrupt", SP1, |sp1| {
        reconfigures(sp1, "turns it off", ON, 0, 0);
        sp1.asserts_gpio("asserts the GPIO's line");
        gets(sp1, "asks which interrupt is pending", NONE);
        reconfigures(sp1, "turns it on", ON, 1, 0);
        gets(sp1, "asks again", GPIO_INTERRUPT);
        sp1.releases_gpio();
        deactivates(sp1, "releases the line and deactivates it", GPIO_INTERRUPT);
        reconfigures(sp1, "makes it the normal world's", SECURITY, 0, 0);
        sp1.asserts_gpio("asserts the GPIO's line");
        gets(sp1, "asks which interrupt is pending", NONE);
        reconfigures(sp1, "makes it the secure world's", SECURITY, 1, 0);
        reconfigures(sp1, "sends it to its own core", TARGET, 0, 0);
        gets(sp1, "asks again", NONE);
        reconfigures(sp1, "turns it on", ON, 1, 0);
        gets(sp1, "asks again", GPIO_INTERRUPT);
        sp1.releases_gpio();
        deactivates(sp1, "releases the line and deactivates it", GPIO_INTERRUPT);
        reconfigures(sp1, "makes it nobody's", SECURITY, 2, FAILED);
    });
}
