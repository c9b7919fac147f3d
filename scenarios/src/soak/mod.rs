//! Soaks: campaigns of random cases, as many as one likes, each of which can be repeated alone.
//!
//! A case is a seed and a number. The same case is the same on every computer, whatever was played before it.

pub mod bad_input;
pub mod random;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::bad_input::{BadInput, Readers};
use self::random::Random;
use crate::histories::Histories;

/// Random cases of one subject. Its `Display` is what was seen so far.
pub trait Campaign: fmt::Display {
    /// What a person calls it.
    fn name(&self) -> &'static str;

    /// Plays the case with this number.
    ///
    /// # Errors
    /// What is not as it must be, in words.
    fn play(&mut self, case: u64, random: &mut Random) -> Result<(), String>;

    /// How many single things one case tries: so much shorter is a campaign that is told how many things to try.
    fn worth(&self) -> u64 {
        1
    }

    /// What was seen so far in full, in lines.
    fn table(&self) -> String {
        String::new()
    }
}

/// Every campaign, at its beginning.
pub fn campaigns() -> Vec<Box<dyn Campaign>> {
    vec![Box::new(BadInput::new(Readers::OWN, 250)), Box::new(Histories::new())]
}

/// Which cases are played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cases {
    /// The seed.
    pub seed: u64,
    /// The number of the first.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// A case that was not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its number.
    pub case: u64,
    /// What was found.
    pub words: String,
}

/// Plays `cases` of `campaign` until one is not as it must be; `begins` is told before each.
///
/// # Errors
/// The case that is not as it must be.
pub fn play(
    campaign: &mut dyn Campaign,
    cases: Cases,
    mut begins: impl FnMut(u64, &dyn Campaign),
) -> Result<(), Failure> {
    for case in (cases.first..).take(cases.count as usize) {
        begins(case, campaign);
        let mut random = Random::of(cases.seed, case);
        let played = catch_unwind(AssertUnwindSafe(|| campaign.play(case, &mut random)));
        let played = played.unwrap_or_else(|panic| Err(format!("it panics: {}", message(&*panic))));
        played.map_err(|words| Failure { case, words })?;
    }
    Ok(())
}

/// What somebody panicked with.
fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
