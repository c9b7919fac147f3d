//! `tantalum qemu`, `bench` and `debug`: what needs the real machine.

use std::path::Path;
use std::process::ExitCode;

use scenarios::out;
use scenarios::qemu::bench::{self, Figure};
use scenarios::qemu::{Emulator, Spmc, compare, costs, debug};
use scenarios::scenario::{self, Scenario};

use super::{Failure, speed, sweep};

impl From<scenarios::qemu::Failure> for Failure {
    fn from(failure: scenarios::qemu::Failure) -> Self {
        Failure(failure.to_string())
    }
}

/// Boots `only` that scenario, or all, with both of our images or with `bl32`, and compares.
pub(super) fn compare(only: Option<&'static Scenario>, bl32: Option<&Path>) -> Result<ExitCode, Failure> {
    let emulator = Emulator::find()?;
    let scenarios: Vec<&Scenario> = match only {
        Some(one) => vec![one],
        None => scenario::all().iter().collect(),
    };
    // What a monitor says of itself, no other says.
    let of_ours = |scenario: &&Scenario| scenario.ends.boots() || bl32.is_none();
    let scenarios: Vec<&Scenario> = scenarios.into_iter().filter(of_ours).collect();
    let images = match bl32 {
        Some(file) => vec![Spmc::File(file)],
        None => vec![Spmc::Traced, Spmc::Shipped],
    };
    let tally = compare::compare(&emulator, &scenarios, &images);
    out::line(tally);
    Ok(exit_code(tally.is_clean()))
}

/// Measures everything and prints a line a figure, and with `profile` where the instructions of a message are.
pub(super) fn bench(profile: bool) -> Result<ExitCode, Failure> {
    let emulator = Emulator::find()?;
    let mut well = true;
    let functions = bench::figures(&emulator, &mut |figure: Figure| {
        out::line(&figure);
        well &= !figure.is_too_much();
    })?;
    out::line(format_args!("{}\n", costs(&emulator)?));
    out::line(speed::messages_per_second()?);
    out::line(speed::messages_per_second_with_oracle()?);
    out::line(sweep::runs_per_minute()?);
    if profile {
        out::line(format_args!(
            "\nS-EL2 instructions of a direct message round trip, by function:\n{functions}"
        ));
    }
    Ok(exit_code(well))
}

/// Boots a scenario that waits for gdb.
pub(super) fn debug(scenario: &Scenario) -> Result<ExitCode, Failure> {
    debug::wait_for_gdb(&Emulator::find()?, scenario)?;
    Ok(ExitCode::SUCCESS)
}

fn exit_code(well: bool) -> ExitCode {
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
