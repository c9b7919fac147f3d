//! The page pool: where translation tables come from.

use hal::Memory;
use hal::memory::{Frame, Frames};

/// Free secure pages. A page is zero when it is handed out.
#[derive(Debug)]
pub struct PagePool {
    frames: Option<Frames>,
    /// Pages from the start of `frames` that were handed out.
    taken: u64,
}

impl PagePool {
    /// A pool without pages, the empty value.
    pub const EMPTY: Self = Self { frames: None, taken: 0 };

    /// Makes `frames` the pool's pages.
    pub fn fill(&mut self, frames: Frames) {
        *self = Self { frames: Some(frames), taken: 0 };
    }

    /// All pages of the pool, free or not.
    pub const fn frames(&self) -> Option<Frames> {
        self.frames
    }

    /// Pages that can still be handed out.
    pub fn free(&self) -> u64 {
        self.frames.map_or(0, |frames| frames.pages() - self.taken)
    }

    /// Takes a page, filled with zero; `None` when the pool is empty.
    pub fn take(&mut self, memory: &mut impl Memory) -> Option<Frame> {
        let frame = self.frames?.frame(self.taken)?;
        self.taken += 1;
        // The pool is the monitor's own secure memory: nothing takes it away.
        let _ = memory.zero(frame.into());
        Some(frame)
    }
}
