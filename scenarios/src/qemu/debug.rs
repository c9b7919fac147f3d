//! A boot that waits for gdb.

use std::path::Path;

use super::boot::prepare;
use super::command::{Emulator, Options};
use super::failure::Failure;

/// The port on this machine where QEMU waits for gdb.
const PORT: u16 = 1234;

/// Boots the packed scenario in `directory`, stopped before its first instruction, prints what to paste into another
/// terminal, and waits until gdb or a guest ends the machine. `symbols` is the ELF file of the image.
///
/// # Errors
/// When the machine cannot be started.
pub fn wait_for_gdb(
    emulator: &Emulator,
    directory: &Path,
    options: &Options<'_>,
    symbols: &Path,
) -> Result<(), Failure> {
    prepare(directory, options)?;
    println!("QEMU waits for gdb. In another terminal:\n");
    println!(
        "  gdb-multiarch {} -ex 'target remote localhost:{PORT}' -ex 'hbreak *0x0e100000' -ex continue\n",
        symbols.display()
    );
    println!(
        "The breakpoint is the SPMC's entry. What the machine says goes to files in {}; end it with `kill` in gdb.",
        directory.display()
    );
    let status = emulator
        .command(directory)
        .args(["-S", "-gdb", &format!("tcp:localhost:{PORT}")])
        .status()
        .map_err(|error| Failure::NoEmulator(error.to_string()))?;
    println!("QEMU ended with {status}");
    Ok(())
}
