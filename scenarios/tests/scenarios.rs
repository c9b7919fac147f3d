//! Every scenario in the simulator: nothing is wrong with the run, and its transcript is the stored one.

use scenarios::machine::{MachineKind, sim};
use scenarios::scenario::{Parameters, all, judge};
use scenarios::transcript::{decode, json, mermaid, snapshot_directory, text};

#[test]
fn every_scenario_goes_as_it_must_and_reads_as_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshot_directory());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    let mut failures = Vec::new();
    for scenario in all()
        .iter()
        .filter(|scenario| scenario.runs_on.includes(MachineKind::Sim))
    {
        let prepared = scenario.prepare(&Parameters::default());
        let run = sim::run(&prepared);
        let events = decode(&run.stream);
        let verdict = judge(&prepared, &run, &events);
        failures.extend(
            verdict
                .failures
                .into_iter()
                .map(|failure| format!("{}: {failure}", scenario.name)),
        );
        insta::assert_snapshot!(scenario.name, text(&prepared, &events));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_scenario_runs_the_same_way_twice() {
    let prepared = scenarios::scenario::find("flow")
        .unwrap()
        .prepare(&Parameters::default());
    assert_eq!(sim::run(&prepared).stream, sim::run(&prepared).stream);
}

#[test]
fn a_flow_is_told_as_a_diagram_and_as_json_too() {
    let prepared = scenarios::scenario::find("flow")
        .unwrap()
        .prepare(&Parameters::default());
    let events = decode(&sim::run(&prepared).stream);
    let diagram = mermaid(&prepared, &events);
    assert!(
        diagram.contains("    NWd->>SP1: FFA_MSG_SEND_DIRECT_REQ_64(x3=0x1234"),
        "{diagram}"
    );
    let value: serde_json::Value = serde_json::from_str(&json(&prepared, &events)).unwrap();
    assert_eq!(value["scenario"], "flow");
    assert_eq!(value["events"].as_array().unwrap().len(), events.len());
}
