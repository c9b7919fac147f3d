//! A core with a bug: the simulator's, but for what the bug leaves out.

use hal::address::Ipa;
use hal::context::VectorContext;
use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::Intid;
use hal::lock::Token;
use hal::memory::{AccessFault, Frame, Frames};
use hal::sysreg::Sysreg;
use hal::tlb::Vmid;
use hal::trace::Event;
use hal::{Console, Cpu, Gic, Hal, Memory, Monitor, Registers, Sysregs, Tlb, Trace, Vector};
use hal_sim::SimCore;
use hyp::spmc::Spmc;
use scenarios::ffa;
use scenarios::machine::sim;
use scenarios::scenario::{Parameters, find, judge};
use scenarios::transcript::decode;

/// What is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// Nothing.
    None,
    /// TPIDR_EL1 stays in the core when guests change.
    RegisterNotSwitched,
    /// APIAKeyLo_EL1 stays in the core when guests change.
    KeyNotSwitched,
    /// V7 stays in the core when guests change.
    VectorNotSwitched,
    /// Invalidations of stage-2 translations do nothing.
    NoTlbInvalidation,
    /// FFA_MEM_RELINQUISH leaves the page's entry in the table.
    EntryNotCleared,
}

/// What is wrong with a run of scenario `name` with `bug`.
pub fn verdict(name: &str, bug: Bug) -> Vec<String> {
    let prepared = find(name).expect("a scenario").prepare(&Parameters::default());
    let run = sim::run_with(&prepared, |core, token, boot| {
        let mut faulty = Faulty { core, bug, relinquishing: false };
        let spmc = Box::new(Spmc::new());
        spmc.run(&mut faulty, token, &boot)
    });
    judge(&prepared, &run, &decode(&run.stream)).failures
}

struct Faulty<'a> {
    core: &'a mut SimCore,
    bug: Bug,
    /// A partition's FFA_MEM_RELINQUISH is under way.
    relinquishing: bool,
}

impl Faulty<'_> {
    fn leaves_out<R: Sysreg>(&self) -> bool {
        match self.bug {
            Bug::RegisterNotSwitched => R::NAME == "TPIDR_EL1",
            Bug::KeyNotSwitched => R::NAME == "APIAKEYLO_EL1",
            _ => false,
        }
    }
}

impl Hal for Faulty<'_> {
    type Locks = <SimCore as Hal>::Locks;
}

impl Sysregs for Faulty<'_> {
    fn read_sysreg<R: Sysreg>(&self) -> u64 {
        if self.leaves_out::<R>() { 0 } else { self.core.read_sysreg::<R>() }
    }

    fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
        if !self.leaves_out::<R>() {
            self.core.write_sysreg::<R>(value);
        }
    }
}

impl Vector for Faulty<'_> {
    fn save_vector(&mut self, into: &mut VectorContext) {
        self.core.save_vector(into);
    }

    fn load_vector(&mut self, from: &VectorContext) {
        let mut context = *from;
        if self.bug == Bug::VectorNotSwitched {
            let mut left = VectorContext::ZERO;
            self.core.save_vector(&mut left);
            context.v[7] = left.v[7];
        }
        self.core.load_vector(&context);
    }
}

impl Tlb for Faulty<'_> {
    fn synchronise(&mut self) {
        self.core.synchronise();
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        if self.bug != Bug::NoTlbInvalidation {
            self.core.invalidate(vmid, start, pages);
        }
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        if self.bug != Bug::NoTlbInvalidation {
            self.core.invalidate_vmid(vmid);
        }
    }

    fn invalidate_all(&mut self) {
        self.core.invalidate_all();
    }
}

impl Cpu for Faulty<'_> {
    fn enter(&mut self, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        let exit = self.core.enter(token, registers);
        self.relinquishing = registers.x[0] == ffa::MEM_RELINQUISH;
        exit
    }
}

impl Memory for Faulty<'_> {
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        self.core.read(frames, offset, into)
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        self.core.write(frames, offset, bytes)
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        self.core.zero(frames)
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        self.core.read_entry(table, index)
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        let clears = entry & 1 == 0 && self.relinquishing;
        if !(clears && self.bug == Bug::EntryNotCleared) {
            self.core.write_entry(table, index, entry);
        }
    }

    fn clean(&mut self, frames: Frames) {
        self.core.clean(frames);
    }

    fn make_executable(&mut self, frames: Frames) {
        self.core.make_executable(frames);
    }
}

impl Monitor for Faulty<'_> {
    fn call(&mut self, arguments: &Registers) -> Registers {
        self.core.call(arguments)
    }

    fn next_request(&mut self, token: &mut Token, answer: &Registers) -> Registers {
        self.core.next_request(token, answer)
    }
}

impl Gic for Faulty<'_> {
    fn priority_mask(&self) -> u8 {
        self.core.priority_mask()
    }

    fn set_priority_mask(&mut self, mask: u8) {
        self.core.set_priority_mask(mask);
    }

    fn acknowledge(&mut self) -> Option<Intid> {
        self.core.acknowledge()
    }

    fn end(&mut self, intid: Intid) {
        self.core.end(intid);
    }
}

impl Console for Faulty<'_> {
    fn print(&mut self, bytes: &[u8]) {
        self.core.print(bytes);
    }
}

impl Trace for Faulty<'_> {
    fn trace(&mut self, event: Event<'_>) {
        self.core.trace(event);
    }
}
