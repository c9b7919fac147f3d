//! Monitors with a bug: what the flow says of them, and what the oracle does.

mod bugs;
mod flow;
mod interrupts;
mod machine;
mod oracle;

use scenarios::scenario::{Parameters, Prepared, find};

fn prepared(name: &str) -> Prepared {
    find(name).expect("a scenario").prepare(&Parameters::default())
}
