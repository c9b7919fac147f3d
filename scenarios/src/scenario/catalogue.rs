//! The scenarios there are.

use super::{Parameters, RunsOn, Scenario};
use crate::steps::{self, Stage};

/// Defines a scenario: name, what it shows, partitions, steps.
const fn scenario(
    name: &'static str,
    shows: &'static str,
    partitions: u16,
    play: fn(&mut Stage, &Parameters),
) -> Scenario {
    Scenario { name, shows, partitions, runs_on: RunsOn::Both, play }
}

static ALL: [Scenario; 7] = [
    scenario("hello", "one partition boots and answers one message", 1, |stage, _| {
        steps::boot(stage);
        steps::first_message(stage);
        steps::end(stage);
    }),
    scenario(
        "flow",
        "everything: boot, discovery, messages, isolation, sharing, preemption",
        2,
        |stage, _| {
            steps::boot(stage);
            steps::discovery(stage);
            steps::echo(stage);
            steps::chain(stage);
            steps::self_request(stage);
            steps::isolation(stage);
            steps::sharing(stage);
            steps::preemption(stage);
            steps::end(stage);
        },
    ),
    scenario("chain", "a request goes through SP2 to SP1 and back; SP2 may not ask itself", 2, |stage, _| {
        steps::boot(stage);
        steps::chain(stage);
        steps::self_request(stage);
        steps::end(stage);
    }),
    scenario(
        "isolation",
        "SP2 reaches for memory that is not its own and takes the aborts",
        2,
        |stage, _| {
            steps::boot(stage);
            steps::isolation(stage);
            steps::end(stage);
        },
    ),
    scenario(
        "share",
        "a page of the normal world is shared, written, given back, reclaimed",
        1,
        |stage, _| {
            steps::boot(stage);
            steps::discovery(stage);
            steps::sharing(stage);
            steps::end(stage);
        },
    ),
    scenario("preempt", "the normal world's timer fires while a partition computes", 1, |stage, _| {
        steps::boot(stage);
        steps::preemption(stage);
        steps::unseen_preemption(stage);
        steps::end(stage);
    }),
    scenario(
        "echo-bench",
        "many direct messages in a loop in which nobody testifies",
        1,
        |stage, parameters| {
            steps::boot(stage);
            steps::many_echoes(stage, parameters.messages);
            steps::end(stage);
        },
    ),
];

/// All scenarios.
pub fn all() -> &'static [Scenario] {
    &ALL
}

/// The scenario called `name`; otherwise the names that are nearest, best first.
pub fn find(name: &str) -> Result<&'static Scenario, Vec<&'static str>> {
    ALL.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let mut names: Vec<_> = ALL.iter().map(|scenario| scenario.name).collect();
        names.sort_by_key(|candidate| distance(name, candidate));
        names
    })
}

/// How many letters must be put in, taken out or changed to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_right_one_first() {
        for (wrong, right) in [("flw", "flow"), ("isolatoin", "isolation"), ("echobench", "echo-bench")] {
            assert_eq!(find(wrong).err().unwrap()[0], right);
        }
    }

    #[test]
    fn names_are_kebab_case_and_there_once() {
        let mut names: Vec<_> = all().iter().map(|scenario| scenario.name).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }
}
