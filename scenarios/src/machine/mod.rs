//! Machines that scenarios run on.

pub mod contents;
pub mod explored;
pub mod layout;
mod scene;
pub mod sim;
pub mod sweep;

use std::fmt;

/// A machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub enum MachineKind {
    /// The simulator, in this process.
    Sim,
    /// QEMU, with TF-A and the image that ships.
    Qemu,
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The normal world powered the machine off.
    PowerOff,
    /// The monitor did not boot, and said this of why.
    NoBoot(String),
    /// Who sits at the terminal ended it.
    Terminal,
    /// Any other way, in a sentence.
    Other(String),
}

impl Ending {
    /// How a machine ended whose monitor said on its `console` that it does not boot.
    pub fn no_boot(console: &str) -> Option<Self> {
        let whole = console.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let mut why = whole.filter_map(|line| line.strip_prefix("Tantalum does not boot: "));
        why.next().map(|why| Self::NoBoot(why.trim_end().to_string()))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOff => f.write_str("the normal world powers the machine off"),
            Self::NoBoot(why) => write!(f, "Tantalum does not boot: {why}"),
            Self::Terminal => f.write_str("who sits at the terminal ended it"),
            Self::Other(how) => f.write_str(how),
        }
    }
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Run {
    /// How it ended.
    pub ending: Ending,
    /// The records and events that came out, in order.
    pub stream: Vec<u8>,
    /// What the machine itself found wrong.
    pub findings: Vec<String>,
    /// The turns that the cores had, in the simulator; empty with one core.
    pub schedule: String,
    /// What the monitor said on its console, on the real machine between what others said there, and what came out
    /// of the secure world's UART.
    pub console: String,
    /// Guest instructions executed; 0 where the machine does not count them.
    pub instructions: u64,
    /// Steps taken: guest instructions, and points of the monitor at which another core could come between.
    pub steps: u64,
    /// Those of them before the first guest instruction.
    pub steps_to_guest: u64,
    /// What is left of it in the simulator.
    pub left: Left,
}

/// What a run leaves in the simulator.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// The words of memory that were to be read.
    pub words: Vec<u64>,
    /// Interrupts that came from outside, and left something pending.
    pub arrived: u64,
    /// What interrupts are still, in words: pending and on, or active.
    pub interrupts: Vec<String>,
    /// Interrupts that EL3 handled itself.
    pub firmware_interrupts: u64,
}

impl Run {
    /// A run of the real machine.
    pub fn on_hardware(ending: Ending, stream: Vec<u8>, console: String) -> Self {
        Self {
            ending,
            stream,
            findings: Vec::new(),
            schedule: String::new(),
            console,
            instructions: 0,
            steps: 0,
            steps_to_guest: 0,
            left: Left::default(),
        }
    }
}
