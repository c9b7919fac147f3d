//! Random histories: a slice of `tantalum soak`.

use scenarios::histories::{MOST_CORES, Tally, Theatre};

/// Histories on each number of cores, and calls of each.
const HISTORIES: u64 = 40;
const CALLS: u32 = 200;

#[test]
fn whatever_everybody_calls_the_oracle_finds_nothing() {
    let mut tally = Tally::default();
    for cores in 1..=MOST_CORES {
        let mut theatre = Theatre::new(cores);
        for seed in 0..HISTORIES {
            let history = theatre.play(seed, CALLS);
            if !history.findings.is_empty() {
                let short = theatre.shrink(seed, &history);
                let calls: Vec<_> = short.calls.iter().map(|exchange| exchange.in_words()).collect();
                panic!("{cores} cores, seed {seed}: {}\n{}", short.findings.join("\n"), calls.join("\n"));
            }
            tally.count(&history.calls);
        }
    }
    println!("{tally}");
    assert!(tally.success() >= 40, "{tally}");
}
