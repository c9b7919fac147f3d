//! What a machine is made of, and what came of a run.

use hal::Pa;
use hal::interrupt::Intid;
use hal::memory::PhysicalRange;

use crate::el3::LogicalPartition;

/// What a machine is: plain data.
#[derive(Clone, Debug)]
pub struct Board {
    /// Secure and non-secure RAM, page-aligned, without overlap inside one space.
    pub ram: Vec<PhysicalRange>,
    /// The EL2 program's own memory, which it gets no frames of.
    pub monitor: PhysicalRange,
    /// Secure pages that the EL2 program gets at boot.
    pub pool: PhysicalRange,
    /// Where the manifest is: x0 at the EL2 program's entry. It ends with its page at the latest.
    pub manifest: Pa,
    /// Where the normal world starts, at NS-EL2 with its MMU off.
    pub normal_world: u64,
    /// The GIC's distributor, in both physical address spaces.
    pub gicd: u64,
    /// The first core's redistributor; each further one is 0x20000 bytes on.
    pub gicr: u64,
    /// A PL011's page of registers.
    pub uart: Pa,
    /// The UART's interrupt, shared.
    pub uart_interrupt: Intid,
    /// A PL061's page of registers, in both physical address spaces.
    pub gpio: u64,
    /// Its interrupt, shared.
    pub gpio_interrupt: Intid,
    /// Another PL061's page of registers, in the secure physical address space.
    pub secure_gpio: Pa,
    /// Its interrupt, shared.
    pub secure_gpio_interrupt: Intid,
    /// A shared interrupt that EL3 handles itself: it is of Group 0, on, and triggered by the rise of its line.
    pub firmware_interrupt: Intid,
    /// EL3's logical partitions.
    pub logical_partitions: Vec<LogicalPartition>,
    /// Pins with an interrupt of their own beside: a private one is that of the core that writes the GPIO's registers.
    pub gpio_pins: Vec<(u8, Intid)>,
    /// How many cores there are, 1 to 8. All but the first are off until the normal world switches them on.
    pub cores: usize,
    /// Guest instructions after which a run counts as hung.
    pub budget: u64,
}

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The stream: what guests wrote through semihosting, and the monitor's events between.
    pub output: Vec<u8>,
    /// What the EL2 program wrote to its console.
    pub console: Vec<u8>,
    /// What guests sent by the UART.
    pub uart: Vec<u8>,
    /// What the machine's checkers found, in words.
    pub findings: Vec<String>,
    /// Guest instructions executed.
    pub instructions: u64,
    /// Steps taken: guest instructions, and points of the EL2 program at which another core could come between.
    pub steps: u64,
    /// Those of them before the first guest instruction.
    pub steps_to_guest: u64,
    /// Interrupts that came from outside: pulses that left something pending, and those of the secure GPIO.
    pub arrived: u64,
    /// What interrupts are still, in words: pending and on, or active.
    pub interrupts: Vec<String>,
    /// Interrupts that EL3 handled itself.
    pub firmware_interrupts: u64,
    /// The turns that the cores had, for [`Schedule::Replay`](crate::Schedule::Replay); empty with one core.
    pub schedule: String,
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// PSCI SYSTEM_OFF.
    PowerOff,
    /// Semihosting SYS_EXIT or SYS_EXIT_EXTENDED, with this code.
    Exit(u32),
    /// The budget is used up, or every core waits for an interrupt that cannot come.
    Hung {
        /// Why it counts as hung.
        reason: String,
        /// The last exceptions that left a guest, oldest first, in words.
        last_exits: Vec<String>,
        /// The calls in which the EL2 program of each core stands that is on, in words.
        stacks: Vec<String>,
    },
    /// The debugger ended it.
    Debugger,
    /// Who sits at the terminal ended it.
    Terminal,
    /// The EL2 program reported an error instead of being ready, or panicked: in words.
    MonitorStopped(String),
}
