//! Exploration: every schedule of a program that differs in what anybody could notice, up to a number of preemptions.
//!
//! A run is repeated under one schedule after another; each is the beginning of a former one and then another
//! core's turn. A *preemption* takes the turn from a core that could go on; a core that waits for a lock, an
//! interrupt or a change of memory, or goes off, makes room without one, and then every choice is explored. Most
//! mistakes need two preemptions or fewer (Musuvathi, Qadeer: "Iterative context bounding for systematic testing of
//! multithreaded programs").
//!
//! Two things make the schedules few, and lose no outcome:
//!
//! - **A turn is taken away only before a [`Transition`] that touches what several cores touch and some write.** To
//!   take it away elsewhere is the same as to take it away before the next such one.
//! - **A choice is not followed where it was followed before from the same state** with as few preemptions. States
//!   are the same where what happened is, but for the order of what is independent ([`Past`]). Sleep sets would
//!   prune the same runs, but are wrong together with a bound.
//!
//! What several cores touch is found on the way: where that grows, exploration begins anew.

mod past;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::record::{self, Access, Object, Record, Transition};
use crate::schedule::{Schedule, Turn};
use crate::scheduler::AFTER_REPLAY;
use past::Past;

/// How much is explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exploration {
    /// The most preemptions in a run.
    pub preemptions: usize,
    /// The most runs.
    pub runs: usize,
    /// Which schedules count as different.
    pub reduction: Reduction,
}

/// Which schedules count as different.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reduction {
    /// All of them.
    None,
    /// Those that differ in the order of what is not independent.
    Independence,
}

/// What came of an exploration.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Explored {
    /// Schedules that were run to their end.
    pub schedules: usize,
    /// Runs before it was known what several cores touch.
    pub preliminary: usize,
    /// Choices that were not followed because that was done before.
    pub pruned: usize,
    /// Choices that were not followed because they would be a preemption too many.
    pub beyond: usize,
    /// The most points of a run at which there was a choice.
    pub points: usize,
    /// It ended before everything was explored.
    pub is_cut: bool,
    /// The first run that was not as it must be.
    pub failure: Option<Failure>,
}

/// A run that was not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What repeats it.
    pub schedule: Schedule,
    /// Why.
    pub words: String,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedules, preliminary, pruned, beyond, points, .. } = self;
        write!(
            f,
            "{schedules} schedules explored, {pruned} choices pruned, {beyond} beyond the bound, at most {points} \
             points of choice in a run; {preliminary} runs before that found what cores share"
        )
    }
}

impl Exploration {
    /// Everything with so many `preemptions` at most.
    pub const fn with_preemptions(preemptions: usize) -> Self {
        Self { preemptions, runs: usize::MAX, reduction: Reduction::Independence }
    }

    /// Explores what `run` does; it makes a machine, runs it under the schedule and says what is wrong. Between runs
    /// `watch` learns how far it came.
    ///
    /// Panics where the locks of the program are not at the same places in memory in each run.
    pub fn explore(
        &self,
        mut run: impl FnMut(&Schedule) -> Result<(), String>,
        watch: impl FnMut(&Explored),
    ) -> Explored {
        self.search(|turns| record::recorded(|| run(&replay(turns))), watch)
    }

    fn search(
        &self,
        mut run: impl FnMut(&[Turn]) -> (Result<(), String>, Record),
        mut watch: impl FnMut(&Explored),
    ) -> Explored {
        let mut shared = Shared::default();
        let mut preliminary = 0;
        for _ in 0..MOST_BEGINNINGS {
            let mut search = Search::new(*self, &mut shared, preliminary);
            match search.follow(&mut run, &mut watch) {
                Ended::Done => return search.explored,
                Ended::SharesMore => preliminary += search.explored.schedules,
            }
        }
        panic!("the locks of the program are somewhere else in each run");
    }
}

/// How often an exploration begins anew: many times what a program needs whose locks do not move.
const MOST_BEGINNINGS: usize = 1000;

/// The schedule of these turns.
fn replay(turns: &[Turn]) -> Schedule {
    Schedule::Replay(turns.iter().map(Turn::to_string).collect::<Vec<_>>().join(" "))
}

/// Who touches what.
#[derive(Default)]
struct Shared {
    uses: HashMap<Object, Use>,
    /// What several cores touch and some write.
    objects: HashSet<Object>,
}

struct Use {
    core: usize,
    by_others: bool,
    is_written: bool,
}

impl Shared {
    /// Learns of a run. True where it shows that more is shared than was known.
    fn learn(&mut self, record: &Record) -> bool {
        let before = self.objects.len();
        for transition in &record.transitions {
            for (object, access) in &transition.touches {
                let first = || Use { core: transition.core, by_others: false, is_written: false };
                let uses = self.uses.entry(*object).or_insert_with(first);
                uses.by_others |= uses.core != transition.core;
                uses.is_written |= *access == Access::Write;
                if uses.by_others && uses.is_written {
                    self.objects.insert(*object);
                }
            }
        }
        self.objects.len() > before
    }
}

/// The state after what has a fingerprint, and the core that goes on from it.
type Choice = (u64, usize);

/// A schedule to follow.
struct Beginning {
    turns: Vec<Turn>,
    /// Transitions up to and with the first of the last turn.
    known: usize,
    choice: Choice,
    preemptions: usize,
}

/// Where a choice was followed.
#[derive(Clone, Copy)]
struct Followed {
    preemptions: usize,
    run: usize,
}

enum Ended {
    Done,
    SharesMore,
}

struct Search<'a> {
    bounds: Exploration,
    shared: &'a mut Shared,
    stack: Vec<Beginning>,
    followed: HashMap<Choice, Followed>,
    explored: Explored,
}

impl<'a> Search<'a> {
    fn new(bounds: Exploration, shared: &'a mut Shared, preliminary: usize) -> Self {
        let explored = Explored { preliminary, ..Explored::default() };
        Self { bounds, shared, stack: Vec::new(), followed: HashMap::new(), explored }
    }

    fn follow(
        &mut self,
        run: &mut impl FnMut(&[Turn]) -> (Result<(), String>, Record),
        watch: &mut impl FnMut(&Explored),
    ) -> Ended {
        let mut next = Some(Beginning { turns: Vec::new(), known: 0, choice: (0, 0), preemptions: 0 });
        while let Some(beginning) = next {
            if self.explored.schedules + self.explored.preliminary == self.bounds.runs {
                self.explored.is_cut = true;
                return Ended::Done;
            }
            let (result, record) = run(&beginning.turns);
            self.explored.schedules += 1;
            if let Err(words) = result {
                self.explored.failure = Some(Failure { schedule: replay(&record.turns), words });
                return Ended::Done;
            }
            if self.bounds.reduction == Reduction::Independence && self.shared.learn(&record) {
                return Ended::SharesMore;
            }
            self.branch(&beginning, &record);
            watch(&self.explored);
            next = self.next();
        }
        Ended::Done
    }

    /// The next schedule that is still worth following.
    fn next(&mut self) -> Option<Beginning> {
        while let Some(beginning) = self.stack.pop() {
            let better = self.followed.get(&beginning.choice);
            if self.bounds.reduction == Reduction::None
                || better.is_none_or(|better| better.preemptions >= beginning.preemptions)
            {
                return Some(beginning);
            }
            self.explored.pruned += 1;
        }
        None
    }

    /// Finds the choices of a run after its `beginning`.
    fn branch(&mut self, beginning: &Beginning, record: &Record) {
        let run = self.explored.schedules;
        let reduced = self.bounds.reduction == Reduction::Independence;
        let mut past = Past::default();
        let (mut preemptions, mut points) = (0, 0);
        for (index, transition) in record.transitions.iter().enumerate() {
            let cost = |core| preemptions + usize::from(transition.stays.is_some_and(|stays| stays != core));
            let choice = (past.fingerprint(), transition.core);
            let now = cost(transition.core);
            points += usize::from(self.is_point(transition));
            if index + 1 == beginning.known {
                assert_eq!(choice.1, beginning.choice.1, "a run does not repeat its beginning");
                self.followed.insert(choice, Followed { preemptions: now, run });
            } else if index >= beginning.known && self.is_point(transition) {
                let before = self.followed.get(&choice).filter(|before| before.preemptions <= now);
                match before {
                    Some(before) if reduced && before.run != run => {
                        self.explored.pruned += 1;
                        break;
                    }
                    Some(_) => {}
                    None => drop(self.followed.insert(choice, Followed { preemptions: now, run })),
                }
                for other in (0..8).filter(|core| transition.ready >> core & 1 != 0) {
                    if other == transition.core {
                        continue;
                    }
                    let (choice, preemptions) = ((past.fingerprint(), other), cost(other));
                    let before = self.followed.get(&choice);
                    if preemptions > self.bounds.preemptions {
                        self.explored.beyond += 1;
                    } else if reduced && before.is_some_and(|before| before.preemptions <= preemptions) {
                        self.explored.pruned += 1;
                    } else {
                        self.followed.insert(choice, Followed { preemptions, run });
                        let turns = turns_before(record, transition, other);
                        self.stack.push(Beginning { turns, known: index + 1, choice, preemptions });
                    }
                }
            }
            preemptions = now;
            past.add(transition);
        }
        self.explored.points = self.explored.points.max(points);
    }

    /// True where it matters who goes on before `transition`.
    fn is_point(&self, transition: &Transition) -> bool {
        let several = transition.ready.count_ones() > 1;
        let free = transition.stays != Some(transition.core);
        let shared = |(object, _): &(Object, Access)| self.shared.objects.contains(object);
        several && (free || self.bounds.reduction == Reduction::None || transition.touches.iter().any(shared))
    }
}

/// The turns up to `transition` of a run, and then `other`'s.
fn turns_before(record: &Record, transition: &Transition, other: usize) -> Vec<Turn> {
    let mut turns = record.turns[..transition.turn].to_vec();
    if transition.step > 0 {
        turns.push(Turn { core: transition.core, steps: transition.step });
    }
    turns.push(Turn { core: other, steps: AFTER_REPLAY });
    turns
}
