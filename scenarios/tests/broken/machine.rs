//! A core that works for the monitor as it should, but where a [`Bug`] stands between the two.

use hal::address::Ipa;
use hal::boot::Boot;
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
use scenarios::machine::sim::Conditions;
use scenarios::machine::{Run, sim};
use scenarios::scenario::Prepared;

/// What goes wrong, where. Every method does by itself what is right.
pub trait Bug {
    /// The monitor writes a table's entry.
    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        core.write_entry(table, index, entry);
    }

    /// The monitor writes memory.
    fn write(
        &mut self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        core.write(frames, offset, bytes)
    }

    /// Whether the monitor leaves out the register called `name`: it reads zero and writes nothing.
    fn leaves_out(&self, _name: &str) -> bool {
        false
    }

    /// The value of the register called `name` that the monitor writes as `value`.
    fn register(&mut self, _name: &str, value: u64) -> u64 {
        value
    }

    /// The monitor loads vector registers.
    fn load_vector(&mut self, core: &mut SimCore, from: &VectorContext) {
        core.load_vector(from);
    }

    /// Whether the monitor invalidates translations of a VMID where it must.
    fn invalidates(&self) -> bool {
        true
    }

    /// The monitor is about to enter a guest.
    fn enters(&mut self, _registers: &mut GuestRegisters) {}

    /// A guest exited.
    fn exited(&mut self, _core: &mut SimCore, _boot: &Boot, _registers: &mut GuestRegisters) {}

    /// An interrupt of the normal world made its guest exit.
    fn interrupted(&mut self, _registers: &mut GuestRegisters) {}

    /// The normal world is about to get its answer.
    fn answers(&mut self, _answer: &mut Registers) {}

    /// The normal world made a request.
    fn requested(&mut self, _core: &mut SimCore, _request: &mut Registers) {}
}

/// What a run of `prepared` with `bug` leaves.
pub fn run(prepared: &Prepared, bug: &mut dyn Bug) -> Run {
    run_under(prepared, &Conditions::default(), bug)
}

/// What a run of `prepared` with `bug` leaves under these `conditions`.
pub fn run_under(prepared: &Prepared, conditions: &Conditions, bug: &mut dyn Bug) -> Run {
    sim::run_with(prepared, conditions, |core, token, boot| {
        let spmc = Box::new(Spmc::new());
        spmc.run(&mut Broken { core, boot: boot.clone(), bug }, token, &boot)
    })
}

struct Broken<'a> {
    core: &'a mut SimCore,
    boot: Boot,
    bug: &'a mut dyn Bug,
}

impl Hal for Broken<'_> {
    type Locks = <SimCore as Hal>::Locks;
}

impl Sysregs for Broken<'_> {
    fn read_sysreg<R: Sysreg>(&self) -> u64 {
        if self.bug.leaves_out(R::NAME) { 0 } else { self.core.read_sysreg::<R>() }
    }

    fn write_sysreg<R: Sysreg>(&mut self, value: u64) {
        if !self.bug.leaves_out(R::NAME) {
            let value = self.bug.register(R::NAME, value);
            self.core.write_sysreg::<R>(value);
        }
    }
}

impl Vector for Broken<'_> {
    fn save_vector(&mut self, into: &mut VectorContext) {
        self.core.save_vector(into);
    }

    fn load_vector(&mut self, from: &VectorContext) {
        self.bug.load_vector(self.core, from);
    }
}

impl Tlb for Broken<'_> {
    fn synchronise(&mut self) {
        self.core.synchronise();
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        if self.bug.invalidates() {
            self.core.invalidate(vmid, start, pages);
        }
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        if self.bug.invalidates() {
            self.core.invalidate_vmid(vmid);
        }
    }

    fn invalidate_all(&mut self) {
        self.core.invalidate_all();
    }
}

impl Cpu for Broken<'_> {
    fn enter(&mut self, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        self.bug.enters(registers);
        let exit = self.core.enter(token, registers);
        if exit == Exit::Fiq {
            self.bug.interrupted(registers);
        }
        self.bug.exited(self.core, &self.boot, registers);
        exit
    }
}

impl Memory for Broken<'_> {
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        self.core.read(frames, offset, into)
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        self.bug.write(self.core, frames, offset, bytes)
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        self.core.zero(frames)
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        self.core.read_entry(table, index)
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        self.bug.entry(self.core, table, index, entry);
    }

    fn clean(&mut self, frames: Frames) {
        self.core.clean(frames);
    }

    fn make_executable(&mut self, frames: Frames) {
        self.core.make_executable(frames);
    }
}

impl Monitor for Broken<'_> {
    fn call(&mut self, arguments: &Registers) -> Registers {
        self.core.call(arguments)
    }

    fn next_request(&mut self, token: &mut Token, answer: &Registers) -> Registers {
        let mut answer = *answer;
        self.bug.answers(&mut answer);
        let mut request = self.core.next_request(token, &answer);
        self.bug.requested(self.core, &mut request);
        request
    }
}

impl Gic for Broken<'_> {
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

impl Console for Broken<'_> {
    fn print(&mut self, bytes: &[u8]) {
        self.core.print(bytes);
    }
}

impl Trace for Broken<'_> {
    fn trace(&mut self, event: Event<'_>) {
        self.core.trace(event);
    }
}
