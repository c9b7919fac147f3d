//! The switch between worlds.

use hal::{Registers, Space};

use super::function::{EL3_INTR_HANDLE, SUCCESS};
use super::{FromNormal, FromSecure, Start};
use crate::board::End;
use crate::el2::FORWARDED;
use crate::gic::{Group, Pending};
use crate::hardware::{Doing, Hardware};
use crate::platform::Platform;
use crate::record::{self, Access, Look, Object};
use crate::turn::Resume;
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
    /// The normal world before it runs: at its entry at EL2, everything masked, all registers but x0 zero.
    pub fn at_entry(start: Start, identity: [u64; 2]) -> Self {
        // HCR_EL2, CPTR_EL2, MDCR_EL2, CNTHCTL_EL2, VPIDR_EL2, VMPIDR_EL2.
        let forwarded = [0, 0, 0, 0, identity[0], identity[1]];
        let mut x = [0; 31];
        x[0] = start.context;
        Self { x, pc: start.entry, pstate: pstate::DAIF | 2 << 2 | pstate::SP, forwarded }
    }
}

impl Hardware {
    /// The monitor gives way with `arguments`: what the core does then, or the end of the run.
    pub fn give_way(&mut self, arguments: &Registers) -> Result<Doing, End> {
        let core = self.platform.current;
        match self.spmd.monitor_gives_way(core, arguments) {
            FromSecure::Answer(answer) => return Ok(Doing::Program(Resume::Request(answer))),
            FromSecure::Off => {
                record::touch(Object::Firmware, Access::Write);
                self.platform.gic.switch_off(core);
                return Ok(Doing::Program(Resume::Off));
            }
            FromSecure::Panic(words) => return Err(End::MonitorStopped(words)),
            FromSecure::Failed(code) => {
                let on = if core == 0 { String::new() } else { format!(" on core {core}") };
                let words = format!("the monitor gave FFA_ERROR with code {code} instead of being ready{on}");
                return Err(End::MonitorStopped(words));
            }
            FromSecure::Ready => {
                record::touch(Object::Firmware, Access::Write);
                self.enter_normal_world(None);
            }
            FromSecure::Resumed => self.enter_normal_world(None),
            FromSecure::Answered(answer) => self.enter_normal_world(Some(&answer)),
        }
        Ok(Doing::Normal)
    }

    /// The normal world makes a call: what the core does then, or the end of the run.
    pub fn normal_call(&mut self) -> Result<Doing, End> {
        let current = self.platform.current;
        let general = self.engines[current].general();
        let arguments = Registers(std::array::from_fn(|index| general[index]));
        let answer = match self.spmd.normal_calls(current, &arguments) {
            FromNormal::Forward(request) => {
                self.enter_secure_world();
                return Ok(Doing::Program(Resume::Request(request)));
            }
            FromNormal::PowerOff => return Err(End::PowerOff),
            FromNormal::CoreOn { core, start } => {
                record::touch(Object::Firmware, Access::Write);
                self.switch_on(&arguments, core, start)
            }
            FromNormal::Answer(answer) => {
                record::touch(Object::Firmware, Access::Read);
                record::looks(Look { pc: self.platform.core().pc - 4, at: arguments.0[0] }, Object::Firmware);
                answer
            }
        };
        self.engines[current].set_general(&answer.0);
        Ok(Doing::Normal)
    }

    /// EL3 takes `pending` from the normal world: what the core does then, or the end of the run. A secure Group 1
    /// interrupt is the monitor's; of Group 0 there is one that EL3 handles, and TF-A panics at any other, since QEMU's
    /// platform handles none.
    pub fn firmware_interrupt(&mut self, pending: Pending) -> Result<Doing, End> {
        let core = self.platform.current;
        if self.handles(pending) {
            return Ok(Doing::Normal);
        }
        if pending.group == Group::Zero {
            let words = format!("EL3 panics: Group0 interrupt {} not handled", pending.intid.0);
            return Err(End::MonitorStopped(words));
        }
        self.enter_secure_world();
        Ok(Doing::Program(Resume::Request(self.spmd.interrupts(core))))
    }

    /// Handles `pending`, where it is EL3's own.
    fn handles(&mut self, pending: Pending) -> bool {
        let Platform { board, gic, current, .. } = &mut self.platform;
        let is_own = pending.intid == board.firmware_interrupt;
        if is_own {
            gic.acknowledge(*current, Group::Zero);
            gic.end(*current, Group::Zero, pending.intid);
            self.platform.firmware_interrupts += 1;
        }
        is_own
    }

    /// The monitor's call with `arguments`, where it is FFA_EL3_INTR_HANDLE: EL3 handles the interrupt of its own that is
    /// pending. Where none is, TF-A leaves the result as it was.
    pub fn handle_own_interrupt(&mut self, arguments: &Registers) -> Option<Registers> {
        if arguments.0[0] != u64::from(EL3_INTR_HANDLE) {
            return None;
        }
        let pending = self.platform.gic.signalled(self.platform.current);
        let handled = pending.is_some_and(|pending| self.handles(pending));
        let mut answer = *arguments;
        if handled {
            answer.0[..8].fill(0);
            answer.0[0] = SUCCESS.into();
        }
        Some(answer)
    }

    /// Switches the core to the normal world, which goes on with `answer` in x0 to x17.
    fn enter_normal_world(&mut self, answer: Option<&Registers>) {
        let mut normal = self.normal[self.platform.current];
        if let Some(answer) = answer {
            normal.x[..18].copy_from_slice(&answer.0);
        }
        let (engine, platform) = self.core_and_platform();
        for (slot, value) in FORWARDED.into_iter().zip(normal.forwarded) {
            engine.registers().set_system(crate::el2::NAMES[slot.index()], value);
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
        self.normal[self.platform.current] = normal;
    }
}
