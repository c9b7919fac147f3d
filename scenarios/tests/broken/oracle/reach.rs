//! What a partition reaches and should not, or should and does not.

use hal::boot::Boot;
use hal::cpu::GuestRegisters;
use hal::memory::{AccessFault, Frame, Frames};
use hal::{Memory, Pa};
use hal_sim::SimCore;
use scenarios::ffa;
use scenarios::machine::layout;

use super::{PAGE_OF_SP1, PAGE_OF_SP2, assert_found, assert_found_in};
use crate::bugs::LeftMapped;
use crate::machine::Bug;
use crate::prepared;

/// The bits of a page's address in a table entry.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// S2AP\[1\] of an entry: stores.
const WRITE: u64 = 1 << 7;
/// XN of an entry: nobody executes.
const EXECUTE_NEVER: u64 = 2 << 53;

#[test]
fn a_page_left_mapped_after_relinquish_is_found() {
    assert_found(
        "share",
        LeftMapped::default(),
        &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1",
            "no live transaction grants it",
        ],
    );
}

/// The entry of one page is another than it should be.
struct OtherEntry {
    page: u64,
    change: fn(u64) -> u64,
}

impl Bug for OtherEntry {
    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let is_page = entry & 3 == 3 && entry & ADDRESS == self.page;
        core.write_entry(table, index, if is_page { (self.change)(entry) } else { entry });
    }
}

#[test]
fn a_page_shared_read_only_and_mapped_writable_is_found() {
    let mut prepared = prepared("share");
    // The first access descriptor: SP1, its permissions, no flags.
    let [low, high] = ffa::partition_id(1).to_le_bytes();
    for program in std::iter::once(&mut prepared.normal_world).chain(&mut prepared.partitions) {
        let bytes = &mut program.bytes;
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == [low, high, 2, 0] {
                bytes[at + 2] = 1;
            }
        }
    }
    let mut bug = OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry | WRITE };
    let words = [
        "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
        "handle 0x1 grants it read-only",
    ];
    assert_found_in(&prepared, &mut bug, &words);
}

#[test]
fn a_page_of_the_normal_world_mapped_executable_is_found() {
    let bug = OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry & !EXECUTE_NEVER };
    let words =
        ["SP1 (0x8001) reaches non-secure 0x60100000 read-write-execute", "handle 0x1 grants it read-write"];
    assert_found("share", bug, &words);
}

#[test]
fn a_page_of_one_partition_mapped_to_another_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP2, change: |entry| entry & !ADDRESS | PAGE_OF_SP1 };
    let words = ["SP2 (0x8002) reaches secure 0xe410000 read-write-execute", "it belongs to SP1 (0x8001)"];
    assert_found("chain", bug, &words);
}

#[test]
fn a_page_of_the_monitors_mapped_to_a_partition_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP1, change: |entry| entry & !ADDRESS | layout::POOL.0 };
    let words = ["SP1 (0x8001) reaches secure 0xe200000 read-write-execute", "it is the monitor's own"];
    assert_found("hello", bug, &words);
}

#[test]
fn a_page_of_its_own_that_a_partition_does_not_reach_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP1, change: |_| 0 };
    let words = ["SP1 (0x8001) does not reach secure 0xe410000", "it owns the page, read-write-execute"];
    assert_found("hello", bug, &words);
}

/// A retrieve fails at its last step, and what it mapped stays.
#[derive(Default)]
struct NotRolledBack {
    retrieving: bool,
    failed: bool,
}

impl Bug for NotRolledBack {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        self.retrieving = registers.x[0] == ffa::MEM_RETRIEVE_REQ;
        self.failed = false;
    }

    fn write(
        &mut self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        if !self.retrieving {
            return core.write(frames, offset, bytes);
        }
        self.failed = true;
        let Pa { space, address } = frames.start();
        Err(AccessFault { space, address })
    }

    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        if !self.failed {
            core.write_entry(table, index, entry);
        }
    }
}

#[test]
fn a_mapping_left_behind_by_a_refused_call_is_found() {
    let words = [
        "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
        "refused with ABORTED",
        "a refused call changes nothing",
    ];
    assert_found("share", NotRolledBack::default(), &words);
}

/// FFA_MEM_RELINQUISH is taken for another call, so the monitor forgets it.
struct Forgets;

impl Bug for Forgets {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        if registers.x[0] == ffa::MEM_RELINQUISH {
            registers.x[0] = ffa::ID_GET;
        }
    }
}

#[test]
fn a_relinquish_that_succeeded_and_did_nothing_is_found() {
    let words =
        ["SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1"];
    assert_found("share", Forgets, &words);
}
