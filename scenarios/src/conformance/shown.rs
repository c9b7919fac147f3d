//! Triples in a run's testimony: the call that was made, what came back, and who answered.

use std::collections::BTreeMap;

use super::rules::Rule;
use crate::machine::Ending;
use crate::program::{Image, Kind, Site};
use crate::scenario::Prepared;
use crate::transcript::{Event, MonitorEvent, Record};
use crate::{ffa, paravirtual, psci};

/// The result of a rule about boots that must not be.
const NO_BOOT: &str = "no boot";

/// The kind of a monitor's event that says that somebody called (`hal::trace::Event::kind`).
const CALL: u16 = 1;

/// Who gave an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Answerer {
    /// The monitor, whose trace has the call.
    Monitor,
    /// The SPMD: the call never reached the monitor.
    Spmd,
    /// Nobody has to: an access, or what a program reads.
    Nobody,
}

/// What a run says of a rule: who answered, or how it contradicts the rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sighting {
    /// The rule's id.
    pub rule: &'static str,
    /// Who answered as the rule says; else what was otherwise.
    pub outcome: Result<Answerer, String>,
}

/// What a run of `prepared`, whose stream holds `events`, says of the rules that its places show.
pub fn sightings(prepared: &Prepared, events: &[Event], rules: &BTreeMap<&str, &Rule>) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    for image in prepared.programs() {
        for (number, site) in image.sites.iter().enumerate() {
            for rule in &site.rules {
                if let Some(known) = rules.get(rule) {
                    let outcome = at_site(image, number as u16, site, known, events);
                    sightings.push(Sighting { rule, outcome });
                }
            }
        }
    }
    sightings
}

/// What the `ending` of a run of `prepared` says of the rules that its end shows.
pub fn sightings_at_the_end(
    prepared: &Prepared,
    ending: &Ending,
    rules: &BTreeMap<&str, &Rule>,
) -> Vec<Sighting> {
    let known = prepared.rules.iter().filter_map(|rule| Some((*rule, rules.get(rule)?)));
    let outcome = |known: &Rule| match () {
        () if known.result != NO_BOOT => Err(format!("it is no end: {}", known.result)),
        () if prepared.ends.boots() || !prepared.ends.is(ending) => Err(ending.to_string()),
        () => Ok(Answerer::Nobody),
    };
    known.map(|(rule, known)| Sighting { rule, outcome: outcome(known) }).collect()
}

/// What the records of `site` say of `rule`.
fn at_site(
    image: &Image,
    number: u16,
    site: &Site,
    rule: &Rule,
    events: &[Event],
) -> Result<Answerer, String> {
    let program = image.context.number();
    let own = |event: &Event, number: u16| match event {
        Event::Guest(record) if record.program == program && record.site == number => Some(record.clone()),
        _ => None,
    };
    let wrong = |found: &str| format!("\"{}\" of {}: {found}", site.label, image.name());
    let mut call: Option<(usize, Record)> = None;
    let mut seen = None;
    let is_never_reached = *site.times.end() == 0;
    for (index, event) in events.iter().enumerate() {
        if (site.kind == Kind::Return || is_never_reached)
            && let Some(record) = number.checked_sub(1).and_then(|before| own(event, before))
        {
            call = Some((index, record));
        }
        let Some(record) = own(event, number) else { continue };
        // What the site allows instead is no contradiction, and shows nothing.
        let instead = site
            .or_error
            .is_some_and(|code| matches!(record.values[..], [ffa::ERROR, _, found, ..] if found == code));
        match triple(rule, site, call.as_ref().map(|(_, call)| &call.values[..]), &record.values) {
            Ok(()) => {
                let made = call.as_ref().map(|(made, call)| (*made, &call.values[..]));
                seen = Some(answerer(image, made, &events[..index]));
            }
            Err(_) if instead => {}
            Err(found) => return Err(wrong(&found)),
        }
    }
    match (seen, &call) {
        (Some(answerer), _) => Ok(answerer),
        (None, Some(_)) if rule.result == "none" && is_never_reached && site.kind != Kind::Return => {
            Ok(Answerer::Nobody)
        }
        (None, Some((made, call))) if rule.result == "none" && is_never_reached => {
            is_about(rule, &call.values).map_err(|found| wrong(&found))?;
            Ok(answerer(image, Some((*made, &call.values)), events))
        }
        (None, _) => Err(wrong("nothing came back, or the program never came there")),
    }
}

/// Checks that the call and the `values` that came back are the rule's.
fn triple(rule: &Rule, site: &Site, call: Option<&[u64]>, values: &[u64]) -> Result<(), String> {
    if let Some(call) = call {
        is_about(rule, call)?;
    }
    let found = match (&rule.result[..], &site.kind) {
        ("value", _) => {
            let failures = site.failures(values);
            return match failures.first() {
                None if !site.expectations.is_empty() => Ok(()),
                None => Err("the place requires nothing of its values".to_string()),
                Some(failure) => Err(failure.clone()),
            };
        }
        (_, Kind::Return) => came_back(call.unwrap_or_default(), values),
        (_, Kind::Values(names)) if matches!(names.first(), Some(&"aborts" | &"exceptions")) => {
            let aborted = values.first().is_some_and(|count| *count != 0);
            if aborted { "abort" } else { "no abort" }.to_string()
        }
        _ => return Err("this place testifies neither an answer nor an access".to_string()),
    };
    if found == rule.result { Ok(()) } else { Err(format!("{found} instead of {}", rule.result)) }
}

fn is_about(rule: &Rule, call: &[u64]) -> Result<(), String> {
    let called = name(call.first().copied().unwrap_or(0));
    if rule.call.include(&called) {
        return Ok(());
    }
    Err(format!("the call is {called} instead of {}", rule.call.names().join(" or ")))
}

/// What a rule calls the function `id`.
fn name(id: u64) -> String {
    let psci = || psci::function_name(id).map(|name| name.trim_start_matches("PSCI "));
    let known = ffa::function_name(id).or_else(psci).or_else(|| paravirtual::function_name(id));
    known.map_or_else(|| format!("{id:#x}"), str::to_string)
}

/// What a rule calls what came back from `call` in `values`.
fn came_back(call: &[u64], values: &[u64]) -> String {
    let called = call.first().copied().unwrap_or(0);
    let [x0, _, x2, ..] = *values else { return "nothing".to_string() };
    let is_no_ffa = psci::function_name(called).or(paravirtual::function_name(called)).is_some();
    match x0 {
        ffa::ERROR => {
            let word = u32::try_from(x2).ok().and_then(ffa::error_name);
            word.map_or_else(|| format!("error {x2:#x}"), str::to_string)
        }
        u64::MAX | ffa::NOT_SUPPORTED => "-1".to_string(),
        0 if is_no_ffa => "SUCCESS".to_string(),
        _ if called == ffa::VERSION && x0 >> 31 == 0 => "SUCCESS".to_string(),
        _ => match name(x0) {
            success if success == "FFA_SUCCESS" => "SUCCESS".to_string(),
            other => other,
        },
    }
}

/// Who answered the call that is record number `made` of `before`, which ends where the answer came.
fn answerer(image: &Image, made: Option<(usize, &[u64])>, before: &[Event]) -> Answerer {
    let Some((made, [function, ..])) = made else { return Answerer::Nobody };
    let caller = image.context.role.endpoint();
    // The SPMD hands a version on in a framework message.
    let same = |reached: u64| {
        reached as u32 == *function as u32 || (*function == ffa::VERSION && reached == ffa::DIRECT_REQ_32)
    };
    let reached = before[made..].iter().any(|event| {
        matches!(event, Event::Monitor(MonitorEvent { kind: CALL, endpoint, registers, .. })
            if *endpoint == caller && same(registers[0]))
    });
    if reached { Answerer::Monitor } else { Answerer::Spmd }
}
