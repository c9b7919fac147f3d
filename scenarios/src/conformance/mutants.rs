//! Scenarios with a rule switched off: the program that `mutants` and `cargo build` made, run once for each rule.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::scenario::{FOUND_BY_MACHINE, SHOULD_NOT_BOOT};

/// The environment variable that names the rule that is off.
const OFF: &str = "TANTALUM_OFF";
/// How a run is made: without the oracle, which would stop it before the guests have testified, and with so many guest
/// instructions that every scenario that goes as it must ends before.
const RUN: [&str; 3] = ["--unwatched", "--budget", "2097152"];
/// The wall time after which a run is taken for hung that not even counts instructions any more: many times what they
/// take on a busy machine.
const LIMIT: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(5);

/// What happened without the lines of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The guests of this scenario testified something else.
    Guests(&'static str),
    /// The same, but the lines could only be made to say another error code: a weaker proof.
    Code(&'static str),
    /// Of this scenario only the machine, or the clock, found something: no proof.
    Machine(&'static str),
    /// Nothing: each scenario that shows the rule went as it must.
    Survived,
    /// The lines have no shape that can be switched.
    Cannot,
}

impl Verdict {
    /// True when the lines are what the rule hangs on.
    pub fn is_proof(&self) -> bool {
        matches!(self, Self::Guests(_) | Self::Code(_))
    }

    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Guests(scenario) => format!("{scenario} fails"),
            Self::Code(scenario) => format!("{scenario} fails (another code)"),
            Self::Machine(scenario) => format!("only the machine notices ({scenario})"),
            Self::Survived => "survives".to_string(),
            Self::Cannot => "cannot be switched off".to_string(),
        }
    }
}

/// How the lines of each rule were changed, as `mutants` noted it.
pub type Kinds = BTreeMap<String, Vec<String>>;

/// Reads the list in `file`.
///
/// # Errors
/// When it is not there or not as `mutants` writes it: a sentence.
pub fn read(file: &Path) -> Result<Kinds, String> {
    #[derive(Deserialize)]
    struct List {
        line: Vec<Line>,
    }
    #[derive(Deserialize)]
    struct Line {
        rule: String,
        kind: String,
    }
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let list: List = toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut kinds = Kinds::new();
    for Line { rule, kind } in list.line {
        kinds.entry(rule).or_default().push(kind);
    }
    Ok(kinds)
}

/// Runs `scenarios` with `program`, `rule` off, until one fails by what its guests testify.
///
/// # Errors
/// When the program cannot be started: a sentence.
pub fn run(
    program: &Path,
    rule: &str,
    kinds: &[String],
    scenarios: impl Iterator<Item = &'static str>,
) -> Result<Verdict, String> {
    if kinds.iter().all(|kind| kind == "cannot") {
        return Ok(Verdict::Cannot);
    }
    let weak = kinds.iter().all(|kind| kind == "code" || kind == "cannot");
    let mut verdict = Verdict::Survived;
    for scenario in scenarios {
        match run_once(program, rule, scenario)? {
            None => {}
            Some(said) if is_by_guests(&said) => {
                return Ok(if weak { Verdict::Code(scenario) } else { Verdict::Guests(scenario) });
            }
            Some(_) => verdict = Verdict::Machine(scenario),
        }
    }
    Ok(verdict)
}

/// What `scenario` said on standard error where it failed.
fn run_once(program: &Path, rule: &str, scenario: &str) -> Result<Option<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let mut child = Command::new(program)
        .args(["run", scenario])
        .args(RUN)
        .env(OFF, rule)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break Some(status);
        }
        if begun.elapsed() > LIMIT {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            break None;
        }
        sleep(POLL);
    };
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said).map_err(failed)?;
    }
    Ok(status.is_none_or(|status| !status.success()).then_some(said))
}

/// True where `said`, what a failed run said, has a sentence about what the guests testified: a value that is another,
/// or, where the machine found nothing that could have stopped them, a place where they did not come by. Where nobody is
/// to testify, the console does.
pub(super) fn is_by_guests(said: &str) -> bool {
    let sentences = || said.lines().filter_map(|line| line.strip_prefix("not as it must be: "));
    let found = sentences().any(|sentence| sentence.starts_with(FOUND_BY_MACHINE));
    sentences().any(|sentence| {
        !sentence.starts_with(FOUND_BY_MACHINE)
            && (sentence.contains(" expected ")
                || sentence.starts_with(SHOULD_NOT_BOOT)
                || (!found && sentence.contains(" it testified ")))
    })
}
