//! The oracle: a second, independent, executable statement of what FF-A allows, held against a simulated machine
//! while it runs.
//!
//! It knows nothing of the monitor that it watches. From the scene it learns which partition was loaded where; when
//! the machine enters a guest it learns that partition's table roots; it decodes calls with `arm-ffa` as they
//! pass the machine's edge; and it keeps a state of its own. After every answer and every switch of the world
//! it walks the real tables of all partitions that ever ran, and compares:
//!
//! | rule | file | what must hold |
//! |---|---|---|
//! | reach | `rules/reach.rs` | a partition reaches what it owns and what one live transaction grants it, and all of that; nobody reaches the monitor's own memory; a secure page is not reached by a non-secure address |
//! | transactions | `rules/transactions.rs` | who sends memory owns it, who retrieves it was named, who reclaims it gets it from nobody's hands |
//! | buffers | `rules/buffers.rs` | the monitor writes nothing of a guest's but an RX buffer that it holds, and hands over what it wrote |
//! | mailboxes | `rules/mailboxes.rs` | buffers are in pages of their owner alone, nobody has two pairs, and only a hypervisor speaks for another |
//! | turns | `rules/turns.rs` | who runs next is who the call gives the core to; no call chain has a cycle; a virtual CPU is on one core; registers are kept |
//! | notifications | `rules/notifications.rs`, `rules/scheduler.rs` | what is set is got, once, and only who is bound sets it; the scheduler is told |
//! | answers | `rules/answers.rs` | an answer has a form, and an error code, that the call allows; a version stays |
//!
//! A refused call changes the oracle's state by nothing, so what a monitor left behind is found by the same
//! comparisons.
//!
//! # Many cores
//!
//! While one core's monitor is inside a call that moves memory, the pages of that call are compared when it answers,
//! not before. A call that gives the core away counts as done from the moment at which the caller's core left it.
//!
//! # What it cannot do
//!
//! Tables of a partition that never ran are unknown: a report names it. Memory sent in fragments, indirect
//! messages are not followed: their answers are, their effects are not.
#![forbid(unsafe_code)]

mod calls;
mod descriptor;
mod notices;
mod oracle;
mod pending;
mod rights;
mod rules;
mod scene;
mod state;
mod tables;
mod words;

pub use oracle::Oracle;
pub use rights::Rights;
pub use scene::{PartitionSpec, Region, Scene};
pub use state::Buffers;
