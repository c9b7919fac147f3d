//! Bugs planted between the monitor and the machine: each must fail the flow, in words that point at the place.

mod planted;

use planted::{Bug, verdict};

#[track_caller]
fn assert_said(bug: Bug, words: &[&str]) {
    let failures = verdict("flow", bug);
    for words in words {
        assert!(
            failures.iter().any(|failure| failure.contains(words)),
            "no failure says {words:?}:\n{}",
            failures.join("\n")
        );
    }
}

#[test]
fn without_a_bug_nothing_is_said() {
    assert_eq!(verdict("flow", Bug::None), Vec::<String>::new());
}

#[test]
fn a_register_left_out_of_the_switch_list_is_named() {
    assert_said(
        Bug::RegisterNotSwitched,
        &["TPIDR_EL1 of the normal world was not kept", "the pattern of SP"],
    );
}

#[test]
fn a_vector_register_left_out_of_the_switch_is_named() {
    assert_said(
        Bug::VectorNotSwitched,
        &["V7 (low half) of the normal world was not kept", "the pattern of SP"],
    );
}

#[test]
fn a_pointer_authentication_key_left_out_of_the_switch_is_named() {
    assert_said(
        Bug::KeyNotSwitched,
        &["APIAKeyLo_EL1 of the normal world was not kept", "the pattern of SP"],
    );
}

#[test]
fn a_tlb_invalidation_left_out_is_found() {
    assert_said(Bug::NoTlbInvalidation, &["a TLBI is missing"]);
}

#[test]
fn a_page_left_mapped_after_relinquish_is_written() {
    assert_said(
        Bug::EntryNotCleared,
        &["SP1 \"writes the page after RELINQUISH\": there, aborts expected 0x1, found 0x0"],
    );
}
