//! Several cores: what each one's normal world, each partition that migrates and each virtual CPU of the others do
//! side by side. Where their order matters, signals say it.

mod aborts;
mod busy;
mod interrupts;
mod notifications;
mod pending;
mod power;
mod preemption;
mod rounds;
mod sharing;
mod timers;
mod together;

pub use aborts::{aborts_on_all_cores, aborts_while_it_waits, fails_on_core_1, silent_on_core_1};
pub use busy::{busy_elsewhere, contended, contended_rx};
pub use interrupts::{
    at_answer, between_vcpus, owner_goes_on_elsewhere, owner_left_the_core, owner_on_another_core, released,
    routed,
};
pub use notifications::{notified_at_once, notified_vcpus, set_against_get, sp1_receives};
pub use pending::pending_at_off;
pub use power::{all_cores_on_but_one, cores_end, cores_on, goes_and_comes};
pub use preemption::{chain_elsewhere, off_in_work, preempted_elsewhere};
pub use rounds::come_and_go;
pub use sharing::{shared_across, shared_at_once, unmapped_everywhere};
pub use timers::{timer_elsewhere, timer_handed_over};
pub use together::{in_turn, together};

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, SP3, Stage};
use crate::machine::layout;
use crate::program::frame::Slot;
use crate::program::{Program, Role, Source, Space, register};

const NUMBER: Slot = Slot::free(2);

/// MPIDR_EL1, as an operand.
const MPIDR: u32 = register(3, 0, 0, 0, 5);

/// The program testifies which virtual CPU it sees itself as.
fn reads_its_number(program: &mut Program) {
    let cpu = program.context().cpu;
    program.reads_register(NUMBER, MPIDR);
    program.testifies("reads which vCPU it is", &[("MPIDR_EL1", Source::Slot(NUMBER))]).expect_bits(
        0,
        0xff,
        cpu.into(),
    );
}

/// `borrowers` borrow the page of the signals from the normal world, on the first core.
fn lends_signals(stage: &mut Stage, borrowers: &[Role]) {
    lending::introduction(stage);
    stage.alone("The normal world shares a page for signals", NWD, |nwd| {
        let share = Transaction::share(borrowers, &[(layout::SIGNALS, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    for role in borrowers {
        lending::hands_over(stage, "A borrower maps it", HANDLE, *role, |borrower| {
            lending::retrieves_well(borrower, "retrieves the page", &Transaction::retrieve(borrowers));
            borrower.maps(Space::NonSecure, layout::SIGNALS);
        });
    }
}
