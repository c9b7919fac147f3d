//! Boots that must not be: each mistake in a manifest or a package keeps the machine from booting, and one line says
//! where it is, what was found and what is allowed.

use hal::Memory;
use hal_sim::Entry;
use hyp::spmc::Spmc;
use scenarios::machine::layout::PAGE;
use scenarios::machine::sim::{self, Conditions};
use scenarios::machine::{Ending, MachineKind};
use scenarios::scenario::{Parameters, Scenario, all, find, judge};
use scenarios::transcript::{Event, decode};

/// The scenarios that do not boot, and that the simulator runs.
fn wrong() -> impl Iterator<Item = &'static Scenario> {
    all().iter().filter(|scenario| !scenario.ends.boots() && scenario.runs_on.includes(MachineKind::Sim))
}

#[test]
fn what_is_wrong_is_named_and_nothing_boots() {
    let mut failures = Vec::new();
    for scenario in wrong() {
        let prepared = scenario.prepare(&Parameters::default());
        let run = sim::run(&prepared);
        let testified = decode(&run.stream).iter().any(|event| matches!(event, Event::Guest(_)));
        assert!(!testified, "{}: a guest ran", scenario.name);
        let found = judge(&prepared, &run, &[]).failures;
        failures.extend(found.iter().map(|failure| format!("{}: {failure}", scenario.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_machine_that_boots_is_not_taken_for_one_that_must_not() {
    let mut prepared = find("chain").unwrap().prepare(&Parameters::default());
    let run = sim::run(&prepared);
    prepared.ends = wrong().next().unwrap().ends;
    let failures = judge(&prepared, &run, &[]).failures;
    let [failure] = &failures[..] else { panic!("one failure: {failures:?}") };
    assert!(failure.ends_with("was to be said, but the normal world powers the machine off"), "{failure}");
}

#[test]
fn another_mistake_is_not_taken_for_the_one_that_must_be_said() {
    let scenarios: Vec<_> = wrong().take(2).collect();
    let [one, other] = scenarios[..] else { panic!("there are several") };
    let run = sim::run(&one.prepare(&Parameters::default()));
    assert_eq!(judge(&other.prepare(&Parameters::default()), &run, &[]).failures.len(), 1);
}

#[test]
fn a_line_that_nobody_says_is_missed() {
    let mut prepared = find("chain").unwrap().prepare(&Parameters::default());
    prepared.says = &["Tantalum: 3 partitions"];
    let run = sim::run(&prepared);
    let failures = judge(&prepared, &run, &decode(&run.stream)).failures;
    let [failure] = &failures[..] else { panic!("one failure: {failures:?}") };
    let expected = "nobody said \"Tantalum: 3 partitions\"; the last line is \"Tantalum: 2 partitions; ";
    assert!(failure.starts_with(expected), "{failure}");
}

#[test]
fn the_monitors_manifest_may_begin_inside_a_page_and_end_with_it() {
    /// Where TF-A leaves it on FVP Base.
    const OFFSET: u64 = 0x500;
    let prepared = find("chain").unwrap().prepare(&Parameters::default());
    let spmc = Box::new(Spmc::new());
    let run = sim::run_with(&prepared, &Conditions::default(), |core, token, mut entry| {
        if let Entry::Cold(boot) = &mut entry {
            let mut manifest = [0; (PAGE - OFFSET) as usize];
            core.read(boot.manifest, 0, &mut manifest).unwrap();
            core.zero(boot.manifest).unwrap();
            core.write(boot.manifest, OFFSET, &manifest).unwrap();
            boot.manifest_offset = OFFSET;
        }
        sim::begin(&spmc, core, token, entry)
    });
    assert_eq!((run.ending, run.findings), (Ending::PowerOff, vec![]));
}
