//! What one core does with a virtual CPU that another core has.

use std::cell::{Cell, RefCell};

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::sysreg::{VMPIDR_EL2, VSTTBR_EL2, VTTBR_EL2};
use hal::{Cpu, Monitor, Registers, Sysregs};
use hal_sim::SimCore;
use hyp::console::PartialLine;
use hyp::partition::vcpu::{SwitchedContext, VcpuContext};
use scenarios::ffa;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[
    Planted {
        what: "a partition that runs on one core, and should be BUSY, takes a request on another",
        scenario: "busy-elsewhere",
        checker: Checker::Turns,
        words: &["virtual CPU 0 of SP1 (0x8001) runs on core 1 and on core 0"],
        bug: || Box::<NeverBusy>::default(),
    },
    Planted {
        what: "a partition that aborted on one core goes on on another after its next exit",
        scenario: "abort-everywhere",
        checker: Checker::Turns,
        words: &["SP1 (0x8001) runs after an interrupt took the core from SP1 (0x8001), and it died before"],
        bug: || Box::<NeverStops>::default(),
    },
];

/// The receiver in x1 of a request to SP1.
const TO_SP1: u64 = 0x8001;

/// Who asks SP1 while that is busy gets no answer: SP1 runs with the request, beside itself.
#[derive(Default)]
struct NeverBusy {
    /// All registers of whoever was entered last: SP1, when it is busy.
    entered: RefCell<Option<Guest>>,
    /// The last request: of the only core that makes some when SP1 is busy.
    request: Cell<Option<Registers>>,
}

impl Bug for NeverBusy {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        self.entered.replace(Some(Guest::of(core, registers)));
        core.enter(token, registers)
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let request = self.request.take().filter(|request| request.0[1] & 0xffff == TO_SP1);
        if [answer.0[0], answer.0[2]] == [ffa::ERROR, ffa::BUSY]
            && let Some(request) = request
            && let Some(mut sp1) = self.entered.take()
        {
            sp1.context.registers.x[..18].copy_from_slice(&request.0);
            sp1.runs(core, token);
        }
        let request = core.next_request(token, answer);
        self.request.set(Some(request));
        request
    }
}

/// The virtual CPU of core 1 goes on once more, when the normal world there is told that it aborted.
#[derive(Default)]
struct NeverStops {
    /// All registers of the virtual CPU of core 1, as it left them.
    left: RefCell<Option<Guest>>,
}

impl NeverStops {
    /// True where `core` had the virtual CPU number 1 last.
    fn had_it(core: &SimCore) -> bool {
        core.read_sysreg::<VMPIDR_EL2>() & 0xff == 1
    }
}

impl Bug for NeverStops {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = core.enter(token, registers);
        if Self::had_it(core) {
            self.left.replace(Some(Guest::of(core, registers)));
        }
        exit
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        if [answer.0[0], answer.0[2]] == [ffa::ERROR, ffa::ABORTED]
            && Self::had_it(core)
            && let Some(mut vcpu) = self.left.take()
        {
            vcpu.runs(core, token);
        }
        core.next_request(token, answer)
    }
}

/// Everything of a virtual CPU.
struct Guest {
    context: VcpuContext,
    roots: [u64; 2],
}

impl Guest {
    /// The one that `core` has, with these `registers`.
    fn of(core: &mut SimCore, registers: &GuestRegisters) -> Self {
        let mut context = saved(core);
        context.registers = *registers;
        Self { context, roots: [core.read_sysreg::<VSTTBR_EL2>(), core.read_sysreg::<VTTBR_EL2>()] }
    }

    /// Runs on `core` until it exits, between two answers to the normal world.
    fn runs(&mut self, core: &mut SimCore, token: &mut Token) {
        let normal_world = saved(core);
        self.context.switched.load(core);
        core.write_sysreg::<VSTTBR_EL2>(self.roots[0]);
        core.write_sysreg::<VTTBR_EL2>(self.roots[1]);
        core.enter(token, &mut self.context.registers);
        normal_world.switched.load(core);
    }
}

/// What a switch moves of whoever is in the core.
fn saved(core: &mut SimCore) -> VcpuContext {
    let mut context = VcpuContext {
        registers: GuestRegisters::ZERO,
        switched: SwitchedContext::ZERO,
        line: PartialLine::EMPTY,
    };
    context.switched.save(core);
    context
}
