//! What differs between platforms, as data: one file for each, and nowhere else an address of it.
//!
//! An image is built for one platform, which `TANTALUM_PLATFORM` names (`hal-aarch64/build.rs`); the linker script
//! gets its place from here too. On a host the same descriptions check manifests (`tantalum check --platform`) and
//! give the simulator its memory map. `docs/porting.md` says how to add one.
#![no_std]
#![forbid(unsafe_code)]

pub mod fvp_base;
pub mod qemu_virt;
#[cfg(test)]
mod tests;

use hal::interrupt::Intid;
use hal::memory::{PhysicalMemory, PhysicalRange};

/// Every platform.
pub const ALL: [&Platform; 2] = [&qemu_virt::PLATFORM, &fvp_base::PLATFORM];

/// A platform. All addresses are physical; all ranges but the manifest's are whole pages.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// What a build calls it.
    pub name: &'static str,
    /// Memory that the monitor may reach: what belongs to EL3 is left out, the monitor's own is in.
    pub memory: &'static [PhysicalRange],
    /// Where EL3 leaves the monitor's manifest, and the most bytes that it loads. It may begin inside a page, and ends
    /// with that page at the latest.
    pub manifest: PhysicalRange,
    /// The memory that the image is loaded to, from its first byte on, and owns. It is in one block of 2 MiB.
    pub monitor: PhysicalRange,
    /// Secure pages that the monitor makes translation tables of.
    pub pool: PhysicalRange,
    /// The console: the register page of a PL011 that firmware has set up.
    pub console: PhysicalRange,
    /// The GIC's distributor (GICD).
    pub distributor: PhysicalRange,
    /// The GIC's redistributors (GICR), two frames of 64 KiB for each core in the order of the linear indices, with room
    /// for every core that the platform may have.
    pub redistributors: PhysicalRange,
    /// The timers' interrupts.
    pub timers: Timers,
    /// Cores that the image has stacks for, by their linear index.
    pub cores: usize,
    /// A core's linear index is its number in its cluster plus its cluster's number shifted by this, as EL3 counts.
    pub cluster_shift: u32,
}

/// The private interrupts of the generic timers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timers {
    /// EL3's and S-EL1's physical timer (CNTPS).
    pub secure_physical: Intid,
    /// EL1's physical timer (CNTP).
    pub physical: Intid,
    /// EL1's virtual timer (CNTV).
    pub virtual_count: Intid,
    /// NS-EL2's physical timer (CNTHP).
    pub hypervisor: Intid,
    /// S-EL2's physical timer (CNTHPS).
    pub secure_hypervisor: Intid,
}

impl Timers {
    /// All of them.
    pub const fn all(&self) -> [Intid; 5] {
        [self.secure_physical, self.physical, self.virtual_count, self.hypervisor, self.secure_hypervisor]
    }
}

impl Platform {
    /// The platform that a build calls `name`.
    pub const fn named(name: &str) -> Option<&'static Platform> {
        let mut index = 0;
        while index < ALL.len() {
            if same(ALL[index].name, name) {
                return Some(ALL[index]);
            }
            index += 1;
        }
        None
    }

    /// The devices that the monitor itself uses and no partition gets: the GIC's frames and the console.
    pub const fn devices(&self) -> [PhysicalRange; 3] {
        [self.distributor, self.redistributors, self.console]
    }

    /// The map by which the monitor may name memory and devices.
    pub fn physical_memory(&self) -> PhysicalMemory {
        PhysicalMemory::new(self.memory, self.monitor, &self.devices())
    }
}

/// True where two texts are the same; `==` is not for constants yet.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
