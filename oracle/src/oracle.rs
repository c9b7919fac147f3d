//! The oracle at work: what the machine tells becomes turns, answers and comparisons.

use std::collections::BTreeSet;

use hal::Pa;
use hal::cpu::{Exit, GuestRegisters};
use hal_sim::{Moment, Observer, View};

use crate::calls::{Call, Words};
use crate::pending::{Cause, Pending};
use crate::rules::interrupts::{self, Handling};
use crate::rules::scheduler::Scheduler;
use crate::rules::{answers, timers, turns};
use crate::scene::Scene;
use crate::state::{NORMAL_WORLD, State, Who};
use crate::tables::Roots;
use crate::words;

/// Findings after which no more are kept: the first ones say what went wrong.
const KEPT: usize = 32;

/// The second statement of what FF-A allows, watching one machine.
pub struct Oracle {
    pub(crate) state: State,
    /// For each core, what its monitor is busy with; nothing while a guest runs.
    pub(crate) pending: Vec<Option<Pending>>,
    /// For each core, who has it to handle a secure interrupt.
    pub(crate) handling: Vec<Option<Handling>>,
    /// For each core, what is to be told to the normal world's scheduler.
    pub(crate) schedulers: Vec<Scheduler>,
    /// Two cores made calls about notifications at once, so that it is open of what the scheduler was told.
    pub(crate) hides_reports: bool,
    /// For each core, who runs on it.
    running: Vec<Option<Who>>,
    /// For each core, the logical partition of EL3 that waits for an answer.
    asks: Vec<Option<Who>>,
    findings: Vec<String>,
    /// Pages that a finding names already.
    pub(crate) reported: BTreeSet<(u16, Pa)>,
}

impl Oracle {
    /// An oracle for a machine that was loaded as `scene` says and has not run.
    pub fn new(scene: Scene) -> Self {
        Self {
            state: State::new(scene),
            pending: Vec::new(),
            handling: Vec::new(),
            schedulers: Vec::new(),
            hides_reports: false,
            running: Vec::new(),
            asks: Vec::new(),
            findings: Vec::new(),
            reported: BTreeSet::new(),
        }
    }

    /// What was found, in words, and where something was, whose tables are unknown; the next call has none of it.
    pub fn take_findings(&mut self) -> Vec<String> {
        let mut findings = std::mem::take(&mut self.findings);
        let unseen = self.state.partitions.iter().filter(|partition| partition.roots.is_none());
        let unseen: Vec<String> = unseen.map(|partition| self.state.name(partition.spec.id)).collect();
        if !findings.is_empty() && !unseen.is_empty() {
            let names = unseen.join(", ");
            findings.push(format!("oracle: who never ran has tables that nobody could walk: {names}"));
        }
        findings
    }

    /// Keeps a finding.
    pub(crate) fn find(&mut self, words: String) {
        let words = format!("oracle: {words}");
        if self.findings.len() < KEPT && !self.findings.contains(&words) {
            self.findings.push(words);
        }
    }

    /// All that monitors are busy with, and what they put off while somebody handles a secure interrupt.
    pub(crate) fn at_work(&mut self) -> impl Iterator<Item = &mut Pending> {
        let put_off = self.handling.iter_mut().flatten().map(|handling| &mut handling.due);
        self.pending.iter_mut().flatten().chain(put_off)
    }

    /// True where another core is about to answer such a `call` of `caller`, so that it came before; it is noted there.
    pub(crate) fn was_done_elsewhere(&mut self, caller: u16, call: impl Fn(&Call) -> bool) -> bool {
        let is_it = |pending: &&mut Pending| {
            pending.who.id == caller && !pending.done && pending.call().is_some_and(&call)
        };
        let found = self.at_work().find(is_it);
        found.map(|pending| pending.done = true).is_some()
    }

    /// The virtual CPU that the core enters now, by the roots that it has.
    fn who_enters(&mut self, view: &View<'_>, registers: &GuestRegisters) -> Option<Who> {
        let roots = Roots::of(view);
        let known = self.state.partitions.iter().position(|partition| partition.roots == Some(roots));
        let index = known.or_else(|| self.learn(&roots, registers))?;
        let partition = &self.state.partitions[index];
        let vcpu = if partition.vcpus.len() > 1 { view.core as u16 } else { 0 };
        Some(Who { id: partition.spec.id, vcpu })
    }

    /// Finds whose the new `roots` are: they belong to the partition that begins at its entry point.
    fn learn(&mut self, roots: &Roots, registers: &GuestRegisters) -> Option<usize> {
        let mixed = self.state.partitions.iter().position(|partition| {
            let mut bases = partition.roots.iter().flat_map(Roots::bases);
            bases.any(|base| roots.bases().contains(&base))
        });
        if let Some(index) = mixed {
            let name = self.state.name(self.state.partitions[index].spec.id);
            self.find(format!("{name} is entered with other stage-2 registers than before: {roots:x?}"));
            self.state.partitions[index].roots = Some(*roots);
            self.state.partitions[index].trees = Default::default();
            return mixed;
        }
        let begins = self
            .state
            .partitions
            .iter()
            .position(|partition| partition.roots.is_none() && partition.spec.entry == registers.pc);
        let Some(index) = begins else {
            self.find(format!(
                "a guest that is no partition is entered at {:#x} with {roots:x?}",
                registers.pc
            ));
            return None;
        };
        let vmid = roots.vmid();
        let name = self.state.name(self.state.partitions[index].spec.id);
        let mut others = self.state.partitions.iter();
        let twin = others.find(|other| other.roots.is_some_and(|roots| roots.vmid() == vmid));
        if let Some(twin) = twin.map(|twin| self.state.name(twin.spec.id)) {
            self.find(format!(
                "{name} and {twin} have the same VMID {vmid}: each uses the other's translations"
            ));
        }
        self.state.partitions[index].roots = Some(*roots);
        Some(index)
    }

    /// A guest exited: the monitor has the core.
    fn exits(&mut self, view: &View<'_>, exit: &Exit, registers: &GuestRegisters) {
        let Some(who) = self.running[view.core].take() else {
            return;
        };
        if let Some(vcpu) = self.state.vcpu(who) {
            vcpu.left = *registers;
        }
        timers::exits(self, view, who, exit, registers);
        let x = registers.x.first_chunk().copied().unwrap_or_default();
        let cause = match exit {
            Exit::Synchronous { esr, .. } if matches!(esr >> 26, 0x16 | 0x17) => {
                Cause::Call(Call::decode(&x))
            }
            Exit::Synchronous { esr, .. } if esr >> 26 == 0x20 => Cause::Fetch,
            Exit::Irq => Cause::Deadline,
            Exit::Fiq => Cause::Interrupt,
            _ => Cause::Other,
        };
        self.has_core(view, Pending::new(who, cause, x));
    }

    /// The normal world calls, or a logical partition of EL3: the monitor has the core.
    fn requested(&mut self, view: &View<'_>, x: &Words) {
        let vcpu = view.core as u16;
        self.asks[view.core] = match Call::decode(x) {
            Call::Request { from, .. } => Some(Who { id: from, vcpu }).filter(|from| from.is_logical()),
            _ => None,
        };
        let who = self.asks[view.core].unwrap_or(Who { id: NORMAL_WORLD, vcpu });
        // EL3 answered the monitor itself: no guest ran.
        let refused = words::function(x[0]) == "FFA_ERROR";
        let cause = if refused { Cause::Other } else { Cause::Call(Call::decode(x)) };
        self.has_core(view, Pending::new(who, cause, *x));
    }

    fn has_core(&mut self, view: &View<'_>, mut pending: Pending) {
        if pending.call().is_some_and(Call::reads_tx) {
            pending.read_tx(view, &mut self.state);
        }
        if let Some(call) = pending.call().copied() {
            pending.meanwhile = self.begins_notification(pending.who, &call);
        }
        pending.dead = self.state.dead();
        self.pending[view.core] = Some(pending);
    }

    /// The monitor gives the core to `to` with `x`, and with `registers` if it is a partition.
    fn gives(&mut self, view: &View<'_>, to: Who, x: &Words, registers: Option<&GuestRegisters>) {
        let booting = Pending::new(to, Cause::Boot, [0; 18]);
        let mut pending = self.pending[view.core].take().unwrap_or(booting);
        if pending.dead.contains(&to.id) {
            let (name, when) = (self.state.name(to.id), pending.when(&self.state));
            self.find(format!("{name} runs {when}, and it died before"));
        }
        if let Some(due) = interrupts::ends(self, view.core, &pending, to, x) {
            self.settle_buffers(&pending);
            self.compare(view, &pending, None);
            pending = due;
        }
        self.running[view.core] = Some(to);
        if interrupts::handles(self, view, &pending, to, x, registers) {
            return;
        }
        let refused = if interrupts::unwinds(self, view.core, &pending, to, x, registers) {
            None
        } else if to == pending.who && matches!(pending.cause, Cause::Call(_)) {
            answers::answered(self, view, &pending, x, registers)
        } else {
            turns::switched(self, view.core, &pending, to, x, registers);
            None
        };
        self.settle_buffers(&pending);
        self.compare(view, &pending, refused.as_deref());
    }
}

impl Observer for Oracle {
    fn observe(&mut self, view: &View<'_>, moment: &Moment<'_>) {
        while self.pending.len() <= view.core {
            self.pending.push(None);
            self.handling.push(None);
            self.schedulers.push(Scheduler::default());
            self.running.push(None);
            self.asks.push(None);
        }
        match moment {
            Moment::Enters(registers) => {
                if let Some(who) = self.who_enters(view, registers) {
                    let x = registers.x.first_chunk().copied().unwrap_or_default();
                    self.gives(view, who, &x, Some(registers));
                    timers::enters(self, view, who, registers);
                }
            }
            Moment::Exits(exit, registers) => self.exits(view, exit, registers),
            Moment::GivesWay(answer) => {
                let normal_world = Who { id: NORMAL_WORLD, vcpu: view.core as u16 };
                let who = self.asks[view.core].take().unwrap_or(normal_world);
                let pending = self.pending[view.core].clone();
                self.gives(view, who, &answer.0, None);
                timers::leaves(self, view);
                self.normal_world_runs(view, pending.as_ref());
            }
            Moment::Requested(request) => self.requested(view, &request.0),
            Moment::InterruptsNormalWorld(_) => self.tells_scheduler(view.core),
            Moment::Writes { start, size, zero } => self.monitor_writes(view.core, *start, *size, *zero),
        }
    }
}
