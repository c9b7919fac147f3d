//! The last exceptions of a core, for the report of a run that hangs.

use std::collections::VecDeque;
use std::fmt;

use hal::Space;

/// How many are kept.
const KEPT: usize = 16;

/// What left a guest, or came to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A synchronous exception with this syndrome, taken to this exception level.
    Synchronous {
        /// As an ESR holds it.
        syndrome: u64,
        /// The exception level that took it.
        target: u64,
    },
    /// An interrupt, taken to this exception level.
    Interrupt {
        /// The exception level that took it.
        target: u64,
    },
    /// An access that a device answered.
    Device,
}

/// One of the last exceptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// The security state.
    pub world: Space,
    /// The exception level that was left.
    pub el: u64,
    /// The guest's program counter.
    pub pc: u64,
    /// x0, which says what a call wanted.
    pub x0: u64,
    /// What happened.
    pub what: What,
}

/// The last exceptions, oldest first, and how often each came in a row.
#[derive(Default)]
pub struct Exits(VecDeque<(Record, u64)>);

impl Exits {
    /// Remembers `record`.
    pub fn push(&mut self, record: Record) {
        if let Some((last, times)) = self.0.back_mut()
            && *last == record
        {
            *times += 1;
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((record, 1));
    }

    /// The last exceptions, in words.
    pub fn words(&self) -> Vec<String> {
        let words = |(record, times): &(Record, u64)| match times {
            1 => record.to_string(),
            times => format!("{record}, {times} times"),
        };
        self.0.iter().map(words).collect()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = match self.world {
            Space::Secure => "S",
            Space::NonSecure => "NS",
        };
        write!(f, "{world}-EL{} at {:#x}: ", self.el, self.pc)?;
        match self.what {
            What::Synchronous { syndrome, target } => {
                let class = class(syndrome >> 26);
                write!(f, "{class} to EL{target}, ESR {syndrome:#x}, x0 {:#x}", self.x0)
            }
            What::Interrupt { target } => write!(f, "interrupt to EL{target}"),
            What::Device => write!(f, "access to a device"),
        }
    }
}

/// The name of an exception class.
const fn class(class: u64) -> &'static str {
    match class {
        0x00 => "undefined instruction",
        0x01 => "WFI",
        0x15 => "SVC",
        0x16 => "HVC",
        0x17 => "SMC",
        0x18 => "trapped system register",
        0x20 | 0x21 => "instruction abort",
        0x22 => "misaligned PC",
        0x24 | 0x25 => "data abort",
        0x26 => "misaligned SP",
        0x3c => "BRK",
        _ => "exception",
    }
}
