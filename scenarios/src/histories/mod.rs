//! Histories: the normal world on several cores, for itself and for two VMs, and several partitions make calls chosen at random, on a random
//! schedule, under the oracle.
//!
//! Every program is a puppet (`program/puppet.rs`): it makes the call that the [driver](driver) gives it and shows what
//! came back. A history is good when the oracle and the machine's checkers find nothing and the monitor neither panics
//! nor hangs. A bad one is [shrunk](shrink) to the few calls that it needs.
//!
//! They run in the simulator only: the next call is chosen from what the last ones did.

mod call;
mod campaign;
mod driver;
mod known;
mod notices;
mod player;
mod shrink;
mod tally;
mod vms;
mod wish;

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use hal::interrupt::Intid;
use hal::lock::Token;
use hal_sim::{Attached, Counted, Entry, Injection, Schedule, Signal, SimCore, When};

pub use self::call::Exchange;
pub use self::campaign::Histories;
use self::driver::{Driver, Source};
use self::player::Player;
pub use self::tally::Tally;
use crate::machine::sim::{Conditions, Loaded};
use crate::machine::{Ending, Run, layout};
use crate::program::{Context, Image, Program, Role, Serves};
use crate::scenario::Prepared;
use crate::soak::random::Random;

/// Partitions that take part: the first two migrate, the others have a virtual CPU for each core.
const PARTITIONS: u16 = 4;
/// The most cores.
pub const MOST_CORES: u16 = 4;
/// What partitions send and receive, as manifests have it: direct requests, indirect messages, requests to services.
const METHODS: u32 = 0b111 | 0b11 << 9;
/// Guest instructions after which a history is hung, many times what one takes.
const BUDGET: u64 = 1 << 24;
/// Guest instructions from one interrupt to the next at least: the normal world takes one and runs on who was
/// interrupted in fewer. With five no partition ever came to its next instruction.
const SELDOM_ENOUGH: u64 = 100;
/// Guest instructions that may come to these, in histories with interrupts.
const INTERRUPTED: usize = 8_000;

/// A machine for histories on so many cores.
pub struct Theatre {
    cores: u16,
    machine: Loaded,
}

/// A history that was played.
#[derive(Clone, Debug)]
pub struct History {
    /// The calls, in the order in which they were made.
    pub calls: Vec<Exchange>,
    /// What was wrong, in words; nothing where it is good.
    pub findings: Vec<String>,
}

impl Theatre {
    /// A machine with `cores` cores, 1 to [`MOST_CORES`].
    pub fn new(cores: u16) -> Self {
        Self { cores, machine: Loaded::of(&prepared(cores)) }
    }

    /// Plays the history of `seed`, with so many calls.
    pub fn play(&mut self, seed: u64, calls: u32) -> History {
        let player = self.player(seed);
        self.run(seed, Source::Player(player, calls))
    }

    /// Plays it with `monitor` as the program at S-EL2.
    pub fn play_with<F>(&mut self, seed: u64, calls: u32, monitor: F) -> History
    where
        F: Fn(&mut SimCore, Token, Entry) -> Infallible,
    {
        let player = self.player(seed);
        attended(Source::Player(player, calls), |terminal| {
            self.machine.run_attended_with(&conditions(seed), terminal, monitor)
        })
    }

    fn player(&self, seed: u64) -> Player {
        let pinned = (1..=PARTITIONS).map(|number| contexts(number, self.cores) > 1).collect();
        Player::new(seed, self.cores, pinned)
    }

    /// Plays `calls` again under the conditions of `seed`.
    fn play_again(&mut self, seed: u64, calls: Vec<Exchange>) -> History {
        self.run(seed, Source::Again(calls))
    }

    /// The fewest calls that are as bad as those of `history`, whose seed is `seed`, as far as leaving some out finds them.
    pub fn shrink(&mut self, seed: u64, history: &History) -> History {
        shrink::shrink(history, |calls| self.play_again(seed, calls))
    }

    fn run(&mut self, seed: u64, source: Source) -> History {
        attended(source, |terminal| self.machine.run_attended(&conditions(seed), terminal))
    }
}

/// The history of what `run` runs with calls from `source`.
fn attended(source: Source, run: impl FnOnce(Attached) -> Run) -> History {
    let driver = Rc::new(RefCell::new(Driver::new(source)));
    let findings = findings(run(driver.clone()));
    let calls = driver.borrow().log().to_vec();
    History { calls, findings }
}

/// What the seed leaves open: junk, schedule, and in every other history interrupts of the normal world.
fn conditions(seed: u64) -> Conditions {
    let every = SELDOM_ENOUGH + Random::of(seed, 1).below(INTERRUPTED) as u64;
    let interrupt = Injection {
        intid: Intid(layout::FROM_OUTSIDE as u32),
        core: 0,
        signal: Signal::Pulse,
        counted: Counted::AllCores,
        when: When::Every(every),
    };
    Conditions {
        seed,
        schedule: Schedule::Seeded(seed),
        interrupts: (seed % 2 == 1).then_some(interrupt),
        budget: BUDGET,
        ..Conditions::default()
    }
}

fn findings(run: Run) -> Vec<String> {
    let mut findings = run.findings;
    match run.ending {
        Ending::Terminal => {}
        Ending::PowerOff => findings.push("the machine was powered off".into()),
        how => findings.push(how.to_string()),
    }
    findings
}

/// How many virtual CPUs partition `number` has on a machine with `cores` cores.
fn contexts(number: u16, cores: u16) -> u16 {
    if number > PARTITIONS / 2 { cores } else { 1 }
}

/// A machine's memory with puppets only.
fn prepared(cores: u16) -> Prepared {
    let all = |role, contexts| (0..contexts).map(move |cpu| puppet(Context { role, cpu }, contexts));
    let mut normal_world = all(Role::NormalWorld, cores);
    let first = normal_world.next().expect("a machine has a core");
    let mut partitions = Vec::new();
    let mut further: Vec<_> = normal_world.collect();
    for number in 1..=PARTITIONS {
        let mut images = all(Role::Partition(number), contexts(number, cores));
        partitions.extend(images.next());
        further.extend(images);
    }
    Prepared { partitions, further, ..Prepared::alone("histories", cores, first) }
}

fn puppet(context: Context, contexts: u16) -> Image {
    let mut program = Program::new(context, contexts, Serves::Nobody);
    program.extras.set("messaging-method", METHODS);
    program.extras.set("notification-support", ());
    program.obeys();
    program.finish()
}
