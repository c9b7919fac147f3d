//! A scenario that is swept: what it is without an interrupt, and whether it is that with one.

use super::kinds::{Kind, Point};
use crate::machine::Run;
use crate::machine::sim::Conditions;
use crate::program::Image;
use crate::program::frame::Slot;
use crate::scenario::{Handler, Prepared, Server, Testimony, judge};
use crate::transcript::{Event, Record, decode, guest_lines};

/// A scenario with interrupts from outside that somebody handles, or nobody.
pub struct Subject {
    prepared: Prepared,
    testimony: Testimony,
    server: Option<Server>,
    /// The run without an interrupt.
    quiet: Run,
    kinds: Vec<Kind>,
}

impl Subject {
    /// `prepared`, with the interrupts of `server`, of which `run` makes a run; or what is wrong with it without an
    /// interrupt.
    pub fn new(
        prepared: Prepared,
        testimony: Testimony,
        server: Option<Server>,
        run: impl FnOnce(&Conditions) -> Run,
    ) -> Result<Self, String> {
        let conditions = Conditions { reads: asked(&prepared, server), ..Conditions::default() };
        let quiet = run(&conditions);
        if let Some(failure) = judge(&prepared, &quiet, &decode(&quiet.stream)).failures.into_iter().next() {
            return Err(format!("{}, without an interrupt: {failure}", prepared.name));
        }
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.server() == server).collect();
        Ok(Self { prepared, testimony, server, quiet, kinds })
    }

    /// The scenario's name.
    pub fn name(&self) -> &'static str {
        self.prepared.name
    }

    /// How many points there are: steps from the first guest instruction on, each with each kind.
    pub fn points(&self) -> u64 {
        (self.quiet.steps - self.quiet.steps_to_guest) * self.kinds.len() as u64
    }

    /// How many kinds of interrupts come.
    pub fn kinds(&self) -> u64 {
        self.kinds.len() as u64
    }

    /// The point of this `index`.
    pub fn point(&self, index: u64) -> Point {
        let kinds = self.kinds.len() as u64;
        let step = self.quiet.steps_to_guest + index / kinds;
        Point { kind: self.kinds[(index % kinds) as usize], step }
    }

    /// The conditions of a run with an interrupt at `point`.
    pub fn conditions(&self, point: Point) -> Conditions {
        Conditions {
            interrupts: Some(point.injection()),
            reads: asked(&self.prepared, self.server),
            // An interrupt makes a run longer by some thousand instructions.
            budget: 2 * self.quiet.instructions + 100_000,
            ..Conditions::default()
        }
    }

    /// What is wrong with `run`, in which there was an interrupt of this `kind`.
    pub fn failure(&self, kind: Kind, run: &Run) -> Option<String> {
        let events = decode(&run.stream);
        let judged = || judge(&self.prepared, run, &events).failures.into_iter().next();
        judged().or_else(|| self.difference(&run.stream, &events)).or_else(|| self.miscount(kind, run))
    }

    /// The first line of the guests that is not as without an interrupt.
    fn difference(&self, stream: &[u8], events: &[Event]) -> Option<String> {
        let quiet = decode(&self.quiet.stream);
        if self.testimony != Testimony::Same || lanes(&quiet) == lanes(events) {
            return None;
        }
        let [before, now] = [&self.quiet.stream, stream].map(|stream| guest_lines(&self.prepared, stream));
        let (before, now) = before.iter().zip(&now).find(|(before, now)| before != now)?;
        Some(format!("the guests testify \"{}\", and without an interrupt \"{}\"", now.trim(), before.trim()))
    }

    /// What of an interrupt of this `kind` was not handled once, or is left, or what it made of others.
    fn miscount(&self, kind: Kind, run: &Run) -> Option<String> {
        let (left, quiet) = (&run.left, &self.quiet.left);
        let came = |to: bool| if to { left.arrived } else { 0 };
        let due = [
            ("the normal world", came(kind == Kind::NormalWorlds)),
            (
                self.server.map_or("", name),
                came(matches!(kind, Kind::Level(_) | Kind::Edge(_) | Kind::Timer(_))),
            ),
        ];
        for ((who, due), (now, quiet)) in due.into_iter().zip(left.words.chunks(2).zip(quiet.words.chunks(2)))
        {
            if now[0] != due {
                return Some(format!("{who} handled {} interrupts from outside, and {due} came", now[0]));
            }
            if now[1] != quiet[1] {
                return Some(format!("{who} handled {} other interrupts, and {} came", now[1], quiet[1]));
            }
        }
        let (handled, due) = (left.firmware_interrupts, came(kind == Kind::GroupZero));
        if handled != due {
            return Some(format!("EL3 handled {handled} interrupts of its own, and {due} came"));
        }
        let more = left.interrupts.iter().find(|words| !quiet.interrupts.contains(words));
        more.map(|words| format!("{words} at the end"))
    }
}

/// What sentences call `server`.
pub const fn name(server: Server) -> &'static str {
    match server.handler {
        Handler::FirstPartition => "SP1",
        Handler::Witness => "the witness",
    }
}

/// Where the programs count the interrupts that they handled: the normal world's on the first core, and the one's that
/// serves those of the secure world; those from outside, then the others.
fn asked(prepared: &Prepared, server: Option<Server>) -> Vec<hal::Pa> {
    let served = server.and_then(|server| match server.handler {
        Handler::FirstPartition => prepared.partitions.first(),
        Handler::Witness => prepared.partitions.last(),
    });
    let count = |image: &Image| [Slot::FROM_OUTSIDE, Slot::INTERRUPTS].map(|slot| image.slot(slot));
    std::iter::once(&prepared.normal_world).chain(served).flat_map(count).collect()
}

/// What the guests testify, each for itself.
fn lanes(events: &[Event]) -> Vec<&Record> {
    let records = events.iter().filter_map(|event| match event {
        Event::Guest(record) => Some(record),
        _ => None,
    });
    let mut lanes: Vec<_> = records.collect();
    lanes.sort_by_key(|record| record.program);
    lanes
}
