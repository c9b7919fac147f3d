//! Locks: a ticket lock whose waiting belongs to the machine.
//!
//! A core proves with its [`Token`] that it may take locks. A guard borrows the token, and the two calls that may
//! never return ([`crate::Cpu::enter`], [`crate::Monitor::next_request`]) take it by `&mut`: so no guard lives
//! across them. Each lock has a [`Rank`]; a core takes locks in ascending rank only, and the policy of a machine
//! that checks is told of each acquire and release.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use spin::RelaxStrategy;
use spin::mutex::{TicketMutex, TicketMutexGuard};

/// A core's right to take locks. A machine makes one for each core; nothing in `hyp` does.
#[derive(Debug)]
pub struct Token(());

impl Token {
    /// The token of a core that holds no lock.
    pub const fn new_for_core() -> Self {
        Self(())
    }
}

/// The place of a lock in the lock order: a core holding one takes only higher ranks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rank(pub u8);

/// How a machine's cores wait for locks, and who is told.
pub trait LockPolicy {
    /// What a core does while it waits.
    type Relax: RelaxStrategy;

    /// This core is about to take the lock of `rank` at the address `lock`, and may have to wait for it.
    #[inline(always)]
    #[track_caller]
    fn acquiring(rank: Rank, lock: usize) {
        let _ = (rank, lock);
    }

    /// This core now holds a lock of `rank`.
    #[track_caller]
    fn acquired(rank: Rank);

    /// This core gave a lock of `rank` back.
    fn released(rank: Rank);
}

/// A value that one core at a time may use, at `RANK` in the lock order.
///
/// The rank is part of the type, so an unlocked zero is all zero and costs nothing in an image.
pub struct Lock<T, P: LockPolicy, const RANK: u8> {
    inner: TicketMutex<T, P::Relax>,
}

impl<T, P: LockPolicy, const RANK: u8> Lock<T, P, RANK> {
    /// `value`, unlocked.
    pub const fn new(value: T) -> Self {
        Self { inner: TicketMutex::new(value) }
    }

    /// Waits until no other core holds the value, and holds it.
    // There are many callers, and none that a call more would matter to.
    #[inline(never)]
    #[track_caller]
    pub fn lock<'a>(&'a self, _token: &'a Token) -> Guard<'a, T, P, RANK> {
        P::acquiring(Rank(RANK), core::ptr::from_ref(self).addr());
        let guard = self.inner.lock();
        P::acquired(Rank(RANK));
        Guard { guard, _told: Told(PhantomData) }
    }
}

/// The value of a [`Lock`], held.
pub struct Guard<'a, T, P: LockPolicy, const RANK: u8> {
    /// Dropped before `_told`.
    guard: TicketMutexGuard<'a, T, P::Relax>,
    _told: Told<P, RANK>,
}

/// Tells the policy that the lock is free again: a machine that lets another core run then must find it so.
struct Told<P: LockPolicy, const RANK: u8>(PhantomData<P>);

impl<T, P: LockPolicy, const RANK: u8> Deref for Guard<'_, T, P, RANK> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T, P: LockPolicy, const RANK: u8> DerefMut for Guard<'_, T, P, RANK> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<P: LockPolicy, const RANK: u8> Drop for Told<P, RANK> {
    fn drop(&mut self) {
        P::released(Rank(RANK));
    }
}
