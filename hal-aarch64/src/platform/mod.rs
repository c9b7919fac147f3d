//! What differs between platforms, as data.

use hal::Pa;
use hal::interrupt::Intid;
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
    /// The redistributor of the core with the linear index 0; those of the others follow by their indices.
    pub redistributors: Pa,
    /// The private interrupt of CNTHPS_EL2.
    pub secure_timer: Intid,
    /// The private interrupt of CNTHP_EL2.
    pub shared_timer: Intid,
    /// The console: the register page of a PL011 that firmware has set up.
    pub console: PhysicalRange,
}

const _: () = assert!(CORES <= hyp::capacity::MAX_CORES, "the monitor knows as many cores as have stacks");
