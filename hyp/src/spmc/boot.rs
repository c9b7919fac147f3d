//! Boot: the manifest is read, and each partition gets its memory, its tables and its configuration.
//!
//! A partition's memory is mapped read, write and execute, as the reference does; a region of its manifest that
//! lies inside has the region's own rights.

use arrayvec::ArrayVec;
use hal::boot::Boot;
use hal::memory::{Frames, NotMemory};
use hal::tlb::Vmid;
use hal::trace::Event;
use hal::{Hal, PAGE_SIZE, Pa};
use thiserror::Error;

use super::Spmc;
use crate::capacity::MAX_PARTITIONS;
use crate::core::Core;
use crate::ffa::{ErrorCode, PartitionId, response};
use crate::manifest::package::HEADER_SIZE;
use crate::manifest::{
    self, CoreManifest, ExceptionLevel, MemoryKind, MemoryRegion, NsInterruptsAction, Package,
    PartitionConfig, PartitionNode, RegionAttributes,
};
use crate::memory::entry::{Access, Mapping, MemoryType, PageState};
use crate::memory::stage2::{MapError, Stage2};
use crate::partition::Loaded;
use crate::partition::mailbox::Buffers;
use crate::relayer::next::Next;
use crate::relayer::{NORMAL_WORLD, Platform, partition_id};

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
    /// A partition needs what is not there yet.
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

impl<H: Hal> Spmc<H> {
    /// Loads every partition that the manifest describes.
    pub(super) fn load(&self, core: &mut Core<'_, H>, boot: &Boot) -> Result<(), BootError> {
        let manifest = self.with_page(core, boot.manifest, 0, CoreManifest::parse)??;
        let mut platform = Platform {
            memory: boot.memory.clone(),
            normal_world: ArrayVec::new(),
        };
        for memory in manifest
            .memory
            .iter()
            .filter(|memory| memory.kind == MemoryKind::NonSecure)
        {
            let range = memory.range;
            let frames = frames(
                boot,
                "normal-world memory",
                range.start,
                range.size / PAGE_SIZE,
            )?;
            platform.normal_world.extend([frames]);
        }
        self.relayer.platform.call_once(|| platform);
        self.relayer.pool.lock(&core.token).fill(boot.pool);

        let mut order = ArrayVec::<(u32, PartitionId), MAX_PARTITIONS>::new();
        for (index, node) in manifest.partitions.iter().enumerate() {
            let id = partition_id(index);
            let boot_order = self.load_partition(core, boot, index, node)?;
            let after = order
                .iter()
                .take_while(|(earlier, _)| *earlier <= boot_order)
                .count();
            order.insert(after, (boot_order, id));
        }
        self.boot_order
            .call_once(|| order.into_iter().map(|(_, id)| id).collect());
        Ok(())
    }

    /// Says why on the console, and tells the SPMD.
    pub(super) fn refuse_to_boot(&self, core: &mut Core<'_, H>, error: &BootError) -> Next {
        core.hal.trace(Event::Note(error));
        crate::console::print_line(core.hal, format_args!("Tantalum does not boot: {error}"));
        Next::give(NORMAL_WORLD, response::error(ErrorCode::InvalidParameters))
    }

    /// Loads the partition number `index`; returns its place in the boot order.
    fn load_partition(
        &self,
        core: &mut Core<'_, H>,
        boot: &Boot,
        index: usize,
        node: &PartitionNode,
    ) -> Result<u32, BootError> {
        let id = partition_id(index);
        let Some(partition) = self.relayer.partitions.get(index) else {
            return Err(BootError::Unsupported {
                partition: id,
                problem: "is one partition too many",
            });
        };
        let pages = node.memory_size / PAGE_SIZE;
        let memory = frames(
            boot,
            "partition memory",
            Pa::secure(node.load_address),
            pages,
        )?;
        let package = self.with_page(core, memory, 0, |page| {
            let header = page
                .first_chunk::<HEADER_SIZE>()
                .unwrap_or(&[0; HEADER_SIZE]);
            Package::parse(&node.name, header, node.memory_size)
        })??;
        let config = self.with_page(core, memory, package.manifest.offset, |page| {
            PartitionConfig::parse(&node.name, page)
        })??;
        self.say_what_is_missing(core, id, &config)?;

        let vmid = Vmid(index as u16 + 1);
        let tables = Stage2::new(core.hal, &mut self.relayer.pool.lock(&core.token), vmid);
        let stage2 = tables.ok_or(BootError::NoPages {
            pages: boot.pool.pages(),
        })?;
        for region in &config.memory_regions {
            let access = region_access(region.attributes);
            self.map(
                core,
                boot,
                &stage2,
                region_frames(boot, region, node)?,
                access,
            )?;
        }
        self.map_rest(core, boot, &stage2, memory)?;
        core.hal.make_executable(memory);

        if let Some(mailbox) = &config.mailbox {
            let buffers = Buffers {
                tx: region_frames(boot, &mailbox.tx, node)?,
                rx: region_frames(boot, &mailbox.rx, node)?,
            };
            partition.endpoint.mailbox.lock(&core.token).map(buffers);
        }
        partition.endpoint.version.set(config.ffa_version);
        let boot_order = config.boot_order;
        let entry_point = node.load_address.wrapping_add(config.entrypoint_offset);
        let messaging = config.messaging();
        partition.loaded.call_once(|| Loaded {
            config,
            messaging,
            entry_point,
            stage2,
        });
        Ok(boot_order)
    }

    /// Calls `read` with a private copy of the page at `offset` in `frames`.
    fn with_page<T>(
        &self,
        core: &mut Core<'_, H>,
        frames: Frames,
        offset: u64,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, BootError> {
        let problem = "cannot be read";
        let unreadable = |address| BootError::Range {
            what: "a manifest or package",
            address,
            problem,
        };
        let scratch = self.relayer.scratch.get(core.index).ok_or(unreadable(0))?;
        let mut scratch = scratch.lock(&core.token);
        // A manifest need not fill its page, but the page that it is in must be there.
        core.hal
            .read(frames, offset, &mut scratch[..])
            .map_err(|fault| unreadable(fault.address))?;
        Ok(read(&scratch[..]))
    }

    /// Refuses what cannot run yet, and notes what runs otherwise than its manifest says.
    fn say_what_is_missing(
        &self,
        core: &mut Core<'_, H>,
        partition: PartitionId,
        config: &PartitionConfig,
    ) -> Result<(), BootError> {
        if config.exception_level == ExceptionLevel::SecureEl0 {
            return Err(BootError::Unsupported {
                partition,
                problem: "wants to run at S-EL0",
            });
        }
        if config.ns_interrupts_action != NsInterruptsAction::Signalled {
            let note = "ns-interrupts-action: interrupts of the normal world are always signalled";
            core.hal.trace(Event::Note(&note));
        }
        Ok(())
    }

    /// Maps `frames`, which no other partition may have.
    fn map(
        &self,
        core: &mut Core<'_, H>,
        boot: &Boot,
        stage2: &Stage2,
        frames: Frames,
        access: Access,
    ) -> Result<(), BootError> {
        let address = frames.start().address;
        let range = |problem| BootError::Range {
            what: "memory",
            address,
            problem,
        };
        if frames.overlaps(&boot.pool) {
            return Err(range("is the monitor's page pool"));
        }
        let mut pool = self.relayer.pool.lock(&core.token);
        for (_, _, other) in self.relayer.loaded() {
            if (0..frames.pages()).any(|page| other.stage2.maps(core.hal, frames, page)) {
                return Err(range("belongs to two partitions"));
            }
        }
        let mapping = Mapping {
            access,
            state: PageState::Owned,
            memory: MemoryType::Normal,
        };
        stage2
            .map(core.hal, &mut pool, frames, mapping)
            .map_err(|error| match error {
                MapError::NoPages => BootError::NoPages {
                    pages: boot.pool.pages(),
                },
                MapError::OutOfReach => range("is above 512 GiB"),
                MapError::Mapped => range("is in two regions"),
            })
    }

    /// Maps what is not mapped yet of a partition's own `memory`, with all rights.
    fn map_rest(
        &self,
        core: &mut Core<'_, H>,
        boot: &Boot,
        stage2: &Stage2,
        memory: Frames,
    ) -> Result<(), BootError> {
        let mut page = 0;
        while page < memory.pages() {
            let run = (page..memory.pages())
                .take_while(|page| !stage2.maps(core.hal, memory, *page))
                .count();
            if let Some(rest) = memory.part(page, run as u64) {
                self.map(core, boot, stage2, rest, Access::all())?;
            }
            page += run as u64 + 1;
        }
        Ok(())
    }
}

/// The frames of `pages` pages from `start` on, or why there are none.
fn frames(boot: &Boot, what: &'static str, start: Pa, pages: u64) -> Result<Frames, BootError> {
    boot.memory
        .frames(start, pages)
        .map_err(|problem| BootError::Range {
            what,
            address: start.address,
            problem: match problem {
                NotMemory::Empty => "is empty",
                NotMemory::Unaligned => "does not begin at a page",
                NotMemory::Outside => "is not memory of this machine",
                NotMemory::Monitor => "is the monitor's own",
            },
        })
}

/// The frames of a partition's memory region.
fn region_frames(
    boot: &Boot,
    region: &MemoryRegion,
    node: &PartitionNode,
) -> Result<Frames, BootError> {
    let what = "memory region";
    let start = region.start(node.load_address).ok_or(BootError::Range {
        what,
        address: node.load_address,
        problem: "ends beyond the address space",
    })?;
    let non_secure = region.attributes.contains(RegionAttributes::NON_SECURE);
    let start = if non_secure {
        Pa::non_secure(start)
    } else {
        Pa::secure(start)
    };
    frames(boot, what, start, u64::from(region.pages))
}

/// What a region's attributes let a partition do.
fn region_access(attributes: RegionAttributes) -> Access {
    let mut access = Access::READ;
    access.set(Access::WRITE, attributes.contains(RegionAttributes::WRITE));
    access.set(
        Access::EXECUTE,
        attributes.contains(RegionAttributes::EXECUTE),
    );
    access
}
