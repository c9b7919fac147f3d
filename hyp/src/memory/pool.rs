//! The page pool: where translation tables come from and go back to.
//!
//! A page that was given back is linked into a list through its own first entry, so the pool itself is a few words.

use hal::Memory;
use hal::memory::{Frame, Frames};

/// Free secure pages. A page is zero when it is handed out.
#[derive(Debug)]
pub struct PagePool {
    frames: Option<Frames>,
    /// Pages from the start of `frames` that were handed out at least once.
    touched: u64,
    /// The page given back last, as its number plus one; 0 when all that were given back are out again.
    head: u64,
    free: u64,
}

impl PagePool {
    /// A pool without pages, the empty value.
    pub const EMPTY: Self = Self { frames: None, touched: 0, head: 0, free: 0 };

    /// Makes `frames` the pool's pages.
    pub fn fill(&mut self, frames: Frames) {
        *self = Self { frames: Some(frames), touched: 0, head: 0, free: frames.pages() };
    }

    /// All pages of the pool, free or not.
    pub const fn frames(&self) -> Option<Frames> {
        self.frames
    }

    /// Pages that can still be handed out.
    pub const fn free(&self) -> u64 {
        self.free
    }

    /// Takes a page, filled with zero; `None` when the pool is empty.
    pub fn take(&mut self, memory: &mut impl Memory) -> Option<Frame> {
        let frames = self.frames?;
        let frame = match self.head.checked_sub(1) {
            None => {
                let fresh = frames.frame(self.touched)?;
                self.touched += 1;
                fresh
            }
            Some(number) => {
                let frame = frames.frame(number)?;
                self.head = memory.read_entry(frame, 0);
                frame
            }
        };
        self.free -= 1;
        // The pool is the monitor's own secure memory: nothing takes it away.
        let _ = memory.zero(frame.into());
        Some(frame)
    }

    /// Gives back a page that [`PagePool::take`] handed out and that no walker can reach any more.
    pub fn give_back(&mut self, memory: &mut impl Memory, frame: Frame) {
        let Some(frames) = self.frames else { return };
        memory.write_entry(frame, 0, self.head);
        self.head = (frame.start().address - frames.start().address) / hal::PAGE_SIZE + 1;
        self.free += 1;
    }
}
