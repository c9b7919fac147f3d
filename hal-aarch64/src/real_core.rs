//! One core of the real machine.

use hal::Hal;
use hal::lock::{LockPolicy, Rank};

use crate::timer::OwnTimer;
use crate::trace::TraceSink;

/// The `Hal` of real EL2 on one core; `T` says what becomes of events.
///
/// Everything else of a core is its registers, so this holds what is found out once, and nothing more. `start`
/// makes it.
#[derive(Debug)]
pub struct RealCore<T: TraceSink> {
    pub(crate) sink: T,
    /// The linear index of the core.
    pub(crate) index: usize,
    pub(crate) timer: OwnTimer,
}

impl<T: TraceSink> Hal for RealCore<T> {
    type Locks = Spinning;
}

/// Cores wait for locks by spinning, and nobody is told.
#[derive(Debug)]
pub struct Spinning;

impl LockPolicy for Spinning {
    type Relax = spin::relax::Spin;

    #[inline(always)]
    fn acquired(_rank: Rank) {}

    #[inline(always)]
    fn released(_rank: Rank) {}
}
