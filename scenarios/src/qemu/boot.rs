//! One boot of one packed scenario.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::command::Emulator;
use super::exits;
use super::failure::Failure;
use super::place::{self, Spmc};
use crate::pack::pack;
use crate::scenario::{Prepared, Scenario};

/// The firmware's images, which TF-A's build makes.
const FIRMWARE: [&str; 3] = ["bl1.bin", "bl2.bin", "bl31.bin"];

/// What TF-A's log says when the firmware has given up and spins.
const FIRMWARE_STOPPED: [&str; 4] =
    ["Failed to load image", "BL31: PANIC", "Unhandled Exception", "PANIC at PC"];

/// How often a running machine is looked at.
const POLL: Duration = Duration::from_millis(10);

/// The wall time after which a machine is taken for hung; a boot takes a second.
const LIMIT: Duration = Duration::from_secs(30);

/// Lines of each log that a failure shows.
const TAIL: usize = 12;

/// A scenario that ran to its end.
#[derive(Debug)]
pub struct Boot {
    /// What the guests, and a traced monitor, wrote.
    pub stream: Vec<u8>,
    /// Wall time from QEMU's start to its end.
    pub took: Duration,
}

/// Boots `scenario`, prepared as `prepared`, with `spmc`, and waits until it ends.
///
/// # Errors
/// When the machine cannot be started, hangs, or does not end by a guest's word that all is well.
pub fn boot(
    emulator: &Emulator,
    scenario: &Scenario,
    prepared: &Prepared,
    spmc: Spmc<'_>,
) -> Result<Boot, Failure> {
    let directory = &place::work(scenario.name, spmc.name());
    lay_out(directory, scenario, prepared, spmc)?;
    let create = |name: &str| {
        let path = directory.join(name);
        File::create(&path).map_err(Failure::file(&path))
    };
    let started = Instant::now();
    let mut machine = emulator
        .command(directory, prepared.cores)
        .stdout(create("stream")?)
        .stderr(create("qemu.log")?)
        .spawn()
        .map_err(|error| Failure::NoEmulator(error.to_string()))?;
    let Some(status) = wait(&mut machine, directory)? else {
        return Err(Failure::Hung {
            limit: LIMIT,
            log: log(directory),
            exits: exits::last(emulator, directory, prepared.cores)?,
        });
    };
    let took = started.elapsed();
    if !status.success() {
        return Err(Failure::Ended { status: status.to_string(), log: log(directory) });
    }
    let stream = directory.join("stream");
    let stream = fs::read(&stream).map_err(Failure::file(&stream))?;
    if stream.is_empty() {
        return Err(Failure::Silent { log: log(directory) });
    }
    Ok(Boot { stream, took })
}

/// Fills `directory`, emptied before, with what the machine boots from: the packed scenario, the firmware, `spmc`.
pub(super) fn lay_out(
    directory: &Path,
    scenario: &Scenario,
    prepared: &Prepared,
    spmc: Spmc<'_>,
) -> Result<(), Failure> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(Failure::file(directory))?;
    }
    pack(scenario, prepared, directory).map_err(Failure::file(directory))?;
    let copy =
        |from: &Path, name: &str| fs::copy(from, directory.join(name)).map(drop).map_err(Failure::file(from));
    for image in FIRMWARE {
        copy(&place::firmware(image), image)?;
    }
    copy(&spmc.raw(), "bl32.bin")
}

/// Waits for the machine's end; kills it and gives `None` when that takes longer than [`LIMIT`].
fn wait(machine: &mut Child, directory: &Path) -> Result<Option<ExitStatus>, Failure> {
    let started = Instant::now();
    loop {
        let ended = machine.try_wait().map_err(|error| Failure::NoEmulator(error.to_string()))?;
        if let Some(status) = ended {
            return Ok(Some(status));
        }
        let stopped = firmware_stopped(directory);
        if stopped.is_some() || started.elapsed() > LIMIT {
            // The firmware may be in the middle of its words.
            sleep(POLL * 10);
            end(machine);
        }
        if let Some(line) = stopped {
            return Err(Failure::Firmware { line, log: log(directory) });
        }
        if started.elapsed() > LIMIT {
            return Ok(None);
        }
        sleep(POLL);
    }
}

/// Ends a machine that will not end by itself. One that ends meanwhile is as good.
pub(super) fn end(machine: &mut Child) {
    let _ = machine.kill();
    let _ = machine.wait();
}

/// The line of TF-A's log by which it gave up, if it did.
fn firmware_stopped(directory: &Path) -> Option<String> {
    let text = fs::read(directory.join("uart0.log")).ok()?;
    String::from_utf8_lossy(&text)
        .lines()
        .find(|line| FIRMWARE_STOPPED.iter().any(|words| line.contains(words)))
        .map(|line| line.trim().to_owned())
}

/// The last lines of a machine's logs, each under its name.
fn log(directory: &Path) -> String {
    let mut text = String::new();
    for name in ["uart0.log", "uart1.log", "qemu.log"] {
        let bytes = fs::read(directory.join(name)).unwrap_or_default();
        let whole = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = whole.lines().filter(|line| !line.is_empty()).collect();
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            text += &format!("  {name}: {}\n", line.trim_end());
        }
    }
    text
}
