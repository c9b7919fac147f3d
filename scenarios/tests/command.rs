//! The `tantalum` command: what it reads, what it says, how it ends.

use std::process::{Command, Stdio};

use scenarios::machine::sim::Conditions;
use scenarios::scenario::{Parameters, find};

fn tantalum(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tantalum"));
    command.args(arguments);
    command
}

#[test]
fn it_ends_quietly_when_nobody_reads_its_output_any_more() {
    // More than a pipe holds, so it still writes when the reader leaves.
    let mut child = tantalum(&["run", "flow", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_run_takes_the_conditions_that_the_command_which_repeats_it_names() {
    let schedule = "pct:7:3:500".parse().unwrap();
    let conditions = Conditions { seed: 9, schedule, ..Conditions::default() };
    let command =
        conditions.command(find("hello").unwrap(), &Parameters { messages: 5, ..Parameters::default() });
    assert_eq!(command, "cargo run -- run hello --messages 5 --seed 9 --schedule 'pct:7:3:500'");
    let words: Vec<_> = command.strip_prefix("cargo run -- ").unwrap().split(' ').collect();
    let words: Vec<_> = words.iter().map(|word| word.trim_matches('\'')).collect();
    assert!(tantalum(&words).output().unwrap().status.success());
}

#[test]
fn what_is_no_schedule_is_refused_with_what_would_be_one() {
    let output = tantalum(&["run", "hello", "--schedule", "soon"]).output().unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        words.contains("a schedule is `seeded:SEED`, `round-robin:STEPS`, `pct:SEED:DEPTH` or turns"),
        "{words}"
    );
}
