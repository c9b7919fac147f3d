//! Judging a run: every requirement that it does not meet, in words that point at the place.

use std::collections::BTreeMap;

use super::{Ends, Prepared};
use crate::machine::Run;
use crate::program::{Image, Kind, Site, pattern};
use crate::transcript::{Event, Record, words};

/// How a sentence begins that says what the machine, or the oracle, found.
pub const FOUND_BY_MACHINE: &str = "the machine found: ";

/// How a sentence begins that says that a machine booted, or said otherwise why it does not.
pub const SHOULD_NOT_BOOT: &str = "\"Tantalum does not boot: ";

/// What is wrong with a run, a sentence each; nothing where it is as it must be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// The sentences, what the machine found first.
    pub failures: Vec<String>,
}

impl Verdict {
    /// True when nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Judges `run`, whose stream holds `events`, as a run of `prepared`.
pub fn judge(prepared: &Prepared, run: &Run, events: &[Event]) -> Verdict {
    let mut failures: Vec<String> =
        run.findings.iter().map(|finding| format!("{FOUND_BY_MACHINE}{finding}")).collect();
    if !prepared.ends.is(&run.ending) {
        failures.push(match prepared.ends {
            Ends::PowerOff => format!("the machine was not powered off: {}", run.ending),
            Ends::NoBoot(why) => {
                format!("{SHOULD_NOT_BOOT}{why}\" was to be said, but {}", run.ending)
            }
        });
    }
    for line in prepared.says.iter().filter(|line| !run.console.lines().any(|said| said.trim() == **line)) {
        let last = run.console.lines().last().unwrap_or_default();
        failures.push(format!("nobody said \"{line}\"; the last line is \"{last}\""));
    }
    if !prepared.ends.boots() {
        return Verdict { failures };
    }
    let mut lost = LostPatterns::default();
    let mut times = BTreeMap::<(u16, u16), u64>::new();
    for event in events {
        match event {
            Event::Guest(record) => {
                *times.entry((record.program, record.site)).or_default() += 1;
                failures.extend(record_failures(prepared, record, &mut lost));
            }
            Event::Garbage { offset, bytes } => {
                failures.push(format!("{bytes} bytes at {offset} of the stream are no frame"));
            }
            Event::Monitor(_) => {}
        }
    }
    failures.extend(lost.sentences(prepared));
    for image in prepared.programs() {
        failures.extend(count_failures(image, &times));
    }
    Verdict { failures }
}

fn record_failures(prepared: &Prepared, record: &Record, lost: &mut LostPatterns) -> Vec<String> {
    let image = prepared.program(record.program);
    let Some((image, site)) =
        image.and_then(|image| Some((image, image.sites.get(usize::from(record.site))?)))
    else {
        return vec![format!(
            "site {} of program {} testified, which are not there",
            record.site, record.program
        )];
    };
    match site.kind {
        Kind::Mismatch => {
            lost.add(record);
            Vec::new()
        }
        Kind::Unexpected => {
            let at = |index: usize| record.values.get(index).copied().unwrap_or(0);
            vec![format!(
                "{} took an exception that it did not expect at {:#x} of its image: {}, FAR_EL1 {:#x}",
                image.in_words(),
                at(2),
                words::syndrome(at(0)),
                at(1)
            )]
        }
        _ => site.failures(&record.values).into_iter().map(|failure| place(image, site, &failure)).collect(),
    }
}

/// `what` with where it happened.
fn place(who: &Image, site: &Site, what: &str) -> String {
    let when = if site.kind == Kind::Return { "when it came back" } else { "there" };
    format!(
        "step {} ({}), {} \"{}\": {when}, {what}",
        site.step.number,
        site.step.title,
        who.name(),
        site.label
    )
}

/// Sites that testified too often, and the first that did not testify as often as it must.
fn count_failures(who: &Image, times: &BTreeMap<(u16, u16), u64>) -> Vec<String> {
    let mut failures = Vec::new();
    let mut silent = 0;
    for (index, site) in who.sites.iter().enumerate() {
        // What these records say is a failure already.
        if matches!(site.kind, Kind::Mismatch | Kind::Unexpected) {
            continue;
        }
        let (least, most) = (*site.times.start(), *site.times.end());
        let found = times.get(&(who.context.number(), index as u16)).copied().unwrap_or(0);
        if found > most || found < least && silent == 0 {
            let expected = if found > most { most } else { least };
            failures.push(place(who, site, &format!("it testified {found} times instead of {expected}")));
        }
        silent += u64::from(found < least);
    }
    if silent > 1 {
        failures.push(format!("{} did not come to {} later places either", who.in_words(), silent - 1));
    }
    failures
}

/// Registers that lost their patterns: each once, with how often and where first.
#[derive(Default)]
struct LostPatterns(BTreeMap<(u16, u64), (u64, Record)>);

impl LostPatterns {
    fn add(&mut self, record: &Record) {
        let register = record.values.first().copied().unwrap_or(u64::MAX);
        self.0.entry((record.program, register)).or_insert_with(|| (0, record.clone())).0 += 1;
    }

    fn sentences(&self, prepared: &Prepared) -> Vec<String> {
        self.0.values().map(|(times, first)| sentence(prepared, first, *times)).collect()
    }
}

fn sentence(prepared: &Prepared, first: &Record, times: u64) -> String {
    let at = |index: usize| first.values.get(index).copied().unwrap_or(0);
    let (register, expected, found) = (at(0) as usize, at(1), at(2));
    let who =
        prepared.program(first.program).map_or_else(|| format!("program {}", first.program), Image::in_words);
    let owner = prepared.programs().find(|image| {
        register < pattern::REGISTERS_IN_ALL
            && image.context.number() != first.program
            && pattern::value(image.context, register) == found
    });
    let owner = owner.map_or_else(String::new, |image| format!(", the pattern of {}", image.in_words()));
    let site = prepared.sites(first.program).and_then(|sites| sites.get(at(3) as usize));
    let after = site
        .map_or_else(String::new, |site| format!(" after \"{}\" in step {}", site.label, site.step.number));
    format!(
        "{} of {who} was not kept: expected {expected:#x}, found {found:#x}{owner}; first{after}, {times} times in all",
        pattern::name(register)
    )
}
