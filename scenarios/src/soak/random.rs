//! Chance, the same for the same case of the same seed.

use hal_sim::Junk;

/// The choices of one case.
pub struct Random(Junk);

impl Random {
    /// The choices of the case number `case` of `seed`.
    pub fn of(seed: u64, case: u64) -> Self {
        let mut of_case = Junk::new(case);
        Self(Junk::new(seed ^ of_case.next()))
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.0.next() % limit as u64) as usize
    }

    /// True so often in a hundred times.
    pub fn percent(&mut self, often: usize) -> bool {
        self.below(100) < often
    }

    /// One of `choices`, of which there is at least one.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.next()
    }
}
