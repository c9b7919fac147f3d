//! `tantalum run`: one scenario, on one machine, told and judged.

use std::process::ExitCode;

use scenarios::machine::sim::{self, Conditions};
use scenarios::machine::{MachineKind, Run};
use scenarios::out;
use scenarios::qemu::{Emulator, Spmc, boot};
use scenarios::scenario::{Parameters, Prepared, RunsOn, Scenario, judge};
use scenarios::transcript::{Event, decode, json, mermaid, text};

use super::{Failure, Format};

/// Runs `scenario` on `machine`, prints its transcript as `format`, and says what was not as it must be.
pub(super) fn run(
    scenario: &Scenario,
    machine: MachineKind,
    format: Format,
    parameters: &Parameters,
    conditions: &Conditions,
) -> Result<ExitCode, Failure> {
    if let RunsOn::Only(other, why) = scenario.runs_on
        && other != machine
    {
        let name = scenario.name;
        return Err(Failure(format!("{name} does not run there: {why}; choose another --machine")));
    }
    let prepared = scenario.prepare(parameters);
    let run = match machine {
        MachineKind::Sim => sim::run_under(&prepared, conditions),
        MachineKind::Qemu => {
            let booted = boot(&Emulator::find()?, scenario, &prepared, Spmc::Traced)?;
            Run::on_hardware(booted.stream)
        }
    };
    let events = decode(&run.stream);
    out::text(tell(&prepared, &events, format));
    let verdict = judge(&prepared, &run, &events);
    for failure in &verdict.failures {
        eprintln!("not as it must be: {failure}");
    }
    if !verdict.is_good() && machine == MachineKind::Sim {
        eprintln!("this repeats it: {}", conditions.command(scenario, parameters));
    }
    Ok(if verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(prepared: &Prepared, events: &[Event], format: Format) -> String {
    match format {
        Format::Text => text(prepared, events),
        Format::Mermaid => mermaid(prepared, events),
        Format::Json => json(prepared, events) + "\n",
    }
}
