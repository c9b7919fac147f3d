//! `tantalum qemu`, `bench` and `debug`: what needs TF-A and QEMU.

use std::path::Path;
use std::process::ExitCode;

use scenarios::machine::emulator::{LIMIT, build_directory, firmware, image};
use scenarios::machine::{MachineKind, layout};
use scenarios::pack::pack;
use scenarios::qemu::bench::Bench;
use scenarios::qemu::compare::{Case, Image, compare};
use scenarios::qemu::debug::wait_for_gdb;
use scenarios::qemu::{Emulator, Options};
use scenarios::scenario::{self, Parameters, Scenario};
use scenarios::transcript::{guest_lines, snapshot_guest_lines};

use super::{Failure, find};

impl From<scenarios::qemu::Failure> for Failure {
    fn from(failure: scenarios::qemu::Failure) -> Self {
        Failure(failure.to_string())
    }
}

/// Boots every scenario that QEMU can run, or the one called `only`, with the traced image and the shipped one, or
/// with `spmc` instead of both, and compares the guests' lines with the simulator's.
pub(super) fn compare_all(spmc: Option<&Path>, only: Option<&str>) -> Result<ExitCode, Failure> {
    let chosen: Vec<&Scenario> = match only {
        Some(name) => vec![find(name)?],
        None => scenario::all().iter().collect(),
    };
    let (booted, simulator_only): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|scenario| scenario.runs_on.includes(MachineKind::Qemu));
    let cases = booted.into_iter().map(case).collect::<Result<Vec<_>, _>>()?;
    let firmware = firmware();
    let images = match spmc {
        Some(file) => vec![("given", file.to_path_buf())],
        None => vec![("traced", image("spmc-traced")), ("shipped", image("spmc"))],
    };
    let images: Vec<_> = images
        .iter()
        .map(|(name, spmc)| Image { name, options: Options { firmware: &firmware, spmc, limit: LIMIT } })
        .collect();
    let work = build_directory().join("qemu");
    let tally = compare(&Emulator::find()?, &cases, &images, &work, simulator_only.len());
    println!("{tally}");
    Ok(if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn case(scenario: &'static Scenario) -> Result<Case<'static>, Failure> {
    let expected = match scenario.runs_on.includes(MachineKind::Sim) {
        true => Some(snapshot_guest_lines(scenario.name).map_err(Failure)?),
        false => None,
    };
    let prepare = || scenario.prepare(&Parameters::default());
    Ok(Case {
        name: scenario.name.to_string(),
        expected,
        pack: Box::new(move |directory| {
            pack(scenario, &prepare(), directory).map_err(|error| format!("{}: {error}", directory.display()))
        }),
        guest_lines: Box::new(move |stream| Ok(guest_lines(&prepare(), stream))),
    })
}

/// Counts what the shipped image executes, and prints a line a figure.
pub(super) fn bench() -> Result<ExitCode, Failure> {
    let (firmware, spmc) = (firmware(), image("spmc"));
    let echoes = find("echo-bench")?;
    let pack_messages = |messages: u32, directory: &Path| {
        let prepared = echoes.prepare(&Parameters { messages: messages.into() });
        pack(echoes, &prepared, directory).map_err(|error| format!("{}: {error}", directory.display()))
    };
    let bench = Bench {
        options: Options { firmware: &firmware, spmc: &spmc, limit: LIMIT },
        elf: &build_directory().join("images/spmc.elf"),
        work: &build_directory().join("bench"),
        normal_world: layout::NORMAL_WORLD,
        pack: &pack_messages,
    };
    let mut good = true;
    bench.run(&Emulator::find()?, &mut |figure| {
        good &= !figure.is_too_much();
        println!("{figure}");
    })?;
    println!("{}", super::speed::messages_per_second(echoes)?);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Boots `scenario` with the traced image and waits for gdb.
pub(super) fn debug(scenario: &Scenario) -> Result<ExitCode, Failure> {
    let directory = build_directory().join("debug").join(scenario.name);
    super::pack_into(scenario, &directory, &Parameters::default())?;
    let (firmware, spmc) = (firmware(), image("spmc-traced"));
    let options = Options { firmware: &firmware, spmc: &spmc, limit: LIMIT };
    let symbols = build_directory().join("images/spmc-traced.elf");
    wait_for_gdb(&Emulator::find()?, &directory, &options, &symbols)?;
    Ok(ExitCode::SUCCESS)
}
