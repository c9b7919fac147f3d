//! Why a partition's vCPU stopped, and what follows.

use core::fmt;

use hal::Hal;
use hal::cpu::{Exit, GuestRegisters};
use hal::trace::Event;

use super::{Spmc, paravirtual};
use crate::core::Core;
use crate::exception::{self, Class, Syndrome};
use crate::ffa::{TargetInfo, response};
use crate::id_registers;
use crate::partition::timer::Access;
use crate::relayer::next::Next;

/// What a partition did that made it take an exception, as a sentence.
struct Misdeed {
    syndrome: Syndrome,
    far: u64,
    pc: u64,
}

impl fmt::Display for Misdeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, pc) = (self.far, self.pc);
        match self.syndrome.class() {
            Class::InstructionAbort => write!(f, "it may not execute at {address:#x}"),
            Class::DataAbort if self.syndrome.is_write() => {
                write!(f, "it may not write {address:#x}")
            }
            Class::DataAbort => write!(f, "it may not read {address:#x}"),
            Class::SystemRegister => {
                let [op0, op1, crn, crm, op2] = self.syndrome.register();
                write!(f, "it may not access S{op0}_{op1}_C{crn}_C{crm}_{op2}")
            }
            _ => {
                let class = self.syndrome.class_number();
                write!(f, "it may not execute the instruction at {pc:#x} (class {class:#x})")
            }
        }
    }
}

impl<H: Hal> Spmc<H> {
    /// The vCPU, whose registers are in the core, stopped because of `exit`.
    pub(super) fn vcpu_exit(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, exit: Exit) -> Next {
        match exit {
            Exit::Synchronous { esr, far } => self.synchronous_exit(core, vcpu, Syndrome(esr), far),
            Exit::Fiq if core.hal.group_zero_is_pending() => {
                // It is EL3's, which handles it; nobody else sees it.
                let _ = core.hal.call(&response::el3_interrupt());
                Next::Continue(vcpu)
            }
            Exit::Fiq => {
                let next = self.relayer.preempted(core, vcpu);
                if core.masked_for.is_some() {
                    self.watch_managed_exit(core);
                }
                next
            }
            Exit::Irq => self.take(core, Some(vcpu)).unwrap_or(Next::Continue(vcpu)),
            Exit::SError => {
                core.hal.trace(Event::Note(&"an SError interrupt was dropped"));
                Next::Continue(vcpu)
            }
        }
    }

    fn synchronous_exit(
        &self,
        core: &mut Core<'_, H>,
        vcpu: TargetInfo,
        syndrome: Syndrome,
        far: u64,
    ) -> Next {
        let Some((hal, registers)) = core.hal_and_registers() else {
            return Next::Continue(vcpu);
        };
        match syndrome.class() {
            Class::Hvc if paravirtual::is_call(registers.x[0]) => return self.paravirtual(core, vcpu),
            Class::Hvc => return self.call(core, vcpu),
            Class::Smc => {
                // A trapped SMC stops at itself; an HVC behind itself.
                skip(registers, syndrome);
                return self.call(core, vcpu);
            }
            Class::Wait => skip(registers, syndrome),
            Class::SystemRegister if let Some(access) = Access::of(syndrome) => {
                skip(registers, syndrome);
                self.access_timer(core, vcpu, access, syndrome);
            }
            // rule: registers.2
            Class::SystemRegister if id_registers::answer(hal, registers, syndrome) => {
                skip(registers, syndrome);
            }
            class => {
                let reason = Misdeed { syndrome, far, pc: registers.pc };
                hal.trace(Event::Fault { endpoint: vcpu.partition.0, reason: &reason });
                match class {
                    // rule: abort.3
                    Class::InstructionAbort if exception::is_vector(hal, registers) => {
                        return self.abort(core, vcpu, &reason);
                    }
                    Class::InstructionAbort | Class::DataAbort => {
                        // rule: boot.8
                        exception::inject_abort(hal, registers, syndrome, far);
                    }
                    _ => {
                        // rule: registers.5
                        exception::inject_undefined(hal, registers);
                    }
                }
            }
        }
        Next::Continue(vcpu)
    }

    /// The partition of `vcpu`, which runs on this core, aborts.
    pub(super) fn abort(&self, core: &mut Core<'_, H>, vcpu: TargetInfo, why: &dyn fmt::Display) -> Next {
        let next = self.relayer.abort(core, vcpu, why);
        if let Some((partition, loaded)) = self.relayer.partition(vcpu.partition) {
            self.silence(core, partition, loaded);
        }
        next.unwrap_or_else(|| self.begin_next(core))
    }

    /// The vCPU made a call.
    #[inline(always)]
    fn call(&self, core: &mut Core<'_, H>, vcpu: TargetInfo) -> Next {
        core.take_call();
        self.dispatch(core, vcpu)
    }
}

/// Goes on behind the instruction.
fn skip(registers: &mut GuestRegisters, syndrome: Syndrome) {
    registers.pc = registers.pc.wrapping_add(syndrome.instruction_bytes());
}
