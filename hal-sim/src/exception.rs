//! Exceptions: where they go, and how a guest takes one.

use hal::Space;
use hal::cpu::Exit;

use crate::el2::{self, HCR_FMO, HCR_IMO, HCR_TGE, HCR_VF, HCR_VI};
use crate::encoding::name;
use crate::exits::{Record, What};
use crate::gic::{Group, Pending};
use crate::hardware::Hardware;
use crate::platform::Platform;
use crate::unicorn::registers::{Registers, pstate};

/// What kind of exception a vector is for; the value is its offset among four.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Caused by an instruction.
    Synchronous = 0,
    /// An interrupt of Group 1 of the running security state.
    Irq = 0x80,
    /// Any other interrupt.
    Fiq = 0x100,
}

/// Who takes an interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// The firmware at EL3.
    Firmware(Pending),
    /// The secure world's monitor.
    Monitor(Exit),
    /// A guest's exception level.
    Guest(Kind, u64),
}

/// What a synchronous exception leaves in the registers of the level that takes it.
#[derive(Clone, Copy, Debug)]
pub struct Syndrome {
    /// ESR.
    pub esr: u64,
    /// FAR, for aborts.
    pub far: Option<u64>,
    /// HPFAR_EL2, for aborts of stage 2.
    pub hpfar: u64,
}

impl Platform {
    /// Who takes `pending` now; `None` while it is masked. FIQs of the normal world are EL3's (SCR_EL3.FIQ), which
    /// nothing below masks; those of the secure world are not.
    pub fn route(&self, registers: &Registers, pending: Pending) -> Option<Route> {
        let core = &self.cores[self.current];
        let state = registers.pstate();
        let el = (state & pstate::EL) >> 2;
        let (kind, to_el2, mask) = match (core.world, pending.group) {
            (Space::NonSecure, Group::Zero | Group::Secure) => return Some(Route::Firmware(pending)),
            (Space::Secure, Group::Zero | Group::NonSecure) => (Kind::Fiq, HCR_FMO, pstate::F),
            (Space::Secure, Group::Secure) | (Space::NonSecure, Group::NonSecure) => {
                (Kind::Irq, HCR_IMO, pstate::I)
            }
        };
        let hcr = match core.world {
            Space::Secure => core.el2.hcr(),
            Space::NonSecure => registers.known(name::HCR_EL2),
        };
        let target = if hcr & (to_el2 | HCR_TGE) != 0 { 2 } else { 1 };
        let unmasked = el < target && target == 2 || el <= target && state & mask == 0;
        if !unmasked {
            return None;
        }
        Some(match (core.world, target, kind) {
            (Space::Secure, 2, Kind::Fiq) => Route::Monitor(Exit::Fiq),
            (Space::Secure, 2, _) => Route::Monitor(Exit::Irq),
            _ => Route::Guest(kind, target),
        })
    }
}

impl Platform {
    /// The virtual interrupt that the secure world's monitor made pending, if its guest takes it now;
    /// `Err` while it is masked.
    pub fn virtual_interrupt(&self, registers: &Registers) -> Option<Result<Kind, Masked>> {
        let core = &self.cores[self.current];
        let hcr = core.el2.hcr();
        if core.world == Space::NonSecure || hcr & HCR_TGE != 0 {
            return None;
        }
        let state = registers.pstate();
        let pending = |made: u64, routed: u64| hcr & made != 0 && hcr & routed != 0;
        let taken = [
            (pending(HCR_VF, HCR_FMO), pstate::F, Kind::Fiq),
            (pending(HCR_VI, HCR_IMO), pstate::I, Kind::Irq),
        ];
        let mut pending = taken.into_iter().filter(|(pending, ..)| *pending).peekable();
        pending.peek()?;
        Some(pending.find(|(_, mask, _)| state & mask == 0).map(|(.., kind)| kind).ok_or(Masked))
    }
}

/// A virtual interrupt is pending, and masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Masked;

impl Hardware {
    /// The exception level of the guest that runs.
    pub fn el(&self) -> u64 {
        (self.registers().pstate() & pstate::EL) >> 2
    }

    /// Remembers an exception for a report.
    pub fn record(&mut self, what: What) {
        let (el, x0) = (self.el(), self.registers().x(0));
        let core = self.platform.core();
        core.exits.push(Record { world: core.world, el, pc: core.pc, x0, what });
    }

    /// The guest takes an exception at its level `target`, 1 or 2, to return to where it is
    /// (DDI 0487, D1.3.6: AArch64.TakeException).
    pub fn take(&mut self, kind: Kind, target: u64, syndrome: Option<Syndrome>) {
        const SPAN: u64 = 1 << 23;
        let (engine, platform) = self.core_and_platform();
        let registers = engine.registers();
        let core = platform.core();
        let state = registers.pstate();
        let el = (state & pstate::EL) >> 2;
        let [spsr, elr, esr, far, vbar] = match target {
            1 => [name::SPSR_EL1, name::ELR_EL1, name::ESR_EL1, name::FAR_EL1, name::VBAR_EL1],
            _ => [name::SPSR_EL2, name::ELR_EL2, name::ESR_EL2, name::FAR_EL2, name::VBAR_EL2],
        };
        registers.set_system(spsr, state);
        registers.set_system(elr, core.pc);
        if let Some(syndrome) = syndrome {
            registers.set_system(esr, syndrome.esr);
            if let Some(address) = syndrome.far {
                registers.set_system(far, address);
            }
            if target == 2 {
                registers.set_system(name::HPFAR_EL2, syndrome.hpfar);
            }
        }
        let from = match (el < target, state & pstate::SP) {
            (true, _) => 0x400,
            (false, 0) => 0,
            (false, _) => 0x200,
        };
        let pan = target == 1 && registers.known(name::SCTLR_EL1) & SPAN == 0;
        core.pc = (registers.known(vbar) & !0x7ff) + from + kind as u64;
        let kept = state & pstate::KEPT | if pan { pstate::PAN } else { 0 };
        engine.set_pstate(kept | pstate::DAIF | target << 2 | pstate::SP);
    }

    /// A synchronous exception that `target` takes: the monitor's exit, or a vector of the guest.
    pub fn synchronous(&mut self, target: u64, syndrome: Syndrome) -> Option<Exit> {
        self.record(What::Synchronous { syndrome: syndrome.esr, target });
        if self.world() == Space::Secure && target == 2 {
            return Some(Exit::Synchronous { esr: syndrome.esr, far: syndrome.far.unwrap_or(0) });
        }
        self.take(Kind::Synchronous, target, Some(syndrome));
        None
    }

    /// The level that takes an exception which EL1 would take, for one from `el`.
    pub fn default_target(&self, el: u64) -> u64 {
        let hcr = match self.world() {
            Space::Secure => self.platform.cores[self.platform.current].el2.hcr(),
            Space::NonSecure => self.registers().known(name::HCR_EL2),
        };
        if el == 2 || hcr & el2::HCR_TGE != 0 { 2 } else { 1 }
    }
}
