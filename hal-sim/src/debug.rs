//! Stopping a run between two instructions of a guest, and looking at the guest there.
//!
//! A debugger is asked before each guest instruction. What it reads changes nothing of the run: addresses are
//! translated by a walk of its own, past TLB and checkers. What it writes does.

use std::cell::RefCell;
use std::rc::Rc;

use hal::{PAGE_SIZE, Pa, Space};

use crate::hardware::Hardware;
use crate::maintenance::Maintenance;
use crate::mmu::{Mmu, Privilege};
use crate::unicorn::Access;

/// Who is asked before each guest instruction.
pub trait Debugger {
    /// `guest` is about to execute the instruction at its program counter, or to take an interrupt there.
    fn before(&mut self, guest: &Guest) -> Go;
}

/// A debugger that its owner keeps.
pub type Debugging = Rc<RefCell<dyn Debugger>>;

/// What a debugger wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Go {
    /// The run goes on.
    On,
    /// The run ends here.
    End,
}

/// The guest that runs, whichever that is: it stays valid from one question to the next.
#[derive(Clone)]
pub struct Guest(Rc<RefCell<Hardware>>);

impl Guest {
    /// The guest of the core that runs on `hardware`.
    pub(crate) fn on(hardware: &Rc<RefCell<Hardware>>) -> Self {
        Self(Rc::clone(hardware))
    }

    /// Guest instructions executed by all cores since the machine was switched on.
    pub fn instructions(&self) -> u64 {
        self.0.borrow().platform.instructions
    }

    /// The index of the core.
    pub fn core(&self) -> usize {
        self.0.borrow().platform.current
    }

    /// The security state.
    pub fn world(&self) -> Space {
        self.0.borrow().world()
    }

    /// The program counter.
    pub fn pc(&self) -> u64 {
        self.0.borrow_mut().platform.core().pc
    }

    /// Has the guest go on at `pc`.
    pub fn set_pc(&self, pc: u64) {
        self.0.borrow_mut().platform.core().pc = pc;
    }

    /// x0 to x30.
    pub fn general(&self) -> [u64; 31] {
        self.0.borrow_mut().core_and_platform().0.general()
    }

    /// Writes x0 to x30.
    pub fn set_general(&self, x: &[u64; 31]) {
        self.0.borrow_mut().core_and_platform().0.set_general(x);
    }

    /// The stack pointer.
    pub fn sp(&self) -> u64 {
        self.0.borrow().registers().sp()
    }

    /// The processor state, as an SPSR holds it.
    pub fn pstate(&self) -> u64 {
        self.0.borrow().registers().pstate()
    }

    /// V0 to V31.
    pub fn vectors(&self) -> [u128; 32] {
        let mut vectors = [0; 32];
        self.0.borrow().registers().vectors(&mut vectors);
        vectors
    }

    /// Copies memory from the guest's virtual address `start` on into `into`, as far as the guest may read it;
    /// returns how many bytes that are.
    pub fn read(&self, start: u64, into: &mut [u8]) -> usize {
        let mut done = 0;
        while done < into.len() {
            let at = start.wrapping_add(done as u64);
            let chunk = chunk(at, into.len() - done);
            let Some(pa) = self.translate(at, Access::Read) else { break };
            if self.0.borrow().platform.ram.read(pa, &mut into[done..done + chunk]).is_none() {
                break;
            }
            done += chunk;
        }
        done
    }

    /// Copies `bytes` to the guest's virtual address `start` where the guest may write all of them; false where not.
    #[must_use]
    pub fn write(&self, start: u64, bytes: &[u8]) -> bool {
        let mut places = Vec::new();
        let mut done = 0;
        while done < bytes.len() {
            let at = start.wrapping_add(done as u64);
            let chunk = chunk(at, bytes.len() - done);
            let Some(pa) = self.translate(at, Access::Write) else { return false };
            places.push((pa, done..done + chunk));
            done += chunk;
        }
        let hardware = self.0.borrow();
        places.into_iter().all(|(pa, range)| hardware.platform.ram.write(pa, &bytes[range]).is_some())
    }

    /// Where in RAM the guest's virtual `address` is.
    fn translate(&self, address: u64, access: Access) -> Option<Pa> {
        let mut hardware = self.0.borrow_mut();
        let (engine, platform) = hardware.core_and_platform();
        let regime = platform.regime(engine.registers());
        let page = address & !(PAGE_SIZE - 1);
        let mapping = Mmu::default()
            .translate(&platform.ram, &mut Maintenance::default(), &regime, page, access, Privilege::Own)
            .ok()?;
        let offset = address & (PAGE_SIZE - 1);
        platform.is_ram(mapping.page).then_some(Pa { address: mapping.page.address | offset, ..mapping.page })
    }
}

/// How many of the `left` bytes from `address` on are in its page.
fn chunk(address: u64, left: usize) -> usize {
    left.min((PAGE_SIZE - address % PAGE_SIZE) as usize)
}
