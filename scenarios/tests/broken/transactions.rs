//! Memory transactions that go half way, or further than they may.

use std::cell::Cell;

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::memory::{AccessFault, Frame, Frames};
use hal::{Cpu, Memory, Monitor, PAGE_SIZE, Pa, Registers};
use hal_sim::SimCore;
use scenarios::ffa;
use scenarios::machine::layout::SHARED_PAGE;
use scenarios::program::{Role, layout_of};

use crate::calls::refusal;
use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "a page stays mapped after FFA_MEM_RELINQUISH",
        scenario: "flow",
        checker: Checker::Flow,
        words: &["SP1 \"writes the page after RELINQUISH\": there, aborts expected 0x1, found 0x0"],
        bug: || Box::new(LeftMapped::default()),
    },
    Planted {
        what: "a page stays mapped after FFA_MEM_RELINQUISH, seen by the oracle",
        scenario: "share",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1",
            "no live transaction grants it",
        ],
        bug: || Box::new(LeftMapped::default()),
    },
    Planted {
        what: "FFA_MEM_RELINQUISH succeeds and does nothing",
        scenario: "share",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1",
        ],
        bug: || Box::new(Forgets::default()),
    },
    Planted {
        what: "a retrieve that fails at its last step is not rolled back",
        scenario: "share",
        checker: Checker::Reach,
        words: &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
            "refused with ABORTED",
            "a refused call changes nothing",
        ],
        bug: || Box::new(NotRolledBack::default()),
    },
    Planted {
        what: "a share that is refused stays",
        scenario: "share-rules",
        checker: Checker::Flow,
        words: &[
            "NWd \"shares the page as it must be\"",
            "x0 expected 0x84000061 (FFA_SUCCESS), found 0x84000060 (FFA_ERROR)",
        ],
        bug: || Box::new(SharesAndRefuses::default()),
    },
    Planted {
        what: "buffers that are refused stay",
        scenario: "rxtx-mapping",
        checker: Checker::Flow,
        words: &[
            "NWd \"names its own pages\"",
            "x0 expected 0x84000061 (FFA_SUCCESS), found 0x84000060 (FFA_ERROR)",
        ],
        bug: || Box::new(MapsAndRefuses::default()),
    },
    Planted {
        what: "the ranges of a descriptor are read again after the check, when the caller has changed them",
        scenario: "share",
        checker: Checker::Transactions,
        words: &[
            "FFA_MEM_RETRIEVE_REQ of handle 0x1 by SP1 (0x8001) was answered with another transaction's descriptor",
        ],
        bug: || Box::new(ReadTwice),
    },
    Planted {
        what: "a descriptor's sender is not compared with the caller",
        scenario: "share-rules",
        checker: Checker::Transactions,
        words: &["FFA_MEM_SHARE by the normal world succeeded in the name of SP2 (0x8002)"],
        bug: || Box::new(AnySender),
    },
    Planted {
        what: "memory is reclaimed from a borrower's hands",
        scenario: "two-borrowers",
        checker: Checker::Transactions,
        words: &[
            "FFA_MEM_RECLAIM of handle 0x1 by the normal world succeeded while SP2 (0x8002) still borrows it",
        ],
        bug: || Box::new(ReclaimsAnyhow::default()),
    },
    Planted {
        what: "a page is not zeroed when it is reclaimed so",
        scenario: "reclaim-zero",
        checker: Checker::Transactions,
        words: &["FFA_MEM_RECLAIM of handle 0x1 by the normal world left bytes in non-secure 0x60100000"],
        bug: || Box::new(NotZeroed),
    },
    Planted {
        what: "a retrieve response does not say that the memory is non-secure",
        scenario: "share",
        checker: Checker::Flow,
        words: &[
            "SP1 \"reads in its RX buffer where the page is\": there, attributes expected 0x6f, found 0x2f",
        ],
        bug: || Box::new(NoNsBit),
    },
];

/// The offsets in a descriptor of its sender, of its attributes, and with one receiver of its first range.
const SENDER: usize = 0;
const ATTRIBUTES: usize = 2;
const FIRST_RANGE: usize = 96;

/// The normal world's TX buffer.
fn tx() -> u64 {
    layout_of(Role::NormalWorld).tx
}

/// Entries stay in the table while FFA_MEM_RELINQUISH is served.
#[derive(Default)]
struct LeftMapped(Cell<bool>);

impl Bug for LeftMapped {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        self.0.set(registers.x[0] == ffa::MEM_RELINQUISH);
        exit
    }

    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let clears = entry & 1 == 0;
        if !(clears && self.0.get()) {
            core.write_entry(table, index, entry);
        }
    }
}

/// FFA_MEM_RELINQUISH is taken for another call, so the monitor forgets it.
#[derive(Default)]
struct Forgets(Cell<bool>);

impl Bug for Forgets {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        if self.0.take() {
            registers.x[2] = 0;
        }
        let exit = core.enter(token, registers);
        if registers.x[0] == ffa::MEM_RELINQUISH {
            registers.x[0] = ffa::ID_GET;
            self.0.set(true);
        }
        exit
    }
}

/// The response to a retrieve cannot be written, and no entry is from then on.
#[derive(Default)]
struct NotRolledBack {
    retrieves: Cell<bool>,
    failed: Cell<bool>,
}

impl Bug for NotRolledBack {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        self.retrieves.set(registers.x[0] == ffa::MEM_RETRIEVE_REQ);
        self.failed.set(false);
        exit
    }

    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        if !self.retrieves.get() {
            return core.write(frames, offset, bytes);
        }
        self.failed.set(true);
        let Pa { space, address } = frames.start();
        Err(AccessFault { space, address })
    }

    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        if !self.failed.get() {
            core.write_entry(table, index, entry);
        }
    }
}

/// Reads memory, and changes what was read from the normal world's TX buffer.
fn read_changed(
    core: &mut SimCore,
    (frames, offset): (Frames, u64),
    into: &mut [u8],
    change: impl FnOnce(&mut [u8]),
) -> Result<(), AccessFault> {
    core.read(frames, offset, into)?;
    if frames.start() == Pa::non_secure(tx()) {
        change(into);
    }
    Ok(())
}

/// The sender is who calls, whatever the descriptor says.
struct AnySender;

impl Bug for AnySender {
    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        read_changed(core, (frames, offset), into, |descriptor| descriptor[SENDER..][..2].fill(0))
    }
}

/// The sender is looked at when the share is live: it is refused then, and stays.
#[derive(Default)]
struct SharesAndRefuses(Cell<bool>);

impl Bug for SharesAndRefuses {
    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        read_changed(core, (frames, offset), into, |descriptor| {
            let sender = &mut descriptor[SENDER..][..2];
            self.0.set(*sender != [0, 0]);
            sender.fill(0);
        })
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let answer = if self.0.take() { refusal(ffa::DENIED) } else { *answer };
        core.next_request(token, &answer)
    }
}

/// The first FFA_RXTX_MAP of the normal world, with a TX buffer that cannot be one, maps its own and is refused then.
#[derive(Default)]
struct MapsAndRefuses {
    maps: Cell<bool>,
    was_there: Cell<bool>,
}

impl Bug for MapsAndRefuses {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let answer = if self.maps.take() { refusal(ffa::INVALID_PARAMETERS) } else { *answer };
        let mut request = core.next_request(token, &answer);
        if request.0[0] == ffa::RXTX_MAP_64 && !self.was_there.replace(true) {
            self.maps.set(true);
            request.0[1] = tx();
        }
        request
    }
}

/// What the monitor works with is not what it checked: the next page.
struct ReadTwice;

impl Bug for ReadTwice {
    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        read_changed(core, (frames, offset), into, |descriptor| {
            if let Some(range) = descriptor.get_mut(FIRST_RANGE..FIRST_RANGE + 8) {
                range.copy_from_slice(&(SHARED_PAGE + PAGE_SIZE).to_le_bytes());
            }
        })
    }
}

/// FFA_MEM_RECLAIM always succeeds.
#[derive(Default)]
struct ReclaimsAnyhow(Cell<bool>);

impl Bug for ReclaimsAnyhow {
    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let mut answer = *answer;
        if self.0.get() {
            answer = Registers::ZERO;
            answer.0[0] = ffa::SUCCESS_32;
        }
        let request = core.next_request(token, &answer);
        self.0.set(request.0[0] == ffa::MEM_RECLAIM);
        request
    }
}

/// Pages of the normal world are not zeroed.
struct NotZeroed;

impl Bug for NotZeroed {
    fn zero(&self, core: &mut SimCore, frames: Frames) -> Result<(), AccessFault> {
        if frames.start() == Pa::non_secure(SHARED_PAGE) { Ok(()) } else { core.zero(frames) }
    }
}

/// The attributes in a descriptor for SP1 lack the NS bit.
struct NoNsBit;

impl Bug for NoNsBit {
    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        const NON_SECURE: u8 = 1 << 6;
        let mut bytes = bytes.to_vec();
        if frames.start() == Pa::secure(layout_of(Role::Partition(1)).rx) {
            bytes[ATTRIBUTES] &= !NON_SECURE;
        }
        core.write(frames, offset, &bytes)
    }
}
