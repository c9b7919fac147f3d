//! One core as the EL2 program sees it: [`SimCore`], the simulator's [`hal::Hal`].

mod memory;
mod place;
mod sysregs;
mod tlb;
mod vector;
mod words;

use std::cell::{RefCell, RefMut};
use std::ptr::NonNull;
use std::rc::Rc;

use corosensei::Yielder;
use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal::{Cpu, Gic, Hal, Monitor, Registers, Space};

use crate::hardware::Hardware;
use crate::lock::SimLocks;
use crate::observe::Moment;
use crate::unicorn::registers::pstate;

/// What the EL2 program asks of the machine when it gives up the core.
pub(crate) enum Request {
    /// Run the guest whose registers are loaded.
    Enter,
    /// Give way to the normal world with these x0 to x17.
    GiveWay(Registers),
}

/// What the EL2 program goes on with.
pub(crate) enum Resume {
    /// The start of the program.
    Start,
    /// The exit of its guest.
    Exit(Exit),
    /// The normal world's next request.
    Request(Registers),
}

/// One core of the simulated machine, as the EL2 program sees it.
///
/// A program gets it from [`crate::Machine::run`] by `&mut` and cannot make or keep one.
pub struct SimCore {
    hardware: Rc<RefCell<Hardware>>,
    /// Of the coroutine whose frame holds this value.
    yielder: NonNull<Yielder<Resume, Request>>,
}

impl SimCore {
    /// The core of the coroutine that runs now and has `yielder`.
    pub(crate) fn new(hardware: Rc<RefCell<Hardware>>, yielder: &Yielder<Resume, Request>) -> Self {
        Self {
            hardware,
            yielder: NonNull::from(yielder),
        }
    }

    /// The machine, for as long as the program does not give up the core.
    #[inline]
    fn hardware(&self) -> RefMut<'_, Hardware> {
        self.hardware.borrow_mut()
    }

    /// Gives up the core with `request`.
    fn suspend(&mut self, request: Request) -> Resume {
        // SAFETY: the value lives in the frame of the coroutine's main function, which has the yielder by
        // reference; the program only has `&mut` of a lifetime that it cannot name, so it runs on that coroutine.
        unsafe { self.yielder.as_ref() }.suspend(request)
    }
}

impl Hal for SimCore {
    type Locks = SimLocks;
}

impl Cpu for SimCore {
    fn enter(&mut self, _token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        assert!(
            registers.pstate & (pstate::AARCH32 | pstate::EL) <= 1 << 2,
            "a guest cannot be entered with the processor state {:#x}",
            registers.pstate
        );
        self.hardware().tell(&Moment::Enters(registers));
        self.hardware().load_guest(registers);
        let Resume::Exit(exit) = self.suspend(Request::Enter) else {
            unreachable!("the machine answers an entry with an exit");
        };
        self.hardware().store_guest(registers);
        self.hardware().tell(&Moment::Exits(&exit, registers));
        exit
    }
}

impl Monitor for SimCore {
    fn call(&mut self, arguments: &Registers) -> Registers {
        self.hardware().spmd.service(arguments).unwrap_or_else(|| {
            panic!(
                "the call {:#x} leaves the secure world: it belongs in `next_request`",
                arguments.0[0]
            )
        })
    }

    fn next_request(&mut self, _token: &mut Token, answer: &Registers) -> Registers {
        self.hardware().tell(&Moment::GivesWay(answer));
        match self.suspend(Request::GiveWay(*answer)) {
            Resume::Request(request) => {
                self.hardware().tell(&Moment::Requested(&request));
                request
            }
            _ => unreachable!("the machine answers giving way with a request"),
        }
    }
}

impl Gic for SimCore {
    fn acknowledge(&mut self) -> Option<Intid> {
        let mut hardware = self.hardware();
        let (engine, platform) = hardware.core_and_platform();
        let lines = platform.lines(platform.clock, platform.virtual_offset(engine.registers()));
        platform.gic().acknowledge(Space::Secure, lines)
    }

    fn priority_mask(&self) -> u8 {
        self.hardware().platform.gic().interface.mask()
    }

    fn set_priority_mask(&mut self, mask: u8) {
        self.hardware().platform.gic().interface.set_mask(mask);
    }

    fn end(&mut self, intid: Intid) {
        self.hardware().platform.gic().end(intid);
    }
}

impl Hardware {
    /// Puts a guest's registers into the core.
    fn load_guest(&mut self, registers: &GuestRegisters) {
        let stale = std::mem::take(&mut self.platform.core().emulator_is_stale);
        let (engine, platform) = self.core_and_platform();
        engine.set_general(&registers.x);
        engine.set_pstate(registers.pstate);
        if stale {
            engine.flush_translations();
        }
        platform.core().pc = registers.pc;
    }

    /// Takes a guest's registers out of the core.
    fn store_guest(&mut self, registers: &mut GuestRegisters) {
        let (engine, platform) = self.core_and_platform();
        registers.x = engine.general();
        registers.pstate = engine.registers().pstate();
        registers.pc = platform.core().pc;
    }
}
