//! How simulated cores wait for locks, and the check of the lock order.
//!
//! A machine runs on one thread, and one of its cores at a time: what a core holds is kept per thread.

use std::cell::RefCell;

use hal::lock::{LockPolicy, Rank};
use spin::RelaxStrategy;

/// What is known of the locks of the machine that runs on this thread.
#[derive(Default)]
struct Order {
    held: Vec<Rank>,
    findings: Vec<String>,
}

thread_local! {
    static ORDER: RefCell<Order> = RefCell::default();
}

/// The lock policy of the simulated machine.
pub struct SimLocks;

/// Waiting for a lock: with one core it can only be held by the core that waits.
pub struct Wait;

impl RelaxStrategy for Wait {
    fn relax() {
        let held = ORDER.with_borrow(|order| order.held.clone());
        panic!(
            "deadlock: the core waits for a lock that nobody else can give back; it holds ranks {held:?}"
        );
    }
}

impl LockPolicy for SimLocks {
    type Relax = Wait;

    fn acquired(rank: Rank) {
        ORDER.with_borrow_mut(|order| {
            if let Some(held) = order.held.iter().find(|held| **held >= rank) {
                order.findings.push(format!(
                    "lock order: rank {} was taken while rank {} was held",
                    rank.0, held.0
                ));
            }
            order.held.push(rank);
        });
    }

    fn released(rank: Rank) {
        ORDER.with_borrow_mut(|order| {
            if let Some(index) = order.held.iter().rposition(|held| *held == rank) {
                order.held.remove(index);
            }
        });
    }
}

/// Forgets what is known of locks, and returns what was found wrong.
pub fn take_findings() -> Vec<String> {
    ORDER.take().findings
}
