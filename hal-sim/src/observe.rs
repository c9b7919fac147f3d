//! Watching a run: what the machine tells an [`Observer`], and what that may look at.

use std::cell::RefCell;
use std::rc::Rc;

use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::memory::Frames;
use hal::{Pa, Registers};

use crate::el2::{HCR_VF, HCR_VI};
use crate::hardware::Hardware;
use crate::mmu::regime::Stage2;
use crate::ram::Ram;

/// Who watches a run. It changes nothing, so a run is the same with and without one.
pub trait Observer {
    /// `moment` comes on the core that `view` names.
    fn observe(&mut self, view: &View<'_>, moment: &Moment<'_>);
}

/// An observer that its owner can ask after the run.
pub type Observing = Rc<RefCell<dyn Observer>>;

/// What the EL2 program does at the machine's edge.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// It enters its guest with these registers.
    Enters(&'a GuestRegisters),
    /// Its guest exited with these.
    Exits(&'a Exit, &'a GuestRegisters),
    /// It gives the normal world, or EL3, this answer.
    GivesWay(&'a Registers),
    /// It goes on with this request.
    Requested(&'a Registers),
    /// It makes this SGI of the normal world pending on its core.
    InterruptsNormalWorld(Intid),
    /// It writes `size` bytes from `start` on, which are still as they were.
    Writes {
        /// The first byte.
        start: Pa,
        /// How many bytes.
        size: u64,
        /// All of them become zero.
        zero: bool,
    },
}

/// The machine at such a moment.
pub struct View<'a> {
    /// The index of the core.
    pub core: usize,
    /// How many nanoseconds the machine runs.
    pub now: u64,
    /// HCR_EL2 asserts a virtual interrupt.
    pub asserts: bool,
    /// VTTBR_EL2: the non-secure stage 2 and the VMID.
    pub vttbr: u64,
    /// VTCR_EL2.
    pub vtcr: u64,
    /// VSTTBR_EL2: the secure stage 2.
    pub vsttbr: u64,
    /// VSTCR_EL2.
    pub vstcr: u64,
    /// All memory, as it is now.
    pub memory: &'a dyn Bytes,
}

/// Memory that can be looked at.
pub trait Bytes {
    /// Copies from `start` on into `into`; `None` where not all of it is RAM, and then nothing is copied.
    #[must_use]
    fn read(&self, start: Pa, into: &mut [u8]) -> Option<()>;
}

impl Bytes for Ram {
    fn read(&self, start: Pa, into: &mut [u8]) -> Option<()> {
        Self::read(self, start, into)
    }
}

impl Hardware {
    /// Tells the observer, if there is one.
    pub(crate) fn tell(&self, moment: &Moment<'_>) {
        let Some(observer) = &self.observer else {
            return;
        };
        let core = self.platform.current;
        let Stage2 { vttbr, vtcr, vsttbr, vstcr } = self.platform.cores[core].el2.stage2();
        let memory = &*self.platform.ram;
        let now = self.platform.clock;
        let asserts = self.platform.cores[core].el2.hcr() & (HCR_VF | HCR_VI) != 0;
        let view = View { core, now, asserts, vttbr, vtcr, vsttbr, vstcr, memory };
        observer.borrow_mut().observe(&view, moment);
    }

    /// Tells the observer of a write to `length` bytes of `frames` from `offset` on.
    pub(crate) fn tell_write(&self, frames: Frames, offset: u64, length: u64, zero: bool) {
        let Pa { space, address } = frames.start();
        let start = Pa { space, address: address.wrapping_add(offset) };
        self.tell(&Moment::Writes { start, size: length, zero });
    }
}
