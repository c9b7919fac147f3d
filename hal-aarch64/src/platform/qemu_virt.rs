//! QEMU's `virt` machine with `secure=on`, as TF-A lays it out.

use hal::Pa;
use hal::interrupt::Intid;
use hal::memory::PhysicalRange;

use super::Platform;

/// Cores that the image has stacks for, by their linear index.
pub const CORES: usize = 4;

/// A core's linear index is its affinity 0 plus its affinity 1 shifted by this: clusters of 16, as EL3 counts.
pub const CLUSTER_SHIFT: u32 = 4;

const REDISTRIBUTORS: Pa = Pa::secure(0x080a_0000);

const CONSOLE: PhysicalRange = PhysicalRange { start: Pa::non_secure(0x0900_0000), size: 0x1000 };

/// QEMU `virt`.
pub const PLATFORM: Platform = Platform {
    memory: &[
        // Secure SRAM is EL3's but for the page in which BL2 leaves the SPMC's manifest.
        PhysicalRange { start: Pa::secure(0x0e00_2000), size: 0x1000 },
        // Secure DRAM.
        PhysicalRange { start: Pa::secure(0x0e10_0000), size: 0x00f0_0000 },
        // The normal world's DRAM, the first GiB of it.
        PhysicalRange { start: Pa::non_secure(0x4000_0000), size: 0x4000_0000 },
    ],
    monitor: PhysicalRange { start: Pa::secure(0x0e10_0000), size: 0x0010_0000 },
    pool: PhysicalRange { start: Pa::secure(0x0e20_0000), size: 0x0010_0000 },
    devices: &[
        // GICD, then GICR with room for every core that the machine may have.
        PhysicalRange { start: Pa::secure(0x0800_0000), size: 0x1_0000 },
        PhysicalRange { start: REDISTRIBUTORS, size: 0x00f6_0000 },
        CONSOLE,
    ],
    redistributors: REDISTRIBUTORS,
    secure_timer: Intid(20),
    shared_timer: Intid(26),
    // UART0, which TF-A and the normal world write to as well.
    console: CONSOLE,
};
