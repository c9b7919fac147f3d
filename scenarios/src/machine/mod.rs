//! Machines that scenarios run on.

pub mod contents;
pub mod explored;
pub mod layout;
mod scene;
pub mod sim;
pub mod sweep;

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
    /// Any other way, in a sentence.
    Other(String),
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
    /// What the monitor said on its console, in the simulator.
    pub console: String,
    /// Guest instructions executed; 0 where the machine does not count them.
    pub instructions: u64,
}

impl Run {
    /// A run of the real machine that ended well, of which only the `stream` is left.
    pub fn on_hardware(stream: Vec<u8>) -> Self {
        Self {
            ending: Ending::PowerOff,
            stream,
            findings: Vec::new(),
            schedule: String::new(),
            console: String::new(),
            instructions: 0,
        }
    }
}
