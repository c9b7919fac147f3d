//! Interrupts from outside at exact guest instructions.
//!
//! An injection that is due after `n` instructions happens after the `n`-th and before whatever comes next: the
//! core's next instruction, or what the monitor does about the `n`-th. An instruction that takes an exception, and
//! one that is executed again after it, counts each time. One that is due after `n` [steps](Counted::Steps) may also
//! happen while the monitor runs, at any point at which another core may come between.

use hal::interrupt::Intid;

use crate::platform::Platform;
use crate::timer;
use crate::turn;

/// A change of an interrupt's line that no device of the machine makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Injection {
    /// The interrupt; not one of a timer.
    pub intid: Intid,
    /// The core whose interrupt it is, where it is private.
    pub core: usize,
    /// What happens to its line.
    pub signal: Signal,
    /// Whose instructions are counted.
    pub counted: Counted,
    /// When it happens.
    pub when: When,
}

/// What happens to the line of an interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// It rises and falls: an interrupt that is triggered by edges (all SGIs are) is pending then, of one that is
    /// triggered by its level nothing is left.
    Pulse,
    /// It is asserted, until it is lowered.
    Raise,
    /// It is not asserted any more.
    Lower,
    /// It is asserted until a core takes an exception for it: whoever asks which interrupt it was finds none.
    Glitch,
    /// An input of the secure GPIO, whose interrupt it must be, rises and falls: the GPIO asserts the line, once software
    /// wants it, until software clears it.
    Pin,
    /// No line changes: it is so many nanoseconds after reset at once, and deadlines of timers are past.
    Leap(u64),
}

/// Whose instructions an injection counts, since the machine was switched on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Those of all cores.
    AllCores,
    /// Those of this core.
    Core(usize),
    /// Steps of all cores: their instructions, and the points of the EL2 program at which another core may come between.
    Steps,
}

/// When an injection happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Once, after so many instructions.
    After(u64),
    /// Again and again, after each so many instructions, at least one.
    Every(u64),
}

/// The input of the secure GPIO that [`Signal::Pin`] is about.
const PIN: u32 = 0;

/// The injections of a run, and how far it is.
pub struct Injector {
    /// Each with the count at which it happens next.
    waiting: Vec<(Injection, u64)>,
    /// Guest instructions that each core executed.
    executed: Vec<u64>,
    /// Steps that all cores took.
    pub steps: u64,
    /// Those before the first guest instruction.
    pub steps_to_guest: Option<u64>,
    /// How often something was pending after an injection that asserts it.
    pub arrived: u64,
    /// What is asserted until it is taken, with whose it is where it is private.
    glitch: Option<(usize, Intid)>,
}

impl Injector {
    /// The injector of a run on `cores` cores with these `injections`.
    ///
    /// Panics where one names a core that is not there, or a timer's interrupt.
    pub fn new(injections: &[Injection], cores: usize) -> Self {
        for Injection { intid, core, .. } in injections {
            assert!(*core < cores, "interrupt {} is for core {core}, which is not there", intid.0);
            let is_timers = intid.0 < 32 && timer::LINES >> intid.0 & 1 != 0;
            assert!(!is_timers, "the line of interrupt {} is a timer's", intid.0);
        }
        let waiting = injections.iter().map(|injection| match injection.when {
            When::After(count) => (*injection, count),
            When::Every(count) => (*injection, count.max(1)),
        });
        Self {
            waiting: waiting.collect(),
            executed: vec![0; cores],
            steps: 0,
            steps_to_guest: None,
            arrived: 0,
            glitch: None,
        }
    }

    /// Instructions that `core` may execute before the next injection, when all cores have executed `all`.
    pub fn left(&self, core: usize, all: u64) -> u64 {
        let left = self.waiting.iter().filter_map(|(injection, next)| match injection.counted {
            Counted::AllCores => Some(next - all),
            Counted::Core(counted) => (counted == core).then(|| next - self.executed[core]),
            Counted::Steps => None,
        });
        left.min().unwrap_or(u64::MAX)
    }

    /// Steps that cores may take before the next injection.
    pub fn steps_left(&self) -> u64 {
        let of_steps = self.waiting.iter().filter(|(injection, _)| injection.counted == Counted::Steps);
        of_steps.map(|(_, next)| next - self.steps).min().unwrap_or(u64::MAX)
    }

    /// Injections that are due now; those that happen once are forgotten.
    fn due(&mut self, all: u64) -> Vec<Injection> {
        let mut due = Vec::new();
        self.waiting.retain_mut(|(injection, next)| {
            let executed = match injection.counted {
                Counted::AllCores => all,
                Counted::Core(core) => self.executed[core],
                Counted::Steps => self.steps,
            };
            if *next != executed {
                return true;
            }
            due.push(*injection);
            match injection.when {
                When::After(_) => false,
                When::Every(count) => {
                    *next += count.max(1);
                    true
                }
            }
        });
        due
    }
}

impl Platform {
    /// The core that runs has executed `instructions`.
    pub fn executed(&mut self, instructions: u64) {
        self.clock += instructions;
        self.instructions += instructions;
        self.injector.executed[self.current] += instructions;
        if instructions > 0 {
            let steps = self.injector.steps + turn::taken();
            self.injector.steps_to_guest.get_or_insert(steps);
        }
        self.inject();
    }

    /// Cores took `steps` more, and are to be told of what is due now.
    pub fn stepped(&mut self, steps: u64) {
        self.injector.steps += steps;
        self.inject();
    }

    /// A core took an exception for `intid`.
    pub fn took(&mut self, intid: Intid) {
        if let Some((core, glitch)) = self.injector.glitch.take_if(|(_, glitch)| *glitch == intid) {
            self.gic.set_line(core, glitch, false);
        }
    }

    /// Does the injections that are due.
    pub fn inject(&mut self) {
        if self.injector.waiting.is_empty() {
            return;
        }
        for Injection { intid, core, signal, .. } in self.injector.due(self.instructions) {
            let (up, down) = match signal {
                Signal::Pulse => (true, true),
                Signal::Raise => (true, false),
                Signal::Lower => (false, true),
                Signal::Glitch => {
                    self.injector.glitch = Some((core, intid));
                    (true, false)
                }
                Signal::Pin => {
                    self.secure_gpio.pulse(PIN);
                    self.assert_secure_gpio();
                    // The GPIO remembers it until it may assert its line.
                    self.injector.arrived += 1;
                    continue;
                }
                Signal::Leap(to) => {
                    self.clock = self.clock.max(to);
                    self.injector.arrived += 1;
                    continue;
                }
            };
            if up {
                self.gic.set_line(core, intid, true);
            }
            if down {
                self.gic.set_line(core, intid, false);
            }
            self.injector.arrived += u64::from(signal == Signal::Pulse && self.gic.is_pending(core, intid));
        }
    }
}
