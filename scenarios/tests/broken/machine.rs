//! A core that works for the monitor as it should, but where a [`Bug`] stands between the two.

use std::cell::RefCell;
use std::rc::Rc;

use hal::address::Ipa;
use hal::context::VectorContext;
use hal::cpu::{Exit, GuestRegisters};
use hal::interrupt::{Intid, Line};
use hal::lock::{LockPolicy, Rank, Token};
use hal::memory::{AccessFault, Frame, Frames};
use hal::sysreg::Sysreg;
use hal::tlb::Vmid;
use hal::trace::Event;
use hal::{
    Console, Cpu, Distributor, Gic, Hal, Memory, Monitor, Registers, Sysregs, Timer, Tlb, Trace, Vector,
};
use hal_sim::{Schedule, SimCore};
use hyp::spmc::Spmc;
use scenarios::histories::{History, Theatre};
use scenarios::machine::Run;
use scenarios::machine::sim::{self, Conditions, Loaded};
use scenarios::scenario::Prepared;
use spin::RelaxStrategy;

/// Guest instructions after which a run is hung: a few times what the scenarios here take.
const BUDGET: u64 = 1 << 21;

/// How the machine's cores wait for locks.
pub type SimLocks = <SimCore as Hal>::Locks;

/// What goes wrong, where: every method stands for the one of [`hal`] with its name, on every core, and does by itself
/// what is right.
pub trait Bug {
    /// Whether the monitor leaves out the register called `name`: it reads zero and writes nothing.
    fn leaves_out(&self, _name: &str) -> bool {
        false
    }

    /// The value of the register called `name` that the monitor writes as `value`.
    fn register(&self, _name: &str, value: u64) -> u64 {
        value
    }

    fn load_vector(&self, core: &mut SimCore, from: &VectorContext) {
        core.load_vector(from);
    }

    fn synchronise(&self, core: &mut SimCore) {
        core.synchronise();
    }

    fn invalidate(&self, core: &mut SimCore, vmid: Vmid, start: Ipa, pages: u64) {
        core.invalidate(vmid, start, pages);
    }

    fn enter(&self, core: &mut SimCore, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        core.enter(token, registers)
    }

    fn read(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        into: &mut [u8],
    ) -> Result<(), AccessFault> {
        core.read(frames, offset, into)
    }

    fn write(
        &self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        core.write(frames, offset, bytes)
    }

    fn zero(&self, core: &mut SimCore, frames: Frames) -> Result<(), AccessFault> {
        core.zero(frames)
    }

    fn write_entry(&self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        core.write_entry(table, index, entry);
    }

    fn make_executable(&self, core: &mut SimCore, frames: Frames) {
        core.make_executable(frames);
    }

    fn next_request(&self, core: &mut SimCore, token: &mut Token, answer: &Registers) -> Registers {
        core.next_request(token, answer)
    }

    fn deactivate(&self, core: &mut SimCore, intid: Intid, owner: usize) {
        core.deactivate(intid, owner);
    }

    fn clear_deadline(&self, core: &mut SimCore) {
        core.clear_deadline();
    }

    fn set_deadline(&self, core: &mut SimCore, deadline: u64) {
        core.set_deadline(deadline);
    }

    fn acknowledge(&self, core: &mut SimCore) -> Option<Intid> {
        core.acknowledge()
    }

    fn drop_priority(&self, core: &mut SimCore, intid: Intid) {
        core.drop_priority(intid);
    }

    fn set_priority_mask(&self, core: &mut SimCore, mask: u8) {
        core.set_priority_mask(mask);
    }

    fn send_to_normal_world(&self, core: &mut SimCore, sgi: Intid) {
        core.send_to_normal_world(sgi);
    }

    fn relax(&self) {
        <SimLocks as LockPolicy>::Relax::relax();
    }

    /// Before [`LockPolicy::acquiring`].
    fn acquiring(&self, _rank: Rank) {}

    /// After [`LockPolicy::acquired`].
    fn acquired(&self, _rank: Rank) {}
}

thread_local! {
    /// The bug of the machine that runs on this thread, for locks, which know no core.
    static BUG: RefCell<Rc<dyn Bug>> = RefCell::new(Rc::new(NoBug));
}

/// Nothing goes wrong.
pub struct NoBug;

impl Bug for NoBug {}

/// What a run of `prepared` with `bug` leaves, whose cores have their turns as the `seed` says.
pub fn run(prepared: &Prepared, bug: Box<dyn Bug>, seed: u64) -> Run {
    let conditions = Conditions { budget: BUDGET, schedule: Schedule::Seeded(seed), ..Conditions::default() };
    run_on(&mut Loaded::of(prepared), &conditions, &bug.into())
}

/// The history of `seed` with so many calls on the machine `theatre`, with `bug`.
pub fn play(theatre: &mut Theatre, seed: u64, calls: u32, bug: Rc<dyn Bug>) -> History {
    BUG.set(bug.clone());
    let spmc = Box::new(Spmc::new());
    theatre.play_with(seed, calls, |core, token, entry| {
        sim::begin(&spmc, &mut Broken { core: core.for_double(), bug: bug.clone() }, token, entry)
    })
}

/// What a run of `machine` with `bug` leaves under these `conditions`.
pub fn run_on(machine: &mut Loaded, conditions: &Conditions, bug: &Rc<dyn Bug>) -> Run {
    BUG.set(bug.clone());
    let spmc = Box::new(Spmc::new());
    machine.run_with(conditions, |core, token, entry| {
        sim::begin(&spmc, &mut Broken { core: core.for_double(), bug: bug.clone() }, token, entry)
    })
}

struct Broken {
    core: SimCore,
    bug: Rc<dyn Bug>,
}

impl Hal for Broken {
    type Locks = BrokenLocks;
}

struct BrokenLocks;

impl RelaxStrategy for BrokenLocks {
    fn relax() {
        BUG.with_borrow(Rc::clone).relax();
    }
}

impl LockPolicy for BrokenLocks {
    type Relax = Self;

    #[track_caller]
    fn acquiring(rank: Rank, lock: usize) {
        BUG.with_borrow(Rc::clone).acquiring(rank);
        SimLocks::acquiring(rank, lock);
    }

    fn acquired(rank: Rank) {
        SimLocks::acquired(rank);
        BUG.with_borrow(Rc::clone).acquired(rank);
    }

    fn released(rank: Rank) {
        SimLocks::released(rank);
    }
}

impl Sysregs for Broken {
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

impl Vector for Broken {
    fn save_vector(&mut self, into: &mut VectorContext) {
        self.core.save_vector(into);
    }

    fn load_vector(&mut self, from: &VectorContext) {
        self.bug.load_vector(&mut self.core, from);
    }
}

impl Tlb for Broken {
    fn synchronise(&mut self) {
        self.bug.synchronise(&mut self.core);
    }

    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64) {
        self.bug.invalidate(&mut self.core, vmid, start, pages);
    }

    fn invalidate_vmid(&mut self, vmid: Vmid) {
        self.core.invalidate_vmid(vmid);
    }

    fn invalidate_all(&mut self) {
        self.core.invalidate_all();
    }
}

impl Cpu for Broken {
    fn enter(&mut self, token: &mut Token, registers: &mut GuestRegisters) -> Exit {
        self.bug.enter(&mut self.core, token, registers)
    }
}

impl Memory for Broken {
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        self.bug.read(&mut self.core, frames, offset, into)
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        self.bug.write(&mut self.core, frames, offset, bytes)
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        self.bug.zero(&mut self.core, frames)
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        self.core.read_entry(table, index)
    }

    fn write_entry(&mut self, table: Frame, index: usize, entry: u64) {
        self.bug.write_entry(&mut self.core, table, index, entry);
    }

    fn clean(&mut self, frames: Frames) {
        self.core.clean(frames);
    }

    fn make_executable(&mut self, frames: Frames) {
        self.bug.make_executable(&mut self.core, frames);
    }
}

impl Monitor for Broken {
    fn call(&mut self, arguments: &Registers) -> Registers {
        self.core.call(arguments)
    }

    fn next_request(&mut self, token: &mut Token, answer: &Registers) -> Registers {
        self.bug.next_request(&mut self.core, token, answer)
    }
}

impl Gic for Broken {
    fn acknowledge(&mut self) -> Option<Intid> {
        self.bug.acknowledge(&mut self.core)
    }

    fn priority_mask(&self) -> u8 {
        self.core.priority_mask()
    }

    fn set_priority_mask(&mut self, mask: u8) {
        self.bug.set_priority_mask(&mut self.core, mask);
    }

    fn group_zero_is_pending(&self) -> bool {
        self.core.group_zero_is_pending()
    }

    fn drop_priority(&mut self, intid: Intid) {
        self.bug.drop_priority(&mut self.core, intid);
    }

    fn send(&mut self, sgi: Intid, core: usize) {
        self.core.send(sgi, core);
    }

    fn send_to_normal_world(&mut self, sgi: Intid) {
        self.bug.send_to_normal_world(&mut self.core, sgi);
    }
}

impl Distributor for Broken {
    fn claim(&mut self, intid: Intid, line: Line) {
        self.core.claim(intid, line);
    }

    fn release(&mut self, intid: Intid) {
        self.core.release(intid);
    }

    fn enable(&mut self, intid: Intid, on: bool) {
        self.core.enable(intid, on);
    }

    fn route(&mut self, intid: Intid, core: usize) {
        self.core.route(intid, core);
    }

    fn routed_to(&self, intid: Intid) -> Option<usize> {
        self.core.routed_to(intid)
    }

    fn core_with(&self, affinity: u64) -> Option<usize> {
        self.core.core_with(affinity)
    }

    fn deactivate(&mut self, intid: Intid, core: usize) {
        self.bug.deactivate(&mut self.core, intid, core);
    }
}

impl Timer for Broken {
    fn deadline_interrupt(&self) -> Intid {
        self.core.deadline_interrupt()
    }

    fn is_shared(&self) -> bool {
        self.core.is_shared()
    }

    fn set_deadline(&mut self, deadline: u64) {
        self.bug.set_deadline(&mut self.core, deadline);
    }

    fn clear_deadline(&mut self) {
        self.bug.clear_deadline(&mut self.core);
    }
}

impl Console for Broken {
    fn print(&mut self, bytes: &[u8]) {
        self.core.print(bytes);
    }
}

impl Trace for Broken {
    fn trace(&mut self, event: Event<'_>) {
        self.core.trace(event);
    }
}
