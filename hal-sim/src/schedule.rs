//! Which core runs when: a schedule is a list of turns.
//!
//! A turn is a core and a number of steps (`turn.rs`). It ends early where the core cannot go on: it waits for a
//! lock or an interrupt, or is off. As text a turn is `core:steps`, and turns are separated by spaces.

use std::fmt::Write;
use std::str::FromStr;

use crate::junk::Junk;

/// How the turns of a machine with several cores are chosen. With one core there is nothing to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// By a pseudo-random sequence that begins with this seed.
    Seeded(u64),
    /// Each core in its order, for this many steps, at least one.
    RoundRobin(u64),
    /// The turns of an [`Outcome::schedule`](crate::Outcome::schedule); when they are used up, each core in its
    /// order, for 1000 steps.
    Replay(String),
}

impl Default for Schedule {
    /// Each core in its order, for long turns.
    fn default() -> Self {
        Self::RoundRobin(1000)
    }
}

/// Steps of a turn when a replayed schedule is used up.
const AFTER_REPLAY: u64 = 1000;

/// Steps of a turn of the only core: many, and not for ever, so that a program that lets no guest run is found.
const ALONE: u64 = 1 << 20;

/// One turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Whose.
    pub core: usize,
    /// How long at most.
    pub steps: u64,
}

impl FromStr for Turn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (core, steps) = text.split_once(':')?;
            Some(Self { core: core.parse().ok()?, steps: steps.parse().ok()? })
        };
        parse().ok_or_else(|| format!("a turn of a schedule is `core:steps`, not `{text}`"))
    }
}

/// Chooses turns and remembers what became of them.
pub struct Scheduler {
    source: Source,
    /// Whose turn was the last.
    last: Option<usize>,
    taken: String,
}

enum Source {
    Seeded(Junk),
    RoundRobin(u64),
    Replay(std::vec::IntoIter<Turn>),
}

impl Scheduler {
    /// A scheduler that follows `schedule`.
    ///
    /// Panics where it is no schedule.
    pub fn new(schedule: &Schedule) -> Self {
        let source = match schedule {
            Schedule::Seeded(seed) => Source::Seeded(Junk::new(*seed)),
            Schedule::RoundRobin(steps) => Source::RoundRobin((*steps).max(1)),
            Schedule::Replay(text) => {
                let turns: Result<Vec<Turn>, String> = text.split_whitespace().map(Turn::from_str).collect();
                Source::Replay(turns.unwrap_or_else(|error| panic!("{error}")).into_iter())
            }
        };
        Self { source, last: None, taken: String::new() }
    }

    /// The next turn: of one of the cores that are `ready`, of which there is one.
    pub fn next(&mut self, ready: &[bool]) -> Turn {
        if ready.len() == 1 {
            return Turn { core: 0, steps: ALONE };
        }
        let cores = || (0..ready.len()).filter(|&core| ready[core]);
        let after = self.last.map_or(0, |last| last + 1);
        let in_order = |steps| {
            let core = cores().find(|&core| core >= after).or_else(|| cores().next());
            Turn { core: core.expect("a core is ready"), steps }
        };
        let turn = match &mut self.source {
            Source::RoundRobin(steps) => in_order(*steps),
            Source::Replay(turns) => turns
                .find(|turn| ready.get(turn.core) == Some(&true))
                .unwrap_or_else(|| in_order(AFTER_REPLAY)),
            Source::Seeded(numbers) => {
                let which = numbers.next() % cores().count() as u64;
                let core = cores().nth(which as usize).expect("a core is ready");
                Turn { core, steps: steps(numbers) }
            }
        };
        self.last = Some(turn.core);
        turn
    }

    /// The last turn took `steps`.
    pub fn took(&mut self, steps: u64) {
        if let Some(core) = self.last {
            let space = if self.taken.is_empty() { "" } else { " " };
            write!(self.taken, "{space}{core}:{steps}").expect("a string takes what is written");
        }
    }

    /// The turns that were taken, as text.
    pub fn taken(self) -> String {
        self.taken
    }
}

/// The length of a turn: from 1 to 4096, each power of two as likely as another, so that one step and thousands
/// both happen.
const fn steps(numbers: &mut Junk) -> u64 {
    let bits = numbers.next() % 13;
    1 + numbers.next() % (1 << bits)
}
