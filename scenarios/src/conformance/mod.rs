//! What of FF-A the monitor is shown to do: the rules of `rules/`, and what shows each.
//!
//! A rule is *shown* where two things hold. A program's testimony has its triple: the call, the state that the
//! scenario made, the result; where the machine must not boot, nobody testifies, and the console says why. And with
//! the lines of `hyp` that enforce it switched off, a scenario that shows it fails, by what the guests testify and not
//! by what the machine finds; the oracle does not watch then.
//!
//! | file | what it is about |
//! |---|---|
//! | [`rules`] | the rules as they stand in their files |
//! | [`lines`] | the lines of `hyp` that enforce them |
//! | [`shown`] | the triples in a run's testimony, and who answered |
//! | [`mutants`] | scenarios with a rule switched off |
//! | [`page`] | `docs/conformance.md` |

pub mod lines;
pub mod mutants;
pub mod page;
pub mod rules;
pub mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::machine::MachineKind;
use crate::scenario::{Prepared, Scenario};
use lines::Lines;
use mutants::Verdict;
use rules::Rule;
use shown::{Answerer, Sighting};

/// The workspace that this program was built in.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is known of one rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The places of `hyp` that enforce it.
    pub places: Vec<String>,
    /// The scenarios that show its triple, with the machines on which they did and who answered there.
    pub scenarios: BTreeMap<&'static str, BTreeMap<MachineKind, Answerer>>,
    /// What its mutant did, once it was run.
    pub verdict: Option<Verdict>,
}

impl Finding {
    /// True when the rule is shown: see the front page.
    pub fn is_shown(&self) -> bool {
        let enforced_here = self.rule.enforced.is_none();
        let killed = self.verdict.as_ref().is_some_and(Verdict::is_proof);
        !self.scenarios.is_empty() && (!enforced_here || killed)
    }
}

/// Everything about all rules.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of the files.
    pub findings: Vec<Finding>,
    /// What contradicts a rule, or the files each other: sentences.
    pub wrong: Vec<String>,
}

impl Report {
    /// The rules of `workspace`, of which nothing is shown yet; what is wrong with the files alone.
    ///
    /// # Errors
    /// When the files cannot be read: a sentence.
    pub fn of(workspace: &Path, scenarios: &[&'static Scenario]) -> Result<Self, String> {
        let rules = rules::read(&workspace.join("rules"))?;
        let mut lines: Lines = lines::read(&workspace.join("hyp/src"))?;
        let mut wrong = Vec::new();
        let mut findings = Vec::new();
        for rule in rules {
            let places = lines.remove(&rule.id).unwrap_or_default();
            if places.is_empty() == rule.enforced.is_none() {
                wrong.push(match &rule.enforced {
                    None => format!("{}: no line of hyp stands below `// rule: {0}`", rule.id),
                    Some(who) => format!("{}: {who} enforces it, and so does {}", rule.id, places.join(", ")),
                });
            }
            findings.push(Finding { rule, places, scenarios: BTreeMap::new(), verdict: None });
        }
        for (id, places) in lines {
            wrong.push(format!("{}: there is no rule {id}", places.join(", ")));
        }
        let mut report = Self { findings, wrong };
        for scenario in scenarios {
            for id in ids(&scenario.prepare(&Default::default())) {
                if report.finding(id).is_none() {
                    report.wrong.push(format!("{}: there is no rule {id}", scenario.name));
                }
            }
        }
        Ok(report)
    }

    /// Keeps of the rules those that `only` names, by their ids or their groups.
    ///
    /// # Errors
    /// When there is none of a name: a sentence.
    pub fn keep(&mut self, only: &[String]) -> Result<(), String> {
        let is = |finding: &Finding, name: &String| *name == finding.rule.id || name == finding.rule.group();
        if let Some(name) = only.iter().find(|name| !self.findings.iter().any(|finding| is(finding, name))) {
            return Err(format!("there is no rule {name}, and no group of rules"));
        }
        self.findings.retain(|finding| only.iter().any(|name| is(finding, name)));
        Ok(())
    }

    /// Takes in what `sightings` of a run of `scenario` on `machine` say.
    pub fn saw(&mut self, scenario: &'static str, machine: MachineKind, sightings: Vec<Sighting>) {
        for Sighting { rule, outcome } in sightings {
            match (outcome, self.finding(rule)) {
                (Ok(answerer), Some(finding)) => {
                    finding.scenarios.entry(scenario).or_default().insert(machine, answerer);
                }
                (Err(sentence), _) => {
                    self.wrong
                        .push(format!("{scenario} on {}: {rule}: {sentence}", page::machine_name(machine)));
                }
                (Ok(_), None) => {}
            }
        }
    }

    /// The rules by their ids.
    pub fn rules(&self) -> BTreeMap<&str, &Rule> {
        self.findings.iter().map(|finding| (finding.rule.id.as_str(), &finding.rule)).collect()
    }

    fn finding(&mut self, id: &str) -> Option<&mut Finding> {
        self.findings.iter_mut().find(|finding| finding.rule.id == id)
    }
}

/// The ids of the rules that places of `prepared`, or its end, show.
pub fn ids(prepared: &Prepared) -> BTreeSet<&'static str> {
    let sites = prepared.programs().flat_map(|image| &image.sites);
    sites.flat_map(|site| &site.rules).chain(prepared.rules).copied().collect()
}

#[cfg(test)]
mod tests;
