//! A transcript as JSON: every event with all its numbers, and its words.

use serde_json::{Value, json};

use super::handles::{Handles, Known};
use super::tell::{self, meaning};
use super::{Event, registers};
use crate::program::Kind;
use crate::scenario::Prepared;

/// The events of a run as JSON text: the scenario's name and an array of events.
pub fn json(prepared: &Prepared, events: &[Event]) -> String {
    let events: Vec<Value> = events.iter().map(|event| with_words(prepared, event)).collect();
    let transcript = json!({ "scenario": prepared.name, "events": events });
    format!("{transcript:#}")
}

fn with_words(prepared: &Prepared, event: &Event) -> Value {
    let mut value = serde_json::to_value(event).expect("events have string keys");
    if let (Event::Guest(record), Some(object)) = (event, value.as_object_mut())
        && let Some((who, site)) = meaning(prepared, record)
    {
        object.insert("who".into(), who.name().into());
        object.insert("step".into(), site.step.number.into());
        object.insert("label".into(), site.label.clone().into());
        let kind = match &site.kind {
            Kind::Call => "call",
            Kind::Return => "return",
            Kind::Values(_) => "values",
            Kind::Measurement(_) => "measurement",
            Kind::Mismatch => "lost pattern",
            Kind::Unexpected => "unexpected exception",
        };
        object.insert("kind".into(), kind.into());
        if site.kind == Kind::Call {
            let known = Known { handles: &Handles::default(), at: &[] };
            object.insert("words".into(), registers::call(&record.values, known).into());
        }
    }
    if let (Event::Monitor(event), Some(object)) = (event, value.as_object_mut()) {
        object.insert("words".into(), tell::monitor(event).into());
    }
    value
}
