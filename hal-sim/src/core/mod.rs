//! One core as the EL2 program sees it: [`SimCore`], the simulator's [`hal::Hal`].

mod interrupts;
mod memory;
mod place;
mod sysregs;
mod tlb;
mod vector;
mod words;

use std::cell::{RefCell, RefMut};
use std::panic::resume_unwind;
use std::rc::Rc;

use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal::sysreg::{CNTHPS_CTL_EL2, CNTHPS_CVAL_EL2};
use hal::{Cpu, Hal, Monitor, Registers, Sysregs, Timer};

use crate::hardware::Hardware;
use crate::lock::SimLocks;
use crate::observe::Moment;
use crate::record::{self, Access, Object};
use crate::timer;
use crate::turn::{self, Request, Resume, SwitchedOff};
use crate::unicorn::registers::pstate;

/// One core of the simulated machine, as the EL2 program sees it.
///
/// A program gets it from [`crate::Machine::run`] by `&mut` and cannot make or keep one.
pub struct SimCore {
    hardware: Rc<RefCell<Hardware>>,
    /// Its TLB invalidations are for this core only.
    broadcasts_nothing: bool,
}

impl SimCore {
    /// The core of the program that runs now.
    pub(crate) fn new(hardware: Rc<RefCell<Hardware>>) -> Self {
        Self { hardware, broadcasts_nothing: false }
    }

    /// The same core once more, for a double that stands between a program and its core: a double that owns its core
    /// is of one type on all cores, as a program that all cores share needs it.
    pub fn for_double(&self) -> Self {
        Self { hardware: Rc::clone(&self.hardware), broadcasts_nothing: self.broadcasts_nothing }
    }

    /// The machine, for as long as the program does not give up the core, after a point at which another core may
    /// come between: for what cores share.
    #[inline]
    fn hardware(&self) -> RefMut<'_, Hardware> {
        turn::step();
        self.own()
    }

    /// The machine likewise, for what is the core's own.
    #[inline]
    fn own(&self) -> RefMut<'_, Hardware> {
        self.hardware.borrow_mut()
    }

    /// Gives up the core with `request`. A core that is switched off does not go on.
    fn suspend(&mut self, request: Request) -> Resume {
        match turn::suspend(request) {
            Resume::Off => resume_unwind(Box::new(SwitchedOff)),
            resume => resume,
        }
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
        self.own().tell(&Moment::Enters(registers));
        self.own().load_guest(registers);
        record::touch(Object::Program, Access::Write);
        let Resume::Exit(exit) = self.suspend(Request::Enter) else {
            unreachable!("the machine answers an entry with an exit");
        };
        self.own().store_guest(registers);
        self.own().tell(&Moment::Exits(&exit, registers));
        exit
    }
}

impl Monitor for SimCore {
    fn call(&mut self, arguments: &Registers) -> Registers {
        let mut hardware = self.hardware();
        record::touch(Object::Firmware, Access::Write);
        if let Some(answer) = hardware.handle_own_interrupt(arguments) {
            return answer;
        }
        let (core, function) = (hardware.platform.current, arguments.0[0]);
        if hardware.spmd.waits_for_list(core) {
            let words = format!("EL3 takes the call {function:#x} for the answer to its logical partition");
            hardware.platform.find(words);
        }
        hardware.spmd.service(arguments).unwrap_or_else(|| {
            panic!("the call {:#x} leaves the secure world: it belongs in `next_request`", arguments.0[0])
        })
    }

    fn next_request(&mut self, _token: &mut Token, answer: &Registers) -> Registers {
        self.own().tell(&Moment::GivesWay(answer));
        record::touch(Object::Program, Access::Write);
        match self.suspend(Request::GiveWay(*answer)) {
            Resume::Request(request) => {
                self.own().tell(&Moment::Requested(&request));
                request
            }
            _ => unreachable!("the machine answers giving way with a request"),
        }
    }
}

impl Timer for SimCore {
    fn deadline_interrupt(&self) -> Intid {
        timer::SECURE_EL2
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn set_deadline(&mut self, deadline: u64) {
        self.write_sysreg::<CNTHPS_CVAL_EL2>(deadline);
        self.write_sysreg::<CNTHPS_CTL_EL2>(timer::ENABLE);
    }

    fn clear_deadline(&mut self) {
        self.write_sysreg::<CNTHPS_CTL_EL2>(0);
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
