//! A boot that waits for gdb.

use super::boot::lay_out;
use super::command::Emulator;
use super::failure::Failure;
use super::place::{self, Spmc};
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
    println!("QEMU waits for gdb. In another terminal:\n");
    println!(
        "  gdb-multiarch {} -ex 'target remote localhost:{PORT}' -ex 'hbreak image_main' -ex continue\n",
        place::traced_elf().display()
    );
    println!("It stops where the SPMC's Rust begins; `kill` in gdb ends the machine. Its logs are in");
    println!("  {}", directory.display());
    let status = emulator
        .command(&directory, prepared.cores)
        .args(["-S", "-gdb", &format!("tcp:localhost:{PORT}")])
        .status()
        .map_err(|error| Failure::NoEmulator(error.to_string()))?;
    println!("QEMU ended with {status}");
    Ok(())
}
