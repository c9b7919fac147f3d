//! Proves the instruction count on a loop whose length is known, before any figure is believed.

use std::fs;
use std::path::Path;

use super::command::Emulator;
use super::count;
use super::failure::Failure;

/// Instructions in one turn of the loop.
const TURN: u64 = 3;

/// Counts a bare loop of a thousand turns and one of eleven thousand, and checks that they differ by the
/// instructions of ten thousand turns exactly.
pub(super) fn calibrate(emulator: &Emulator, directory: &Path) -> Result<(), Failure> {
    let (few, many) = (1_000, 11_000);
    let mut counts = [0; 2];
    for (count, turns) in counts.iter_mut().zip([few, many]) {
        let firmware = directory.join("bl1.bin");
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&firmware, program(turns)))
            .map_err(Failure::file(&firmware))?;
        let whole = 0..0x1000;
        *count = count::instructions(emulator, directory, &[whole], None)?.total();
    }
    let expected = TURN * u64::from(many - few);
    match counts[1].checked_sub(counts[0]) {
        Some(found) if found == expected => Ok(()),
        _ => Err(Failure::Count(format!(
            "this QEMU's execution log is no count of instructions: {expected} more gave {counts:?}"
        ))),
    }
}

/// Firmware that turns a loop `turns` times at EL3 and ends the machine.
fn program(turns: u16) -> Vec<u8> {
    let words = [
        0xd280_0009 | u32::from(turns) << 5, //     movz x9, turns
        0xd100_0529,                         // 1:  sub  x9, x9, #1
        0xd503_201f,                         //     nop
        0xb5ff_ffc9,                         //     cbnz x9, 1b
        0xd280_0400,                         //     movz x0, #0x20      SYS_EXIT_EXTENDED
        0x1000_0061,                         //     adr  x1, 2f
        0xd45e_0000,                         //     hlt  #0xf000
        0xd503_201f,                         //     nop
        0x0002_0026,                         // 2:  ADP_Stopped_ApplicationExit
        0,
        0, //     exit code
        0,
    ];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
