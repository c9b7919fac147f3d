//! `tantalum run`: one scenario, on one machine, told and judged.

use std::process::ExitCode;

use hal::Pa;
use hal::memory::PhysicalRange;
use scenarios::machine::sim::{self, Conditions};
use scenarios::machine::sweep::{self, Point, Subject};
use scenarios::machine::{Ending, MachineKind, Run, layout};
use scenarios::out;
use scenarios::program::Role;
use scenarios::qemu::{Emulator, Spmc, boot};
use scenarios::scenario::{Parameters, Prepared, RunsOn, Scenario, judge};
use scenarios::transcript::{Event, decode, json, mermaid, text};

use super::gdb::Gdb;
use super::{Failure, Format, gdb};

/// Runs `scenario` on `machine`, prints its transcript as `format`, and says what was not as it must be.
pub(super) fn run(
    scenario: &Scenario,
    machine: MachineKind,
    format: Format,
    parameters: &Parameters,
    conditions: &Conditions,
    gdb: Option<Gdb>,
) -> Result<ExitCode, Failure> {
    if let RunsOn::Only(other, why) = scenario.runs_on
        && other != machine
    {
        let name = scenario.name;
        return Err(Failure(format!("{name} does not run there: {why}; choose another --machine")));
    }
    let prepared = scenario.prepare(parameters);
    let run = match (machine, gdb) {
        (MachineKind::Sim, Some(gdb)) => {
            gdb::run(&sim::contents(&prepared), conditions, gdb, |guest| match guest {
                Role::Partition(number) if number <= scenario.partitions => Some(PhysicalRange {
                    start: Pa::secure(layout::partition_base(number)),
                    size: layout::partition_size(number),
                }),
                _ => None,
            })?
        }
        (MachineKind::Qemu, Some(_)) => {
            return Err(Failure("--gdb is for the simulator; `make debug` is for QEMU".into()));
        }
        (MachineKind::Sim, None) => sim::run_under(&prepared, conditions),
        (MachineKind::Qemu, None) => {
            let booted = boot(&Emulator::find()?, scenario, &prepared, Spmc::Traced)?;
            Run::on_hardware(booted.ending, booted.stream, booted.console)
        }
    };
    let code = tell_and_judge(&prepared, &run, format);
    if code != ExitCode::SUCCESS && machine == MachineKind::Sim {
        eprintln!("this repeats it: {}", conditions.command(scenario, parameters));
    }
    Ok(code)
}

/// Runs `scenario` in the simulator with an interrupt at `point`, prints its transcript as `format`, and says what was
/// not as without it.
pub(super) fn run_interrupted(
    scenario: &Scenario,
    format: Format,
    point: Point,
) -> Result<ExitCode, Failure> {
    let server = point.kind.server();
    if let Some(why) = sweep::exempt(scenario, server) {
        return Err(Failure(format!("{} cannot be swept so: {why}", scenario.name)));
    }
    let prepare = || scenario.prepare(&Parameters { server, ..Parameters::default() });
    let prepared = prepare();
    let subject =
        Subject::new(prepare(), scenario.testimony, server, |quiet| sim::run_under(&prepared, quiet))
            .map_err(Failure)?;
    let run = sim::run_under(&prepared, &subject.conditions(point));
    let code = tell_and_judge(&prepared, &run, format);
    match subject.failure(point.kind, &run) {
        Some(failure) => {
            eprintln!("not as without the interrupt: {failure}");
            Ok(ExitCode::FAILURE)
        }
        None => Ok(code),
    }
}

/// Prints the transcript of `run` as `format`, and says what was not as it must be.
pub(super) fn tell_and_judge(prepared: &Prepared, run: &Run, format: Format) -> ExitCode {
    let events = decode(&run.stream);
    out::text(tell(prepared, &events, format));
    if format == Format::Text && matches!(run.ending, Ending::NoBoot(_)) {
        out::line(&run.ending);
    }
    let verdict = judge(prepared, run, &events);
    for failure in &verdict.failures {
        eprintln!("not as it must be: {failure}");
    }
    if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(prepared: &Prepared, events: &[Event], format: Format) -> String {
    match format {
        Format::Text => text(prepared, events),
        Format::Mermaid => mermaid(prepared, events),
        Format::Json => json(prepared, events) + "\n",
    }
}
