//! A run under gdb: breakpoints, registers, memory and single steps of one guest, forwards and backwards.
//!
//! The machine asks before each instruction of a guest ([`hal_sim::Debugger`]); gdb's remote protocol is `gdbstub`'s.
//! Backwards is a run from the start, which is the same to the last bit, up to an earlier instruction. What gdb wrote
//! is not written again there.

mod server;
mod target;

use std::cell::RefCell;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;

use hal::Space;
use hal::memory::PhysicalRange;
use hal_sim::Guest;

use crate::machine::Run;
use crate::machine::contents::Contents;
use crate::machine::sim::{Conditions, Loaded};
use server::Server;

/// Who is debugged: what runs in this world, between these addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whom(pub PhysicalRange);

impl Whom {
    /// True where `guest` is about to execute an instruction of theirs.
    fn is(self, guest: &Guest) -> bool {
        let PhysicalRange { start, size } = self.0;
        let world: Space = start.space;
        guest.world() == world && guest.pc().checked_sub(start.address).is_some_and(|offset| offset < size)
    }
}

/// Waits for gdb to connect to `listener`, and runs what is in the machine's memory as it says.
///
/// # Errors
/// What the system says of the connection.
pub fn run(
    contents: &Contents,
    conditions: &Conditions,
    listener: &TcpListener,
    whom: Whom,
) -> io::Result<Run> {
    let (connection, _) = listener.accept()?;
    let server = Rc::new(RefCell::new(Server::new(connection, whom)?));
    let mut machine = Loaded::new(contents);
    loop {
        let run = machine.run_debugged(conditions, server.clone());
        if !server.borrow_mut().begins_again() {
            server.borrow_mut().ends();
            return Ok(run);
        }
    }
}
