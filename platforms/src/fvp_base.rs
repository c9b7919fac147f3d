//! Arm's FVP Base RevC (`FVP_Base_RevC-2xAEMvA`), as TF-A 2.12 lays it out.
//!
//! **Its image is built, but was never booted**: the model was not at hand. Each figure names the file of TF-A's source
//! that it is from; without a directory, the file is in `plat/arm/board/fvp`.

use hal::Pa;
use hal::interrupt::Intid;
use hal::memory::PhysicalRange;

use super::{Platform, Timers};

/// Where TOS_FW_CONFIG is loaded, in trusted SRAM (`fdts/fvp_fw_config.dts`).
const MANIFEST: PhysicalRange = PhysicalRange { start: Pa::secure(0x0400_1500), size: 0xb00 };

/// Trusted DRAM (PLAT_ARM_TRUSTED_DRAM_BASE, `include/platform_def.h`) up to HW_CONFIG (`fdts/fvp_fw_config.dts`).
const TRUSTED_DRAM: PhysicalRange = PhysicalRange { start: Pa::secure(0x0600_0000), size: 0x01f0_0000 };

/// FVP Base RevC.
pub const PLATFORM: Platform = Platform {
    name: "fvp-base",
    memory: &[
        // The manifest's page; the rest of trusted SRAM is EL3's.
        PhysicalRange { start: Pa::secure(0x0400_1000), size: 0x1000 },
        TRUSTED_DRAM,
        // The normal world's DRAM below 4 GiB and above 32 GiB (`ns-memory` of `fdts/fvp_spmc_manifest.dts`).
        PhysicalRange { start: Pa::non_secure(0x8000_0000), size: 0x7c00_0000 },
        PhysicalRange { start: Pa::non_secure(0x8_8000_0000), size: 0x1_8000_0000 },
    ],
    manifest: MANIFEST,
    // PLAT_ARM_SPMC_BASE and PLAT_ARM_SPMC_SIZE, which are 2 MiB, `include/platform_def.h`: 1.25 MiB of it for
    // the image with eight stacks, the rest for tables.
    monitor: PhysicalRange { start: TRUSTED_DRAM.start, size: 0x0014_0000 },
    pool: PhysicalRange { start: Pa::secure(0x0614_0000), size: 0x000c_0000 },
    // UART0, V2M_IOFPGA_UART0_BASE (`include/plat/arm/board/common/v2m_def.h`), in both address spaces: the one that
    // TF-A sets up at boot (PLAT_ARM_BOOT_UART_BASE, `include/platform_def.h`).
    console: PhysicalRange { start: Pa::non_secure(0x1c09_0000), size: 0x1000 },
    // The first two ranges of the node `gic` (`fdts/fvp-base-gicv3.dtsi` of TF-A): eight redistributors, of 256 KiB each
    // where the model has a GICv4.
    distributor: PhysicalRange { start: Pa::secure(0x2f00_0000), size: 0x1_0000 },
    redistributors: PhysicalRange { start: Pa::secure(0x2f10_0000), size: 0x0020_0000 },
    // PPIs 13, 14, 11 and 10 of the node `timer` (`fdts/fvp-base-psci-common.dtsi` of TF-A).
    timers: Timers {
        secure_physical: Intid(29),
        physical: Intid(30),
        virtual_count: Intid(27),
        hypervisor: Intid(26),
        secure_hypervisor: Intid(20),
    },
    // Two clusters of four (FVP_CLUSTER_COUNT, FVP_MAX_CPUS_PER_CLUSTER, `platform.mk`), counted as
    // plat_arm_calc_core_pos does (`aarch64/fvp_helpers.S`).
    cores: 8,
    cluster_shift: 2,
};
