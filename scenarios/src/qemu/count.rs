//! Counts the instructions that an image executes: QEMU runs one instruction at a time and logs each address.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Duration;

use super::command::Emulator;
use super::failure::Failure;
use super::watch::{End, watch};

/// The longest counted run, in wall time.
const LIMIT: Duration = Duration::from_secs(180);

/// How often the instruction at each address was executed.
#[derive(Clone, Default, Debug)]
pub(super) struct Counts(pub HashMap<u64, u64>);

impl Counts {
    /// How many instructions in all.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// How many instructions at addresses in `ranges` the prepared machine in `directory` executes before it ends, or
/// before it first executes the one at `until`.
///
/// # Errors
/// When the machine does not run or end, or logs what is no instruction's address.
pub(super) fn instructions(
    emulator: &Emulator,
    directory: &Path,
    ranges: &[Range<u64>],
    until: Option<u64>,
) -> Result<Counts, Failure> {
    let mut command = emulator.command(directory, 1);
    emulator.one_instruction_blocks(&mut command);
    // QEMU's ranges include their last address.
    let filter: Vec<String> = ranges
        .iter()
        .map(|range| format!("{:#x}..{:#x}", range.start, range.end - 1))
        .chain(until.map(|address| format!("{address:#x}..{address:#x}")))
        .collect();
    command.args(["-d", "exec,nochain", "-dfilter", &filter.join(",")]);

    let mut counts = Counts::default();
    let mut stranger = None;
    let mut reached = false;
    let ending = watch(&mut command, LIMIT, |line| {
        if !line.starts_with("Trace ") {
            return ControlFlow::Continue(());
        }
        match address(line) {
            Some(address) if until == Some(address) => {
                reached = true;
                return ControlFlow::Break(());
            }
            Some(address) if ranges.iter().any(|range| range.contains(&address)) => {
                *counts.0.entry(address).or_default() += 1;
            }
            _ => {
                stranger = Some(line.to_owned());
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(line) = stranger {
        return Err(Failure::Count(format!("QEMU's execution log has a line that we cannot read: {line}")));
    }
    if ending == End::Late || (until.is_some() && !reached) {
        return Err(Failure::Count(format!(
            "the counted run in {} did not end as it should, after {} instructions of the image",
            directory.display(),
            counts.total()
        )));
    }
    Ok(counts)
}

/// The guest address in a line of the execution log: the second field between its brackets.
fn address(line: &str) -> Option<u64> {
    let fields = line.split_once('[')?.1;
    u64::from_str_radix(fields.split('/').nth(1)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_in_old_and_new_logs() {
        let old = "Trace 0: 0x7fcc78377a80 [0000000000000000/000000000e100000/00000061/ff020201] ";
        let new = "Trace 0: 0x7f3f7034c1c0 [00000000/ffff00000e100004/00000461/ff022201] spmc_entry";
        assert_eq!(address(old), Some(0x0e10_0000));
        assert_eq!(address(new), Some(0xffff_0000_0e10_0004));
        assert_eq!(address("Trace 0: nothing"), None);
    }
}
