//! The rules as they stand in `rules/`; `rules/README.md` says what each key is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A source that nobody opened.
pub const NONE_OPENED: &str = "none opened";

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id: the group, and a number in it.
    pub id: String,
    /// The calls, or what else a program does, that it is about.
    pub call: Calls,
    /// What must hold before.
    pub state: String,
    /// What the call is made with.
    pub arguments: String,
    /// What comes back.
    pub result: String,
    /// The public source that says so.
    pub source: String,
    /// What the source does otherwise.
    pub differs: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
    /// Who enforces it, where it is not `hyp`.
    pub enforced: Option<String>,
}

impl Rule {
    /// The group that its id names.
    pub fn group(&self) -> &str {
        self.id.split_once('.').map_or(&self.id, |(group, _)| group)
    }
}

/// One call or several.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Calls {
    /// One.
    One(String),
    /// Any of these.
    Several(Vec<String>),
}

impl Calls {
    /// Their names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    /// True when `call` is one of them.
    pub fn include(&self, call: &str) -> bool {
        self.names().iter().any(|name| name == call || name == "any")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
}

/// What `result` may be besides a name that begins with `FFA_`.
const RESULTS: &[&str] = &[
    "SUCCESS",
    "NOT_SUPPORTED",
    "INVALID_PARAMETERS",
    "NO_MEMORY",
    "BUSY",
    "INTERRUPTED",
    "DENIED",
    "RETRY",
    "ABORTED",
    "NO_DATA",
    "NOT_READY",
    "-1",
    "none",
    "abort",
    "no abort",
    "value",
    "no boot",
];

/// The rules of `directory`, by file and as they stand in them.
///
/// # Errors
/// When a file cannot be read or is not as it must be: a sentence.
pub fn read(directory: &Path) -> Result<Vec<Rule>, String> {
    let list = fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut files: Vec<_> = list.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut rules = Vec::new();
    for file in files {
        let group = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        rules.extend(parse(&group, &text)?);
    }
    check(&rules)?;
    Ok(rules)
}

/// The rules of the file of `group`, which holds `text`.
pub(super) fn parse(group: &str, text: &str) -> Result<Vec<Rule>, String> {
    let File { rule: mut rules } =
        toml::from_str(text).map_err(|error| format!("rules/{group}.toml: {error}"))?;
    for rule in &rules {
        let id = &rule.id;
        if rule.group() != group || number(rule).is_none() {
            return Err(format!("rules/{group}.toml: {id} is no id of this file: {group} and a number"));
        }
        if !RESULTS.contains(&rule.result.as_str()) && !rule.result.starts_with("FFA_") {
            return Err(format!("rules/{group}.toml: {id}: {:?} is no result", rule.result));
        }
    }
    rules.sort_by_key(number);
    Ok(rules)
}

fn number(rule: &Rule) -> Option<u32> {
    rule.id.split_once('.')?.1.parse().ok()
}

/// Ids are there once.
pub(super) fn check(rules: &[Rule]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    match rules.iter().find(|rule| !ids.insert(&rule.id)) {
        Some(twice) => Err(format!("{} is there twice", twice.id)),
        None => Ok(()),
    }
}
