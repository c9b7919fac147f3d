//! Scenarios that cannot be swept, with interrupts that somebody handles or at all, and why.

use crate::machine::MachineKind;
use crate::scenario::{By, Handler, Scenario, Server};

/// Scenarios that an interrupt more makes into others.
const OTHERS: &[(&str, &str)] = &[
    (
        "abort-in-chain",
        "SP2 aborts when SP1 is interrupted first, and the normal world waits for its own timer",
    ),
    ("preempt-chain", "SP2 testifies how often SP1 is interrupted"),
    ("kept-registers", "an interrupted call comes back from FFA_RUN, which has these registers zero"),
    ("interrupt-at-work", RESUMES),
    ("interrupt-up-the-chain", RESUMES),
    ("timer", RESUMES),
    ("chain-elsewhere", "the normal world waits for its own timer to stop a chain that was stopped before"),
    ("busy-elsewhere", "core 1 is told that core 0 has whom it asks for, who is not had while interrupted"),
    ("notifications", TOLD),
    ("notifications-of-partitions", TOLD),
    ("notified-of-messages", TOLD),
    ("notification-lists", TOLD),
    ("scheduled-for-interrupts", TOLD),
    ("echo-bench", "its loops do not look at what a call comes back with"),
];

const TOLD: &str = "the normal world testifies how many interrupts told it of a receiver";
const RESUMES: &str = "SP1 looks at the first interruption of its call alone";

/// Scenarios that a device of SP1's, or its interrupts, make into others.
const NOT_SERVED_BY_SP1: &[(&str, &str)] = &[
    ("interrupt-at-boot", "SP1 testifies how it is told of its own interrupts, and is told of two at once"),
    ("queued-for-others", RESUMES),
    ("interrupt-elsewhere", RESUMES),
    ("managed-exit", "SP1 testifies how many interrupts come by the FIQ"),
    ("interrupt-before-ready", ALONE),
    ("interrupt-second", ALONE),
    ("pending-at-off", ALONE),
    ("eight-partitions", "it says how many pages are tables, and the device takes one more"),
    ("service-requests", WAITS_ON),
    ("every-call", WAITS_ON),
    ("every-call-of-eight", WAITS_ON),
    ("interrupt-lines", ASKS),
    ("interrupt-edges", ASKS),
    ("interrupt-ranges", ASKS),
    ("partition-1-1", OLD),
    ("borrower-1-0", OLD),
    ("fails-by-error", ABORTS),
    ("fails-by-abort", ABORTS),
    ("fails-by-fault", ABORTS),
    ("fails-by-silence", ABORTS),
    ("fails-by-waiting", ABORTS),
    ("abort-at-work", ABORTS),
    ("fault-at-work", ABORTS),
    ("abort-of-borrower", ABORTS),
    ("destroyed", ABORTS),
    ("fails-on-core-1", ABORTS),
    ("silent-on-core-1", ABORTS),
    ("abort-everywhere", ABORTS),
    ("abort-in-call", ABORTS),
    ("interrupt-of-aborted", ABORTS),
    ("timer-of-aborted", ABORTS),
    ("never-handled", ABORTS),
    ("never-exits", ABORTS),
    ("never-exits-after", ABORTS),
    ("logical-abort", ABORTS),
    ("logical-never-answered", ABORTS),
];

const WAITS_ON: &str = "SP1's next request shows the x8 to x17 of its last call, which waits on";
const ALONE: &str = "SP1 lets its interrupts in when it is told of them, and not with others";
const ASKS: &str = "SP1 asks by itself which of its interrupts is pending";
const OLD: &str = "SP1's version cannot wait on and keep its RX buffer";
const ABORTS: &str = "SP1 aborts, and its interrupts come no more";

/// Scenarios that time makes into others.
const TIMED: &[(&str, &str)] = &[
    ("fails-by-lateness", "a partition has less time to initialise itself than passes at once"),
    ("timers", USES),
    ("timer-registers", USES),
    ("timer-elsewhere", USES),
];

const USES: &str = "SP1 arms its timer itself, which is overdue when time passes at once";

/// Scenarios that one partition more makes into others.
const WITHOUT_WITNESS: &[(&str, &str)] = &[
    ("every-call", COUNTS),
    ("every-call-of-eight", COUNTS),
    ("every-call-of-thirty-two", FULL),
    ("many-partitions", FULL),
    ("eight-partitions", "its partitions have all of the secure memory"),
    ("memory-regions", "what SP1's manifest gives it is where a third partition would be"),
    ("given-buffers", COUNTS),
    ("services", COUNTS),
    ("fails-by-error", COUNTS),
    ("fails-by-abort", COUNTS),
    ("fails-by-fault", COUNTS),
    ("fails-by-silence", COUNTS),
    ("destroyed", COUNTS),
    ("partition-count", COUNTS),
    ("partition-list", COUNTS),
    ("partition-list-1-1", COUNTS),
    ("partition-registers", COUNTS),
    ("client-1-0", COUNTS),
    ("client-1-1", COUNTS),
    ("client-1-3", COUNTS),
    ("contended-rx", COUNTS),
    ("logical-list", COUNTS),
    ("never-handled", "the oracle does not see who dies while it handles when another is told at once"),
    ("run-rules", "its programs know that there is no third partition"),
];

const COUNTS: &str = "its programs know how many partitions there are";
const FULL: &str = "there is no room for one partition more";

/// Why `scenario` cannot be swept with the interrupts of `server`, where it cannot.
pub fn exempt(scenario: &Scenario, server: Option<Server>) -> Option<&'static str> {
    let among = |list: &[(&str, &'static str)]| {
        list.iter().find(|(name, _)| *name == scenario.name).map(|(_, why)| *why)
    };
    let elsewhere =
        (!scenario.runs_on.includes(MachineKind::Sim)).then_some("it does not run in the simulator");
    let silent = (!scenario.ends.boots()).then_some("no guest runs");
    let of_server = match server {
        None => None,
        Some(Server { handler: Handler::FirstPartition, .. }) => among(NOT_SERVED_BY_SP1),
        Some(Server { handler: Handler::Witness, .. }) => among(WITHOUT_WITNESS),
    };
    let of_time = server.filter(|server| server.by == By::Timer).and_then(|_| among(TIMED));
    among(OTHERS).or(elsewhere).or(silent).or(of_server).or(of_time)
}
