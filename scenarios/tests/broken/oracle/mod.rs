//! Monitors that do what FF-A forbids: the oracle must say so, in words that name who, what and where.

mod answers;
mod reach;
mod sysregs;
mod writes;

use scenarios::machine::layout;
use scenarios::scenario::Prepared;

use super::bugs::NoBug;
use super::machine::{Bug, run};
use super::prepared;

/// A page in the middle of SP1's memory.
const PAGE_OF_SP1: u64 = layout::partition_base(1) + 0x1_0000;
/// A page in the middle of SP2's.
const PAGE_OF_SP2: u64 = layout::partition_base(2) + 0x1_0000;

/// What the oracle finds in a run of `prepared` with `bug`.
fn findings(prepared: &Prepared, bug: &mut dyn Bug) -> Vec<String> {
    run(prepared, bug).findings.into_iter().filter(|finding| finding.starts_with("oracle: ")).collect()
}

/// The oracle finds `bug` in a run of scenario `name`, first with these words.
#[track_caller]
fn assert_found(name: &str, mut bug: impl Bug, words: &[&str]) {
    assert_found_in(&prepared(name), &mut bug, words);
}

#[track_caller]
fn assert_found_in(prepared: &Prepared, bug: &mut dyn Bug, words: &[&str]) {
    let found = findings(prepared, bug);
    let first = found.first().map_or("nothing", String::as_str);
    for words in words {
        assert!(first.contains(words), "the oracle does not say {words:?} first:\n{}", found.join("\n"));
    }
}

#[test]
fn a_monitor_without_a_bug_is_not_accused() {
    assert_eq!(findings(&prepared("flow"), &mut NoBug), Vec::<String>::new());
}
