//! Table entries and what must follow them: invalidations, barriers, breaks, cleans.

use std::cell::Cell;

use hal::address::Ipa;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::memory::{Frame, Frames};
use hal::tlb::Vmid;
use hal::{Cpu, Memory, PAGE_SIZE, Space, Tlb};
use hal_sim::SimCore;
use scenarios::machine::layout;

use crate::entries::{OtherEntry, is_page};
use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "no TLBI follows an unmap",
        scenario: "share",
        checker: Checker::Stale,
        words: &["non-secure 0x60100000 (rw-), where the tables now have nothing: a TLBI is missing"],
        bug: || Box::new(OtherTlbi(|_, _, _, _| {})),
    },
    Planted {
        what: "the TLBI names the next page",
        scenario: "share",
        checker: Checker::Stale,
        words: &["VMID 1, non-secure 0x60100000", "too narrow: it named non-secure 0x60101000, 1 page"],
        bug: || {
            Box::new(OtherTlbi(|core, vmid, start, pages| {
                core.invalidate(vmid, Ipa { address: start.address + PAGE_SIZE, ..start }, pages);
            }))
        },
    },
    Planted {
        what: "the TLBI names the other space",
        scenario: "share",
        checker: Checker::Stale,
        words: &["VMID 1, non-secure 0x60100000", "of the wrong space: it named secure 0x60100000"],
        bug: || {
            Box::new(OtherTlbi(|core, vmid, start, pages| {
                core.invalidate(vmid, Ipa { space: Space::Secure, ..start }, pages);
            }))
        },
    },
    Planted {
        what: "the TLBI names another VMID",
        scenario: "share",
        checker: Checker::Stale,
        words: &["VMID 1, non-secure 0x60100000", "of the wrong VMID: it named VMID 2"],
        bug: || {
            Box::new(OtherTlbi(|core, vmid, start, pages| {
                core.invalidate(Vmid(vmid.0 + 1), start, pages);
            }))
        },
    },
    Planted {
        what: "the TLBI reaches the core only that asks for it",
        scenario: "unmapped-everywhere",
        checker: Checker::Stale,
        words: &[
            "core 0: ",
            "VMID 1, non-secure 0x60100000",
            "where the tables now have nothing: a TLBI is missing",
        ],
        bug: || {
            Box::new(OtherTlbi(|core, vmid, start, pages| {
                core.broadcast_nothing();
                core.invalidate(vmid, start, pages);
            }))
        },
    },
    Planted {
        what: "the TLBI comes when the partition has run again",
        scenario: "share",
        checker: Checker::Late,
        words: &[
            "VMID 1, non-secure 0x60100000",
            "its entry was changed and a guest ran before the TLBI came",
        ],
        bug: || Box::new(LateTlbi::default()),
    },
    Planted {
        what: "no DSB follows new entries",
        scenario: "share",
        checker: Checker::Barrier,
        words: &[
            "VMID 1, the walk for secure 0xe404000 reads the entry at secure 0xe200000",
            "a DSB is missing",
        ],
        bug: || Box::new(NoBarrier),
    },
    Planted {
        what: "an entry is made as a device's, and then made normal memory's",
        scenario: "hello",
        checker: Checker::Break,
        words: &["the entry at secure 0xe2", "another memory type, while it was valid"],
        bug: || Box::new(MadeTwice),
    },
    Planted {
        what: "a shared page is mapped as a device",
        scenario: "share",
        checker: Checker::Attributes,
        words: &["non-secure 0x60100000 is used uncached by secure world, VMID 1", "was written cached by"],
        bug: || Box::new(OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry & !MEMORY_TYPE }),
    },
    Planted {
        what: "a partition's image is copied to its place and not made executable",
        scenario: "hello",
        checker: Checker::Code,
        words: &["VMID 1, the fetch at 0xe40", "may get what was there before it was written"],
        bug: || Box::new(Copied { executable: false }),
    },
    Planted {
        what: "a partition's image is copied to its place and made executable, and not cleaned",
        scenario: "hello",
        checker: Checker::Line,
        words: &["VMID 1, the uncached fetch at 0xe404000", "which was written cached: a clean is missing"],
        bug: || Box::new(Copied { executable: true }),
    },
];

/// The memory type of an entry; zero is a device.
const MEMORY_TYPE: u64 = 0b1111 << 2;

/// Another invalidation than the one that is due.
struct OtherTlbi(fn(&mut SimCore, Vmid, Ipa, u64));

impl Bug for OtherTlbi {
    fn invalidate(&self, core: &mut SimCore, vmid: Vmid, start: Ipa, pages: u64) {
        (self.0)(core, vmid, start, pages);
    }
}

/// The last invalidation waits until a guest exits.
#[derive(Default)]
struct LateTlbi(Cell<Option<(Vmid, Ipa, u64)>>);

impl Bug for LateTlbi {
    fn invalidate(&self, _: &mut SimCore, vmid: Vmid, start: Ipa, pages: u64) {
        self.0.set(Some((vmid, start, pages)));
    }

    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        if let Some((vmid, start, pages)) = self.0.take() {
            core.invalidate(vmid, start, pages);
        }
        exit
    }
}

/// Barriers do nothing.
struct NoBarrier;

impl Bug for NoBarrier {
    fn synchronise(&self, _: &mut SimCore) {}
}

/// A page's entry is written twice, valid both times.
struct MadeTwice;

impl Bug for MadeTwice {
    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        if is_page(entry) {
            core.write_entry(table, index, entry & !MEMORY_TYPE);
        }
        core.write_entry(table, index, entry);
    }
}

/// The monitor writes an image where it should do no more than make it executable.
struct Copied {
    executable: bool,
}

impl Bug for Copied {
    fn make_executable(&self, core: &mut SimCore, frames: Frames) {
        let mut page = [0; PAGE_SIZE as usize];
        for offset in (0..frames.size()).step_by(page.len()) {
            core.read(frames, offset, &mut page).expect("it is RAM");
            core.write(frames, offset, &page).expect("it is RAM");
        }
        if self.executable {
            core.make_executable(frames);
        }
    }
}
