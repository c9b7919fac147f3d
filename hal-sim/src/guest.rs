//! Running a guest until somebody above it must act.

use hal::Space;
use hal::cpu::Exit;

use crate::board::End;
use crate::decode;
use crate::exception::{Route, Syndrome};
use crate::exits::What;
use crate::gic::Pending;
use crate::hardware::Hardware;
use crate::mmu::Fault;
use crate::mmu::fault::Kind;
use crate::platform::{Device, Refused, Why};
use crate::turn;
use crate::unicorn::{Access, Pace, Stop};

/// Who must act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leave {
    /// The secure world's monitor, for an exit of its guest.
    Monitor(Exit),
    /// EL3, for an `SMC` of the guest.
    Call,
    /// EL3, for an interrupt that it takes from the normal world.
    Firmware(Pending),
    /// The debugger: it is asked before the next instruction.
    Stop,
    /// The core that is next: this one's turn is over.
    Turn,
    /// Another core or a timer: the guest waits for an interrupt.
    Idle,
    /// Nobody: the run is over.
    End(End),
}

/// Exceptions in a row, with no instruction between, after which a guest counts as hung: its vectors cannot be reached.
const FRUITLESS: u64 = 1000;

/// Exception classes that are told apart here.
mod class {
    pub const UNKNOWN: u64 = 0x00;
    pub const SMC: u64 = 0x17;
}

impl Hardware {
    /// Runs the guest of the current core until somebody must act.
    pub fn run_guest(&mut self) -> Leave {
        let mut executed = self.platform.instructions;
        let mut fruitless = 0;
        loop {
            if std::mem::replace(&mut executed, self.platform.instructions) != self.platform.instructions {
                fruitless = 0;
            }
            fruitless += 1;
            if fruitless > FRUITLESS {
                let words = format!("{FRUITLESS} exceptions without an instruction between them");
                return Leave::End(self.hung(words));
            }
            let masked = match self.interrupt() {
                Taken::Monitor(exit) => return Leave::Monitor(exit),
                Taken::Firmware(pending) => return Leave::Firmware(pending),
                Taken::Guest if self.debugger.is_some() => return Leave::Stop,
                Taken::Guest => continue,
                Taken::Masked => true,
                Taken::None => false,
            };
            if turn::left() == 0 {
                return Leave::Turn;
            }
            let stop = match self.run_core(masked) {
                Ok(stop) => stop,
                Err(end) => return Leave::End(end),
            };
            let left = match stop {
                Stop::Limit | Stop::Interrupted => None,
                Stop::WaitForInterrupt => Some(Leave::Idle),
                Stop::Exception { syndrome, target } => self.exception(syndrome, target),
                Stop::Translation { template } => self.refused(template).map(Leave::Monitor),
            };
            match left {
                Some(leave) => return leave,
                None if self.debugger.is_some() => return Leave::Stop,
                None => {}
            }
        }
    }

    /// Lets the core run to the next deadline, or until something stops it.
    fn run_core(&mut self, masked: bool) -> Result<Stop, End> {
        let most = if self.debugger.is_some() { 1 } else { turn::left() };
        let (engine, platform) = self.core_and_platform();
        let offset = platform.virtual_offset(engine.registers());
        let budget = platform.board.budget.saturating_sub(platform.instructions);
        if budget == 0 {
            let reason = format!("{} instructions without an end", platform.instructions);
            return Err(self.hung(reason));
        }
        if std::mem::take(&mut platform.core().was_away) {
            engine.flush_translations();
            if std::mem::take(&mut platform.core().instructions_are_stale) {
                engine.flush_instructions();
            }
        }
        let now = platform.clock;
        let deadline = platform.core().timers.next(now, offset).unwrap_or(u64::MAX);
        let injection = platform.injector.left(platform.current, platform.instructions);
        let left = budget.min(deadline).min(most).min(injection);
        let mut pace = Pace { left, begun: 0, watch: masked };
        if std::mem::take(&mut platform.core().mmu.flush) {
            engine.flush_translations();
        }
        let pc = platform.core().pc;
        let stop = engine.run(platform, pc, &mut pace);
        platform.core().pc = engine.registers().pc();
        platform.executed(pace.begun);
        turn::spend(pace.begun);
        Ok(stop)
    }

    /// Takes the interrupt that the GIC signals, if it may be taken now.
    fn interrupt(&mut self) -> Taken {
        let (engine, platform) = self.core_and_platform();
        let now = platform.clock;
        let registers = engine.registers();
        let signalled = platform.signalled(registers, now);
        let route = signalled.and_then(|pending| platform.route(registers, pending));
        if let (Some(pending), Some(_)) = (signalled, route) {
            platform.took(pending.intid);
        }
        let (kind, target) = match (route, platform.virtual_interrupt(registers)) {
            (Some(Route::Firmware(pending)), _) => {
                self.record(What::Interrupt { target: 3 });
                return Taken::Firmware(pending);
            }
            (Some(Route::Monitor(exit)), _) => {
                self.record(What::Interrupt { target: 2 });
                return Taken::Monitor(exit);
            }
            (Some(Route::Guest(kind, target)), _) => (kind, target),
            (None, Some(Ok(kind))) => (kind, 1),
            (None, Some(Err(_))) => return Taken::Masked,
            (None, None) if signalled.is_some() => return Taken::Masked,
            (None, None) => return Taken::None,
        };
        self.record(What::Interrupt { target });
        self.take(kind, target, None);
        Taken::Guest
    }

    /// An exception that the emulator made.
    fn exception(&mut self, syndrome: u64, target: u64) -> Option<Leave> {
        match syndrome >> 26 {
            class::UNKNOWN => {
                let (engine, platform) = self.core_and_platform();
                if let Some(word) = platform.instruction(engine.registers())
                    && let Some(outcome) = self.emulate(word)
                {
                    return outcome.map(Leave::End);
                }
            }
            class::SMC if target == 3 => {
                self.record(What::Synchronous { syndrome, target });
                if self.world() == Space::NonSecure {
                    return Some(Leave::Call);
                }
                self.platform
                    .find("a secure guest made an SMC that the monitor does not trap (HCR_EL2.TSC)".into());
                let (engine, _) = self.core_and_platform();
                engine.registers().set_x(0, u64::MAX);
                return None;
            }
            _ => {}
        }
        self.synchronous(target, Syndrome { esr: syndrome, far: None, hpfar: 0 }).map(Leave::Monitor)
    }

    /// An access that the emulator could not make.
    fn refused(&mut self, template: u64) -> Option<Exit> {
        let (engine, platform) = self.core_and_platform();
        let Refused { page, access, why } = platform.core().refused.take()?;
        let registers = engine.registers();
        let address = if access == Access::Execute {
            registers.pc()
        } else {
            let word = platform.instruction(registers);
            let address = word.and_then(|word| decode::address(word, registers)).unwrap_or(page);
            // The second page of an access across two: the fault is at its start.
            if address & !0xfff == page { address } else { page }
        };
        let fault = match why {
            Why::Fault(fault) => fault,
            Why::Device { device, offset } => {
                if access != Access::Execute
                    && self.access_device(device, offset | (address & 0xfff), access, template)
                {
                    return None;
                }
                Fault::stage1(Kind::External, 0)
            }
            Why::Nothing(pa) => {
                let world = crate::bus::world_name(self.world());
                let pc = self.registers().pc();
                self.platform.find(format!(
                    "external abort: the {world} world at {pc:#x} accesses {pa}, where there is nothing"
                ));
                Fault::stage1(Kind::External, 0)
            }
        };
        if fault.kind == Kind::ExternalOnWalk {
            self.platform.find(format!("external abort: a translation table for {address:#x} is not in RAM"));
        }
        let el = self.el();
        let target = if fault.stage2.is_some() { 2 } else { self.default_target(el) };
        let esr = fault.syndrome(access, el, target, template);
        self.synchronous(target, Syndrome { esr, far: Some(address), hpfar: fault.hpfar() })
    }

    /// Tells the GIC what the timers of every core assert now.
    fn refresh_timer_lines(&mut self) {
        for core in 0..self.engines.len() {
            self.on(core, |hardware| {
                let (engine, platform) = hardware.core_and_platform();
                let now = platform.clock;
                platform.gic_at(engine.registers(), now);
            });
        }
    }

    /// Does a load or store of a device's register, if the syndrome `template` describes it.
    fn access_device(&mut self, device: Device, offset: u64, access: Access, template: u64) -> bool {
        const ISV: u64 = 1 << 24;
        if template & ISV == 0 {
            return false;
        }
        self.record(What::Device);
        let size = 1u64 << (template >> 22 & 3);
        let register = (template >> 16 & 31) as u32;
        let world = self.world();
        self.refresh_timer_lines();
        let (engine, platform) = self.core_and_platform();
        let registers = engine.registers();
        if access == Access::Write {
            platform.write_device(world, device, offset, size, registers.x(register));
        } else {
            let value = platform.read_device(world, device, offset, size);
            registers.set_x(register, extend(value, size, template));
        }
        platform.core().pc += 4;
        true
    }
}

/// `size` bytes of `value`, extended to the register as the syndrome `template` says.
const fn extend(value: u64, size: u64, template: u64) -> u64 {
    const SSE: u64 = 1 << 21;
    const SF: u64 = 1 << 15;
    let unused = 64 - 8 * size;
    let value = if template & SSE != 0 {
        ((value << unused).cast_signed() >> unused).cast_unsigned()
    } else {
        value << unused >> unused
    };
    if template & SF != 0 { value } else { value & 0xffff_ffff }
}

/// What became of a signalled interrupt.
enum Taken {
    /// There is none.
    None,
    /// The guest masks it.
    Masked,
    /// The guest took it.
    Guest,
    /// The monitor must take it.
    Monitor(Exit),
    /// EL3 must take it.
    Firmware(Pending),
}
