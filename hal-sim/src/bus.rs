//! What a running core asks of the machine: the emulator's hooks, answered.

use hal::{PAGE_SIZE, Pa, Space};

use crate::decode;
use crate::el2::HCR_E2H;
use crate::encoding::{Encoding, name};
use crate::hardware::mpidr;
use crate::maintenance;
use crate::mmu::Privilege;
use crate::mmu::regime::Regime;
use crate::platform::{Platform, Refused, Why};
use crate::timer;
use crate::tlbi;
use crate::unicorn::registers::{Registers, pstate};
use crate::unicorn::{Access, Bus, Handled, Mapping, Pace};

/// RNDR and RNDRRS, which the emulator would answer from the host's entropy.
const RANDOM: [Encoding; 2] = [Encoding::new(3, 3, 2, 4, 0), Encoding::new(3, 3, 2, 4, 1)];

/// PMCCNTR_EL0, which the emulator would answer from the host's clock.
const CYCLES: Encoding = Encoding::new(3, 3, 9, 13, 0);

impl Platform {
    /// The translation regime of the running core.
    pub fn regime(&self, registers: &Registers) -> Regime {
        let core = &self.cores[self.current];
        Regime::of(registers, core.world, &core.el2)
    }

    /// Translates the page of `address` for the running core, without a device behind it.
    pub fn translate_to_ram(&mut self, registers: &Registers, address: u64, access: Access) -> Option<Pa> {
        let regime = self.regime(registers);
        let page = address & !(PAGE_SIZE - 1);
        let mapping = self.cores[self.current]
            .mmu
            .translate(&self.ram, &mut self.maintenance, &regime, page, access, Privilege::Own)
            .ok()?;
        self.is_ram(mapping.page)
            .then_some(Pa { address: mapping.page.address | (address & (PAGE_SIZE - 1)), ..mapping.page })
    }

    /// The instruction at the program counter.
    pub fn instruction(&mut self, registers: &Registers) -> Option<u32> {
        let at = self.translate_to_ram(registers, registers.pc(), Access::Execute)?;
        self.ram.read_u32(at)
    }

    /// Lets the core run no further than to the next deadline of its timers.
    fn limit(&self, registers: &Registers, pace: &mut Pace) {
        let now = self.clock + pace.begun;
        let offset = self.virtual_offset(registers);
        let timers = &self.cores[self.current].timers;
        if timers.lines(now, offset) != 0 {
            pace.left = 0;
        } else if let Some(next) = timers.next(now, offset) {
            pace.left = pace.left.min(next);
        }
    }
}

impl Bus for Platform {
    fn translate(&mut self, core: &Registers, pace: &mut Pace, page: u64, access: Access) -> Option<Mapping> {
        let regime = self.regime(core);
        if regime.el < 2 {
            self.core().emulator_has = Some(regime.world);
        } else if core.known(name::HCR_EL2) & HCR_E2H != 0 {
            self.find("the normal world's EL2 runs with HCR_EL2.E2H, which is not modelled".into());
        }
        let data = access != Access::Execute;
        let unprivileged = data
            && regime.el == 1
            && regime.stage1.is_some()
            && self.instruction(core).is_some_and(decode::is_unprivileged);
        let privilege = if unprivileged { Privilege::Unprivileged } else { Privilege::Own };
        let result = self.cores[self.current].mmu.translate(
            &self.ram,
            &mut self.maintenance,
            &regime,
            page,
            access,
            privilege,
        );
        let why = match result {
            Ok(mapping) if self.is_ram(mapping.page) => {
                return Some(self.watch(core, pace, (page, access), mapping));
            }
            Ok(mapping) => match self.device(mapping.page) {
                Some((device, offset)) => Why::Device { device, offset },
                None => Why::Nothing(mapping.page),
            },
            Err(fault) => Why::Fault(fault),
        };
        self.core().refused = Some(Refused { page, access, why });
        None
    }

    fn interrupted(&mut self, core: &Registers, pace: &Pace) -> bool {
        let physical = self
            .signalled(core, self.clock + pace.begun)
            .is_some_and(|pending| self.route(core, pending).is_some());
        physical || matches!(self.virtual_interrupt(core), Some(Ok(_)))
    }

    fn begins(&mut self, core: &Registers, pace: &Pace) -> bool {
        self.note_instruction(core, pace)
    }

    fn read_system(&mut self, core: &Registers, pace: &mut Pace, register: Encoding) -> Option<u64> {
        if timer::is_register(register) {
            let state = &self.cores[self.current];
            if timer::traps(core, state.world, &state.el2, register) {
                return None;
            }
            let now = self.clock + pace.begun;
            return state.timers.read(register, now, self.virtual_offset(core));
        }
        if register == name::MPIDR_EL1 && (core.pstate() & pstate::EL) >> 2 == 2 {
            return Some(mpidr(self.current));
        }
        // A guest that may not read it traps first: the emulator sees to that.
        const TPM: u64 = 1 << 6;
        let el = (core.pstate() & pstate::EL) >> 2;
        let traps = el == 0 || el == 1 && core.known(name::MDCR_EL2) & TPM != 0;
        if register == CYCLES && !traps {
            return Some(self.clock + pace.begun);
        }
        RANDOM.contains(&register).then(|| self.junk.next())
    }

    fn write_system(&mut self, core: &Registers, pace: &mut Pace, register: Encoding, value: u64) -> Handled {
        if !timer::is_register(register) {
            return Handled::No;
        }
        let state = &self.cores[self.current];
        if timer::traps(core, state.world, &state.el2, register) {
            return Handled::No;
        }
        let (now, offset) = (self.clock + pace.begun, self.virtual_offset(core));
        if !self.core().timers.write(register, value, now, offset) {
            return Handled::No;
        }
        self.limit(core, pace);
        Handled::Yes
    }

    fn system_instruction(
        &mut self,
        core: &Registers,
        _pace: &mut Pace,
        operation: Encoding,
        value: u64,
    ) -> Handled {
        if tlbi::is_invalidation(operation) {
            self.invalidate(core, operation, value);
        }
        // IC IALLUIS and IC IVAU act on every core; the emulator sees to this one.
        if operation.crn() == 7 && (operation.crm() == 1 || operation.crm() == 5 && operation.op1() == 3) {
            for other in &mut self.cores {
                other.instructions_are_stale = true;
            }
        }
        if maintenance::is_cache_maintenance(operation) {
            self.maintain_caches(core, operation, value);
        }
        if operation.crn() == 7 && matches!(operation.crm(), 8 | 9) {
            // The emulator would walk tables that it does not have.
            const FAILED: u64 = 1;
            self.find(format!("the address translation {operation} is not modelled: it fails"));
            core.set_system(name::PAR_EL1, FAILED);
            return Handled::Yes;
        }
        Handled::No
    }
}

/// The name of a security state, for reports.
pub const fn world_name(world: Space) -> &'static str {
    match world {
        Space::Secure => "secure",
        Space::NonSecure => "normal",
    }
}
