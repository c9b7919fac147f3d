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
    fn print(&mut self, bytes: &[u8]);
}

/// Events for a tool. The shipped image's does nothing, and the compiler removes it.
pub trait Trace {
    /// Tells `event`.
    fn trace(&mut self, event: Event<'_>);
}

/// First bytes of an event in the stream of a machine's output.
pub const EVENT_MAGIC: [u8; 4] = *b"TRCE";

/// Bytes of an event's header in that stream; its text follows.
pub const EVENT_HEADER: usize = 4 + 2 + 2 + 4 + 4 + 18 * 8;

impl Event<'_> {
    /// The kind of event, as the stream numbers it.
    pub const fn kind(&self) -> u16 {
        match self {
            Event::Call { .. } => 1,
            Event::Resume { .. } => 2,
            Event::Refused { .. } => 3,
            Event::Fault { .. } => 4,
            Event::Preempted { .. } => 5,
            Event::Note(_) => 6,
        }
    }

    /// Whom the event is about; 0 where it is nobody.
    pub const fn endpoint(&self) -> u16 {
        match self {
            Event::Call { caller, .. } | Event::Refused { caller, .. } => *caller,
            Event::Resume { callee, .. } => *callee,
            Event::Fault { endpoint, .. } | Event::Preempted { endpoint } => *endpoint,
            Event::Note(_) => 0,
        }
    }

    /// The registers that the event shows, all zero where it shows none.
    pub const fn registers(&self) -> &Registers {
        match self {
            Event::Call { arguments, .. } => arguments,
            Event::Resume { registers, .. } => registers,
            _ => &Registers::ZERO,
        }
    }

    /// The event's sentence, where it has one.
    pub const fn text(&self) -> Option<&dyn Display> {
        match self {
            Event::Refused { reason, .. } | Event::Fault { reason, .. } => Some(*reason),
            Event::Note(text) => Some(*text),
            _ => None,
        }
    }

    /// The header of the event in the stream of a machine's output, little-endian: magic, kind (u16),
    /// endpoint (u16), bytes of text (u32), 0 (u32), x0 to x17 (u64 each).
    pub fn header(&self, text_bytes: u32) -> [u8; EVENT_HEADER] {
        let mut header = [0; EVENT_HEADER];
        header[0..4].copy_from_slice(&EVENT_MAGIC);
        header[4..6].copy_from_slice(&self.kind().to_le_bytes());
        header[6..8].copy_from_slice(&self.endpoint().to_le_bytes());
        header[8..12].copy_from_slice(&text_bytes.to_le_bytes());
        for (bytes, value) in header[16..].chunks_exact_mut(8).zip(self.registers().0) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        header
    }
}
