//! Table entries that are not what they should be: what a partition reaches and should not, or should and does not.

use hal::Memory;
use hal::memory::Frame;
use hal_sim::SimCore;
use scenarios::machine::layout;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// A page in the middle of SP1's memory.
pub const PAGE_OF_SP1: u64 = layout::partition_base(1) + 0x1_0000;
/// A page in the middle of SP2's.
const PAGE_OF_SP2: u64 = layout::partition_base(2) + 0x1_0000;

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "a page shared read-only is mapped writable",
        scenario: "share-read-only",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
            "handle 0x1 grants it read-only",
        ],
        bug: || Box::new(OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry | WRITE }),
    },
    Planted {
        what: "a shared page is mapped executable",
        scenario: "share",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write-execute",
            "handle 0x1 grants it read-write",
        ],
        bug: || Box::new(OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry & !EXECUTE_NEVER }),
    },
    Planted {
        what: "a page of SP1's is mapped to SP2",
        scenario: "chain",
        checker: Checker::Reach,
        words: &[
            "SP2 (0x8002) reaches secure 0xe410000 read-write-execute",
            "it belongs to SP1 (0x8001) and no live transaction grants it",
        ],
        bug: || Box::new(OtherEntry { page: PAGE_OF_SP2, change: |entry| entry & !ADDRESS | PAGE_OF_SP1 }),
    },
    Planted {
        what: "a page of the monitor's is mapped to SP1",
        scenario: "hello",
        checker: Checker::Reach,
        words: &["SP1 (0x8001) reaches secure 0xe200000 read-write-execute", "it is the monitor's own"],
        bug: || Box::new(OtherEntry { page: PAGE_OF_SP1, change: |entry| entry & !ADDRESS | layout::POOL.0 }),
    },
    Planted {
        what: "a page of SP1's is not mapped",
        scenario: "hello",
        checker: Checker::Reach,
        words: &["SP1 (0x8001) does not reach secure 0xe410000", "it owns the page, read-write-execute"],
        bug: || Box::new(OtherEntry { page: PAGE_OF_SP1, change: |_| 0 }),
    },
];

/// The bits of a page's address in a table entry.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// S2AP\[1\] of an entry: stores.
const WRITE: u64 = 1 << 7;
/// XN of an entry: nobody executes.
const EXECUTE_NEVER: u64 = 2 << 53;

/// True for the entry of a page.
pub const fn is_page(entry: u64) -> bool {
    entry & 3 == 3 && entry & ACCESS_FLAG != 0
}

/// The access flag, which a page's entry has and a table's has not.
const ACCESS_FLAG: u64 = 1 << 10;

/// The entry of one page is another than it should be.
pub struct OtherEntry {
    pub page: u64,
    pub change: fn(u64) -> u64,
}

impl Bug for OtherEntry {
    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let meant = is_page(entry) && entry & ADDRESS == self.page;
        core.write_entry(table, index, if meant { (self.change)(entry) } else { entry });
    }
}
