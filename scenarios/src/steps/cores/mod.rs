//! Several cores: what each one's normal world, each partition that migrates and each virtual CPU of the others do
//! side by side. Where their order matters, signals say it.

mod busy;
mod power;
mod preemption;
mod rounds;
mod sharing;
mod together;

pub use busy::{busy_elsewhere, contended};
pub use power::{cores_end, cores_on, goes_and_comes};
pub use preemption::preempted_elsewhere;
pub use rounds::come_and_go;
pub use sharing::shared_across;
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

/// `borrower` borrows the page of the signals from the normal world, on the first core.
fn lends_signals(stage: &mut Stage, borrower: Role) {
    lending::introduction(stage);
    stage.alone("The normal world shares a page for signals", NWD, |nwd| {
        let share = Transaction::share(&[borrower], &[(layout::SIGNALS, 1)]);
        lending::shares_well(nwd, "shares the page", &share, HANDLE);
    });
    lending::hands_over(stage, "The borrower maps it", HANDLE, borrower, |borrower| {
        let request = Transaction::retrieve(&[borrower.role()]);
        lending::retrieves_well(borrower, "retrieves the page", &request);
        borrower.maps(Space::NonSecure, layout::SIGNALS);
    });
}
