//! The machine as a whole: emulated cores, everything else, and the firmware at EL3.

use std::rc::Rc;

use hal::Space;

use crate::board::Board;
use crate::debug::Debugging;
use crate::el3::{NormalWorld, Spmd, Start};
use crate::encoding::{Encoding, name};
use crate::entry::{self, Entry};
use crate::junk::Junk;
use crate::observe::Observing;
use crate::platform::Platform;
use crate::ram::Ram;
use crate::terminal::Attached;
use crate::turn::Resume;
use crate::unicorn::Engine;
use crate::unicorn::registers::Registers;

/// What a core does when it gets its turn.
pub enum Doing {
    /// Nothing: it is off.
    Off,
    /// Its EL2 program goes on with this.
    Program(Resume),
    /// A guest of the secure world runs.
    Secure,
    /// The normal world runs.
    Normal,
}

/// The machine as a whole.
pub struct Hardware {
    /// The emulated cores.
    pub engines: Vec<Engine<Platform>>,
    /// Everything else.
    pub platform: Platform,
    /// The firmware at EL3.
    pub spmd: Spmd,
    /// What EL3 keeps of the normal world on each core.
    pub normal: Vec<NormalWorld>,
    /// What each core does.
    pub doing: Vec<Doing>,
    /// Who watches.
    pub observer: Option<Observing>,
    /// Who stops guests, if anybody does.
    pub debugger: Option<Debugging>,
    /// Who sits at the terminal, if anybody does.
    pub terminal: Option<Attached>,
}

impl Hardware {
    /// A machine at reset: `ram` holds what was loaded, the registers of `engines`, one for each core, hold the junk of
    /// `seed`, the first core is about to enter the secure world.
    pub fn at_reset(board: &Board, ram: &Rc<Ram>, mut engines: Vec<Engine<Platform>>, seed: u64) -> Self {
        let mut junk = Junk::new(seed);
        ram.restore();
        for engine in &mut engines {
            reset(engine, &mut junk);
        }
        let start = Start { entry: board.normal_world, context: 0 };
        let normal = engines.iter().enumerate();
        let normal = normal.map(|(core, engine)| NormalWorld::at_entry(start, identity(engine, core)));
        let mut doing: Vec<_> = (0..board.cores).map(|_| Doing::Off).collect();
        doing[0] = Doing::Program(Resume::Start(Entry::Cold(Box::new(entry::boot(board, 0)))));
        Self {
            normal: normal.collect(),
            engines,
            platform: Platform::at_reset(board, ram, board.cores, junk),
            spmd: Spmd::new(board.monitor, board.cores, &board.logical_partitions),
            doing,
            observer: None,
            debugger: None,
            terminal: None,
        }
    }

    /// MIDR_EL1 and MPIDR_EL1 of `core`.
    pub fn identity(&self, core: usize) -> [u64; 2] {
        identity(&self.engines[core], core)
    }

    /// The registers of the core that runs.
    pub fn registers(&self) -> &Registers {
        self.engines[self.platform.current].registers()
    }

    /// The core that runs, and the platform for it to run on.
    pub fn core_and_platform(&mut self) -> (&mut Engine<Platform>, &mut Platform) {
        (&mut self.engines[self.platform.current], &mut self.platform)
    }

    /// The security state of the core that runs.
    pub fn world(&self) -> Space {
        self.platform.cores[self.platform.current].world
    }

    /// Everything that the checkers found.
    pub fn findings(&mut self) -> Vec<String> {
        let mut all = std::mem::take(&mut self.platform.findings);
        for (index, core) in self.platform.cores.iter_mut().enumerate() {
            all.extend(core.mmu.findings.drain(..).map(|words| format!("core {index}: {words}")));
        }
        all
    }
}

/// MIDR_EL1 and MPIDR_EL1 of `core`, which `engine` emulates.
fn identity(engine: &Engine<Platform>, core: usize) -> [u64; 2] {
    [engine.registers().known(name::MIDR_EL1), mpidr(core)]
}

/// MPIDR_EL1 of `core`: affinity level 0 counts the cores; bit 31 reads as one.
pub const fn mpidr(core: usize) -> u64 {
    1 << 31 | core as u64
}

/// Resets a core, with junk in its registers.
pub fn reset(engine: &mut Engine<Platform>, junk: &mut Junk) {
    engine.reset();
    spread_junk(engine, junk);
}

/// Fills the registers that no firmware sets with junk.
fn spread_junk(engine: &mut Engine<Platform>, junk: &mut Junk) {
    let registers = engine.registers();
    let keys =
        (1..=3).flat_map(|crm| (0..4).map(move |op2| (crm, op2))).filter(|&(crm, op2)| crm < 3 || op2 < 2);
    for (crm, op2) in keys {
        registers.set_system(Encoding::new(3, 0, 2, crm, op2), junk.next());
    }
    const ADDRESS: u64 = 0xffff_ffff_ffff_f800;
    let legal = [
        (name::SCTLR_EL1, 0x3fff_ffff),
        (name::CPACR_EL1, 0x3033_0000),
        (name::TTBR0_EL1, u64::MAX),
        (name::TTBR1_EL1, u64::MAX),
        (name::TCR_EL1, 0x7f_ffff_ffff),
        (name::MAIR_EL1, u64::MAX),
        (name::CONTEXTIDR_EL1, 0xffff_ffff),
        (name::VBAR_EL1, ADDRESS),
        (name::ESR_EL1, 0xffff_ffff),
        (name::FAR_EL1, u64::MAX),
        (name::ELR_EL1, u64::MAX),
        (name::SPSR_EL1, 0xf000_03c5),
        (name::CNTKCTL_EL1, 0x3ff),
        (name::TPIDR_EL0, u64::MAX),
        (name::TPIDRRO_EL0, u64::MAX),
        (name::TPIDR_EL1, u64::MAX),
        (name::PAR_EL1, u64::MAX),
    ];
    for (register, mask) in legal {
        registers.set_system(register, junk.next() & mask);
    }
    for el in 0..=2 {
        registers.set_banked_sp(el, junk.next());
    }
    registers.set_vectors(&std::array::from_fn(|_| u128::from(junk.next()) << 64 | u128::from(junk.next())));
    registers.set_fpcr(junk.next() & 0x07c0_0000);
    registers.set_fpsr(junk.next() & 0xf800_009f);
}
