//! Boot: the manifests are read, and each partition gets its memory, its devices, its tables, and what it wants to
//! be told.
//!
//! Rules: `rules/boot.toml`.

mod checks;
mod information;
mod regions;

use core::cell::RefCell;
use core::fmt;

use arrayvec::ArrayVec;
use hal::boot::Boot;
use hal::lock::{Lock, Token};
use hal::memory::Frames;
use hal::trace::Event;
use hal::{Hal, PAGE_SIZE, Pa};

use super::owners::Owners;
use crate::capacity::{MAX_PARTITIONS, SCRATCH, rank};
use crate::console::print_line;
use crate::core::Core;
use crate::ffa::{PartitionId, Version};
use crate::manifest::error::Text;
use crate::manifest::package::Extent;
use crate::manifest::{
    CoreManifest, Finding, MemoryKind, Package, PartitionConfig, PartitionNode, Regions, Report, Wrong,
};
use crate::partition::Loaded;
use crate::relayer::{Platform, Relayer, partition_id};
use regions::NormalWorld;

/// What boot reads into, since it is too large for a stack.
pub(super) struct Manifests {
    core: CoreManifest,
    /// Those of the partition that is being loaded.
    regions: Regions,
}

impl Manifests {
    /// Nothing, the empty value.
    pub const EMPTY: Self = Self { core: CoreManifest::EMPTY, regions: Regions::EMPTY };
}

/// The work of booting, on one core.
pub(super) struct Boots<'b, H: Hal> {
    relayer: &'b Relayer<H>,
    /// Whose each interrupt of a device is.
    owners: &'b Owners,
    hal: &'b mut H,
    token: &'b Token,
    /// The linear index of the core.
    index: usize,
    boot: &'b Boot,
    /// What is being read or loaded: the monitor's manifest, or a partition by its name.
    subject: Text,
    /// The normal world's memory that no partition has.
    normal_world: NormalWorld,
}

/// Partitions in the order in which they initialise themselves.
pub(super) type BootOrder = ArrayVec<PartitionId, MAX_PARTITIONS>;

/// Boot orders of the partitions in [`BootOrder`].
type Keys = ArrayVec<u32, MAX_PARTITIONS>;

impl<'b, H: Hal> Boots<'b, H> {
    /// Boots `relayer` on `core` from what the machine says.
    pub fn new(
        relayer: &'b Relayer<H>,
        owners: &'b Owners,
        core: &'b mut Core<'_, H>,
        boot: &'b Boot,
    ) -> Self {
        let subject = Text::from("monitor manifest").unwrap_or_default();
        let normal_world = NormalWorld::new();
        let index = core.index;
        Self { relayer, owners, index, hal: core.hal, token: &core.token, boot, subject, normal_world }
    }

    /// Loads every partition that the manifest describes; `manifests` is where it is read to. Says why on the
    /// console where that fails.
    #[inline(never)]
    pub fn load(
        &mut self,
        manifests: &Lock<Manifests, H::Locks, { rank::MANIFEST }>,
    ) -> Result<BootOrder, Wrong> {
        let mut manifests = manifests.lock(self.token);
        let Manifests { core, regions } = &mut *manifests;
        self.with_manifest(self.boot.manifest, self.boot.manifest_offset, |bytes, report| {
            core.read(bytes, report)
        })?;
        self.relayer.pool.lock(self.token).fill(self.boot.pool);
        for range in core.memory.iter().filter(|range| range.kind == MemoryKind::NonSecure) {
            let frames = self.frames("ns-memory", range.range.start, range.range.size / PAGE_SIZE)?;
            self.normal_world.extend([frames]);
        }
        let mut order = BootOrder::new();
        let mut keys = Keys::new();
        for (index, node) in core.partitions.iter().enumerate() {
            self.subject = node.name;
            let key = self.load_partition(index, node, core, regions)?;
            let before = keys.iter().take_while(|earlier| **earlier <= key).count();
            let last = before.checked_sub(1).and_then(|last| keys.get(last));
            if key != PartitionConfig::BOOTS_LAST && last == Some(&key) {
                return Err(self.refuse(format_args!("boot-order is {key}: another partition has it")));
            }
            // There is room for as many as a manifest has.
            let _ = keys.try_insert(before, key);
            // rule: boot.4
            let _ = order.try_insert(before, partition_id(index));
        }
        let normal_world = self.normal_world.clone();
        let version = core.version.min(Version::V1_3);
        self.relayer.platform.call_once(|| Platform {
            memory: self.boot.memory.clone(),
            normal_world,
            version,
        });
        self.say_how_it_went(order.len());
        Ok(order)
    }

    /// Loads the partition number `index`; returns its place in the boot order.
    #[inline(never)]
    fn load_partition(
        &mut self,
        index: usize,
        node: &PartitionNode,
        core: &CoreManifest,
        regions: &mut Regions,
    ) -> Result<u32, Wrong> {
        let Some(partition) = self.relayer.partitions.get(index) else {
            return Err(self.refuse(format_args!("it is one partition too many")));
        };
        let memory =
            self.memory_in(core, MemoryKind::Secure, "its memory", node.load_address, node.memory_size)?;
        let package = self.read_package(memory)?;
        let config = self.with_manifest(memory, package.manifest.offset, |bytes, report| {
            PartitionConfig::read(bytes, regions, report)
        })?;
        self.check(&config, node, core.cores)?;
        self.own_interrupts(index, &config)?;
        let stage2 = self.map_partition(index, memory, node, core, regions)?;
        let Extent { offset, size } = package.image;
        if let Some(image) = memory.part(offset / PAGE_SIZE, size.div_ceil(PAGE_SIZE)) {
            self.hal.make_executable(image);
        }
        if let Some(buffers) = self.buffers(node, core, regions)? {
            partition.endpoint.mailbox.lock(self.token).map(buffers);
        }
        let boot_info = self.write_boot_information(memory, &package, &config)?;
        partition.endpoint.version.set(config.ffa_version);
        let boot_order = config.boot_order;
        let entry_point = node.load_address.wrapping_add(config.entrypoint_offset);
        let messaging = config.messaging();
        let loaded = Loaded {
            config,
            messaging,
            entry_point,
            boot_info,
            smcs: node.smcs.clone(),
            init_timeout: node.init_timeout,
            interrupt_timeout: node.interrupt_timeout,
            stage2,
        };
        partition.loaded.call_once(|| loaded);
        Ok(boot_order)
    }

    /// Where everything is in the package at the beginning of `memory`.
    #[inline(never)]
    fn read_package(&mut self, memory: Frames) -> Result<Package, Wrong> {
        let hal = RefCell::new(&mut *self.hal);
        let mut told = false;
        let mut source = |offset, into: &mut [u8]| {
            hal.try_borrow_mut().is_ok_and(|mut hal| hal.read(memory, offset, into).is_ok())
        };
        let mut tell = |finding: &Finding<'_>| {
            if let Ok(mut hal) = hal.try_borrow_mut() {
                say(*hal, finding, &mut told);
            }
        };
        let mut report = Report::new("package of ", &mut tell);
        report.push(&self.subject);
        Package::read(&mut source, memory.size(), &mut report)
    }

    /// Has `read` read a private copy of the manifest at `offset` in `frames`, and of what is behind it there, a page
    /// at most.
    fn with_manifest<T>(
        &mut self,
        frames: Frames,
        offset: u64,
        read: impl FnOnce(&[u8], &mut Report<'_>) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        let Some(scratch) = self.relayer.scratch_on(self.index) else {
            return Err(self.refuse(format_args!("this core is one too many")));
        };
        let mut scratch = scratch.lock(self.token);
        let there = usize::try_from(frames.size().saturating_sub(offset)).unwrap_or(usize::MAX).min(SCRATCH);
        let bytes = scratch.get_mut(..there).unwrap_or_default();
        if let Err(fault) = self.hal.read(frames, offset, bytes) {
            return Err(self.refuse(format_args!("the manifest at {:#x} cannot be read", fault.address)));
        }
        let (mut told, hal) = (false, &mut *self.hal);
        let mut tell = |finding: &Finding<'_>| say(hal, finding, &mut told);
        read(bytes, &mut Report::new(&self.subject, &mut tell))
    }

    /// The memory of `size` bytes from `address` on, which is of the kind `kind` in the monitor's manifest.
    fn memory_in(
        &mut self,
        core: &CoreManifest,
        kind: MemoryKind,
        what: &str,
        address: u64,
        size: u64,
    ) -> Result<Frames, Wrong> {
        let start = Pa { space: kind.space(), address };
        self.must_be_in(core, kind, what, start, size)?;
        self.frames(what, start, size / PAGE_SIZE)
    }

    /// Refuses what is not in one range of the kind `kind` in the monitor's manifest.
    fn must_be_in(
        &mut self,
        core: &CoreManifest,
        kind: MemoryKind,
        what: &str,
        start: Pa,
        size: u64,
    ) -> Result<(), Wrong> {
        // rule: boot.2
        if core.has(kind, start, size) {
            return Ok(());
        }
        let (name, end) = (kind.name(), start.address.saturating_add(size));
        Err(self.refuse(format_args!(
            "{what} at {:#x} to {end:#x} is not in one {name} range of the monitor's manifest",
            start.address
        )))
    }

    /// The `pages` pages from `start` on, or why they are no memory.
    fn frames(&mut self, what: &str, start: Pa, pages: u64) -> Result<Frames, Wrong> {
        self.boot
            .memory
            .frames(start, pages)
            .map_err(|problem| self.refuse(format_args!("{what} at {:#x} {problem}", start.address)))
    }

    /// Says that the machine does not boot, because the present subject is wrong: how, as a sentence.
    #[inline(never)]
    fn refuse(&mut self, why: fmt::Arguments<'_>) -> Wrong {
        say_no(self.hal, format_args!("{}: {why}", self.subject));
        Wrong
    }

    fn say_how_it_went(&mut self, partitions: usize) {
        let pages = self.boot.pool.pages();
        let used = pages - self.relayer.pool.lock(self.token).free();
        print_line(
            self.hal,
            format_args!("Tantalum: {partitions} partitions; {used} of {pages} pages are tables"),
        );
    }
}

/// Says what a reader found; of what is wrong only the first, which ends the boot.
#[inline(never)]
fn say<H: Hal>(hal: &mut H, finding: &Finding<'_>, told: &mut bool) {
    if !finding.problem.is_error() {
        print_line(hal, format_args!("{finding}"));
    } else if !*told {
        *told = true;
        say_no(hal, format_args!("{finding}"));
    }
}

/// Says why the machine does not boot.
fn say_no<H: Hal>(hal: &mut H, why: fmt::Arguments<'_>) {
    hal.trace(Event::Note(&why));
    print_line(hal, format_args!("Tantalum does not boot: {why}"));
}
