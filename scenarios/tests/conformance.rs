//! What the rules say, the lines of `hyp` that enforce them and the places that show them are about the same rules, and
//! the simulator's testimony contradicts none. Mutants and QEMU are for `make conformance`.

use std::collections::BTreeSet;
use std::fs;

use scenarios::conformance::shown::{sightings, sightings_at_the_end};
use scenarios::conformance::{Report, ids, page, workspace};
use scenarios::machine::{MachineKind, sim};
use scenarios::scenario::{self, Parameters};
use scenarios::transcript::decode;

fn report() -> Report {
    let all: Vec<_> = scenario::all().iter().collect();
    Report::of(&workspace(), &all).unwrap()
}

#[test]
fn every_rule_has_a_line_that_enforces_it_and_every_id_is_a_rule_s() {
    let report = report();
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}

#[test]
fn what_guests_saw_in_the_simulator_is_what_the_rules_say() {
    let mut report = report();
    for scenario in scenario::all() {
        let prepared = scenario.prepare(&Parameters::default());
        if !ids(&prepared).is_empty() && scenario.runs_on.includes(MachineKind::Sim) {
            let run = sim::run(&prepared);
            let mut sightings = sightings(&prepared, &decode(&run.stream), &report.rules());
            sightings.extend(sightings_at_the_end(&prepared, &run.ending, &report.rules()));
            report.saw(scenario.name, MachineKind::Sim, sightings);
        }
    }
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}

#[test]
fn the_page_that_is_kept_is_about_these_rules() {
    let cells = |text: &str| -> BTreeSet<String> {
        let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
        let rows = rows.filter(|row| !row.starts_with("rule |"));
        rows.map(|row| row.split(" | ").take(5).collect::<Vec<_>>().join(" | ")).collect()
    };
    let kept = fs::read_to_string(workspace().join("docs/conformance.md")).unwrap();
    let now = page::page(&report());
    assert_eq!(cells(&kept), cells(&now), "make conformance writes it anew");
}
