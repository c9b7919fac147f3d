//! Counts the instructions that an image executes: QEMU runs one instruction at a time and logs each address.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Duration;

use super::command::Emulator;
use super::elf::Image;
use super::failure::Failure;
use super::watch::{End, watch};

/// The longest counted run, in wall time.
const LIMIT: Duration = Duration::from_secs(180);

/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

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
    let mut counts = Counts::default();
    let mut reached = false;
    let mut logged = ranges.to_vec();
    logged.extend(until.map(|address| address..address + 1));
    let ending = addresses(emulator, directory, &logged, |address| {
        if until == Some(address) {
            reached = true;
            return ControlFlow::Break(());
        }
        *counts.0.entry(address).or_default() += 1;
        ControlFlow::Continue(())
    })?;
    if ending == End::Late || (until.is_some() && !reached) {
        return Err(early(directory, counts.total()));
    }
    Ok(counts)
}

/// What the calls of a machine cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Calls {
    /// The image's instructions of each call.
    pub costs: Vec<u64>,
    /// The most that the image executes from one instruction by which it leaves its exception level to the next, once
    /// the first of the calls was made.
    pub longest: u64,
}

/// How many instructions of `image` the prepared machine in `directory` executes from each instruction at one of
/// `calls`, which it reaches once, until the one behind it.
///
/// # Errors
/// As [`instructions`], and when a call does not come back.
pub(super) fn of_calls(
    emulator: &Emulator,
    directory: &Path,
    image: &Image,
    calls: &[u64],
) -> Result<Calls, Failure> {
    let (mut executed, mut left, mut longest) = (0, None, 0);
    let mut costs = vec![None; calls.len()];
    let mut under_way = HashMap::new();
    let mut logged = image.code.clone();
    logged.extend(calls.iter().map(|call| *call..call + INSTRUCTION + 1));
    addresses(emulator, directory, &logged, |address| {
        if image.code.iter().any(|range| range.contains(&address)) {
            executed += 1;
            if image.exits.contains(&address)
                && let Some(before) = left
            {
                longest = longest.max(executed - before);
                left = Some(executed);
            }
        } else if let Some(index) = calls.iter().position(|call| *call == address) {
            under_way.insert(index, executed);
            left = left.or(Some(executed));
        } else if let Some(index) = calls.iter().position(|call| call + INSTRUCTION == address) {
            costs[index] = under_way.remove(&index).map(|before| executed - before);
        }
        ControlFlow::Continue(())
    })?;
    let costs = costs.into_iter().collect::<Option<_>>().ok_or_else(|| early(directory, executed))?;
    Ok(Calls { costs, longest })
}

fn early(directory: &Path, executed: u64) -> Failure {
    Failure::Count(format!(
        "the counted run in {} did not end as it should, after {executed} instructions of the image",
        directory.display(),
    ))
}

/// Gives `see` the address of each instruction in `ranges` that the prepared machine in `directory` executes, until
/// `see` breaks or the machine ends.
fn addresses(
    emulator: &Emulator,
    directory: &Path,
    ranges: &[Range<u64>],
    mut see: impl FnMut(u64) -> ControlFlow<()> + Send,
) -> Result<End, Failure> {
    let mut command = emulator.command(directory, 1);
    emulator.one_instruction_blocks(&mut command);
    // QEMU's ranges include their last address.
    let filter: Vec<String> =
        ranges.iter().map(|range| format!("{:#x}..{:#x}", range.start, range.end - 1)).collect();
    command.args(["-d", "exec,nochain", "-dfilter", &filter.join(",")]);
    let mut stranger = None;
    let ending = watch(&mut command, LIMIT, |line| {
        if !line.starts_with("Trace ") {
            return ControlFlow::Continue(());
        }
        match address(line) {
            Some(address) if ranges.iter().any(|range| range.contains(&address)) => see(address),
            _ => {
                stranger = Some(line.to_owned());
                ControlFlow::Break(())
            }
        }
    })?;
    match stranger {
        Some(line) => {
            Err(Failure::Count(format!("QEMU's execution log has a line that we cannot read: {line}")))
        }
        None => Ok(ending),
    }
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
