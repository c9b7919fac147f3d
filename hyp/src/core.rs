//! One core that runs the monitor: its hardware, its right to locks, and **whose registers are in it**.
//!
//! EL1, vector and PAuth-key registers move only when the guest changes: a call that the monitor answers itself
//! leaves the caller's in the core. `resident` says whose they are; a vCPU's slot is held for as long as they are
//! not saved, so no other core can run the vCPU on stale ones.

use hal::context::TimerContext;
use hal::cpu::{Exit, GuestRegisters};
use hal::lock::{LockPolicy, Token};
use hal::sysreg::{CPTR_EL2, VDISR_EL2, VMPIDR_EL2, VSTTBR_EL2, VTTBR_EL2};
use hal::trace::Event;
use hal::{Hal, Registers};

use crate::ffa::{Answer, FunctionId, TargetInfo};
use crate::partition::interrupts::{Asserted, SRI};
use crate::partition::vcpu::{Held, Slot, SwitchedContext};
use crate::relayer::next::Next;
use crate::spmc::watchdog::{Paused, Watch};
use crate::traps;

/// Whose switched registers the core has.
enum Resident<'a, P: LockPolicy> {
    /// The normal world's.
    NormalWorld,
    /// The vCPU's whose slot is held.
    Vcpu(TargetInfo, Held<'a, P>),
}

/// When the normal world's scheduler is told of work for it, by the schedule receiver interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// At once.
    Now,
    /// When the normal world runs next on this core.
    AtExit,
}

/// What the normal world's scheduler is to be told when the normal world runs next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Telling {
    /// Nothing.
    Nothing,
    /// Nothing more: the interrupt is pending.
    Told,
    /// That there is work.
    Due,
}

/// One core.
pub struct Core<'a, H: Hal> {
    /// The hardware.
    pub hal: &'a mut H,
    /// The right to take locks.
    pub token: Token,
    /// The linear index of the core.
    pub index: usize,
    /// x0 to x17 between the monitor and who called: first the call, then its answer. They stay in one place,
    /// since moving them would cost more than most calls.
    pub exchange: Registers,
    /// How many partitions, in boot order, were looked at for one to begin here since the core was turned on.
    pub begun: usize,
    /// The vCPU that must be done here within a limit, if one must.
    pub watch: Option<Watch>,
    /// Who was watched before a vCPU that handles an interrupt, and is again after it.
    pub paused: Option<Paused>,
    /// The partitions, a bit each by their place, whose vCPU may have to be interrupted by its timer from here.
    pub timers: u32,
    /// When the first of these timers is due.
    pub deadline: u64,
    /// Deadlines have to be looked at before somebody runs.
    pub timed: bool,
    /// The partitions, a bit each by their place, whose vCPU on this core has interrupts that it may have to be told of.
    pub wanted: u32,
    /// The vCPU that handles a secure interrupt on this core, since whose beginning others are told of none.
    pub handles: Option<TargetInfo>,
    /// The vCPU because of which the normal world's interrupts are masked.
    pub masked_for: Option<TargetInfo>,
    /// What the normal world is answered when a secure interrupt is handled.
    pub parked: Registers,
    /// What the normal world's scheduler is to be told.
    telling: Telling,
    /// The virtual interrupts that HCR_EL2 asserts.
    asserted: Asserted,
    resident: Resident<'a, H::Locks>,
    /// The normal world's registers while a vCPU's are in the core.
    normal_world: SwitchedContext,
    normal_world_timer: TimerContext,
    normal_world_mask: u8,
    /// x8 to x17 of the normal world's last request.
    normal_world_kept: [u64; KEPT],
}

/// The priority mask that lets the secure world's interrupts through and none of the normal world's, whose
/// priorities are in the upper half.
const SECURE_PRIORITIES: u8 = 0x80;

/// Registers behind x7 that may carry a call: a caller keeps those that its answer does not use, and EL3 passes on
/// all that it is given.
const KEPT: usize = 10;

/// Where a vCPU's translations begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roots {
    /// VSTTBR_EL2.
    pub vsttbr: u64,
    /// VTTBR_EL2.
    pub vttbr: u64,
}

impl<'a, H: Hal> Core<'a, H> {
    /// The core as the machine entered it: the normal world's registers, whatever they are, are in it.
    pub fn new(hal: &'a mut H, token: Token, index: usize) -> Self {
        Self {
            hal,
            token,
            index,
            exchange: Registers::ZERO,
            begun: 0,
            watch: None,
            paused: None,
            timers: 0,
            deadline: u64::MAX,
            timed: false,
            wanted: 0,
            handles: None,
            masked_for: None,
            parked: Registers::ZERO,
            telling: Telling::Nothing,
            asserted: Asserted(0),
            resident: Resident::NormalWorld,
            normal_world: SwitchedContext::ZERO,
            normal_world_timer: TimerContext::ZERO,
            normal_world_mask: 0,
            normal_world_kept: [0; KEPT],
        }
    }

    /// True when the core has the registers of `vcpu`.
    pub fn has(&self, vcpu: TargetInfo) -> bool {
        matches!(&self.resident, Resident::Vcpu(resident, _) if *resident == vcpu)
    }

    /// Saves the registers of whoever is resident, and loads those of `vcpu` from `slot`.
    pub fn load_vcpu(&mut self, vcpu: TargetInfo, slot: &'a Slot<H::Locks>, roots: Roots) {
        match &mut self.resident {
            Resident::NormalWorld => {
                self.normal_world.save(self.hal);
                self.normal_world_timer.save(self.hal);
                self.normal_world_mask = self.hal.priority_mask();
                self.hal.write_sysreg::<CPTR_EL2>(traps::CPTR_PARTITION);
            }
            Resident::Vcpu(_, resident) => {
                resident.switched.save(self.hal);
                self.normal_world_timer.load(self.hal);
            }
        }
        // What is resident is given back before something is waited for.
        self.resident = Resident::NormalWorld;
        let held = slot.hold();
        self.hal.write_sysreg::<VDISR_EL2>(0);
        held.switched.load(self.hal);
        self.hal.write_sysreg::<VSTTBR_EL2>(roots.vsttbr);
        self.hal.write_sysreg::<VTTBR_EL2>(roots.vttbr);
        self.hal.write_sysreg::<VMPIDR_EL2>(traps::vmpidr(vcpu.vcpu));
        self.resident = Resident::Vcpu(vcpu, held);
    }

    /// Saves the registers of the vCPU that is resident, if one is, loads the normal world's, and gives the
    /// normal world its answer. Its next request is in the exchange then.
    pub fn run_normal_world(&mut self) {
        if let Resident::Vcpu(_, resident) = &mut self.resident {
            resident.switched.save(self.hal);
            self.normal_world.load(self.hal);
            self.normal_world_timer.load(self.hal);
            self.hal.set_priority_mask(self.normal_world_mask);
            self.hal.write_sysreg::<CPTR_EL2>(traps::CPTR_NORMAL_WORLD);
            self.resident = Resident::NormalWorld;
        }
        if self.telling != Telling::Nothing {
            self.tell_scheduler();
        }
        // Local, so that they go to EL3 and come back in registers without a copy between.
        let mut answer = self.exchange;
        // rule: direct.44
        if !FunctionId::from_register(answer.0[0]).is_extended()
            && let Some(kept) = answer.0.last_chunk_mut()
        {
            *kept = self.normal_world_kept;
        }
        let request = self.hal.next_request(&mut self.token, &answer);
        if let Some(kept) = request.0.last_chunk() {
            self.normal_world_kept = *kept;
        }
        self.exchange = request;
    }

    /// True where nobody may have to be told of an interrupt, none is masked, and no deadline is to be looked at.
    #[inline(always)]
    pub fn is_quiet(&self) -> bool {
        self.wanted == 0 && !self.timed && self.masked_for.is_none()
    }

    /// Has the normal world's scheduler told that a receiver, or a partition with interrupts, has work: once until the
    /// normal world runs.
    #[inline(never)]
    pub fn schedule_receiver(&mut self, when: Schedule) {
        match (self.telling, when) {
            (Telling::Told, _) => {}
            (_, Schedule::Now) => {
                self.telling = Telling::Told;
                // rule: notification.52
                self.hal.send_to_normal_world(SRI);
            }
            (_, Schedule::AtExit) => self.telling = Telling::Due,
        }
    }

    /// The normal world is about to run.
    #[cold]
    fn tell_scheduler(&mut self) {
        // rule: notification.54
        if self.telling == Telling::Due {
            self.hal.send_to_normal_world(SRI);
        }
        self.telling = Telling::Nothing;
    }

    /// Masks the normal world's interrupts because of `vcpu`, until [`Core::unmask`] or the normal world runs.
    pub fn mask(&mut self, vcpu: TargetInfo) {
        self.masked_for = Some(vcpu);
        self.hal.set_priority_mask(SECURE_PRIORITIES);
    }

    /// Lets the normal world's interrupts through that it does not mask itself.
    pub fn unmask(&mut self) {
        self.masked_for = None;
        self.hal.set_priority_mask(self.normal_world_mask);
    }

    /// Has the vCPU that is resident see the virtual interrupts that are `asserted`.
    #[inline(always)]
    pub fn assert(&mut self, asserted: Asserted) {
        if self.asserted != asserted {
            self.asserted = asserted;
            traps::assert(self.hal, asserted);
        }
    }

    /// The call of `to` returns `answer`.
    #[inline(always)]
    pub fn give(&mut self, to: TargetInfo, answer: Answer) -> Next {
        answer.put(&mut self.exchange.0);
        Next::Return(to)
    }

    /// The call of `to` returns `registers`, all of them.
    pub fn give_all(&mut self, to: TargetInfo, registers: &Registers) -> Next {
        self.exchange = *registers;
        Next::Return(to)
    }

    /// Traces what `to` goes on with.
    #[inline(always)]
    pub fn trace_resume(&mut self, to: TargetInfo) {
        let mut registers = self.exchange;
        if !FunctionId::from_register(registers.0[0]).is_extended()
            && let Some(others) = registers.0.last_chunk_mut()
        {
            *others = [0; KEPT];
        }
        self.hal.trace(Event::Resume { callee: to.partition.0, registers: &registers });
    }

    /// Puts the answer into the registers of the vCPU that is resident.
    pub fn answer_vcpu(&mut self) {
        if let Resident::Vcpu(_, held) = &mut self.resident {
            held.answer(&self.exchange);
        }
    }

    /// Takes the call out of the registers of the vCPU that is resident.
    #[inline(always)]
    pub fn take_call(&mut self) {
        if let Resident::Vcpu(_, held) = &self.resident
            && let Some(arguments) = held.registers.x.first_chunk()
        {
            self.exchange = Registers(*arguments);
        }
    }

    /// The hardware, and the registers of the vCPU that is resident.
    pub fn hal_and_registers(&mut self) -> Option<(&mut H, &mut GuestRegisters)> {
        match &mut self.resident {
            Resident::Vcpu(_, held) => Some((self.hal, &mut held.registers)),
            Resident::NormalWorld => None,
        }
    }

    /// Prints `characters` of `vcpu`, which is resident: the lines that are whole.
    pub fn print_for(&mut self, vcpu: TargetInfo, characters: &[u8]) {
        if let Resident::Vcpu(_, held) = &mut self.resident {
            held.line.add(characters, vcpu, |line| self.hal.print(line));
        }
    }

    /// Runs the vCPU that is resident until it exits.
    pub fn run_vcpu(&mut self) -> Option<Exit> {
        match &mut self.resident {
            Resident::Vcpu(_, held) => Some(self.hal.enter(&mut self.token, &mut held.registers)),
            Resident::NormalWorld => None,
        }
    }
}
