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
use crate::machine::Ending;
use crate::pack::pack;
use crate::scenario::{Prepared, Scenario};

/// The firmware's images, which TF-A's build makes.
const FIRMWARE: [&str; 3] = ["bl1.bin", "bl2.bin", "bl31.bin"];

/// The log of the UART that the firmware, the monitor and the normal world share.
const CONSOLE: &str = "uart0.log";

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
    /// How it ended.
    pub ending: Ending,
    /// What the guests, and a traced monitor, wrote.
    pub stream: Vec<u8>,
    /// What the firmware, the monitor and the normal world said on the UART that they share, then what came out of
    /// that of the secure world.
    pub console: String,
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
    let console = said(directory, CONSOLE);
    let no_boot = Ending::no_boot(&console);
    if no_boot.is_none() && !status.success() {
        return Err(Failure::Ended { status: status.to_string(), log: log(directory) });
    }
    let stream = directory.join("stream");
    let stream = fs::read(&stream).map_err(Failure::file(&stream))?;
    if no_boot.is_none() && stream.is_empty() {
        return Err(Failure::Silent { log: log(directory) });
    }
    let console = console + &said(directory, "uart1.log");
    Ok(Boot { ending: no_boot.unwrap_or(Ending::PowerOff), stream, console, took })
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

/// Waits for the machine's end; kills it and gives `None` when that takes longer than [`LIMIT`]. One whose monitor does
/// not boot is killed too: EL3 goes on to a normal world that has nothing to talk to.
fn wait(machine: &mut Child, directory: &Path) -> Result<Option<ExitStatus>, Failure> {
    let started = Instant::now();
    loop {
        let ended = machine.try_wait().map_err(|error| Failure::NoEmulator(error.to_string()))?;
        if let Some(status) = ended {
            return Ok(Some(status));
        }
        let console = said(directory, CONSOLE);
        if Ending::no_boot(&console).is_some() {
            return end(machine).map(Some);
        }
        let stopped = firmware_stopped(&console);
        if stopped.is_some() || started.elapsed() > LIMIT {
            // The firmware may be in the middle of its words.
            sleep(POLL * 10);
            end(machine)?;
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
pub(super) fn end(machine: &mut Child) -> Result<ExitStatus, Failure> {
    let _ = machine.kill();
    machine.wait().map_err(|error| Failure::NoEmulator(error.to_string()))
}

/// What came out so far of the UART whose log is this file.
fn said(directory: &Path, file: &str) -> String {
    let text = fs::read(directory.join(file)).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// The line of the `console` by which TF-A gave up, if it did.
fn firmware_stopped(console: &str) -> Option<String> {
    console
        .lines()
        .find(|line| FIRMWARE_STOPPED.iter().any(|words| line.contains(words)))
        .map(|line| line.trim().to_owned())
}

/// The last lines of a machine's logs, each under its name.
fn log(directory: &Path) -> String {
    let mut text = String::new();
    for name in [CONSOLE, "uart1.log", "qemu.log"] {
        let whole = said(directory, name);
        let lines: Vec<&str> = whole.lines().filter(|line| !line.is_empty()).collect();
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            text += &format!("  {name}: {}\n", line.trim_end());
        }
    }
    text
}
