//! Cores that go on and off.
//!
//! A core that the normal world switches on enters the monitor first, and the normal world where it said when the
//! monitor is ready; one that it switches off tells the monitor before (FF-A 1.2, 18.2.4; TF-A's `spmd_pm.c`).

use hal::Registers;

use super::NormalWorld;
use super::psci::{INVALID_ADDRESS, answer};
use crate::entry::{self, Entry};
use crate::hardware::{self, Doing, Hardware};
use crate::platform::Core;
use crate::record;
use crate::turn::Resume;

/// What PSCI says of a core; the values are AFFINITY_INFO's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Power {
    /// The normal world runs on it.
    On = 0,
    /// Nothing does.
    Off = 1,
    /// The monitor gets ready.
    Pending = 2,
}

/// Where the normal world begins on a core that is switched on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// The physical address, at NS-EL2.
    pub entry: u64,
    /// x0.
    pub context: u64,
}

impl Hardware {
    /// Switches `core` on, to begin at `start` in the normal world when its monitor is ready; the answer to the call
    /// with `arguments` that asked for it.
    pub fn switch_on(&mut self, arguments: &Registers, core: usize, start: Start) -> Registers {
        if !self.platform.ram.contains(hal::Pa::non_secure(start.entry), 4) {
            return answer(arguments, INVALID_ADDRESS);
        }
        let platform = &mut self.platform;
        platform.gic.switch_on(core);
        let mut fresh = Core::at_reset(&mut platform.junk);
        fresh.mmu.findings.append(&mut platform.cores[core].mmu.findings);
        platform.cores[core] = fresh;
        hardware::reset(&mut self.engines[core], &mut platform.junk);
        self.normal[core] = NormalWorld::at_entry(start, self.identity(core));
        let entry = match self.spmd.begin(core) {
            Some(entry) => {
                if entry != entry::secondary_entry(&self.platform.board) {
                    self.platform
                        .find(format!("core {core} enters the monitor at {entry:#x}, where no entry is"));
                }
                Entry::Warm { core }
            }
            // Without an entry of its own, a further core enters where the first one did.
            None => Entry::Cold(Box::new(entry::boot(&self.platform.board, core))),
        };
        self.doing[core] = Doing::Program(Resume::Start(entry));
        record::can_go_on(core);
        answer(arguments, 0)
    }
}
