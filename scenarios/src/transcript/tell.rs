//! What each event means in its scenario: the one place where records meet their sites.

use super::handles::{Handles, Known};
use super::{Event, MonitorEvent, Record, registers, words};
use std::collections::BTreeMap;

use crate::program::{Image, Kind, Site, Step, pattern};
use crate::scenario::Prepared;

/// An event with its meaning.
pub enum Told<'a> {
    /// A part of the scenario begins.
    Step(Step),
    /// A guest calls; `back` is there where nobody else testifies before the call comes back.
    Call { who: &'a Image, whom: String, label: &'a str, call: String, back: Option<String> },
    /// A call comes back after others testified; `label` says what that means to the caller.
    Back { who: &'a Image, from: String, label: &'a str, back: String },
    /// A guest testifies anything else.
    Says { who: &'a Image, label: &'a str, values: String },
    /// The monitor tells of itself.
    Monitor(&'a MonitorEvent),
    /// What cannot be told otherwise, in a sentence.
    Strange(String),
}

/// Everything in `events`, told as `prepared` means it.
///
/// What is told of the guests depends on their records alone, so a monitor that traces nothing changes none of it.
pub fn tell<'a>(prepared: &'a Prepared, events: &'a [Event]) -> Vec<Told<'a>> {
    let mut teller = Teller::new(prepared);
    let mut records = events
        .iter()
        .filter_map(|event| match event {
            Event::Guest(record) => Some(record),
            _ => None,
        })
        .skip(1);
    let mut folded = false;
    for event in events {
        match event {
            Event::Guest(record) => {
                let next = records.next();
                let told_before = std::mem::take(&mut folded);
                if !told_before {
                    folded = teller.record(record, next, Fold::Any);
                }
            }
            Event::Monitor(event) => teller.told.push(Told::Monitor(event)),
            Event::Garbage { offset, bytes } => teller.garbage(*offset, *bytes),
        }
    }
    teller.told
}

/// A lane: what one execution context testifies, in its own order.
pub struct Lane<'a> {
    /// Whose; nobody's where it is what nobody in the scenario could have said.
    pub who: Option<&'a Image>,
    /// What it says.
    pub told: Vec<Told<'a>>,
}

/// The guests' testimony in `events`, a lane for each of `prepared`'s programs that says something.
///
/// Which core was faster changes the order of a stream, and nothing in a lane.
pub fn lanes<'a>(prepared: &'a Prepared, events: &'a [Event]) -> Vec<Lane<'a>> {
    let mut teller = Teller::new(prepared);
    let mut lanes = Vec::new();
    let mut programs: Vec<&Image> = prepared.programs().collect();
    programs.sort_by_key(|image| (image.context.role.index(), image.context.cpu));
    for who in programs {
        let of = |event: &'a Event| match event {
            Event::Guest(record) if record.program == who.context.number() => Some(record),
            _ => None,
        };
        let mut records = events.iter().filter_map(of).peekable();
        teller.step = 0;
        while let Some(record) = records.next() {
            if teller.record(record, records.peek().copied(), Fold::OfOneAct) {
                records.next();
            }
        }
        let told = std::mem::take(&mut teller.told);
        lanes.extend(Some(Lane { who: Some(who), told }).filter(|lane| !lane.told.is_empty()));
    }
    for event in events {
        match event {
            Event::Guest(record) if prepared.program(record.program).is_none() => {
                teller.record(record, None, Fold::Any);
            }
            Event::Garbage { offset, bytes } => teller.garbage(*offset, *bytes),
            _ => {}
        }
    }
    lanes.extend(Some(Lane { who: None, told: teller.told }).filter(|lane| !lane.told.is_empty()));
    lanes
}

/// When a call and what comes back from it are told as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// Where nobody else testifies in between.
    Any,
    /// Where the program means one thing by both, too: what ends a wait is an act of its own.
    OfOneAct,
}

/// A call that has not come back: its site and what it was made with.
type OpenCall<'a> = (&'a Site, &'a [u64]);

/// Who tells, and what was told so far.
struct Teller<'a> {
    prepared: &'a Prepared,
    told: Vec<Told<'a>>,
    /// The step that began last.
    step: u32,
    /// By program.
    calls: BTreeMap<u16, OpenCall<'a>>,
    handles: Handles,
}

impl<'a> Teller<'a> {
    fn new(prepared: &'a Prepared) -> Self {
        Self { prepared, told: Vec::new(), step: 0, calls: BTreeMap::new(), handles: Handles::default() }
    }

    fn garbage(&mut self, offset: usize, bytes: usize) {
        let words = format!("{bytes} bytes at {offset} of the stream are no frame");
        self.told.push(Told::Strange(words));
    }

    /// Tells `record`; returns true where that told the `next` one with it, as `fold` allows.
    fn record(&mut self, record: &'a Record, next: Option<&'a Record>, fold: Fold) -> bool {
        let Some((who, site)) = meaning(self.prepared, record) else {
            let Record { program, site, .. } = record;
            self.told.push(Told::Strange(format!(
                "a record of site {site} of program {program}, which are not there"
            )));
            return false;
        };
        if site.step.number > self.step {
            self.step = site.step.number;
            self.told.push(Told::Step(site.step));
        }
        let values = &record.values[..];
        let told = match site.kind {
            Kind::Call => {
                self.calls.insert(record.program, (site, values));
                let call = registers::call(values, Known { handles: &self.handles, at: &site.handles });
                let next = next.filter(|next| next.program == record.program && next.site == record.site + 1);
                let back = next.and_then(|next| {
                    let (_, back) = meaning(self.prepared, next)?;
                    let one_act = fold == Fold::Any || back.label == site.label;
                    one_act.then(|| self.result(back, values, &next.values))
                });
                Told::Call { who, whom: registers::callee(values), label: &site.label, call, back }
            }
            Kind::Return => {
                let (made_at, call) = self.calls.get(&record.program).copied().unwrap_or((site, &[]));
                let same = made_at.label == site.label;
                let label = if same { "is answered" } else { &site.label };
                let back = self.result(site, call, values);
                Told::Back { who, from: registers::sender(values), label, back }
            }
            _ => Told::Says { who, label: &site.label, values: self::values(site, values, &self.handles) },
        };
        let folded = matches!(told, Told::Call { back: Some(_), .. });
        self.told.push(told);
        folded
    }

    /// What `back` says, the record of `site`, that comes back from `call`.
    fn result(&mut self, site: &Site, call: &[u64], back: &[u64]) -> String {
        self.handles.note(call, back);
        registers::result(call, back, Known { handles: &self.handles, at: &site.handles })
    }
}

/// Who made `record`, and at which site.
pub fn meaning<'a>(prepared: &'a Prepared, record: &Record) -> Option<(&'a Image, &'a Site)> {
    let image = prepared.program(record.program)?;
    Some((image, image.sites.get(usize::from(record.site))?))
}

/// The values of a record of `site`, each with its name.
fn values(site: &Site, values: &[u64], handles: &Handles) -> String {
    match site.kind {
        Kind::Mismatch => {
            let at = |index: usize| values.get(index).copied().unwrap_or(0);
            format!("{} is {:#x} instead of {:#x}", pattern::name(at(0) as usize), at(2), at(1))
        }
        Kind::Measurement(name) => format!("{name}, which differ between machines"),
        Kind::Values(_) if site.value_name(0) == "aborts" && values.first() == Some(&0) => {
            "no abort".to_string()
        }
        _ => values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let name = site.value_name(index);
                match &name[..] {
                    "ESR_EL1" if *value != 0 => {
                        format!("{name} {value:#x} ({})", words::syndrome(*value))
                    }
                    "aborts" | "exceptions" | "interrupts" | "interrupt id" | "checks" | "registers each" => {
                        format!("{name} {value}")
                    }
                    _ if site.handles.contains(&index) => handles.name(*value),
                    _ => format!("{name} {value:#x}"),
                }
            })
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// A monitor's event in a sentence.
pub fn monitor(event: &MonitorEvent) -> String {
    let who = words::endpoint(event.endpoint);
    let MonitorEvent { kind, text, .. } = event;
    let what = registers::short(&event.registers);
    match kind {
        1 => format!("{who} calls {what}"),
        2 => format!("{who} goes on with {what}"),
        3 => format!("{who} is refused: {text}"),
        4 => format!("{who} takes an abort: {text}"),
        5 => format!("{who} is interrupted"),
        6 => text.clone(),
        _ => format!("an event of kind {kind}: {text}"),
    }
}
