//! A transcript as a Mermaid sequence diagram.

use std::fmt::Write;

use super::Event;
use super::tell::{self, Told};
use crate::program::Image;
use crate::scenario::Prepared;

/// The events of a run as the text of a diagram.
pub fn mermaid(prepared: &Prepared, events: &[Event]) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let mut participants = vec!["NWd".to_string(), "EL3".to_string(), "SPMC".to_string()];
    let normal_world = participants[0].clone();
    participants.extend(prepared.programs().map(Image::name).filter(|name| *name != normal_world));
    let mut add =
        |line: String| writeln!(text, "    {}", line.replace(';', ",")).expect("a string takes any text");
    for participant in &participants {
        add(format!("participant {participant}"));
    }
    let everybody = format!("{},{}", participants[0], participants[participants.len() - 1]);
    for told in tell::tell(prepared, events) {
        match told {
            Told::Step(step) => add(format!("Note over {everybody}: {}. {}", step.number, step.title)),
            Told::Call { who, whom, call, back, .. } => {
                let who = who.name();
                add(format!("{who}->>{whom}: {call}"));
                if let Some(back) = back {
                    add(format!("{whom}-->>{who}: {back}"));
                }
            }
            // What brings it, where another guest does, is that guest's own arrow.
            Told::Back { who, from, back, .. } if from == "SPMC" => {
                add(format!("SPMC-->>{}: {back}", who.name()));
            }
            Told::Back { .. } => {}
            Told::Says { who, label, values } => {
                add(format!("Note over {}: {label}: {values}", who.name()));
            }
            Told::Monitor(event) if event.kind >= 3 => {
                add(format!("Note over SPMC: {}", tell::monitor(event)))
            }
            Told::Monitor(_) => {}
            Told::Strange(sentence) => add(format!("Note over {everybody}: {sentence}")),
        }
    }
    text
}
