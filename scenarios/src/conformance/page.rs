//! `docs/conformance.md`: a table for each group of rules, and the count.

use std::fmt::Write;

use super::rules::NONE_OPENED;
use super::shown::Answerer;
use super::{Finding, Report};
use crate::machine::MachineKind;

const HEAD: &str = "\
# Conformance

What FF-A asks of the monitor, and what shows that it does. `make conformance` writes this page from
[the rules](../rules/README.md), from what the guests of the scenarios testify, and from what becomes of them when the
lines of `hyp` that enforce a rule are switched off. *Answered by* says who answered in QEMU, where EL3's SPMD stands
between the normal world and us; an access has no answer. *Without its lines* names a scenario that then fails by what
its guests see; where a line cannot be left out, another error code came back instead, which proves less. A rule is
shown where a scenario shows it and its lines are proved; all others are missing.
";

/// What a page calls `machine`.
pub fn machine_name(machine: MachineKind) -> &'static str {
    match machine {
        MachineKind::Sim => "simulator",
        MachineKind::Qemu => "QEMU",
    }
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut page = HEAD.to_string();
    let mut group = "";
    for finding in &report.findings {
        if finding.rule.group() != group {
            group = finding.rule.group();
            let _ = write!(
                page,
                "\n## {group}\n\n| rule | call | state | arguments | result | shown by | machines | answered by | without its lines | source |\n|---|---|---|---|---|---|---|---|---|---|\n"
            );
        }
        page += &row(finding);
    }
    let unread = report.findings.iter().filter(|finding| finding.rule.source == NONE_OPENED).count();
    let _ = write!(page, "\nOf {unread} rules nobody opened a public source yet.\n\n{}\n", count(report));
    page
}

/// The last line.
pub fn count(report: &Report) -> String {
    let all = report.findings.len();
    let shown = report.findings.iter().filter(|finding| finding.is_shown()).count();
    format!("{all} rules: {shown} shown, {} missing", all - shown)
}

fn row(finding: &Finding) -> String {
    let rule = &finding.rule;
    let scenarios = finding.scenarios.keys().copied().collect::<Vec<_>>().join(", ");
    let mut machines: Vec<_> = finding.scenarios.values().flat_map(|machines| machines.keys()).collect();
    machines.sort();
    machines.dedup();
    let machines: Vec<_> = machines.into_iter().map(|machine| machine_name(*machine)).collect();
    let mut answerers: Vec<_> =
        finding.scenarios.values().filter_map(|machines| machines.get(&MachineKind::Qemu)).collect();
    answerers.sort();
    answerers.dedup();
    let answerers: Vec<_> = answerers.into_iter().filter_map(|answerer| answerer_name(*answerer)).collect();
    let verdict = match (&rule.enforced, &finding.verdict) {
        (Some(who), _) => format!("enforced by {who}"),
        (None, Some(verdict)) => verdict.words(),
        (None, None) => String::new(),
    };
    let mut source = rule.source.clone();
    for (word, text) in [("differs", &rule.differs), ("note", &rule.note)] {
        if let Some(text) = text {
            let _ = write!(source, "; {word}: {text}");
        }
    }
    let cells = [
        rule.id.clone(),
        rule.call.names().join(", "),
        rule.state.clone(),
        rule.arguments.clone(),
        rule.result.clone(),
        scenarios,
        machines.join(", "),
        answerers.join(", "),
        verdict,
        source,
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn answerer_name(answerer: Answerer) -> Option<&'static str> {
    match answerer {
        Answerer::Monitor => Some("us"),
        Answerer::Spmd => Some("SPMD"),
        Answerer::Nobody => None,
    }
}
