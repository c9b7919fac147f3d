//! What calls came to: each function and each result, counted.

use std::collections::BTreeMap;
use std::fmt;

use super::call::Exchange;

/// Results by function and name.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    counted: BTreeMap<(String, String), u64>,
    calls: u64,
    succeeded: u64,
}

impl Tally {
    /// Counts what came back of `calls`.
    pub fn count(&mut self, calls: &[Exchange]) {
        for exchange in calls.iter().filter(|exchange| exchange.back.is_some()) {
            self.calls += 1;
            self.succeeded += u64::from(exchange.succeeded());
            *self.counted.entry((exchange.function(), exchange.result())).or_default() += 1;
        }
    }

    /// How many calls came back.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Of a hundred calls that came back, how many succeeded.
    pub fn success(&self) -> u64 {
        (self.succeeded * 100).checked_div(self.calls).unwrap_or(0)
    }

    /// How many pairs of a function and a result were seen.
    pub fn pairs(&self) -> usize {
        self.counted.len()
    }
}

impl Tally {
    /// A line for each function: what it came to, how often.
    pub fn table(&self) -> String {
        let mut functions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((function, result), times) in &self.counted {
            functions.entry(function).or_default().push(format!("{result} {times}"));
        }
        let lines =
            functions.iter().map(|(function, results)| format!("  {function:30} {}\n", results.join(", ")));
        lines.collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {} % succeeded, {} pairs of function and result",
            self.calls,
            self.success(),
            self.pairs()
        )
    }
}
