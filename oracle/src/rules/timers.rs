//! Timers of partitions: nobody is told of one that is not due, and who wants to be told of one that is, is told in time.
//!
//! What a virtual CPU's timer is, its accesses say, which trap.

use hal::cpu::{Exit, GuestRegisters};
use hal_sim::View;

use crate::oracle::Oracle;
use crate::state::{RunState, Who};

/// The interrupt of a partition's timers.
const INTERRUPT: u64 = 3;
/// HF_INTERRUPT_ENABLE, HF_INTERRUPT_GET, HF_INTERRUPT_DEACTIVATE.
const ENABLE: u64 = 0xff03;
const GET: u64 = 0xff04;
const DEACTIVATE: u64 = 0xff08;

/// CNTx_CTL.ENABLE, and with it IMASK.
const ON: u64 = 1;
const CONTROLS: u64 = 3;

/// Nanoseconds, which are instructions of all cores together, after which a timer that is due was told of: more than every
/// core has in one turn of a schedule.
const LATEST: u64 = 1 << 16;

/// The physical timer of a virtual CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timer {
    control: u64,
    compare: u64,
    /// Its interrupt is enabled.
    wanted: bool,
    /// Its interrupt was taken, and the virtual CPU is not done with it.
    taken: bool,
    /// The last call asked which interrupt is pending.
    asks: bool,
    /// It was entered last with a virtual interrupt asserted.
    sees: bool,
    /// The core on which it was written.
    core: usize,
}

impl Timer {
    const fn is_due(&self, now: u64) -> bool {
        self.control == ON && self.compare <= now
    }

    /// True where its interrupt must have come by `now`.
    const fn is_late(&self, now: u64) -> bool {
        self.wanted && !self.taken && self.is_due(now.saturating_sub(LATEST))
    }

    /// Writes its register `op2` at `now`.
    const fn write(&mut self, op2: u64, value: u64, now: u64) {
        match op2 {
            0 => self.compare = now.wrapping_add_signed(value as i32 as i64),
            1 => self.control = value & CONTROLS,
            _ => self.compare = value,
        }
        self.taken &= self.is_due(now);
    }

    /// The virtual CPU is done with the interrupt.
    pub const fn is_done(&mut self) {
        self.taken = false;
    }
}

/// `who` exited: it may have written its timer, or asked for its interrupt.
pub fn exits(oracle: &mut Oracle, view: &View<'_>, who: Who, exit: &Exit, registers: &GuestRegisters) {
    let Some(vcpu) = oracle.state.vcpu(who) else { return };
    let timer = &mut vcpu.timer;
    let is_late = timer.is_late(view.now) && !timer.sees;
    let [number, id, on, ..] = registers.x;
    match *exit {
        Exit::Synchronous { esr, .. } if esr >> 26 == 0x18 => {
            let [crn, crm, op2] = [esr >> 10 & 15, esr >> 1 & 15, esr >> 17 & 7];
            let is_timer = esr >> 20 & 3 == 3 && esr >> 14 & 7 == 3 && [crn, crm] == [14, 2];
            if is_timer && esr & 1 == 0 {
                let value = registers.x.get((esr >> 5 & 31) as usize).copied().unwrap_or(0);
                timer.write(op2, value, view.now);
                timer.core = view.core;
            }
        }
        Exit::Synchronous { esr, .. } if esr >> 26 == 0x16 => {
            timer.asks = number == GET;
            match [number, id] {
                [ENABLE, INTERRUPT] => timer.wanted = on != 0,
                [DEACTIVATE, INTERRUPT] => timer.taken = false,
                _ => {}
            }
        }
        _ => {}
    }
    if is_late {
        let name = oracle.state.name(who.id);
        oracle.find(format!("{name} ran for more than {LATEST} instructions after its timer was due"));
    }
}

/// `who` is entered.
pub fn enters(oracle: &mut Oracle, view: &View<'_>, who: Who, registers: &GuestRegisters) {
    let Some(vcpu) = oracle.state.vcpu(who) else { return };
    let timer = &mut vcpu.timer;
    let finds = std::mem::take(&mut timer.asks) && registers.x[0] == INTERRUPT;
    let is_wrong = finds && !timer.is_due(view.now);
    timer.taken |= finds;
    timer.sees = view.asserts;
    let is_late = timer.is_late(view.now) && !timer.sees;
    if is_wrong {
        told_wrongly(oracle, who);
    }
    if is_late {
        let name = oracle.state.name(who.id);
        oracle.find(format!("{name} goes on without an interrupt, and its timer is due"));
    }
}

/// `who`, which waited, is told of `interrupt`.
pub fn is_told(oracle: &mut Oracle, view: &View<'_>, who: Who, interrupt: u64) {
    let Some(vcpu) = oracle.state.vcpu(who) else { return };
    vcpu.timer.is_done();
    if interrupt == INTERRUPT && !vcpu.timer.is_due(view.now) {
        told_wrongly(oracle, who);
    }
}

fn told_wrongly(oracle: &mut Oracle, who: Who) {
    let name = oracle.state.name(who.id);
    oracle.find(format!("{name} is told of its timer, which is not due"));
}

/// The normal world has the core of `view`: nobody waits whose timer should have taken it.
pub fn leaves(oracle: &mut Oracle, view: &View<'_>) {
    let late = oracle.state.partitions.iter().find(|partition| {
        let waits =
            |vcpu: &&crate::state::Vcpu| vcpu.state == RunState::Waiting && vcpu.timer.core == view.core;
        partition.vcpus.iter().filter(waits).any(|vcpu| vcpu.timer.is_late(view.now))
    });
    if let Some(id) = late.map(|partition| partition.spec.id) {
        let name = oracle.state.name(id);
        oracle.find(format!("the normal world runs while {name} waits, and its timer is due"));
    }
}
