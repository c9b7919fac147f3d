//! What one core does with a virtual CPU that another core has.

use std::cell::{Cell, RefCell};

use hal::cpu::{Exit, GuestRegisters};
use hal::lock::Token;
use hal::sysreg::{VSTTBR_EL2, VTTBR_EL2};
use hal::{Cpu, Monitor, Registers, Sysregs};
use hal_sim::SimCore;
use hyp::console::PartialLine;
use hyp::partition::vcpu::{SwitchedContext, VcpuContext};
use scenarios::ffa;

use crate::machine::Bug;
use crate::planted::{Checker, Planted};

/// The bugs of this file.
pub const PLANTED: &[Planted] = &[Planted {
    what: "a partition that runs on one core, and should be BUSY, takes a request on another",
    scenario: "busy-elsewhere",
    checker: Checker::Turns,
    words: &["virtual CPU 0 of SP1 (0x8001) runs on core 1 and on core 0"],
    bug: || Box::<NeverBusy>::default(),
}];

/// The receiver in x1 of a request to SP1.
const TO_SP1: u64 = 0x8001;

/// Who asks SP1 while that is busy gets no answer: SP1 runs with the request, beside itself.
#[derive(Default)]
struct NeverBusy {
    /// All registers of whoever was entered last: SP1, when it is busy.
    entered: RefCell<Option<(VcpuContext, [u64; 2])>>,
    /// The last request: of the only core that makes some when SP1 is busy.
    request: Cell<Option<Registers>>,
}

impl Bug for NeverBusy {
    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let mut context = saved(core);
        context.registers = *registers;
        let roots = [core.read_sysreg::<VSTTBR_EL2>(), core.read_sysreg::<VTTBR_EL2>()];
        self.entered.replace(Some((context, roots)));
        core.enter(token, registers)
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        let request = self.request.take().filter(|request| request.0[1] & 0xffff == TO_SP1);
        if [answer.0[0], answer.0[2]] == [ffa::ERROR, ffa::BUSY]
            && let Some(request) = request
            && let Some((mut sp1, [vsttbr, vttbr])) = self.entered.take()
        {
            let normal_world = saved(core);
            sp1.switched.load(core);
            core.write_sysreg::<VSTTBR_EL2>(vsttbr);
            core.write_sysreg::<VTTBR_EL2>(vttbr);
            sp1.registers.x[..18].copy_from_slice(&request.0);
            core.enter(token, &mut sp1.registers);
            normal_world.switched.load(core);
        }
        let request = core.next_request(token, answer);
        self.request.set(Some(request));
        request
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
