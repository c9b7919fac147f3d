//! Bugs planted between the monitor and the machine: each must fail the flow, in words that point at the place.

use hal::Vector;
use hal::context::VectorContext;
use hal_sim::SimCore;
use scenarios::scenario::judge;
use scenarios::transcript::decode;

use super::bugs::{LeftMapped, NoBug};
use super::machine::{Bug, run};
use super::prepared;

/// What is wrong with a run of scenario `name` with `bug`.
fn verdict(name: &str, bug: &mut dyn Bug) -> Vec<String> {
    let prepared = prepared(name);
    let run = run(&prepared, bug);
    judge(&prepared, &run, &decode(&run.stream)).failures
}

#[track_caller]
fn assert_said(mut bug: impl Bug, words: &[&str]) {
    let failures = verdict("flow", &mut bug);
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
    assert_eq!(verdict("flow", &mut NoBug), Vec::<String>::new());
}

/// A register stays in the core when guests change.
struct RegisterNotSwitched(&'static str);

impl Bug for RegisterNotSwitched {
    fn leaves_out(&self, name: &str) -> bool {
        name == self.0
    }
}

#[test]
fn a_register_left_out_of_the_switch_list_is_named() {
    assert_said(
        RegisterNotSwitched("TPIDR_EL1"),
        &["TPIDR_EL1 of the normal world was not kept", "the pattern of SP"],
    );
}

/// V7 stays in the core when guests change.
struct VectorNotSwitched;

impl Bug for VectorNotSwitched {
    fn load_vector(&mut self, core: &mut SimCore, from: &VectorContext) {
        let mut left = VectorContext::ZERO;
        core.save_vector(&mut left);
        let mut context = *from;
        context.v[7] = left.v[7];
        core.load_vector(&context);
    }
}

#[test]
fn a_vector_register_left_out_of_the_switch_is_named() {
    assert_said(VectorNotSwitched, &["V7 (low half) of the normal world was not kept", "the pattern of SP"]);
}

#[test]
fn a_pointer_authentication_key_left_out_of_the_switch_is_named() {
    assert_said(
        RegisterNotSwitched("APIAKEYLO_EL1"),
        &["APIAKeyLo_EL1 of the normal world was not kept", "the pattern of SP"],
    );
}

/// Invalidations of stage-2 translations do nothing.
struct NoTlbInvalidation;

impl Bug for NoTlbInvalidation {
    fn invalidates(&self) -> bool {
        false
    }
}

#[test]
fn a_tlb_invalidation_left_out_is_found() {
    assert_said(NoTlbInvalidation, &["a TLBI is missing"]);
}

#[test]
fn a_page_left_mapped_after_relinquish_is_written() {
    assert_said(
        LeftMapped::default(),
        &["SP1 \"writes the page after RELINQUISH\": there, aborts expected 0x1, found 0x0"],
    );
}
