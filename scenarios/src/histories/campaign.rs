//! Histories as a campaign of `tantalum soak`.

use std::fmt;

use super::{MOST_CORES, Tally, Theatre};
use crate::soak::Campaign;
use crate::soak::random::Random;

/// Calls of a history.
const CALLS: u32 = 200;

/// The campaign: each case is a history, on as many cores as there are, in turn.
pub struct Histories {
    theatres: Vec<Theatre>,
    tally: Tally,
}

impl Histories {
    /// No history yet.
    pub fn new() -> Self {
        Self { theatres: (1..=MOST_CORES).map(Theatre::new).collect(), tally: Tally::default() }
    }

    /// What the calls came to.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Default for Histories {
    fn default() -> Self {
        Self::new()
    }
}

impl Campaign for Histories {
    fn name(&self) -> &'static str {
        "histories"
    }

    fn worth(&self) -> u64 {
        CALLS.into()
    }

    fn play(&mut self, case: u64, random: &mut Random) -> Result<(), String> {
        let seed = random.number();
        let theatre = &mut self.theatres[(case % u64::from(MOST_CORES)) as usize];
        let history = theatre.play(seed, CALLS);
        self.tally.count(&history.calls);
        if history.findings.is_empty() {
            return Ok(());
        }
        let short = theatre.shrink(seed, &history);
        let lines = short.findings.iter().cloned().chain(short.calls.iter().map(|call| call.in_words()));
        Err(lines.collect::<Vec<_>>().join("\n  "))
    }

    fn table(&self) -> String {
        self.tally.table()
    }
}

impl fmt::Display for Histories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tally.fmt(f)
    }
}
