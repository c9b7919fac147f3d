//! What differs between platforms, as data.

use hal::memory::PhysicalRange;

mod qemu_virt;

pub use qemu_virt::{CLUSTER_SHIFT, CORES, PLATFORM};

/// A platform. All addresses are physical.
pub struct Platform {
    /// Memory that the monitor may reach. What belongs to EL3 is left out; the monitor's own is taken out.
    pub memory: &'static [PhysicalRange],
    /// The memory that the image is loaded to and owns, the addresses in the platform's linker script.
    pub monitor: PhysicalRange,
    /// Secure pages that the monitor makes translation tables of.
    pub pool: PhysicalRange,
    /// The devices that the monitor itself uses, and that no partition gets: the GIC's frames and the console.
    pub devices: &'static [PhysicalRange],
    /// The console: the register page of a PL011 that firmware has set up.
    pub console: PhysicalRange,
}

const _: () = assert!(CORES <= hyp::capacity::MAX_CORES, "the monitor knows as many cores as have stacks");
