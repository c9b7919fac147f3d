//! How simulated cores wait for locks, and what is known of the locks they hold and want.
//!
//! A lock knows no machine. A machine runs on one thread, and one of its cores at a time: so what its cores hold is
//! kept per thread.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use hal::lock::{LockPolicy, Rank};
use spin::RelaxStrategy;

use crate::record::{self, Access, Object};
use crate::stack::{Known, Stack};
use crate::turn::{self, Request};

/// A lock, and where in the program it was taken or is wanted.
#[derive(Clone)]
struct Place {
    rank: Rank,
    /// The lock's address.
    lock: usize,
    at: &'static Location<'static>,
    /// The calls of the program, where one runs.
    stack: Option<Rc<Stack>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} at {}:{}", self.rank.0, self.at.file(), self.at.line())
    }
}

impl Place {
    /// The stack of calls in which a core `does` this.
    fn calls(&self, core: usize, does: &str) -> String {
        let of = |stack| format!("\n  core {core} {does} rank {}:{stack}", self.rank.0);
        self.stack.as_deref().map(of).unwrap_or_default()
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
    known: Known,
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
        if let Some(wanted) = LOCKS.with_borrow_mut(|locks| locks.core().wanted.clone()) {
            record::touch(Object::Lock(wanted.lock), Access::Write);
        }
    }
}

impl LockPolicy for SimLocks {
    type Relax = Wait;

    #[track_caller]
    fn acquiring(rank: Rank, lock: usize) {
        let stack = turn::base().map(|base| LOCKS.with_borrow_mut(|locks| locks.known.here(base)));
        let wanted = Some(Place { rank, lock, at: Location::caller(), stack });
        turn::step();
        record::touch(Object::Lock(lock), Access::Write);
        record::touch(Object::Program, Access::Read);
        LOCKS.with_borrow_mut(|locks| locks.core().wanted = wanted);
    }

    fn acquired(rank: Rank) {
        LOCKS.with_borrow_mut(|locks| {
            let current = locks.current;
            let core = locks.core();
            let place = core.wanted.take().expect("a core says what it wants before it takes it");
            let found = core.held.iter().find(|held| held.rank >= rank).map(|held| {
                let calls = [place.calls(current, "took"), held.calls(current, "had taken")].concat();
                format!("lock order: core {current} took {place} while it held {held}{calls}")
            });
            core.held.push(place);
            locks.findings.extend(found.filter(|words| !locks.findings.contains(words)));
        });
    }

    fn released(rank: Rank) {
        LOCKS.with_borrow_mut(|locks| {
            let held = &mut locks.core().held;
            let Some(index) = held.iter().rposition(|held| held.rank == rank) else { return };
            let lock = held.remove(index).lock;
            record::touch(Object::Lock(lock), Access::Write);
            let waits =
                |core: &OnCore| core.waits && core.wanted.as_ref().is_some_and(|wanted| wanted.lock == lock);
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

/// Where each waiting core wants its lock, and where that was taken: stacks of calls in words.
pub fn stacks() -> String {
    LOCKS.with_borrow(|locks| {
        let cores = || locks.cores.iter().enumerate();
        let waiting = cores().filter(|(_, core)| core.waits);
        let wanted = waiting.filter_map(|(index, core)| Some((index, core.wanted.as_ref()?)));
        let both = |(index, wanted): (usize, &Place)| {
            let held = cores().flat_map(|(index, core)| core.held.iter().map(move |held| (index, held)));
            let taken = held.filter(|(_, held)| held.lock == wanted.lock);
            let taken = taken.map(|(index, held)| held.calls(index, "took")).collect::<String>();
            wanted.calls(index, "waits for") + &taken
        };
        wanted.map(both).collect()
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
        let wanted =
            core.wanted.as_ref().filter(|_| core.waits).map(|wanted| format!(" waits for {wanted} and"));
        (wanted.is_some() || !core.held.is_empty())
            .then(|| format!("core {index}{} holds {}", wanted.unwrap_or_default(), list(&core.held)))
    };
    cores.iter().enumerate().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// Forgets what is known of locks, and returns what was found wrong.
pub fn take_findings() -> Vec<String> {
    LOCKS.take().findings
}
