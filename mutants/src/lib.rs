//! Switches off the lines of `hyp` that enforce a rule, to see whether a scenario notices.
//!
//! A comment `// rule: run.2` stands above each such line. [`rewrite`] changes the line so that the rule's result does
//! not come about where [`RUNTIME`] says that the rule is off, and the program is as before where it does not. One
//! build so holds the mutants of all rules, and an environment variable chooses one.
//!
//! | the line below the comment begins | where its rule is off |
//! |---|---|
//! | an `if`, a match arm, a `.filter(…)` or `.find(…)`, a `.then_some(…)`, an operand of `&&`, a `let` or `return` of a condition | the condition is what the rule's result does not follow from |
//! | a statement, `let _ = …` | it is left out |
//! | a `Some(…)` that is a value, a `.map_or(…)` | it is `None` |
//! | an `Err(…)`, `.ok_or(…)`, `.ok_or_else(…)` or `.map_err(…)` that cannot be left out | another error comes back: a weaker proof |
//! | anything else | nothing: the line proves nothing, and [`Rewritten::cannot`] says so |
//!
//! Whether a condition leads to the rule's result is told by the rule's `result` (an error code refuses, all others do
//! not) and by what the branch does. Every line of a rule is switched at once: what two lines enforce is proved by both.

mod shapes;
mod source;
mod tree;

pub use source::{Change, Kind, Rewritten, rewrite};
pub use tree::{copy, refusals};

/// The module that the rewritten `hyp` gets beside its own.
pub const RUNTIME: &str = r#"//! Which rule is switched off: the one that the environment names.

extern crate std;

use std::string::String;
use std::sync::OnceLock;

use crate::ffa::{Error, ErrorCode, FunctionId};

/// True where the environment variable `TANTALUM_OFF` is `rule`.
pub fn is_off(rule: &str) -> bool {
    static OFF: OnceLock<String> = OnceLock::new();
    OFF.get_or_init(|| std::env::var("TANTALUM_OFF").unwrap_or_default()) == rule
}

/// `error`, or one with another code where `rule` is off.
pub fn other(rule: &str, error: Error) -> Error {
    match error.code() {
        _ if !is_off(rule) => error,
        ErrorCode::NotSupported => Error::NoMemory { what: crate::ffa::Item::Tables },
        _ => Error::NotSupported { function: FunctionId::ERROR },
    }
}
"#;
