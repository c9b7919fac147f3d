//! How simulated cores wait for locks, and what is known of the locks they hold and want.
//!
//! A lock knows no machine. A machine runs on one thread, and one of its cores at a time: so what its cores hold is
//! kept per thread.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;

use hal::lock::{LockPolicy, Rank};
use spin::RelaxStrategy;

use crate::record::{self, Access, Object};
use crate::turn::{self, Request};

/// A lock, and where in the program it was taken or is wanted.
#[derive(Clone, Copy)]
struct Place {
    rank: Rank,
    /// The lock's address.
    lock: usize,
    at: &'static Location<'static>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} at {}:{}", self.rank.0, self.at.file(), self.at.line())
    }
}

/// The locks of one core.
#[derive(Clone, Default)]
struct OnCore {
    held: Vec<Place>,
    wanted: Option<Place>,
    /// It found the wanted lock taken, and nobody gave it back since.
    waits: bool,
}

/// The locks of the machine that runs on this thread.
#[derive(Default)]
struct Locks {
    current: usize,
    cores: Vec<OnCore>,
    findings: Vec<String>,
}

impl Locks {
    fn core(&mut self) -> &mut OnCore {
        if self.cores.len() <= self.current {
            self.cores.resize(self.current + 1, OnCore::default());
        }
        &mut self.cores[self.current]
    }
}

thread_local! {
    static LOCKS: RefCell<Locks> = RefCell::default();
}

/// The lock policy of the simulated machine.
pub struct SimLocks;

/// Waiting for a lock: another core must run.
pub struct Wait;

impl RelaxStrategy for Wait {
    fn relax() {
        LOCKS.with_borrow_mut(|locks| locks.core().waits = true);
        assert!(turn::is_inside(), "{}", deadlock().unwrap_or_default());
        turn::suspend(Request::Wait);
        if let Some(wanted) = LOCKS.with_borrow_mut(|locks| locks.core().wanted) {
            record::touch(Object::Lock(wanted.lock), Access::Write);
        }
    }
}

impl LockPolicy for SimLocks {
    type Relax = Wait;

    #[track_caller]
    fn acquiring(rank: Rank, lock: usize) {
        let wanted = Some(Place { rank, lock, at: Location::caller() });
        turn::step();
        record::touch(Object::Lock(lock), Access::Write);
        record::touch(Object::Program, Access::Read);
        LOCKS.with_borrow_mut(|locks| locks.core().wanted = wanted);
    }

    fn acquired(rank: Rank) {
        LOCKS.with_borrow_mut(|locks| {
            let core = locks.core();
            let place = core.wanted.take().expect("a core says what it wants before it takes it");
            let found = core
                .held
                .iter()
                .find(|held| held.rank >= rank)
                .map(|held| format!("lock order: core {{}} took {place} while it held {held}"));
            core.held.push(place);
            if let Some(words) = found {
                let words = words.replacen("{}", &locks.current.to_string(), 1);
                locks.findings.push(words);
            }
        });
    }

    fn released(rank: Rank) {
        LOCKS.with_borrow_mut(|locks| {
            let held = &mut locks.core().held;
            let Some(index) = held.iter().rposition(|held| held.rank == rank) else { return };
            let lock = held.remove(index).lock;
            record::touch(Object::Lock(lock), Access::Write);
            let waits = |core: &OnCore| core.waits && core.wanted.is_some_and(|wanted| wanted.lock == lock);
            for (index, core) in locks.cores.iter_mut().enumerate().filter(|(_, core)| waits(core)) {
                core.waits = false;
                record::can_go_on(index);
            }
        });
        turn::step();
    }
}

/// Locks are `core`'s from here on.
pub fn select(core: usize) {
    LOCKS.with_borrow_mut(|locks| locks.current = core);
}

/// True while `core` waits for a lock that nobody gave back.
pub fn waits(core: usize) -> bool {
    LOCKS.with_borrow(|locks| locks.cores.get(core).is_some_and(|core| core.waits))
}

/// Why no waiting core will ever get its lock: none that holds or wants one can go on. `None` where some can.
pub fn deadlock() -> Option<String> {
    let involved = |core: &OnCore| core.wanted.is_some() || !core.held.is_empty();
    LOCKS.with_borrow(|locks| {
        let stuck = locks.cores.iter().any(|core| core.waits)
            && locks.cores.iter().all(|core| core.waits || !involved(core));
        stuck.then(|| format!("deadlock: {}", words(&locks.cores)))
    })
}

/// What each core holds and wants, in words.
pub fn report() -> String {
    LOCKS.with_borrow(|locks| words(&locks.cores))
}

fn words(cores: &[OnCore]) -> String {
    let list = |places: &[Place]| match places {
        [] => "nothing".to_string(),
        places => places.iter().map(Place::to_string).collect::<Vec<_>>().join(", "),
    };
    let one = |(index, core): (usize, &OnCore)| {
        let wanted = core.wanted.filter(|_| core.waits).map(|wanted| format!(" waits for {wanted} and"));
        (wanted.is_some() || !core.held.is_empty())
            .then(|| format!("core {index}{} holds {}", wanted.unwrap_or_default(), list(&core.held)))
    };
    cores.iter().enumerate().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// Forgets what is known of locks, and returns what was found wrong.
pub fn take_findings() -> Vec<String> {
    LOCKS.take().findings
}
