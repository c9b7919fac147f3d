//! The switch between worlds.

use hal::{Registers, Space};

use super::{FromNormal, FromSecure};
use crate::board::End;
use crate::el2::FORWARDED;
use crate::guest::Leave;
use crate::hardware::Hardware;
use crate::unicorn::registers::pstate;

/// What EL3 keeps of the normal world while the secure one runs, beside the EL2 registers that the emulator keeps
/// because no secure guest reaches them.
#[derive(Clone, Copy)]
pub struct NormalWorld {
    x: [u64; 31],
    pc: u64,
    pstate: u64,
    forwarded: [u64; FORWARDED.len()],
}

impl NormalWorld {
    /// The normal world before it runs: at its entry at EL2, everything masked, all registers zero.
    pub fn at_entry(entry: u64, identity: [u64; 2]) -> Self {
        // HCR_EL2, CPTR_EL2, MDCR_EL2, CNTHCTL_EL2, VPIDR_EL2, VMPIDR_EL2.
        let forwarded = [0, 0, 0, 0, identity[0], identity[1]];
        Self {
            x: [0; 31],
            pc: entry,
            pstate: pstate::DAIF | 2 << 2 | pstate::SP,
            forwarded,
        }
    }
}

impl Hardware {
    /// The monitor gives way with `arguments`: what it gets when it goes on, or the end of the run.
    pub fn give_way(&mut self, arguments: &Registers) -> Result<Registers, End> {
        match self.spmd.monitor_gives_way(arguments) {
            FromSecure::Answer(answer) => return Ok(answer),
            FromSecure::Failed(code) => {
                let words =
                    format!("the monitor gave FFA_ERROR with code {code} instead of being ready");
                return Err(End::MonitorStopped(words));
            }
            FromSecure::Ready => self.enter_normal_world(None),
            FromSecure::Answered(answer) => self.enter_normal_world(Some(&answer)),
        }
        let request = self.run_normal_world()?;
        self.enter_secure_world();
        Ok(request)
    }

    /// Runs the normal world until it makes a request of the secure one.
    fn run_normal_world(&mut self) -> Result<Registers, End> {
        loop {
            match self.run_guest() {
                Leave::End(end) => return Err(end),
                Leave::Monitor(exit) => unreachable!("{exit:?} of the normal world is its own"),
                Leave::Call => {}
            }
            let (engine, _) = self.core_and_platform();
            let general = engine.general();
            let arguments = Registers(std::array::from_fn(|index| general[index]));
            match self.spmd.normal_calls(&arguments) {
                FromNormal::Forward(request) => return Ok(request),
                FromNormal::PowerOff => return Err(End::PowerOff),
                FromNormal::Answer(answer) => self.core_and_platform().0.set_general(&answer.0),
            }
        }
    }

    /// Switches the core to the normal world, which goes on with `answer` in x0 to x17.
    fn enter_normal_world(&mut self, answer: Option<&Registers>) {
        let mut normal = self.normal;
        if let Some(answer) = answer {
            normal.x[..18].copy_from_slice(&answer.0);
        }
        let (engine, platform) = self.core_and_platform();
        for (slot, value) in FORWARDED.into_iter().zip(normal.forwarded) {
            engine
                .registers()
                .set_system(crate::el2::NAMES[slot.index()], value);
        }
        engine.set_general(&normal.x);
        engine.set_pstate(normal.pstate);
        let core = platform.core();
        core.forget_other_world(engine, Space::NonSecure);
        core.world = Space::NonSecure;
        core.pc = normal.pc;
    }

    /// Switches the core to the secure world, whose monitor goes on.
    fn enter_secure_world(&mut self) {
        let (engine, platform) = self.core_and_platform();
        let registers = engine.registers();
        let core = platform.core();
        let normal = NormalWorld {
            x: engine.general(),
            pc: core.pc,
            pstate: registers.pstate(),
            forwarded: FORWARDED.map(|slot| registers.known(crate::el2::NAMES[slot.index()])),
        };
        core.world = Space::Secure;
        for slot in FORWARDED {
            core.el2.forward(slot, registers);
        }
        core.forget_other_world(engine, Space::Secure);
        self.normal = normal;
    }
}
