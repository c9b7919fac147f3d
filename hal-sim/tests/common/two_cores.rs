//! Two cores that make requests of their EL2 programs at once.

use std::convert::Infallible;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::lock::Token;
use hal::{Gic, Pa};
use hal_sim::{Board, Entry, Machine, Outcome, Schedule, SimCore};

use super::*;

/// Where the second core begins in the normal world.
pub const SECONDARY: u64 = NORMAL_WORLD + 0x1000;
/// Direct requests that each core makes.
pub const REQUESTS: u64 = 3;

/// Two cores whose normal world makes some direct requests on each at once, and goes off when both are done.
pub fn two_cores(schedule: Schedule) -> Machine {
    let requests = |ops: &mut dynasmrt::VecAssembler<_>| {
        for _ in 0..REQUESTS {
            smc!(ops, 0 = DIRECT_REQ, 1 = 0x8001, 2 = 0);
        }
        constant!(ops, 20, NORMAL_DATA);
    };
    let primary = assemble(NORMAL_WORLD, |ops| {
        smc!(ops, 0 = 0xc400_0003, 1 = 1, 2 = SECONDARY, 3 = 0);
        requests(ops);
        dynasm!(ops; .arch aarch64; again: ; ldr x22, [x20]; cbz x22, <again);
        smc!(ops, 0 = 0x8400_0008);
    });
    let secondary = assemble(SECONDARY, |ops| {
        requests(ops);
        dynasm!(ops; .arch aarch64; str x20, [x20]; again: ; b <again);
    });
    let mut machine = Machine::new(&Board { cores: 2, ..board() }).with_schedule(schedule);
    machine.load(Pa::non_secure(NORMAL_WORLD), &primary);
    machine.load(Pa::non_secure(SECONDARY), &secondary);
    machine
}

/// Runs two cores under `schedule`, with `work` for each direct request; it gets the core's index.
pub fn run_two(schedule: Schedule, work: impl Fn(&mut SimCore, &mut Token, usize)) -> Outcome {
    two_cores(schedule).run_cores(|core, mut token, entry| -> Infallible {
        let index = match entry {
            Entry::Cold(_) => {
                register_secondary_entry(core);
                0
            }
            Entry::Warm { core } => core,
        };
        serve(core, &mut token, |core, token, request| {
            work(core, token, index);
            request
        })
    })
}

/// A point at which another core may come between.
pub fn pause(core: &mut SimCore) {
    core.acknowledge();
}
