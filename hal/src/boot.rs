//! What a machine tells the monitor on the first core.

use crate::memory::{Frames, PhysicalMemory};

/// The state of the world at the monitor's entry.
#[derive(Clone, Debug)]
pub struct Boot {
    /// The linear index of this core (x4 at entry).
    pub core: usize,
    /// The page that holds the manifest.
    pub manifest: Frames,
    /// Where in that page the manifest begins: x0 at entry is the address of that byte.
    pub manifest_offset: u64,
    /// All memory that is not the monitor's.
    pub memory: PhysicalMemory,
    /// Secure pages that are the monitor's to use, beside its image: translation tables are made of them.
    pub pool: Frames,
    /// Where EL3 is to enter the monitor on every core that is turned on later, a secure physical address in its
    /// image; 0 on a machine without such cores.
    pub secondary_entry: u64,
}
