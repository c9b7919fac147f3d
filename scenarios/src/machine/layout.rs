//! Where everything is: the memory map of QEMU's `virt` machine, which the simulator has too. What the monitor's images
//! are built with is taken from there.

use hal::memory::PhysicalRange;
use platforms::qemu_virt::{self, PLATFORM};

/// Bytes in a page.
pub const PAGE: u64 = 4096;

/// Secure RAM: the manifest's SRAM and the DRAM that holds the monitor and the partitions.
pub const SECURE_RAM: (u64, u64) = (0x0E00_0000, 0x0100_0000);

/// Secure DRAM that the SPMC manifest names: everything from the monitor on.
pub const SECURE_DRAM: (u64, u64) = pair(qemu_virt::SECURE_DRAM);

/// Normal-world RAM.
pub const NORMAL_RAM: (u64, u64) = pair(qemu_virt::NORMAL_DRAM);

/// Where TF-A puts the SPMC manifest.
pub const SPMC_MANIFEST: u64 = PLATFORM.manifest.start.address;

/// The most bytes that TF-A loads as an SPMC manifest.
pub const SPMC_MANIFEST_MAX: usize = PLATFORM.manifest.size as usize;

/// The monitor's image, stacks and own tables.
pub const MONITOR: (u64, u64) = pair(PLATFORM.monitor);

/// The pages that the monitor makes tables of.
pub const POOL: (u64, u64) = pair(PLATFORM.pool);

/// The image and the pool: what the SPMC manifest calls its binary size.
pub const SPMC_SIZE: u32 = (MONITOR.1 + POOL.1) as u32;

/// Where the first partition's package is loaded.
pub const FIRST_PARTITION: u64 = 0x0E40_0000;

/// Memory of one partition, package included.
pub const PARTITION_SIZE: u64 = 0x0010_0000;

/// Packages that TF-A loads. That of the last has those of all further partitions behind it, as they are in memory.
pub const PACKAGES: u16 = 8;

/// Memory of each further partition, package included: thirty-two partitions fill the secure DRAM.
const SMALL_PARTITION_SIZE: u64 = 0x0002_0000;

/// Offset of the manifest in a package.
pub const PACKAGE_MANIFEST: u64 = 0x1000;

/// Offset of the list of hand-off blocks in a package that has one.
pub const PACKAGE_HOB_LIST: u64 = 0x3000;

/// Offset of the image in a package, and of the partition's entry point.
pub const PACKAGE_IMAGE: u64 = 0x4000;

/// The page of data that SP2's manifest gives it, and that it may not execute.
pub const DATA_REGION: u64 = 0x0E60_0000;

/// Where the normal world's program is loaded and entered.
pub const NORMAL_WORLD: u64 = 0x6000_0000;

/// Memory of the normal world's program on one core; those of further cores lie behind that of the first.
pub const NORMAL_WORLD_SIZE: u64 = 0x0020_0000;

/// Offset in a partition's memory of the programs of further virtual CPUs.
pub const FURTHER_VCPUS: u64 = 0x0005_0000;

/// Memory of the program of such a virtual CPU.
pub const VCPU_SIZE: u64 = 0x0001_8000;

/// Offset in a partition's memory of the page where its virtual CPUs signal to each other.
pub const SIGNALS_OF_PARTITION: u64 = 0x0004_8000;

/// The page of the normal world where cores signal to each other.
pub const SIGNALS: u64 = 0x6018_0000;

/// The page of its memory that the normal world shares.
pub const SHARED_PAGE: u64 = 0x6010_0000;

/// The UART that only the secure world reaches, and that nobody else uses.
pub const SECURE_UART: u64 = 0x0904_0000;

/// The interrupt of that UART.
pub const UART_INTERRUPT: u64 = 40;

/// The GPIO, which both worlds reach: whoever writes its registers asserts its interrupt.
pub const GPIO: u64 = 0x0903_0000;

/// The interrupt of the GPIO.
pub const GPIO_INTERRUPT: u64 = 39;

/// Pins of the GPIO that have interrupts of their own in the simulator, an extended and a private one.
pub const GPIO_PINS: [(u8, u64); 2] = [(1, 4096), (2, 22)];

/// The distributor of the GIC.
pub const GICD: u64 = PLATFORM.distributor.start.address;

/// The first redistributor of the GIC.
pub const GICR: u64 = PLATFORM.redistributors.start.address;

/// Bytes of one redistributor.
const REDISTRIBUTOR: u64 = 0x2_0000;

/// Offset in a redistributor of its second frame, that of the private interrupts.
pub const SGI_FRAME: u64 = 0x1_0000;

/// The software-generated interrupt by which cores of the normal world interrupt each other.
pub const DOORBELL: u64 = 1;

/// The interrupt of EL1's physical timer.
pub const PHYSICAL_TIMER: u64 = PLATFORM.timers.physical.0 as u64;

/// A shared interrupt that the normal world has on and nothing is connected to: one from outside, where a run has one.
pub const FROM_OUTSIDE: u64 = 90;

/// The GPIO that only the secure world reaches, in the simulator: a pulse at its input is an interrupt from outside.
pub const SECURE_GPIO: u64 = 0x0903_8000;

/// The interrupt of that GPIO.
pub const SECURE_GPIO_INTERRUPT: u64 = 41;

/// An interrupt that nothing is connected to, and that the partition with the secure GPIO has too: one from outside by
/// the rise of its line.
pub const SECURE_EDGE: u64 = 42;

/// When the timer of a partition is due whose interrupt comes from outside, in ticks of the simulator's counter: scenarios
/// are over before, and what the SPMC waits for at most takes longer.
pub const TIMER_AT: u64 = 20_000_000;

/// The interrupt that EL3 handles itself, in the simulator.
pub const FIRMWARES: u64 = 287;

/// The SGI by which the normal world's scheduler is told of work for partitions.
pub const SCHEDULE_RECEIVER: u64 = 8;

/// The interrupt that a partition has while notifications are pending for it.
pub const NOTIFICATION_PENDING: u64 = 5;

/// Where `range` begins, and its bytes.
const fn pair(range: PhysicalRange) -> (u64, u64) {
    (range.start.address, range.size)
}

/// The redistributor of the core with the linear index `core`.
pub const fn redistributor(core: u16) -> u64 {
    GICR + core as u64 * REDISTRIBUTOR
}

/// Where the memory of the `number`-th partition, counted from 1, begins: SP2's page of data lies behind SP2's own
/// memory, the third partition and the others behind that.
pub const fn partition_base(number: u16) -> u64 {
    if number > PACKAGES {
        let place = (number - PACKAGES - 1) as u64;
        return partition_base(PACKAGES) + PARTITION_SIZE + place * SMALL_PARTITION_SIZE;
    }
    let place = if number > 2 { number } else { number - 1 };
    FIRST_PARTITION + place as u64 * PARTITION_SIZE
}

/// The memory of the `number`-th partition, counted from 1.
pub const fn partition_size(number: u16) -> u64 {
    if number > PACKAGES { SMALL_PARTITION_SIZE } else { PARTITION_SIZE }
}
