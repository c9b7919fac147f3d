//! Boot: the manifest is read, and each partition gets its memory, its tables and its configuration.
//!
//! A partition's memory is mapped read, write and execute, as the reference does; a region of its manifest that
//! lies inside has the region's own rights.

use arrayvec::ArrayVec;
use hal::boot::Boot;
use hal::lock::{Lock, Token};
use hal::memory::{Frames, NotMemory};
use hal::tlb::Vmid;
use hal::{Hal, PAGE_SIZE, Pa};
use thiserror::Error;

use crate::capacity::{MAX_PARTITIONS, rank};
use crate::console::print_line;
use crate::core::Core;
use crate::ffa::PartitionId;
use crate::manifest::package::{Extent, HEADER_SIZE};
use crate::manifest::{
    self, CoreManifest, ExceptionLevel, MemoryKind, MemoryRange, MemoryRegion, NsInterruptsAction, Package,
    PartitionConfig, PartitionNode, RegionAttributes,
};
use crate::memory::entry::{Access, Mapping, MemoryType, PageState};
use crate::memory::stage2::{MapError, Stage2};
use crate::partition::Loaded;
use crate::partition::mailbox::Buffers;
use crate::relayer::{Platform, Relayer, VERSION, partition_id};

/// Why the machine does not boot.
#[derive(Clone, Debug, Error)]
pub(super) enum BootError {
    /// A manifest or a package is wrong.
    #[error("{0}")]
    Manifest(#[from] manifest::Error),
    /// A range in a manifest is not what it should be.
    #[error("{what} at {address:#x} {problem}")]
    Range {
        /// Whose range.
        what: &'static str,
        /// Where it begins.
        address: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// A partition needs what is not there.
    #[error("{partition} {problem}")]
    Unsupported {
        /// Which partition.
        partition: PartitionId,
        /// What it needs.
        problem: &'static str,
    },
    /// The page pool is too small.
    #[error("the page pool is empty: give the monitor more memory than {pages} pages")]
    NoPages {
        /// Pages that it had.
        pages: u64,
    },
}

/// The work of booting, on one core.
pub(super) struct Boots<'b, H: Hal> {
    relayer: &'b Relayer<H>,
    hal: &'b mut H,
    token: &'b Token,
    /// The linear index of the core.
    index: usize,
    boot: &'b Boot,
}

/// Partitions in the order in which they initialise themselves.
pub(super) type BootOrder = ArrayVec<PartitionId, MAX_PARTITIONS>;

impl<'b, H: Hal> Boots<'b, H> {
    /// Boots `relayer` on `core` from what the machine says.
    pub fn new(relayer: &'b Relayer<H>, core: &'b mut Core<'_, H>, boot: &'b Boot) -> Self {
        Self { relayer, index: core.index, hal: core.hal, token: &core.token, boot }
    }

    /// Loads every partition that the manifest describes; `manifest` is where it is read to.
    #[inline(never)]
    pub fn load(
        &mut self,
        manifest: &Lock<CoreManifest, H::Locks, { rank::MANIFEST }>,
    ) -> Result<BootOrder, BootError> {
        let mut manifest = manifest.lock(self.token);
        self.with_page(self.boot.manifest, 0, |page| manifest.read(page))??;
        self.relayer.pool.lock(self.token).fill(self.boot.pool);
        self.describe_platform(&manifest)?;
        let mut order = BootOrder::new();
        let mut keys = ArrayVec::<u32, MAX_PARTITIONS>::new();
        for (index, node) in manifest.partitions.iter().enumerate() {
            let key = self.load_partition(index, node, manifest.cores)?;
            let before = keys.iter().take_while(|earlier| **earlier <= key).count();
            // There is room for as many as a manifest has.
            let _ = keys.try_insert(before, key);
            let _ = order.try_insert(before, partition_id(index));
        }
        Ok(order)
    }

    /// Notes which memory there is, and which of it is the normal world's.
    fn describe_platform(&mut self, manifest: &CoreManifest) -> Result<(), BootError> {
        let mut normal_world = ArrayVec::new();
        for MemoryRange { kind, range } in &manifest.memory {
            if *kind == MemoryKind::NonSecure {
                let pages = range.size / PAGE_SIZE;
                normal_world.extend([self.frames("normal-world memory", range.start, pages)?]);
            }
        }
        self.relayer.platform.call_once(|| Platform { memory: self.boot.memory.clone(), normal_world });
        Ok(())
    }

    /// Loads the partition number `index`; returns its place in the boot order.
    #[inline(never)]
    fn load_partition(&mut self, index: usize, node: &PartitionNode, cores: usize) -> Result<u32, BootError> {
        let id = partition_id(index);
        let Some(partition) = self.relayer.partitions.get(index) else {
            return Err(BootError::Unsupported { partition: id, problem: "is one partition too many" });
        };
        let pages = node.memory_size / PAGE_SIZE;
        let memory = self.frames("partition memory", Pa::secure(node.load_address), pages)?;
        let package = self.with_page(memory, 0, |page| {
            let header = page.first_chunk::<HEADER_SIZE>().unwrap_or(&[0; HEADER_SIZE]);
            Package::parse(&node.name, header, node.memory_size)
        })??;
        let config = self
            .with_page(memory, package.manifest.offset, |page| PartitionConfig::parse(&node.name, page))??;
        if config.execution_contexts != 1 && config.execution_contexts as usize != cores {
            let problem = "has neither one execution context nor one for each core";
            return Err(BootError::Unsupported { partition: id, problem });
        }
        self.say_what_is_missing(id, &config)?;
        let stage2 = self.map_partition(Vmid(index as u16 + 1), memory, node, &config)?;
        let Extent { offset, size } = package.image;
        if let Some(image) = memory.part(offset / PAGE_SIZE, size.div_ceil(PAGE_SIZE)) {
            self.hal.make_executable(image);
        }
        if let Some(mailbox) = &config.mailbox {
            let buffers =
                Buffers { tx: self.region(&mailbox.tx, node)?, rx: self.region(&mailbox.rx, node)? };
            partition.endpoint.mailbox.lock(self.token).map(buffers);
        }
        partition.endpoint.version.set(config.ffa_version);
        let boot_order = config.boot_order;
        let entry_point = node.load_address.wrapping_add(config.entrypoint_offset);
        let messaging = config.messaging();
        partition.loaded.call_once(|| Loaded { config, messaging, entry_point, stage2 });
        Ok(boot_order)
    }

    /// Tables that map the partition's regions and the rest of its own `memory`.
    #[inline(never)]
    fn map_partition(
        &mut self,
        vmid: Vmid,
        memory: Frames,
        node: &PartitionNode,
        config: &PartitionConfig,
    ) -> Result<Stage2, BootError> {
        let tables = Stage2::new(self.hal, &mut self.relayer.pool.lock(self.token), vmid);
        let stage2 = tables.ok_or(BootError::NoPages { pages: self.boot.pool.pages() })?;
        for region in &config.memory_regions {
            let frames = self.region(region, node)?;
            self.map(&stage2, frames, region_access(region.attributes))?;
        }
        let mut page = 0;
        while page < memory.pages() {
            let unmapped = |page: &u64| !stage2.maps(self.hal, memory, *page);
            let run = (page..memory.pages()).take_while(unmapped).count() as u64;
            if let Some(rest) = memory.part(page, run) {
                self.map(&stage2, rest, Access::all())?;
            }
            page += run + 1;
        }
        Ok(stage2)
    }

    /// Maps `frames`, which no other partition may have.
    fn map(&mut self, stage2: &Stage2, frames: Frames, access: Access) -> Result<(), BootError> {
        let address = frames.start().address;
        let range = |problem| BootError::Range { what: "memory", address, problem };
        if frames.overlaps(&self.boot.pool) {
            return Err(range("is the monitor's page pool"));
        }
        let mut pool = self.relayer.pool.lock(self.token);
        for (_, _, other) in self.relayer.loaded() {
            if (0..frames.pages()).any(|page| other.stage2.maps(self.hal, frames, page)) {
                return Err(range("belongs to two partitions"));
            }
        }
        let mapping = Mapping { access, state: PageState::Owned, memory: MemoryType::Normal };
        stage2.map(self.hal, &mut pool, frames, mapping).map_err(|error| match error {
            MapError::NoPages => BootError::NoPages { pages: self.boot.pool.pages() },
            MapError::OutOfReach => range("is above 512 GiB"),
            MapError::Mapped => range("is in two regions"),
        })
    }

    /// Refuses what cannot run yet, and notes what runs otherwise than its manifest says.
    fn say_what_is_missing(
        &mut self,
        partition: PartitionId,
        config: &PartitionConfig,
    ) -> Result<(), BootError> {
        if config.exception_level == ExceptionLevel::SecureEl0 {
            return Err(BootError::Unsupported { partition, problem: "wants to run at S-EL0" });
        }
        if config.exception_level == ExceptionLevel::El1 {
            return Err(BootError::Unsupported { partition, problem: "wants the normal world's EL1" });
        }
        if config.ffa_version > VERSION {
            return Err(BootError::Unsupported {
                partition,
                problem: "was written for a later version of FF-A",
            });
        }
        if config.ns_interrupts_action != NsInterruptsAction::Signalled {
            let what = "ns-interrupts-action is not served yet: interrupts of the normal world are signalled";
            print_line(self.hal, format_args!("{partition}: {what}"));
        }
        if config.gp_register.is_some() {
            let what = "gp-register-num is not served yet: there is no boot information";
            print_line(self.hal, format_args!("{partition}: {what}"));
        }
        Ok(())
    }

    /// Calls `read` with a private copy of the page at `offset` in `frames`.
    fn with_page<T>(
        &mut self,
        frames: Frames,
        offset: u64,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, BootError> {
        let unreadable =
            |address| BootError::Range { what: "a manifest or package", address, problem: "cannot be read" };
        let scratch = self.relayer.scratch_on(self.index).ok_or(unreadable(0))?;
        let mut scratch = scratch.lock(self.token);
        // A manifest need not fill its page, but the page that it is in must be there.
        self.hal.read(frames, offset, &mut scratch[..]).map_err(|fault| unreadable(fault.address))?;
        Ok(read(&scratch[..]))
    }

    /// The `pages` pages from `start` on, or why they are no memory.
    fn frames(&self, what: &'static str, start: Pa, pages: u64) -> Result<Frames, BootError> {
        let address = start.address;
        self.boot.memory.frames(start, pages).map_err(|problem| BootError::Range {
            what,
            address,
            problem: match problem {
                NotMemory::Empty => "is empty",
                NotMemory::Unaligned => "does not begin at a page",
                NotMemory::Outside => "is not memory of this machine",
                NotMemory::Monitor => "is the monitor's own",
            },
        })
    }

    /// The pages of a partition's memory region.
    fn region(&self, region: &MemoryRegion, node: &PartitionNode) -> Result<Frames, BootError> {
        let what = "memory region";
        let problem = "ends beyond the address space";
        let start = region.start(node.load_address);
        let start = start.ok_or(BootError::Range { what, address: node.load_address, problem })?;
        let non_secure = region.attributes.contains(RegionAttributes::NON_SECURE);
        let start = if non_secure { Pa::non_secure(start) } else { Pa::secure(start) };
        self.frames(what, start, u64::from(region.pages))
    }
}

/// What a region's attributes let a partition do.
fn region_access(attributes: RegionAttributes) -> Access {
    let mut access = Access::READ;
    access.set(Access::WRITE, attributes.contains(RegionAttributes::WRITE));
    access.set(Access::EXECUTE, attributes.contains(RegionAttributes::EXECUTE));
    access
}
