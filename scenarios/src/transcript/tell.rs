//! What each event means in its scenario: the one place where records meet their sites.

use super::words;
use super::{Event, MonitorEvent, Record};
use crate::program::{Kind, Role, Site, Step, pattern};
use crate::scenario::Prepared;

/// An event with its meaning.
pub enum Told<'a> {
    /// A part of the scenario begins.
    Step(Step),
    /// A guest calls; `back` is there where nobody else testifies before the call comes back.
    Call {
        who: Role,
        site: &'a Site,
        call: &'a [u64],
        back: Option<&'a [u64]>,
    },
    /// A call comes back after others testified.
    Back {
        who: Role,
        site: &'a Site,
        call: &'a [u64],
        back: &'a [u64],
    },
    /// A guest testifies anything else.
    Says {
        who: Role,
        site: &'a Site,
        values: &'a [u64],
    },
    /// The monitor tells of itself.
    Monitor(&'a MonitorEvent),
    /// What cannot be told otherwise, in a sentence.
    Strange(String),
}

/// Everything in `events`, told as `prepared` means it.
///
/// What is told of the guests depends on their records alone, so a monitor that traces nothing changes none of it.
pub fn tell<'a>(prepared: &'a Prepared, events: &'a [Event]) -> Vec<Told<'a>> {
    let records: Vec<(usize, &Record)> = events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| match event {
            Event::Guest(record) => Some((at, record)),
            _ => None,
        })
        .collect();
    let mut told = Vec::new();
    let mut step = 0;
    // By program: the call that has not come back.
    let mut calls: Vec<&[u64]> = vec![&[]; prepared.partitions.len() + 1];
    let mut folded = None;
    let mut next_record = 0;
    for (at, event) in events.iter().enumerate() {
        let record = match event {
            Event::Guest(record) => record,
            Event::Monitor(event) => {
                told.push(Told::Monitor(event));
                continue;
            }
            Event::Garbage { offset, bytes } => {
                told.push(Told::Strange(format!(
                    "{bytes} bytes at {offset} of the stream are no frame"
                )));
                continue;
            }
        };
        next_record += 1;
        if folded == Some(at) {
            continue;
        }
        let Some((who, site)) = meaning(prepared, record) else {
            let Record { program, site, .. } = record;
            told.push(Told::Strange(format!(
                "a record of site {site} of program {program}, which are not there"
            )));
            continue;
        };
        if site.step.number > step {
            step = site.step.number;
            told.push(Told::Step(site.step));
        }
        let program = usize::from(record.program);
        match site.kind {
            Kind::Call => {
                calls[program] = &record.values;
                let back = records.get(next_record).filter(|(_, next)| {
                    next.program == record.program && next.site == record.site + 1
                });
                folded = back.map(|(at, _)| *at);
                let back = back.map(|(_, next)| &next.values[..]);
                told.push(Told::Call {
                    who,
                    site,
                    call: &record.values,
                    back,
                });
            }
            Kind::Return => told.push(Told::Back {
                who,
                site,
                call: calls[program],
                back: &record.values,
            }),
            _ => told.push(Told::Says {
                who,
                site,
                values: &record.values,
            }),
        }
    }
    told
}

/// Who made `record`, and at which site.
pub fn meaning<'a>(prepared: &'a Prepared, record: &Record) -> Option<(Role, &'a Site)> {
    let image = prepared.programs().nth(record.program.into())?;
    Some((image.role, image.sites.get(usize::from(record.site))?))
}

/// The values of a record of `site`, each with its name.
pub fn values(site: &Site, values: &[u64]) -> String {
    match site.kind {
        Kind::Mismatch => {
            let at = |index: usize| values.get(index).copied().unwrap_or(0);
            format!(
                "{} is {:#x} instead of {:#x}",
                pattern::name(at(0) as usize),
                at(2),
                at(1)
            )
        }
        Kind::Measurement(name) => format!("{name}, which differ between machines"),
        _ => values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let name = site.value_name(index);
                match &name[..] {
                    "ESR_EL1" if *value != 0 => {
                        format!("{name} {value:#x} ({})", words::syndrome(*value))
                    }
                    "aborts" | "interrupts" | "interrupt id" | "checks" | "registers each" => {
                        format!("{name} {value}")
                    }
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
    let MonitorEvent {
        kind,
        registers,
        text,
        ..
    } = event;
    match kind {
        1 => format!("{who} calls {}", words::call(registers)),
        2 => format!("{who} goes on with {}", words::result(&[], registers)),
        3 => format!("{who} is refused: {text}"),
        4 => format!("{who} takes an abort: {text}"),
        5 => format!("{who} is interrupted"),
        6 => text.clone(),
        _ => format!("an event of kind {kind}: {text}"),
    }
}
