//! Notifications that go astray.

use std::cell::Cell;

use hal::Cpu;
use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal_sim::SimCore;
use scenarios::ffa;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "a notification that was set is not got",
        scenario: "notifications",
        checker: Checker::Notifications,
        words: &[
            "SP1 (0x8001) did not get notification 0 after FFA_NOTIFICATION_GET by SP1 (0x8001)",
            "which the normal world set",
        ],
        bug: || {
            Box::new(Answers { to: ffa::NOTIFICATION_GET, change: |x, _| x[4] = 0, last: Cell::default() })
        },
    },
    Planted {
        what: "a notification is got twice",
        scenario: "notifications",
        checker: Checker::Notifications,
        words: &[
            "SP1 (0x8001) got notification 0 after FFA_NOTIFICATION_GET by SP1 (0x8001)",
            "which is not pending",
        ],
        bug: || {
            let change = |x: &mut [u64; 31], before: u64| x[4] |= before;
            Box::new(Answers { to: ffa::NOTIFICATION_GET, change, last: Cell::default() })
        },
    },
    Planted {
        what: "who is not bound sets a notification",
        scenario: "notifications-of-partitions",
        checker: Checker::Notifications,
        words: &["FFA_NOTIFICATION_SET of SP2 (0x8002) succeeded, and must be refused"],
        bug: || {
            let change = |x: &mut [u64; 31], _| (x[0], x[2]) = (ffa::SUCCESS_32, 0);
            Box::new(Answers { to: ffa::NOTIFICATION_SET, change, last: Cell::default() })
        },
    },
    Planted {
        what: "the scheduler is not told of a notification",
        scenario: "notifications",
        checker: Checker::Notifications,
        words: &["the scheduler of SP1 (0x8001) was not told after FFA_NOTIFICATION_SET by the normal world"],
        bug: || Box::new(TellsNobody),
    },
];

/// The answers to a partition's calls of one function are otherwise; `change` knows x4 of the one before.
struct Answers {
    to: u64,
    change: fn(&mut [u64; 31], u64),
    /// The function of the last call, and x4 of the last answer to this one.
    last: Cell<(u64, u64)>,
}

impl Bug for Answers {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let (called, mut before) = self.last.get();
        if called == self.to {
            let x4 = registers.x[4];
            (self.change)(&mut registers.x, before);
            before = x4;
        }
        let exit = core.enter(token, registers);
        let called = if matches!(exit, Exit::Synchronous { .. }) { registers.x[0] } else { 0 };
        self.last.set((called, before));
        exit
    }
}

/// The schedule receiver interrupt is not sent.
struct TellsNobody;

impl Bug for TellsNobody {
    fn send_to_normal_world(&self, _core: &mut SimCore, _sgi: Intid) {}
}
