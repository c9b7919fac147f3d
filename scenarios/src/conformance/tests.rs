use std::collections::BTreeMap;

use super::lines::{self, Lines};
use super::mutants::{Verdict, is_by_guests};
use super::rules::{Rule, check, parse};
use super::shown::{Answerer, Sighting, sightings, sightings_at_the_end};
use super::{Finding, Report, page};
use crate::ffa;
use crate::machine::{Ending, MachineKind};
use crate::scenario::{Ends, Parameters, Prepared, find};
use crate::transcript::{Event, MonitorEvent, Record};

const RUN_2: &str = r#"
[[rule]]
id = "run.2"
call = "FFA_RUN"
state = "any"
arguments = "the normal world"
result = "DENIED"
source = "none opened"
"#;

fn run_2() -> Rule {
    parse("run", RUN_2).unwrap().remove(0)
}

/// `run-rules`, and the program and place in it that first show run.2.
fn run_rules() -> (Prepared, u16, u16) {
    let prepared = find("run-rules").unwrap().prepare(&Parameters::default());
    let places = prepared.programs().flat_map(|image| {
        let program = image.context.number();
        (0..).zip(&image.sites).map(move |(number, site)| (program, number, site))
    });
    let (program, site, _) = places.into_iter().find(|(_, _, site)| site.rules.contains(&"run.2")).unwrap();
    (prepared, program, site)
}

/// What is said of run.2 where each place that shows it calls `function` and gets `answer`.
fn said(function: u64, answer: [u64; 3], reaches_monitor: bool) -> Vec<Result<Answerer, String>> {
    let (prepared, ..) = run_rules();
    let rule = run_2();
    let mut events = Vec::new();
    for image in prepared.programs() {
        for (number, _) in (0u16..).zip(&image.sites).filter(|(_, site)| site.rules.contains(&"run.2")) {
            let program = image.context.number();
            let record = |site, values: Vec<u64>| Event::Guest(Record { program, site, values });
            events.push(record(number - 1, vec![function]));
            if reaches_monitor {
                let mut registers = [0; 18];
                registers[0] = function;
                let endpoint = image.context.role.endpoint();
                events.push(Event::Monitor(MonitorEvent {
                    kind: 1,
                    endpoint,
                    registers,
                    text: String::new(),
                }));
            }
            events.push(record(number, answer.to_vec()));
        }
    }
    let rules = BTreeMap::from([("run.2", &rule)]);
    sightings(&prepared, &events, &rules).into_iter().map(|sighting| sighting.outcome).collect()
}

#[test]
fn the_call_and_the_result_that_came_back_are_the_rule_s() {
    let said = said(ffa::RUN, [ffa::ERROR, 0, ffa::DENIED], true);
    assert!(!said.is_empty());
    assert!(said.iter().all(|outcome| *outcome == Ok(Answerer::Monitor)), "{said:?}");
}

#[test]
fn a_call_that_the_monitor_never_saw_was_answered_by_the_spmd() {
    let said = said(ffa::RUN, [ffa::ERROR, 0, ffa::DENIED], false);
    assert!(said.iter().all(|outcome| *outcome == Ok(Answerer::Spmd)), "{said:?}");
}

#[test]
fn another_result_or_another_call_contradicts_the_rule() {
    let wrong = said(ffa::RUN, [ffa::ERROR, 0, ffa::BUSY], true);
    assert!(
        wrong
            .iter()
            .all(|outcome| outcome.as_ref().is_err_and(|words| words.contains("BUSY instead of DENIED")))
    );
    let wrong = said(ffa::MSG_WAIT, [ffa::ERROR, 0, ffa::DENIED], true);
    assert!(wrong.iter().all(|outcome| outcome.as_ref().is_err_and(|words| words.contains("FFA_MSG_WAIT"))));
}

#[test]
fn a_place_that_nobody_came_to_shows_nothing() {
    let (prepared, ..) = run_rules();
    let rule = run_2();
    let said = sightings(&prepared, &[], &BTreeMap::from([("run.2", &rule)]));
    assert!(said.iter().all(|sighting| sighting.outcome.is_err()));
}

#[test]
fn a_file_with_another_group_s_id_another_result_or_another_key_is_refused() {
    for (from, to) in [("run.2", "wait.2"), ("DENIED", "REFUSED"), ("state =", "states =")] {
        assert!(parse("run", &RUN_2.replace(from, to)).is_err(), "{to}");
    }
    assert!(check(&[run_2(), run_2()]).unwrap_err().contains("run.2"));
}

#[test]
fn a_comment_names_the_line_below_it_and_further_comments() {
    let mut found = Lines::new();
    let text = "fn f() {\n    // rule: a.1, b.2\n    // Because.\n    g();\n    // rule: a.1\n    h();\n}\n";
    lines::add(&mut found, "f.rs", text);
    assert_eq!(found["a.1"], ["f.rs:4", "f.rs:6"]);
    assert_eq!(found["b.2"], ["f.rs:4"]);
}

#[test]
fn a_mutant_is_killed_by_what_guests_say_not_by_what_the_machine_finds() {
    let machine = "not as it must be: the machine found: page 1 expected elsewhere\n";
    let guests = "not as it must be: step 1 (a), SP1 \"b\": when it came back, x0 expected 0x1, found 0x2\n";
    let silent = "not as it must be: step 1 (a), SP1 \"b\": there, it testified 0 times instead of 1\n";
    assert!(!is_by_guests(machine));
    assert!(!is_by_guests("thread 'main' panicked"));
    assert!(is_by_guests(guests));
    assert!(is_by_guests(silent));
    let boots = "not as it must be: \"Tantalum does not boot: a\" was to be said, but b\n";
    assert!(is_by_guests(boots), "where nobody is to testify, the console does");
    assert!(!is_by_guests(&(machine.to_string() + silent)), "the machine may have stopped them");
}

#[test]
fn a_rule_about_boots_is_shown_by_the_end_that_its_scenario_must_have() {
    let boot_2 = RUN_2.replace("run.2", "boot.2").replace("FFA_RUN", "boot").replace("DENIED", "no boot");
    let rule = parse("boot", &boot_2).unwrap().remove(0);
    let rules = BTreeMap::from([("boot.2", &rule)]);
    let prepared = find("wrong-device-none").unwrap().prepare(&Parameters::default());
    let Ends::NoBoot(why) = prepared.ends else { panic!("it does not boot") };
    let outcome = |ending| sightings_at_the_end(&prepared, &ending, &rules).remove(0).outcome;
    assert_eq!(outcome(Ending::NoBoot(why.to_string())), Ok(Answerer::Nobody));
    assert!(outcome(Ending::NoBoot("another reason".to_string())).is_err());
    assert!(outcome(Ending::PowerOff).is_err());
}

#[test]
fn a_rule_is_shown_by_a_scenario_and_a_killed_mutant_and_by_neither_alone() {
    let finding = |verdict: Option<Verdict>, seen: bool| {
        let rule = run_2();
        let mut report = Report {
            findings: vec![Finding { rule, places: vec![], scenarios: BTreeMap::new(), verdict }],
            wrong: vec![],
        };
        if seen {
            let sighting = Sighting { rule: "run.2", outcome: Ok(Answerer::Monitor) };
            report.saw("run-rules", MachineKind::Sim, vec![sighting]);
        }
        page::count(&report)
    };
    assert_eq!(finding(Some(Verdict::Guests("run-rules")), true), "1 rules: 1 shown, 0 missing");
    for (verdict, seen) in [
        (Some(Verdict::Survived), true),
        (Some(Verdict::Machine("run-rules")), true),
        (None, true),
        (Some(Verdict::Guests("run-rules")), false),
    ] {
        assert_eq!(finding(verdict, seen), "1 rules: 0 shown, 1 missing");
    }
}
