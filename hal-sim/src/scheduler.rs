//! Chooses turns as a [`Schedule`] says, and remembers what became of them.

use std::fmt::Write;

use crate::junk::Junk;
use crate::schedule::{Schedule, Turn, turns};

/// Steps of a turn when a replayed schedule is used up: more than a core takes that does not wait in a loop.
pub const AFTER_REPLAY: u64 = 20_000;

/// Steps of a turn of the only core: many, and not for ever, so that a program that lets no guest run is found.
const ALONE: u64 = 1 << 20;

/// Chooses turns and remembers what became of them.
pub struct Scheduler {
    source: Source,
    /// The last turn.
    last: Option<Turn>,
    /// The turns that were taken, but for the one that `going` has.
    taken: String,
    /// What the last core took, in turns one after the other.
    going: Option<Turn>,
    /// The last turn ended because it was long.
    forced: bool,
}

enum Source {
    Seeded(Junk),
    RoundRobin(u64),
    Pct(Priorities),
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
            Schedule::Pct { seed, depth, length } => Source::Pct(Priorities::new(*seed, *depth, *length)),
            Schedule::Replay(text) => {
                Source::Replay(turns(text).unwrap_or_else(|error| panic!("{error}")).into_iter())
            }
        };
        Self { source, last: None, taken: String::new(), going: None, forced: false }
    }

    /// The next turn: of one of the cores that are `ready`, of which there is one.
    pub fn next(&mut self, ready: &[bool]) -> Turn {
        if ready.len() == 1 {
            return Turn { core: 0, steps: ALONE };
        }
        let cores = || (0..ready.len()).filter(|&core| ready[core]);
        let after = self.last.map_or(0, |last| last.core + 1);
        let in_order = |steps| {
            let core = cores().find(|&core| core >= after).or_else(|| cores().next());
            Turn { core: core.expect("a core is ready"), steps }
        };
        let turn = match &mut self.source {
            Source::RoundRobin(steps) => in_order(*steps),
            Source::Pct(priorities) => priorities.next(ready),
            Source::Replay(turns) => turns
                .find(|turn| ready.get(turn.core) == Some(&true))
                .unwrap_or_else(|| in_order(AFTER_REPLAY)),
            Source::Seeded(numbers) => {
                let which = numbers.next() % cores().count() as u64;
                let core = cores().nth(which as usize).expect("a core is ready");
                Turn { core, steps: steps(numbers) }
            }
        };
        self.last = Some(turn);
        turn
    }

    /// The last turn took `steps`; the core can go on, or waits or is off.
    pub fn took(&mut self, steps: u64, goes_on: bool) {
        let Some(Turn { core, steps: given }) = self.last else { return };
        self.forced = given == AFTER_REPLAY && steps == given;
        match &mut self.going {
            Some(going) if going.core == core => going.steps += steps,
            going => {
                let before = going.replace(Turn { core, steps });
                self.write(before);
            }
        }
        if !goes_on {
            let ended = self.going.take();
            self.write(ended);
        }
        if let Source::Pct(priorities) = &mut self.source {
            priorities.took(core, steps);
        }
    }

    /// True where the last core could go on and had its turn for so long that another one must follow.
    pub fn was_forced(&self) -> bool {
        self.forced
    }

    fn write(&mut self, turn: Option<Turn>) {
        if let Some(turn) = turn {
            let space = if self.taken.is_empty() { "" } else { " " };
            write!(self.taken, "{space}{turn}").expect("a string takes what is written");
        }
    }

    /// The turns that were taken, as text.
    pub fn taken(mut self) -> String {
        let going = self.going.take();
        self.write(going);
        self.taken
    }
}

/// The length of a turn: from 1 to 4096, each power of two as likely as another, so that one step and thousands
/// both happen.
const fn steps(numbers: &mut Junk) -> u64 {
    let bits = numbers.next() % 13;
    1 + numbers.next() % (1 << bits)
}

/// The priorities of [`Schedule::Pct`].
struct Priorities {
    numbers: Junk,
    /// Higher runs first; no two are equal.
    of: Vec<i64>,
    /// The next one that falls gets this.
    lowest: i64,
    /// The moments, in steps since the start, the earliest last.
    moments: Vec<u64>,
    steps: u64,
    /// What the core that ran last has taken since another one did.
    alone: Turn,
}

impl Priorities {
    /// Steps after which it is looked again who can go on.
    const LOOK: u64 = 32;
    /// Steps after which a core must let another run: it may wait for that in a loop.
    const PATIENCE: u64 = 5_000;

    fn new(seed: u64, depth: u64, length: u64) -> Self {
        let mut numbers = Junk::new(seed);
        let mut moments: Vec<u64> = (1..depth).map(|_| numbers.next() % length.max(1)).collect();
        moments.sort_unstable_by(|a, b| b.cmp(a));
        Self { numbers, of: Vec::new(), lowest: 0, moments, steps: 0, alone: Turn { core: 0, steps: 0 } }
    }

    fn next(&mut self, ready: &[bool]) -> Turn {
        while self.of.len() < ready.len() {
            // Two equal numbers of 62 bits do not come.
            self.of.push((self.numbers.next() >> 2).cast_signed() + 1);
        }
        let core = (0..ready.len()).filter(|&core| ready[core]).max_by_key(|&core| self.of[core]);
        let until = self.moments.last().map_or(u64::MAX, |moment| moment - self.steps);
        Turn { core: core.expect("a core is ready"), steps: until.clamp(1, Self::LOOK) }
    }

    fn took(&mut self, core: usize, steps: u64) {
        self.steps += steps;
        self.alone = match self.alone {
            alone if alone.core == core => Turn { core, steps: alone.steps + steps },
            _ => Turn { core, steps },
        };
        let moment = self.moments.pop_if(|moment| *moment <= self.steps);
        if moment.is_some() || self.alone.steps > Self::PATIENCE {
            self.moments.retain(|moment| *moment > self.steps);
            self.lowest -= 1;
            self.of[core] = self.lowest;
            self.alone.steps = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Schedule, Scheduler};

    /// Whose turn it is for `steps` steps on a machine whose two cores can always go on.
    fn order(schedule: &Schedule, steps: u64) -> Vec<usize> {
        let mut scheduler = Scheduler::new(schedule);
        let mut order = Vec::new();
        while (order.len() as u64) < steps {
            let turn = scheduler.next(&[true, true]);
            scheduler.took(turn.steps, true);
            order.extend((0..turn.steps).map(|_| turn.core));
        }
        order
    }

    #[test]
    fn priorities_of_depth_three_change_the_core_twice_at_moments_that_the_seed_draws() {
        let moments = |seed| {
            let order = order(&Schedule::Pct { seed, depth: 3, length: 1000 }, 1000);
            (1..1000).filter(|&at| order[at] != order[at - 1]).collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..20).map(moments).collect();
        assert!(all.iter().all(|moments| moments.len() <= 2), "{all:?}");
        assert!(all.iter().filter(|moments| moments.len() == 2).count() > 10, "{all:?}");
        assert_eq!(all[3], moments(3));
        assert_ne!(all[3], all[4]);
    }

    #[test]
    fn a_core_of_the_highest_priority_does_not_run_alone_for_ever() {
        for seed in 0..10 {
            let order = order(&Schedule::Pct { seed, depth: 1, length: 1 }, 20_000);
            assert!(order.contains(&0) && order.contains(&1), "seed {seed}");
        }
    }
}
