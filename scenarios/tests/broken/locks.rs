//! Locks, and cores that get nowhere.

use std::cell::Cell;

use hal::Memory;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::{Guard, Lock, Rank, Token};
use hal::memory::{AccessFault, Frame, Frames};
use hal_sim::SimCore;
use hyp::capacity::rank;

use crate::machine::{Bug, NoBug, SimLocks};
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "the lock of the transactions is taken while that of the tables is held",
        scenario: "hello",
        checker: Checker::Order,
        words: &["core 0 took rank 20 at", "while it held rank 40 at hyp/src/spmc/boot"],
        bug: || Box::new(OutOfOrder(Lock::new(()))),
    },
    Planted {
        what: "a lock is not given back",
        scenario: "partition-count",
        checker: Checker::Deadlock,
        words: &["core 0 waits for rank 40 at", "and holds rank 40 at"],
        bug: || Box::new(NotGivenBack(Lock::new(()))),
    },
    Planted {
        what: "a core that was woken for a lock sleeps again before it looks whether that is free",
        scenario: "share-at-once",
        checker: Checker::Deadlock,
        words: &["waits for rank 20 at hyp/src/relayer/sharing/", "and holds nothing"],
        bug: || Box::new(SleepsAgain),
    },
    Planted {
        what: "another lock is taken before that of the transactions, and on another core after it",
        scenario: "share-at-once",
        checker: Checker::Deadlock,
        words: &[
            "waits for rank 50 at scenarios/tests/broken/locks.rs",
            "rank 20 at hyp/src/relayer/sharing/",
            "waits for rank 20 at hyp/src/relayer/sharing/",
            "and holds rank 50 at scenarios/tests/broken/locks.rs",
        ],
        bug: || Box::new(BothOrders::new()),
    },
    Planted {
        what: "an interrupt that nobody raised comes again before the partition has run",
        scenario: "hello",
        checker: Checker::Livelock,
        words: &["no guest runs for", "steps of the EL2 program"],
        bug: || Box::new(InterruptedForEver),
    },
];

/// A lock of the machine, with the rank of one of the monitor's.
type SimLock<const RANK: u8> = Lock<(), SimLocks, RANK>;

/// Who writes a table entry takes the lock of the transactions.
struct OutOfOrder(SimLock<{ rank::SHARES }>);

impl Bug for OutOfOrder {
    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let token = Token::new_for_core();
        let _held = self.0.lock(&token);
        core.write_entry(table, index, entry);
    }
}

/// Who writes memory takes a lock and keeps it.
struct NotGivenBack(SimLock<{ rank::POOL }>);

impl Bug for NotGivenBack {
    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        std::mem::forget(self.0.lock(&Token::new_for_core()));
        core.write(frames, offset, bytes)
    }
}

/// Who was woken for a lock waits for a second release, which is not its.
struct SleepsAgain;

impl Bug for SleepsAgain {
    fn relax(&self) {
        NoBug.relax();
        NoBug.relax();
    }
}

/// Who takes the lock of the transactions takes another one first, and gives that back then; who writes an entry, and
/// has the transactions then, takes it too.
struct BothOrders {
    other: &'static SimLock<{ rank::EXECUTION }>,
    token: &'static Token,
    held: Cell<Option<Guard<'static, (), SimLocks, { rank::EXECUTION }>>>,
}

impl BothOrders {
    fn new() -> Self {
        let other = Box::leak(Box::new(Lock::new(())));
        Self { other, token: Box::leak(Box::new(Token::new_for_core())), held: Cell::default() }
    }
}

impl Bug for BothOrders {
    fn acquiring(&self, rank: Rank) {
        if rank == Rank(rank::SHARES) {
            self.held.set(Some(self.other.lock(self.token)));
        }
    }

    fn acquired(&self, rank: Rank) {
        if rank == Rank(rank::SHARES) {
            self.held.take();
        }
    }

    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let _held = self.other.lock(self.token);
        core.write_entry(table, index, entry);
    }
}

/// A guest is interrupted before it runs, each time.
struct InterruptedForEver;

impl Bug for InterruptedForEver {
    fn enter(&self, _: &mut SimCore, _: &mut Token, _: &mut GuestRegisters) -> Exit {
        Exit::Irq
    }
}
