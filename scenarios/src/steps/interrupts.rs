//! Secure interrupts: whom they find where, and who is told.

use super::{NWD, SP1, SP2, Stage, boot};
use crate::ffa;
use crate::machine::layout::{GPIO, GPIO_INTERRUPT};
use crate::manifest::Device;
use crate::program::frame::Slot;
use crate::program::{Line, Program, Space, args, computed};

const NUMBER: Slot = Slot::free(1);

/// What a partition begins to compute with.
const SEED: u64 = 0x5EED_5EED;
/// How long it does.
const ROUNDS: u64 = 100;

/// All boot; the GPIO is SP1's, with its interrupt of these `attributes`, which SP1 enables. SP2 reaches the GPIO too, in
/// the normal world's address space.
fn boot_with_gpio(stage: &mut Stage, attributes: u32) {
    let interrupts = vec![[GPIO_INTERRUPT as u32, attributes]];
    stage.sp(SP1).extras.devices = vec![Device { interrupts, ..Device::at(GPIO) }];
    stage.sp(SP2).extras.devices = vec![Device { non_secure: true, ..Device::at(GPIO) }];
    boot(stage);
    stage.alone("SP1 enables the interrupt of its GPIO", SP1, |sp1| {
        sp1.maps(Space::Secure, GPIO);
        sp1.enables_interrupt(GPIO_INTERRUPT, Line::Irq);
    });
    stage.alone("SP2 maps the GPIO", SP2, |sp2| sp2.maps(Space::NonSecure, GPIO));
}

/// SP1, which waits, is told of the GPIO's interrupt, handles it as its `count`th one, and waits again.
fn handles(sp1: &mut Program, count: u64) {
    sp1.is_interrupted("is told of its interrupt", GPIO_INTERRUPT).shows("interrupt.7");
    sp1.takes_interrupts();
    sp1.has_handled(count, GPIO_INTERRUPT);
    sp1.gives_way("is done", args![ffa::MSG_WAIT]);
}

/// SP1 waits, and the normal world has the core.
fn while_normal_world_runs(stage: &mut Stage, title: &'static str, count: u64) {
    let (nwd, partitions) = stage.begin(title);
    handles(&mut partitions[0], count);
    nwd.asserts_gpio("asserts the GPIO's line");
    nwd.notes("goes on");
}

/// SP1 waits, and SP2 has the core.
fn while_sp2_works(stage: &mut Stage, title: &'static str, count: u64) {
    let (nwd, partitions) = stage.begin(title);
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp2.is_asked("is told to compute", NWD).expect(3, SEED);
    sp2.keeps(NUMBER, 3);
    sp2.asserts_gpio("asserts the GPIO's line");
    handles(sp1, count);
    sp2.computes(NUMBER, ROUNDS);
    sp2.answers("answers with the result", NWD, args![NUMBER]);
    nwd.asks("asks SP2 to compute", SP2, args![SEED])
        .expect_response(SP2, NWD)
        .expect(3, computed(SEED, ROUNDS));
}

/// The line's level triggers the interrupt, and SP1 waits.
pub fn level_interrupt(stage: &mut Stage) {
    boot_with_gpio(stage, Device::LEVEL);
    while_normal_world_runs(stage, "The GPIO's interrupt arrives while the normal world runs", 1);
    while_sp2_works(stage, "It arrives while SP2 works for the normal world", 2);
    while_normal_world_runs(stage, "It arrives while the normal world runs, once more", 3);
}

/// The same, triggered by the rise of its line.
pub fn edge_interrupt(stage: &mut Stage) {
    boot_with_gpio(stage, Device::EDGE);
    while_normal_world_runs(stage, "The GPIO's interrupt arrives while the normal world runs", 1);
    while_sp2_works(stage, "It arrives while SP2 works for the normal world", 2);
    while_normal_world_runs(stage, "It arrives while the normal world runs, once more", 3);
}
