//! How many of everything there can be: every fixed size in one place.

/// Partitions that a manifest may describe.
pub const MAX_PARTITIONS: usize = 32;

/// EL3's logical partitions: as many as there are ids.
pub const MAX_LOGICAL: u16 = 63;

/// Execution contexts of one partition, and cores of a machine.
pub const MAX_VCPUS: usize = 8;

/// Protocol UUIDs of one partition.
pub const MAX_UUIDS: usize = 4;

/// Memory regions in one partition's manifest.
pub const MAX_REGIONS: usize = 16;

/// Device regions in one partition's manifest.
pub const MAX_DEVICE_REGIONS: usize = 8;

/// Interrupts of one device region.
pub const MAX_DEVICE_INTERRUPTS: usize = 4;

/// Interrupts of one partition's devices.
pub const MAX_INTERRUPTS: usize = MAX_DEVICE_REGIONS * MAX_DEVICE_INTERRUPTS;

/// Devices of one partition that reach memory by themselves.
pub const MAX_DMA_DEVICES: usize = 2;

/// Streams of one such device.
pub const MAX_STREAMS: usize = 4;

/// SMCs that the monitor's manifest may let one partition make.
pub const MAX_SMCS: usize = 32;

/// Properties that a node of a manifest may have and that mean something.
pub const MAX_PROPERTIES: usize = 28;

/// Entries of a transfer list.
pub const MAX_TRANSFER_ENTRIES: usize = 64;

/// Ranges of memory in the monitor's manifest.
pub const MAX_MEMORY_RANGES: usize = 16;

/// Receivers that one memory transaction may name.
pub const MAX_RECEIVERS: usize = 32;

/// 4 KiB pages of an RX or TX buffer.
pub const MAX_BUFFER_PAGES: u32 = 4;

/// VMs of the normal world whose hypervisor has named their buffers.
pub const MAX_VMS: usize = 16;

/// Endpoints of the normal world that have notifications: its hypervisor and VMs.
pub const MAX_BITMAPS: usize = MAX_VMS + 1;

/// Milliseconds that a vCPU has to initialise itself, unless the monitor's manifest says otherwise.
pub const INIT_TIMEOUT_MS: u32 = 10_000;

/// The most milliseconds that the monitor's manifest may give a vCPU for any of these.
pub const MAX_TIMEOUT_MS: u32 = 600_000;

/// Milliseconds that a vCPU has to handle an interrupt, or for a managed exit, unless the monitor's manifest says otherwise.
pub const INTERRUPT_TIMEOUT_MS: u32 = 1_000;

/// Bytes of a name that a manifest gives: of a partition, of a region.
pub const MAX_NAME: usize = 32;

/// Bytes of a node's path that an error shows.
pub const MAX_PATH: usize = 64;

/// Bytes of a manifest: a page. It bounds every walk through one.
pub const MAX_MANIFEST_SIZE: usize = 4096;

/// Live memory transactions.
pub const MAX_SHARES: usize = 32;

/// Runs of pages that one live memory transaction may keep.
pub const MAX_EXTENTS: usize = 32;

/// Pages in one memory transaction: it bounds how long the monitor works for one call.
pub const MAX_TRANSACTION_PAGES: u32 = 65_536;

/// Cores of a machine.
pub const MAX_CORES: usize = MAX_VCPUS;

/// The bit that stands for number `index`, of a core, a vCPU or a partition, in a set of them.
pub const fn bit(index: usize) -> u32 {
    const {
        assert!(MAX_PARTITIONS <= u32::BITS as usize);
        assert!(MAX_CORES <= u32::BITS as usize);
    }
    1u32.wrapping_shl(index as u32)
}

/// Bytes that a manifest, or a descriptor in a TX buffer, may have: one page.
pub const SCRATCH: usize = MAX_MANIFEST_SIZE;

/// The lock order: a core that holds a lock takes only locks further down.
pub mod rank {
    /// The monitor's manifest, while it boots.
    pub const MANIFEST: u8 = 5;
    /// A core's private copy of what a caller wrote.
    pub const SCRATCH: u8 = 10;
    /// The live memory transactions.
    pub const SHARES: u8 = 20;
    /// An endpoint's mailbox; one at a time.
    pub const MAILBOX: u8 = 30;
    /// The page pool, and with it every table that is made of its pages.
    pub const POOL: u8 = 40;
    /// All notifications.
    pub const NOTIFICATIONS: u8 = 45;
    /// A vCPU's run state; one at a time.
    pub const EXECUTION: u8 = 50;
}
