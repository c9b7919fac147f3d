//! Which core runs when: a schedule is a list of turns, or a rule that makes one.
//!
//! A turn is a core and a number of steps (`turn.rs`). It ends early where the core cannot go on: it waits for a
//! lock or an interrupt, or is off. As text a turn is `core:steps`, and turns are separated by spaces.

use std::fmt;
use std::str::FromStr;

/// How the turns of a machine with several cores are chosen. With one core there is nothing to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// By a pseudo-random sequence that begins with this seed.
    Seeded(u64),
    /// Each core in its order, for this many steps, at least one.
    RoundRobin(u64),
    /// By random priorities, which fall at a few random moments: with `n` cores and a run of `length` steps, a bug
    /// that `depth` ordered events make shows in one of `n * length^(depth - 1)` such runs or more (Burckhardt,
    /// Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees of finding bugs").
    Pct {
        /// What priorities and moments are drawn from.
        seed: u64,
        /// One more than there are moments; at least 1.
        depth: u64,
        /// Steps among which the moments are drawn.
        length: u64,
    },
    /// The turns of an [`Outcome::schedule`](crate::Outcome::schedule); when they are used up, each core in its
    /// order until it cannot go on, at most 20,000 steps.
    Replay(String),
}

impl Schedule {
    /// Steps among which the moments of [`Schedule::Pct`] are drawn where a text does not say.
    pub const PCT_LENGTH: u64 = 20_000;
}

impl Default for Schedule {
    /// Each core in its order, for long turns.
    fn default() -> Self {
        Self::RoundRobin(1000)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seeded(seed) => write!(f, "seeded:{seed}"),
            Self::RoundRobin(steps) => write!(f, "round-robin:{steps}"),
            Self::Pct { seed, depth, length } => write!(f, "pct:{seed}:{depth}:{length}"),
            Self::Replay(turns) => f.write_str(turns),
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "a schedule is `seeded:SEED`, `round-robin:STEPS`, `pct:SEED:DEPTH` or turns `core:steps core:steps \
                 ...`, not `{text}`"
            )
        };
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let numbers: Option<Vec<u64>> = rest.split(':').map(|number| number.parse().ok()).collect();
        match (kind, numbers.as_deref()) {
            ("seeded", Some(&[seed])) => Ok(Self::Seeded(seed)),
            ("round-robin", Some(&[steps])) => Ok(Self::RoundRobin(steps)),
            ("pct", Some(&[seed, depth])) => Ok(Self::Pct { seed, depth, length: Self::PCT_LENGTH }),
            ("pct", Some(&[seed, depth, length])) => Ok(Self::Pct { seed, depth, length }),
            _ => {
                turns(text).map_err(|_| wrong())?;
                Ok(Self::Replay(text.into()))
            }
        }
    }
}

/// The turns that `text` lists.
pub fn turns(text: &str) -> Result<Vec<Turn>, String> {
    text.split_whitespace().map(Turn::from_str).collect()
}

/// One turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Whose.
    pub core: usize,
    /// How long at most.
    pub steps: u64,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.core, self.steps)
    }
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

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn every_schedule_is_read_back_from_its_text() {
        for schedule in [
            Schedule::Seeded(7),
            Schedule::RoundRobin(50),
            Schedule::Pct { seed: 7, depth: 3, length: 99 },
            Schedule::Replay("0:5 1:7".into()),
        ] {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        assert_eq!("pct:7:3".parse(), Ok(Schedule::Pct { seed: 7, depth: 3, length: Schedule::PCT_LENGTH }));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_what_would_be_one() {
        for text in ["", "0", "seeded", "seeded:x", "seeded:1:2", "pct:1", "0:5 1", "0:5 x:1", "x:1"] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.starts_with("a schedule is `seeded:SEED`"), "{text}: {error}");
        }
    }
}
