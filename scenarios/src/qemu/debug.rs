//! A boot that waits for gdb.

use super::boot::lay_out;
use super::command::Emulator;
use super::failure::Failure;
use super::place::{self, Spmc};
use crate::out;
use crate::scenario::{Parameters, Scenario};

/// The port on this machine where QEMU waits for gdb.
const PORT: u16 = 1234;

/// Boots `scenario` with the traced image, stopped before its first instruction, prints what to paste into another
/// terminal, and waits until gdb or a guest ends the machine.
///
/// # Errors
/// When the machine cannot be started.
pub fn wait_for_gdb(emulator: &Emulator, scenario: &Scenario) -> Result<(), Failure> {
    let directory = place::work(scenario.name, "debug");
    let prepared = scenario.prepare(&Parameters::default());
    lay_out(&directory, scenario, &prepared, Spmc::Traced)?;
    out::line("QEMU waits for gdb. In another terminal:\n");
    out::line(format_args!(
        "  gdb-multiarch {} -ex 'target remote localhost:{PORT}' -ex 'hbreak image_main' -ex continue\n",
        place::traced_elf().display()
    ));
    out::line("It stops where the SPMC's Rust begins; `kill` in gdb ends the machine. Its logs are in");
    out::line(format_args!("  {}", directory.display()));
    let status = emulator
        .command(&directory, prepared.cores)
        .args(["-S", "-gdb", &format!("tcp:localhost:{PORT}")])
        .status()
        .map_err(|error| Failure::NoEmulator(error.to_string()))?;
    out::line(format_args!("QEMU ended with {status}"));
    Ok(())
}
