//! Locks, and cores that get nowhere.

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::{Lock, Token};
use hal::memory::{AccessFault, Frame, Frames};
use hal::{Hal, Memory};
use hal_sim::SimCore;
use hyp::capacity::rank;

use crate::machine::Bug;
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
        what: "an interrupt that nobody raised comes again before the partition has run",
        scenario: "hello",
        checker: Checker::Livelock,
        words: &["no guest runs for", "steps of the EL2 program"],
        bug: || Box::new(InterruptedForEver),
    },
];

/// A lock of the machine, with the rank of one of the monitor's.
type SimLock<const RANK: u8> = Lock<(), <SimCore as Hal>::Locks, RANK>;

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

/// A guest is interrupted before it runs, each time.
struct InterruptedForEver;

impl Bug for InterruptedForEver {
    fn enter(&self, _: &mut SimCore, _: &mut Token, _: &mut GuestRegisters) -> Exit {
        Exit::Irq
    }
}
