//! Everything of the machine but the emulated cores themselves.

use std::rc::Rc;

use hal::{PAGE_SIZE, Pa, Space};

use crate::board::Board;
use crate::el2::{self, El2};
use crate::encoding::name;
use crate::exits::Exits;
use crate::gic::{Distributor, Gic, Pending, Redistributor};
use crate::injection::Injector;
use crate::junk::Junk;
use crate::maintenance::Maintenance;
use crate::mmu::{Fault, Mmu};
use crate::pl011::Pl011;
use crate::pl061::Pl061;
use crate::ram::Ram;
use crate::timer::{self, Timers};
use crate::unicorn::registers::Registers;
use crate::unicorn::{Access, Engine};

/// One core, without the registers that the emulator has.
pub struct Core {
    /// The security state that it runs in.
    pub world: Space,
    /// Where its guest goes on.
    pub pc: u64,
    /// The EL2 registers of the secure world's monitor.
    pub el2: El2,
    /// Translation.
    pub mmu: Mmu,
    /// The timers.
    pub timers: Timers,
    /// Why the last access was refused.
    pub refused: Option<Refused>,
    /// The last exceptions.
    pub exits: Exits,
    /// The emulator may remember translations of another guest, or forgotten ones.
    pub emulator_is_stale: bool,
    /// The world whose translations of EL1 and EL0 the emulator may remember.
    pub emulator_has: Option<Space>,
    /// Other cores ran since this one did.
    pub was_away: bool,
    /// Another core invalidated its instruction cache, for all.
    pub instructions_are_stale: bool,
    /// Its guest waits for an interrupt (`WFI`).
    pub idle: bool,
}

impl Core {
    /// A core at its entry to the secure world.
    pub fn at_reset(junk: &mut Junk) -> Self {
        Self {
            world: Space::Secure,
            pc: 0,
            el2: El2::at_entry(junk),
            mmu: Mmu::default(),
            timers: Timers::at_reset(junk),
            refused: None,
            exits: Exits::default(),
            emulator_is_stale: true,
            emulator_has: None,
            was_away: false,
            instructions_are_stale: false,
            idle: false,
        }
    }

    /// Makes the emulator forget what it remembers of EL1 and EL0 unless that is `world`'s.
    pub fn forget_other_world(&mut self, engine: &mut Engine<Platform>, world: Space) {
        if self.emulator_has.is_some_and(|other| other != world) {
            engine.flush_translations();
            self.emulator_has = None;
        }
    }
}

/// An access that the emulator must not make itself.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// The page of the virtual address.
    pub page: u64,
    /// What the instruction wants.
    pub access: Access,
    /// Why not.
    pub why: Why,
}

/// Why an access was refused.
#[derive(Clone, Copy, Debug)]
pub enum Why {
    /// The translation has a fault.
    Fault(Fault),
    /// There is a device.
    Device {
        /// Which.
        device: Device,
        /// The page's offset in the device.
        offset: u64,
    },
    /// There is nothing.
    Nothing(Pa),
}

/// A device behind memory-mapped registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// The GIC's distributor.
    Distributor,
    /// The redistributor of a core.
    Redistributor(usize),
    /// The UART.
    Uart,
    /// The GPIO.
    Gpio,
    /// The secure world's GPIO.
    SecureGpio,
}

/// The machine without the emulated cores.
pub struct Platform {
    /// RAM of both spaces.
    pub ram: Rc<Ram>,
    /// What the machine is.
    pub board: Board,
    /// What was written and is not visible to everybody yet.
    pub maintenance: Maintenance,
    /// The cores.
    pub cores: Vec<Core>,
    /// The core that runs.
    pub current: usize,
    /// Interrupts from outside.
    pub injector: Injector,
    /// The interrupt controller.
    pub gic: Gic,
    /// The UART.
    pub uart: Pl011,
    /// The GPIO.
    pub gpio: Pl061,
    /// The secure world's GPIO.
    pub secure_gpio: Pl061,
    /// Virtual time at the start of the present run of the core, in nanoseconds.
    pub clock: u64,
    /// Guest instructions executed before the present run of the core.
    pub instructions: u64,
    /// Interrupts that EL3 handled itself.
    pub firmware_interrupts: u64,
    /// The stream.
    pub output: Vec<u8>,
    /// The EL2 program's console.
    pub console: Vec<u8>,
    /// What was found wrong, in words; the cores' own findings are in their MMUs.
    pub findings: Vec<String>,
    /// Numbers for instructions that ask for random ones.
    pub junk: Junk,
}

impl Platform {
    /// A machine at reset, with `cores` cores.
    pub fn at_reset(board: &Board, ram: &Rc<Ram>, cores: usize, mut junk: Junk) -> Self {
        Self {
            ram: Rc::clone(ram),
            board: board.clone(),
            maintenance: Maintenance::default(),
            cores: (0..cores).map(|_| Core::at_reset(&mut junk)).collect(),
            current: 0,
            injector: Injector::new(&[], cores),
            gic: Gic::after_firmware(cores, board.firmware_interrupt),
            uart: Pl011::at_reset(),
            gpio: Pl061::default(),
            secure_gpio: Pl061::default(),
            clock: 0,
            instructions: 0,
            firmware_interrupts: 0,
            output: Vec::new(),
            console: Vec::new(),
            findings: Vec::new(),
            junk,
        }
    }

    /// The core that runs.
    pub fn core(&mut self) -> &mut Core {
        &mut self.cores[self.current]
    }

    /// Records what a checker found, once.
    pub fn find(&mut self, words: String) {
        if !self.findings.contains(&words) {
            self.findings.push(words);
        }
    }

    /// The device that has the page at `pa`, and the page's offset in it.
    pub fn device(&self, pa: Pa) -> Option<(Device, u64)> {
        if pa == self.board.uart {
            return Some((Device::Uart, 0));
        }
        if pa.address == self.board.gpio {
            return Some((Device::Gpio, 0));
        }
        if pa == self.board.secure_gpio {
            return Some((Device::SecureGpio, 0));
        }
        let within = |base: u64, size: u64| pa.address.checked_sub(base).filter(|&offset| offset < size);
        if let Some(offset) = within(self.board.gicd, Distributor::FRAME) {
            return Some((Device::Distributor, offset));
        }
        let offset = within(self.board.gicr, Redistributor::FRAMES * self.cores.len() as u64)?;
        let core = (offset / Redistributor::FRAMES) as usize;
        Some((Device::Redistributor(core), offset % Redistributor::FRAMES))
    }

    /// Reads `size` bytes of a device's register.
    pub fn read_device(&self, world: Space, device: Device, offset: u64, size: u64) -> u64 {
        match device {
            Device::Distributor => self.gic.read_distributor(world, offset, size),
            Device::Redistributor(core) => self.gic.read_redistributor(core, world, offset, size),
            Device::Uart => self.uart.read(offset),
            Device::Gpio => self.gpio.read(offset),
            Device::SecureGpio => self.secure_gpio.read(offset),
        }
    }

    /// Writes `size` bytes of a device's register.
    pub fn write_device(&mut self, world: Space, device: Device, offset: u64, size: u64, value: u64) {
        match device {
            Device::Distributor => self.gic.write_distributor(world, offset, size, value),
            Device::Redistributor(core) => self.gic.write_redistributor(core, world, offset, size, value),
            Device::Uart => {
                self.uart.write(offset, value);
                self.gic.set_line(self.current, self.board.uart_interrupt, self.uart.interrupts());
            }
            Device::Gpio => {
                self.gpio.write(offset, value);
                self.gic.set_line(self.current, self.board.gpio_interrupt, self.gpio.interrupts());
                for (pin, intid) in &self.board.gpio_pins {
                    self.gic.set_line(self.current, *intid, self.gpio.asserted() >> pin & 1 != 0);
                }
            }
            Device::SecureGpio => {
                self.secure_gpio.write(offset, value);
                self.assert_secure_gpio();
            }
        }
    }

    /// The secure world's GPIO asserts its line, or does not.
    pub fn assert_secure_gpio(&mut self) {
        let asserted = self.secure_gpio.interrupts();
        self.gic.set_line(self.current, self.board.secure_gpio_interrupt, asserted);
    }

    /// True where the page at `pa` is RAM.
    pub fn is_ram(&self, pa: Pa) -> bool {
        self.ram.contains(pa, PAGE_SIZE as usize)
    }

    /// CNTVOFF_EL2 of the world that runs.
    pub fn virtual_offset(&self, registers: &Registers) -> u64 {
        let core = &self.cores[self.current];
        match core.world {
            Space::Secure => core.el2.get(el2::CNTVOFF),
            Space::NonSecure => registers.known(name::CNTVOFF_EL2),
        }
    }

    /// The GIC, which knows what the timers of the core that runs assert at `now`.
    pub fn gic_at(&mut self, registers: &Registers, now: u64) -> &mut Gic {
        let asserted = self.cores[self.current].timers.lines(now, self.virtual_offset(registers));
        self.gic.set_timer_lines(self.current, timer::LINES, asserted);
        &mut self.gic
    }

    /// The interrupt that the GIC signals to the core that runs at `now`.
    pub fn signalled(&mut self, registers: &Registers, now: u64) -> Option<Pending> {
        let core = self.current;
        self.gic_at(registers, now).signalled(core)
    }
}
