//! What a partition may reach: its memory and devices become its tables.

use arrayvec::ArrayVec;
use hal::memory::{DeviceRange, Frames};
use hal::tlb::Vmid;
use hal::{Hal, PAGE_SIZE, Pa};

use super::Boots;
use crate::capacity::MAX_MEMORY_RANGES;
use crate::manifest::{
    CoreManifest, DeviceRegion, MemoryKind, MemoryRegion, PartitionNode, RegionAttributes, Regions, Wrong,
};
use crate::memory::entry::{Access, Mapping, MemoryType, PageState};
use crate::memory::stage2::{MapError, Pages, Stage2};
use crate::partition::mailbox::Buffers;

/// The normal world's memory that no partition has.
pub(super) type NormalWorld = ArrayVec<Frames, MAX_MEMORY_RANGES>;

const REGION: &str = "memory region";
const DEVICE: &str = "device region";

impl<H: Hal> Boots<'_, H> {
    /// Tables that map the regions of the partition number `index` and the rest of its own `memory`.
    #[inline(never)]
    pub(super) fn map_partition(
        &mut self,
        index: usize,
        memory: Frames,
        node: &PartitionNode,
        core: &CoreManifest,
        regions: &Regions,
    ) -> Result<Stage2, Wrong> {
        let vmid = Vmid(index as u16 + 1);
        let tables = Stage2::new(self.hal, &mut self.relayer.pool.lock(self.token), vmid);
        let Some(stage2) = tables else { return Err(self.no_pages()) };
        for region in &regions.memory {
            let frames = self.region(region, node, core)?;
            if region.attributes.contains(RegionAttributes::NON_SECURE) {
                self.take_from_normal_world(frames)?;
            }
            let address = frames.start().address;
            self.map(&stage2, REGION, address, frames.into(), access(region.attributes), MemoryType::Normal)?;
        }
        for region in &regions.devices {
            let device = self.device(region, core)?;
            let access = access(region.attributes);
            self.map(&stage2, DEVICE, region.base, device.into(), access, MemoryType::Device)?;
        }
        let mut page = 0;
        while page < memory.pages() {
            let unmapped = |page: &u64| !stage2.maps(self.hal, memory, *page);
            let run = (page..memory.pages()).take_while(unmapped).count() as u64;
            if let Some(rest) = memory.part(page, run) {
                let address = rest.start().address;
                // rule: boot.1
                self.map(&stage2, "its memory", address, rest.into(), Access::all(), MemoryType::Normal)?;
            }
            page += run + 1;
        }
        Ok(stage2)
    }

    /// Maps `pages`, `what` from `address` on, which no other partition may have.
    fn map(
        &mut self,
        stage2: &Stage2,
        what: &str,
        address: u64,
        pages: Pages,
        access: Access,
        memory: MemoryType,
    ) -> Result<(), Wrong> {
        let relayer = self.relayer;
        if pages.overlaps(&self.boot.pool) {
            return Err(self.refuse(format_args!("{what} at {address:#x} is the monitor's page pool")));
        }
        let mapping = Mapping { access, state: PageState::Owned, memory };
        let (other, mapped) = {
            let mut pool = relayer.pool.lock(self.token);
            match relayer.loaded().find(|(_, _, other)| other.stage2.maps_any(self.hal, pages)) {
                Some((other, ..)) => (Some(other), Ok(())),
                None => (None, stage2.map(self.hal, &mut pool, pages, mapping)),
            }
        };
        // rule: boot.3
        if let Some(other) = other {
            return Err(self.refuse(format_args!("{what} at {address:#x} is {other}'s as well")));
        }
        match mapped {
            Ok(()) => Ok(()),
            Err(MapError::NoPages) => Err(self.no_pages()),
            Err(MapError::OutOfReach) => {
                Err(self.refuse(format_args!("{what} at {address:#x} is above 512 GiB")))
            }
            Err(MapError::Mapped) => {
                Err(self.refuse(format_args!("{what} at {address:#x} is in two regions")))
            }
        }
    }

    /// The two buffers of the mailbox that the manifest gives, if it gives one.
    pub(super) fn buffers(
        &mut self,
        node: &PartitionNode,
        core: &CoreManifest,
        regions: &Regions,
    ) -> Result<Option<Buffers>, Wrong> {
        let pair =
            regions.mailbox.map(|mailbox| (regions.memory.get(mailbox.tx), regions.memory.get(mailbox.rx)));
        let Some((Some(tx), Some(rx))) = pair else { return Ok(None) };
        Ok(Some(Buffers { tx: self.region(tx, node, core)?, rx: self.region(rx, node, core)? }))
    }

    /// The pages of a memory region.
    fn region(
        &mut self,
        region: &MemoryRegion,
        node: &PartitionNode,
        core: &CoreManifest,
    ) -> Result<Frames, Wrong> {
        let Some(start) = region.start(node.load_address) else {
            return Err(self.refuse(format_args!("a {REGION} ends beyond the address space")));
        };
        let non_secure = region.attributes.contains(RegionAttributes::NON_SECURE);
        let kind = if non_secure { MemoryKind::NonSecure } else { MemoryKind::Secure };
        self.memory_in(core, kind, REGION, start, region.size())
    }

    /// The pages of a device region.
    fn device(&mut self, region: &DeviceRegion, core: &CoreManifest) -> Result<DeviceRange, Wrong> {
        let non_secure = region.attributes.contains(RegionAttributes::NON_SECURE);
        let kind = if non_secure { MemoryKind::NonSecureDevice } else { MemoryKind::Device };
        let start = Pa { space: kind.space(), address: region.base };
        self.must_be_in(core, kind, DEVICE, start, u64::from(region.pages) * PAGE_SIZE)?;
        self.boot
            .memory
            .device(start, u64::from(region.pages))
            .map_err(|problem| self.refuse(format_args!("{DEVICE} at {:#x} {problem}", region.base)))
    }

    /// Notes that the normal world has not `frames`, which are in one range of its memory.
    fn take_from_normal_world(&mut self, frames: Frames) -> Result<(), Wrong> {
        let Some(place) = self.normal_world.iter().position(|range| range.overlaps(&frames)) else {
            // Another region has it: mapping it says so.
            return Ok(());
        };
        let range = self.normal_world.swap_remove(place);
        let before = (frames.start().address - range.start().address) / PAGE_SIZE;
        let behind = before + frames.pages();
        let parts = [range.part(0, before), range.part(behind, range.pages().saturating_sub(behind))];
        for part in parts.into_iter().flatten() {
            if self.normal_world.try_push(part).is_err() {
                return Err(self.refuse(format_args!(
                    "there is room for {MAX_MEMORY_RANGES} ranges of normal-world memory between regions"
                )));
            }
        }
        Ok(())
    }

    fn no_pages(&mut self) -> Wrong {
        let pages = self.boot.pool.pages();
        self.refuse(format_args!("the page pool is empty: give the monitor more memory than {pages} pages"))
    }
}

/// What a region's attributes let a partition do.
fn access(attributes: RegionAttributes) -> Access {
    let mut access = Access::READ;
    // rule: boot.6
    access.set(Access::WRITE, attributes.contains(RegionAttributes::WRITE));
    // rule: boot.7
    access.set(Access::EXECUTE, attributes.contains(RegionAttributes::EXECUTE));
    access
}
