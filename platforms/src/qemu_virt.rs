//! QEMU's `virt` machine with `secure=on`, as TF-A 2.12 lays it out.
//!
//! Where memory is, and who has it, is from TF-A's `plat/qemu/qemu/include/platform_def.h`; devices are from QEMU's
//! `hw/arm/virt.c`, the timers' interrupts from its `include/hw/arm/bsa.h`.

use hal::Pa;
use hal::interrupt::Intid;
use hal::memory::PhysicalRange;

use super::{Platform, Timers};

/// The page of secure SRAM in which BL2 leaves the monitor's manifest; the others are EL3's.
pub const MANIFEST: PhysicalRange = PhysicalRange { start: Pa::secure(0x0e00_2000), size: 0x1000 };

/// The secure world's DRAM: the monitor and the partitions.
pub const SECURE_DRAM: PhysicalRange = PhysicalRange { start: Pa::secure(0x0e10_0000), size: 0x00f0_0000 };

/// The normal world's DRAM, the first GiB of it.
pub const NORMAL_DRAM: PhysicalRange =
    PhysicalRange { start: Pa::non_secure(0x4000_0000), size: 0x4000_0000 };

/// QEMU `virt`.
pub const PLATFORM: Platform = Platform {
    name: "qemu-virt",
    memory: &[MANIFEST, SECURE_DRAM, NORMAL_DRAM],
    manifest: MANIFEST,
    monitor: PhysicalRange { start: SECURE_DRAM.start, size: 0x0010_0000 },
    pool: PhysicalRange { start: Pa::secure(0x0e20_0000), size: 0x0010_0000 },
    // UART0, which TF-A and the normal world write to as well.
    console: PhysicalRange { start: Pa::non_secure(0x0900_0000), size: 0x1000 },
    distributor: PhysicalRange { start: Pa::secure(0x0800_0000), size: 0x1_0000 },
    redistributors: PhysicalRange { start: Pa::secure(0x080a_0000), size: 0x00f6_0000 },
    timers: Timers {
        secure_physical: Intid(29),
        physical: Intid(30),
        virtual_count: Intid(27),
        hypervisor: Intid(26),
        secure_hypervisor: Intid(20),
    },
    cores: 4,
    // Clusters of 16: PLATFORM_CPU_PER_CLUSTER_SHIFT.
    cluster_shift: 4,
};
