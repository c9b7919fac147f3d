//! Random histories: a slice of `tantalum soak --campaign histories`.

use scenarios::histories::Histories;
use scenarios::soak::{Cases, play};

/// Histories that are played.
const SLICE: Cases = Cases { seed: 1, first: 0, count: 160 };

#[test]
fn whatever_everybody_calls_the_oracle_finds_nothing_and_most_calls_succeed() {
    let mut campaign = Histories::new();
    if let Err(failure) = play(&mut campaign, SLICE, |_, _| {}) {
        panic!("history {}: {}", failure.case, failure.words);
    }
    println!("{campaign}");
    assert!(campaign.tally().success() >= 40, "{campaign}");
    assert!(campaign.tally().calls() >= 25_000, "{campaign}");
}
