//! What the tables say after each change, and that a refused change changed nothing.

use hal::memory::{Frames, NotDevice, PhysicalMemory, PhysicalRange};
use hal::tlb::Vmid;
use hal::{Ipa, Memory, PAGE_SIZE, Pa};

use super::{FakeCore, frames, pool_frames};
use crate::memory::entry::{Access, Mapping, MemoryType, PageState};
use crate::memory::pool::PagePool;
use crate::memory::stage2::{MapError, Stage2};

const VMID: Vmid = Vmid(7);

const MAPPING: Mapping = Mapping {
    access: Access::READ.union(Access::WRITE),
    state: PageState::Borrowed,
    memory: MemoryType::Normal,
};

struct Fixture {
    core: FakeCore,
    pool: PagePool,
    stage2: Stage2,
}

impl Fixture {
    /// Empty tables over a pool that has `spare` pages more than the two roots.
    fn new(spare: u64) -> Self {
        let (mut core, mut pool) = (FakeCore::default(), PagePool::EMPTY);
        pool.fill(pool_frames(2 + spare));
        let stage2 = Stage2::new(&mut core, &mut pool, VMID).unwrap();
        Self { core, pool, stage2 }
    }

    fn map(&mut self, frames: Frames) -> Result<(), MapError> {
        self.stage2.map(&mut self.core, &mut self.pool, frames, MAPPING)
    }

    fn at(&self, ipa: Ipa) -> Option<Mapping> {
        self.stage2.lookup(&self.core, ipa)
    }
}

#[test]
fn a_page_is_mapped_in_the_tree_of_its_own_space_only() {
    let mut fixture = Fixture::new(8);
    fixture.map(frames(Pa::non_secure(0x6000_0000), 1)).unwrap();
    assert_eq!(fixture.at(Ipa::non_secure(0x6000_0000)), Some(MAPPING));
    assert_eq!(fixture.at(Ipa::secure(0x6000_0000)), None);
    assert_eq!(fixture.at(Ipa::non_secure(0x6000_1000)), None);
}

#[test]
fn a_run_across_tables_is_mapped_to_its_last_page() {
    let mut fixture = Fixture::new(8);
    // From the last page below 1 GiB to the first one above: two tables of level 2, two of level 3.
    let run = frames(Pa::secure(0x3fff_f000), 2);
    fixture.map(run).unwrap();
    assert_eq!(fixture.stage2.lookup_all(&fixture.core, run), Some(MAPPING));
    assert_eq!(fixture.pool.free(), 8 - 4);
}

#[test]
fn a_run_is_mapped_in_part_where_one_of_its_pages_is() {
    let mut fixture = Fixture::new(8);
    fixture.map(frames(Pa::secure(0x4000_0000), 1)).unwrap();
    let maps = |start, pages| fixture.stage2.maps_any(&fixture.core, frames(start, pages));
    assert!(maps(Pa::secure(0x3fe0_0000), 0x201), "the last page, behind a table that is not there");
    assert!(maps(Pa::secure(0x4000_0000), 1));
    assert!(!maps(Pa::secure(0x3fe0_0000), 0x200) && !maps(Pa::secure(0x4000_1000), 0x400));
    assert!(!maps(Pa::non_secure(0x4000_0000), 1));
    assert!(!maps(Pa::secure(1 << 39), 1), "nothing is mapped beyond the tables' reach");
}

#[test]
fn a_device_is_mapped_as_one() {
    let mut fixture = Fixture::new(8);
    let nothing = PhysicalRange { start: Pa::secure(0), size: 0 };
    let device = PhysicalMemory::new(&[], nothing, &[]).device(Pa::secure(0x0904_0000), 2).unwrap();
    let mapping = Mapping { memory: MemoryType::Device, state: PageState::Owned, ..MAPPING };
    fixture.stage2.map(&mut fixture.core, &mut fixture.pool, device, mapping).unwrap();
    assert_eq!(fixture.at(Ipa::secure(0x0904_1000)), Some(mapping));
    assert_eq!(
        (fixture.at(Ipa::secure(0x0904_2000)), fixture.at(Ipa::non_secure(0x0904_0000))),
        (None, None)
    );
}

#[test]
fn what_is_memory_or_the_monitors_is_no_device_in_either_space() {
    let range = |start, size| PhysicalRange { start, size };
    let ram = [range(Pa::secure(0x1_0000), 0x1_0000), range(Pa::non_secure(0x8_0000), 0x1000)];
    let memory = PhysicalMemory::new(
        &ram,
        range(Pa::secure(0x4_0000), 0x1000),
        &[range(Pa::secure(0x9_0000), 0x1000)],
    );
    for start in [Pa::secure, Pa::non_secure] {
        let device = |address, pages| memory.device(start(address), pages).map(|device| device.pages());
        assert_eq!(device(0x2_0000, 4), Ok(4));
        assert_eq!(device(0xf000, 2), Err(NotDevice::Memory));
        assert_eq!(device(0x8_0000, 1), Err(NotDevice::Memory));
        assert_eq!(device(0x4_0000, 1), Err(NotDevice::Memory));
        assert_eq!(device(0x8_f000, 2), Err(NotDevice::Monitor));
        assert_eq!(device(0x2_0800, 1), Err(NotDevice::Malformed));
        assert_eq!(device(0x2_0000, 0), Err(NotDevice::Malformed));
        assert_eq!(device(u64::MAX - 0xfff, 1), Err(NotDevice::Malformed));
        assert_eq!(device(0x2_0000, u64::MAX / PAGE_SIZE + 2), Err(NotDevice::Malformed));
    }
}

#[test]
fn unmapping_invalidates_the_pages_under_their_vmid() {
    let mut fixture = Fixture::new(8);
    let run = frames(Pa::non_secure(0x6000_0000), 3);
    fixture.map(run).unwrap();
    assert!(fixture.core.invalidated.is_empty(), "a new mapping needs no invalidation");
    fixture.stage2.unmap(&mut fixture.core, &mut fixture.pool, run);
    assert_eq!(fixture.at(Ipa::non_secure(0x6000_0000)), None);
    assert_eq!(fixture.core.invalidated[0], (VMID, Ipa::non_secure(0x6000_0000), 3));
}

#[test]
fn tables_that_became_empty_go_back_to_the_pool() {
    let mut fixture = Fixture::new(8);
    let (low, run) = (frames(Pa::secure(0x3fff_e000), 1), frames(Pa::secure(0x3fff_f000), 2));
    fixture.map(low).unwrap();
    let before = fixture.pool.free();
    fixture.map(run).unwrap();
    assert!(fixture.pool.free() < before);
    fixture.stage2.unmap(&mut fixture.core, &mut fixture.pool, run);
    assert_eq!(fixture.pool.free(), before);
    assert_eq!(fixture.stage2.lookup_all(&fixture.core, low), Some(MAPPING));
    fixture.stage2.unmap(&mut fixture.core, &mut fixture.pool, low);
    assert_eq!(fixture.pool.free(), 8);
}

#[test]
fn a_change_that_the_pool_cannot_pay_for_leaves_no_trace() {
    for spare in 0..4 {
        let mut fixture = Fixture::new(spare);
        let before = (fixture.core.clone(), fixture.pool.free());
        let run = frames(Pa::secure(0x3fff_f000), 2);
        assert_eq!(fixture.map(run), Err(MapError::NoPages), "with {spare} pages to spare");
        assert_eq!((fixture.core, fixture.pool.free()), before);
    }
}

#[test]
fn a_mapped_page_is_never_mapped_over() {
    let mut fixture = Fixture::new(8);
    fixture.map(frames(Pa::secure(0x5000), 1)).unwrap();
    let before = fixture.core.clone();
    assert_eq!(fixture.map(frames(Pa::secure(0x4000), 3)), Err(MapError::Mapped));
    assert_eq!(fixture.core, before);
}

#[test]
fn an_address_above_39_bits_is_out_of_reach() {
    let mut fixture = Fixture::new(8);
    let last = (1 << 39) - PAGE_SIZE;
    assert_eq!(fixture.map(frames(Pa::secure(last), 2)), Err(MapError::OutOfReach));
    assert_eq!(fixture.map(frames(Pa::secure(last), 1)), Ok(()));
}

#[test]
fn pages_that_were_given_back_are_handed_out_again() {
    let (mut core, mut pool) = (FakeCore::default(), PagePool::EMPTY);
    pool.fill(pool_frames(2));
    let (first, second) = (pool.take(&mut core).unwrap(), pool.take(&mut core).unwrap());
    pool.give_back(&mut core, first);
    pool.give_back(&mut core, second);
    assert_eq!(pool.free(), 2);
    assert_eq!((pool.take(&mut core), pool.take(&mut core)), (Some(second), Some(first)));
    assert_eq!(pool.take(&mut core), None);
    assert!(core.entries.is_empty(), "a page is zero when it is handed out");
}

#[test]
fn a_page_from_the_pool_is_zero_and_nobody_elses() {
    let (mut core, mut pool) = (FakeCore::default(), PagePool::EMPTY);
    pool.fill(pool_frames(2));
    let stale = pool_frames(2).frame(0).unwrap();
    core.write_entry(stale, 5, 0xdead);
    let (first, second) = (pool.take(&mut core), pool.take(&mut core));
    assert!(first.is_some() && second.is_some() && first != second);
    assert_eq!(pool.take(&mut core), None);
    assert!(core.entries.is_empty(), "a page is zero when it is handed out");
}
