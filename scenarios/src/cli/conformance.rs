//! `tantalum conformance`: which rules of FF-A are shown.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use scenarios::conformance::shown::{sightings, sightings_at_the_end};
use scenarios::conformance::{self, Report, ids, mutants, page};
use scenarios::machine::{Ending, MachineKind, sim};
use scenarios::out;
use scenarios::qemu::{Emulator, Spmc, boot};
use scenarios::scenario::{self, Parameters, Prepared, Scenario};
use scenarios::transcript::decode;

use super::Failure;

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Failure(sentence)
    }
}

/// What `tantalum conformance` looks at besides the rules and the simulator, and what it makes of it.
pub(super) struct Options<'a> {
    /// Boots the scenarios that show rules in QEMU too.
    pub qemu: bool,
    /// The program whose rules can be switched off, and the list of what was changed in it.
    pub mutants: Option<(&'a Path, &'a Path)>,
    /// Where the page is written.
    pub out: Option<&'a Path>,
    /// Fails where a rule is missing, too.
    pub strict: bool,
    /// Looks at these rules, or groups of them, alone, if any are named.
    pub only: &'a [String],
}

/// Looks at everything that `options` say, says what is wrong and how many rules are shown.
pub(super) fn conformance(options: &Options<'_>) -> Result<ExitCode, Failure> {
    let all: Vec<_> = scenario::all().iter().collect();
    let mut report = Report::of(&conformance::workspace(), &all)?;
    if !options.only.is_empty() {
        report.keep(options.only)?;
    }
    let showing: Vec<(&Scenario, Prepared)> = all
        .into_iter()
        .map(|scenario| (scenario, scenario.prepare(&Parameters::default())))
        .filter(|(_, prepared)| ids(prepared).iter().any(|id| report.rules().contains_key(id)))
        .collect();
    for (scenario, prepared) in &showing {
        if scenario.runs_on.includes(MachineKind::Sim) {
            let run = sim::run(prepared);
            note(&mut report, scenario, prepared, MachineKind::Sim, (&run.stream, &run.ending));
        }
    }
    if options.qemu {
        let emulator = Emulator::find()?;
        for (scenario, prepared) in &showing {
            if scenario.runs_on.includes(MachineKind::Qemu) {
                match boot(&emulator, scenario, prepared, Spmc::Traced) {
                    Ok(booted) => {
                        let said = (&booted.stream[..], &booted.ending);
                        note(&mut report, scenario, prepared, MachineKind::Qemu, said);
                    }
                    Err(failure) => report.wrong.push(format!("{} on QEMU: {failure}", scenario.name)),
                }
            }
        }
    }
    if let Some((program, list)) = options.mutants {
        switch_off(&mut report, program, list)?;
    }
    if let Some(file) = options.out {
        std::fs::write(file, page::page(&report)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    tell(&report, options)
}

/// Takes in what a run said: its stream, and how it ended.
fn note(
    report: &mut Report,
    scenario: &Scenario,
    prepared: &Prepared,
    machine: MachineKind,
    (stream, ending): (&[u8], &Ending),
) {
    let mut sightings = sightings(prepared, &decode(stream), &report.rules());
    sightings.extend(sightings_at_the_end(prepared, ending, &report.rules()));
    report.saw(scenario.name, machine, sightings);
}

/// Runs the mutant of every rule whose triple the simulator showed, on all cores of this machine.
fn switch_off(report: &mut Report, program: &Path, list: &Path) -> Result<(), Failure> {
    let kinds = mutants::read(list)?;
    let left = Mutex::new(report.findings.iter_mut());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> Result<(), String> {
        while let Some(finding) = next() {
            let on_simulator =
                |(_, machines): &(_, &BTreeMap<_, _>)| machines.contains_key(&MachineKind::Sim);
            let seen: Vec<_> =
                finding.scenarios.iter().filter(on_simulator).map(|(scenario, _)| *scenario).collect();
            let id = &finding.rule.id;
            if let Some(kinds) = kinds.get(id).filter(|_| !seen.is_empty()) {
                finding.verdict = Some(mutants::run(program, id, kinds, seen.into_iter())?);
            }
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => Ok(done?),
            Err(panic) => resume_unwind(panic),
        })
    })
}

fn tell(report: &Report, options: &Options<'_>) -> Result<ExitCode, Failure> {
    let missing = report.findings.iter().filter(|finding| !finding.is_shown());
    for finding in missing.filter(|_| options.mutants.is_some()) {
        let why = match &finding.verdict {
            _ if finding.scenarios.is_empty() => "no scenario shows it".to_string(),
            Some(verdict) => verdict.words(),
            None => "only QEMU shows it, where nothing is switched off".to_string(),
        };
        out::line(format_args!("missing {}: {why}", finding.rule.id));
    }
    for sentence in &report.wrong {
        eprintln!("wrong: {sentence}");
    }
    out::line(page::count(report));
    let all = report.findings.iter().all(|finding| finding.is_shown());
    let well = report.wrong.is_empty() && (all || !options.strict);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
