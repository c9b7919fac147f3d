//! Words for people, events for tools.

use core::fmt::Display;

use crate::monitor::Registers;

/// What the monitor tells of itself. The guests' own testimony is separate and does not pass here.
pub enum Event<'a> {
    /// `caller`, an endpoint id, made this call.
    Call {
        /// Who called.
        caller: u16,
        /// What it called with.
        arguments: &'a Registers,
    },
    /// `callee` goes on with these registers.
    Resume {
        /// Who runs now.
        callee: u16,
        /// Its x0 to x17.
        registers: &'a Registers,
    },
    /// A call of `caller` was refused.
    Refused {
        /// Who called.
        caller: u16,
        /// A sentence that says what was wrong.
        reason: &'a dyn Display,
    },
    /// `endpoint` took an exception that the monitor gave it.
    Fault {
        /// Who took it.
        endpoint: u16,
        /// A sentence that says what it did.
        reason: &'a dyn Display,
    },
    /// An interrupt took the core from `endpoint`.
    Preempted {
        /// Who was running.
        endpoint: u16,
    },
    /// Something worth a line.
    Note(&'a dyn Display),
}

/// Bytes for a person.
pub trait Console {
    /// Writes `bytes` to the console.
    fn write(&mut self, bytes: &[u8]);
}

/// Events for a tool. The shipped image's does nothing, and the compiler removes it.
pub trait Trace {
    /// Tells `event`.
    fn trace(&mut self, event: Event<'_>);
}
