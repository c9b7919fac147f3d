//! A board, a few lines of EL2 program, and an assembler: what every test of the machine needs.
#![allow(dead_code, reason = "each test file uses a part")]

use std::convert::Infallible;

use dynasmrt::VecAssembler;
use dynasmrt::aarch64::Aarch64Relocation;
use hal::boot::Boot;
use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal::memory::{Frame, Memory, PhysicalRange};
use hal::sysreg::*;
use hal::tlb::Tlb;
use hal::{Cpu, Ipa, Monitor, Pa, Registers, Space};
use hal_sim::{Board, Counted, Injection, Machine, Outcome, Signal, SimCore, When};

/// Where the secure guest is loaded and entered.
pub const SECURE_GUEST: u64 = 0x0e40_0000;
/// A secure page beside it that tests map or not.
pub const SECURE_DATA: u64 = 0x0e50_0000;
/// Where the normal-world program is loaded and entered.
pub const NORMAL_WORLD: u64 = 0x6000_0000;
/// A normal-world page that tests share.
pub const NORMAL_DATA: u64 = 0x6100_0000;

/// The distributor, and the first core's redistributor.
pub const GICD: u64 = 0x0800_0000;
pub const GICR: u64 = 0x080a_0000;

pub const FFA_ERROR: u64 = 0x8400_0060;
pub const FFA_MSG_WAIT: u64 = 0x8400_006b;
pub const FFA_RUN: u64 = 0x8400_006d;
pub const FFA_INTERRUPT: u64 = 0x8400_0062;
pub const DIRECT_REQ: u64 = 0x8400_006f;
pub const DIRECT_RESP: u64 = 0x8400_0070;

/// The board of the tests, with QEMU virt's addresses.
pub fn board() -> Board {
    let range = |start, size| PhysicalRange { start, size };
    Board {
        ram: vec![
            range(Pa::secure(0x0e00_0000), 0x100_0000),
            range(Pa::non_secure(0x4000_0000), 0x4000_0000),
        ],
        monitor: range(Pa::secure(0x0e10_0000), 0x10_0000),
        pool: range(Pa::secure(0x0e20_0000), 0x10_0000),
        manifest: Pa::secure(0x0e00_2000),
        normal_world: NORMAL_WORLD,
        gicd: GICD,
        gicr: GICR,
        uart: Pa::secure(0x0904_0000),
        uart_interrupt: Intid(40),
        gpio: 0x0903_0000,
        gpio_interrupt: Intid(39),
        secure_gpio: Pa::secure(0x0903_8000),
        secure_gpio_interrupt: Intid(41),
        firmware_interrupt: Intid(287),
        logical_partitions: Vec::new(),
        gpio_pins: Vec::new(),
        cores: 1,
        budget: 1_000_000,
    }
}

/// Assembles guest code that starts at `base`.
pub fn assemble(base: u64, code: impl FnOnce(&mut VecAssembler<Aarch64Relocation>)) -> Vec<u8> {
    let mut assembler = VecAssembler::new(base as usize);
    code(&mut assembler);
    assembler.finalize().expect("the code assembles")
}

/// Loads a 64-bit constant into a register.
#[macro_export]
macro_rules! constant {
    ($assembler:expr, $register:tt, $value:expr) => {{
        let value: u64 = $value;
        dynasmrt::dynasm!($assembler
            ; .arch aarch64
            ; movz X($register), (value & 0xffff) as u32
            ; movk X($register), (value >> 16 & 0xffff) as u32, lsl 16
            ; movk X($register), (value >> 32 & 0xffff) as u32, lsl 32
            ; movk X($register), (value >> 48) as u32, lsl 48
        );
    }};
}

/// A machine with a secure guest and a normal-world program.
pub fn machine(secure: &[u8], normal: &[u8]) -> Machine {
    let mut machine = Machine::new(&board());
    machine.load(Pa::secure(SECURE_GUEST), secure);
    machine.load(Pa::non_secure(NORMAL_WORLD), normal);
    machine
}

/// Runs an EL2 program on a machine with these guests, and panics when the program did.
pub fn run(
    secure: &[u8],
    normal: &[u8],
    program: impl FnOnce(&mut SimCore, Token, Boot) -> Infallible,
) -> Outcome {
    machine(secure, normal).run(program)
}

/// What a hand-made stage 2 allows.
#[derive(Clone, Copy)]
pub enum Rights {
    Read,
    ReadWrite,
    All,
}

/// The two stage 2s of one guest, made by hand from the pool.
pub struct Tables {
    boot: Boot,
    used: u64,
    roots: [Frame; 2],
    vmid: u16,
}

impl Tables {
    /// Empty tables for `vmid`.
    pub fn new(boot: &Boot, vmid: u16) -> Self {
        let page = |index| boot.pool.frame(index).expect("the pool is large enough");
        let first = 64 * u64::from(vmid);
        Self { boot: boot.clone(), used: first + 2, roots: [page(first), page(first + 1)], vmid }
    }

    fn root(&self, space: Space) -> Frame {
        self.roots[usize::from(space == Space::NonSecure)]
    }

    /// The table that has the level 3 entry of `ipa`, and the entry's index; makes the tables on the way.
    pub fn entry_of(&mut self, core: &mut SimCore, ipa: Ipa) -> (Frame, usize) {
        let mut table = self.root(ipa.space);
        for shift in [30, 21] {
            let index = (ipa.address >> shift & 0x1ff) as usize;
            let entry = core.read_entry(table, index);
            if entry & 1 == 0 {
                let next = self.boot.pool.frame(self.used).expect("the pool is large enough");
                self.used += 1;
                core.write_entry(table, index, next.start().address | 3);
                table = next;
            } else {
                let frames =
                    self.boot.memory.frames(Pa::secure(entry & !0xfff), 1).expect("a table is memory");
                table = frames.frame(0).expect("a page");
            }
        }
        (table, (ipa.address >> 12 & 0x1ff) as usize)
    }

    /// Maps the page at `ipa` to the page at `address` of the same space, for walkers to see.
    pub fn map(&mut self, core: &mut SimCore, ipa: Ipa, address: u64, rights: Rights) {
        self.write(core, ipa, address, rights);
        core.synchronise();
    }

    /// Writes the entry that maps the page at `ipa`, and those of the tables on the way.
    pub fn write(&mut self, core: &mut SimCore, ipa: Ipa, address: u64, rights: Rights) {
        let (table, index) = self.entry_of(core, ipa);
        let bits: u64 = match rights {
            Rights::Read => 1 << 6 | 2 << 53,
            Rights::ReadWrite => 3 << 6 | 2 << 53,
            Rights::All => 3 << 6,
        };
        core.write_entry(table, index, address | bits | 1 << 10 | 0b1111 << 2 | 3);
    }

    /// Makes the page at `ipa` unreachable, without telling the TLB.
    pub fn unmap(&mut self, core: &mut SimCore, ipa: Ipa) {
        let (table, index) = self.entry_of(core, ipa);
        core.write_entry(table, index, 0);
    }

    /// Gives the core these tables, traps, and an EL1 with its MMU off.
    pub fn activate(&self, core: &mut SimCore) {
        const T0SZ: u64 = 25;
        const START_AT_LEVEL_1: u64 = 1 << 6;
        const CACHED_WALKS: u64 = 1 << 8 | 1 << 10 | 3 << 12;
        core.write_sysreg::<HCR_EL2>(HCR);
        core.write_sysreg::<VSTCR_EL2>(T0SZ | START_AT_LEVEL_1);
        core.write_sysreg::<VTCR_EL2>(T0SZ | START_AT_LEVEL_1 | CACHED_WALKS | NSA);
        core.write_sysreg::<VSTTBR_EL2>(self.root(Space::Secure).start().address);
        core.write_sysreg::<VTTBR_EL2>(
            self.root(Space::NonSecure).start().address | u64::from(self.vmid) << 48,
        );
        core.write_sysreg::<CNTHCTL_EL2>(0);
        core.write_sysreg::<SCTLR_EL12>(0x30d0_0800);
        core.write_sysreg::<VBAR_EL12>(SECURE_GUEST + 0x800);
    }
}

use hal::Sysregs;

/// VTCR_EL2.NSA: a non-secure IPA yields a non-secure address.
const NSA: u64 = 1 << 30;

/// VM, FMO, IMO, AMO, TWI, TSC, RW, E2H, APK, API.
pub const HCR: u64 = 1 | 7 << 3 | 1 << 13 | 1 << 19 | 1 << 31 | 1 << 34 | 3 << 40;

/// Registers of a guest at its entry at `pc`, EL1h with everything masked.
pub fn guest_at(pc: u64) -> GuestRegisters {
    GuestRegisters { pc, pstate: 0x3c5, ..GuestRegisters::ZERO }
}

/// Tables with the secure guest's page, active.
pub fn guest_tables(core: &mut SimCore, boot: &Boot, vmid: u16) -> Tables {
    let mut tables = Tables::new(boot, vmid);
    for page in 0..2 {
        let address = SECURE_GUEST + page * 0x1000;
        tables.map(core, Ipa::secure(address), address, Rights::All);
    }
    tables.activate(core);
    tables
}

/// ESR and FAR of a synchronous exit.
pub fn synchronous(exit: Exit) -> (u64, u64) {
    match exit {
        Exit::Synchronous { esr, far } => (esr, far),
        other => panic!("{other:?} instead of a synchronous exit"),
    }
}

/// Enters a guest that must exit synchronously.
pub fn enter(core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> (u64, u64) {
    synchronous(core.enter(token, registers))
}

/// The first message of a monitor that is ready.
pub fn ready() -> Registers {
    let mut registers = Registers::ZERO;
    registers.0[0] = FFA_MSG_WAIT;
    registers
}

/// Tells EL3 that the monitor is ready, and answers the normal world for ever with what `answer` makes of its
/// requests.
pub fn serve(
    core: &mut SimCore,
    token: &mut Token,
    mut answer: impl FnMut(&mut SimCore, &mut Token, Registers) -> Registers,
) -> Infallible {
    let mut request = core.next_request(token, &ready());
    loop {
        let response = answer(core, token, request);
        request = core.next_request(token, &response);
    }
}

/// A pulse of interrupt `number`, the first core's where it is private, after `count` instructions of all cores.
pub fn pulse(number: u32, count: u64) -> Injection {
    Injection {
        intid: Intid(number),
        core: 0,
        signal: Signal::Pulse,
        counted: Counted::AllCores,
        when: When::After(count),
    }
}

/// The monitor's answer to a request: it lets a core that goes off go, and gives everything else back.
pub fn obliging(request: Registers) -> Registers {
    const POWER_OFF: [u64; 4] = [DIRECT_REQ, 0xffff_8000, 0x8000_0000, 0x8400_0002];
    if request.0[..4] != POWER_OFF {
        return request;
    }
    let mut answer = Registers::ZERO;
    answer.0[..4].copy_from_slice(&[DIRECT_RESP, 0x8000_ffff, 0x8000_0002, 0]);
    answer
}

/// Tells EL3 where further cores enter the monitor.
pub fn register_secondary_entry(core: &mut SimCore) {
    let mut call = Registers::ZERO;
    call.0[..2].copy_from_slice(&[0xc400_0087, 0x0e10_0040]);
    assert_eq!(core.call(&call).0[0], 0xc400_0061);
}

/// Makes an `SMC` with up to four arguments; the answer is in x0 to x17.
#[macro_export]
macro_rules! smc {
    ($ops:expr, $($register:literal = $value:expr),+) => {{
        $( constant!($ops, $register, $value); )+
        dynasmrt::dynasm!($ops; .arch aarch64; smc 0);
    }};
}

mod normal_world;
pub mod register;
pub mod two_cores;

#[allow(unused_imports, reason = "each test file uses a part")]
pub use normal_world::*;
