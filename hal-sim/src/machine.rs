//! The machine, and a run of it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use corosensei::{CoroutineResult, ScopedCoroutine};
use hal::Pa;
use hal::boot::Boot;
use hal::lock::Token;

use crate::board::{Board, End, Outcome};
use crate::core::SimCore;
use crate::debug::Debugging;
use crate::entry::Entry;
use crate::hardware::Hardware;
use crate::injection::{Injection, Injector};
use crate::lock;
use crate::observe::Observing;
use crate::platform::Platform;
use crate::ram::Ram;
use crate::run::{Programs, drive};
use crate::schedule::Schedule;
use crate::scheduler::Scheduler;
use crate::terminal::Attached;
use crate::turn::{self, Request, Resume, SwitchedOff, Yields};
use crate::unicorn::Engine;

/// Bytes of the stack of an EL2 program: many times what real ones get, since unoptimised frames are large.
const STACK: usize = 4 << 20;

/// The most cores that a machine can have.
const MOST_CORES: usize = 8;

/// A machine that is switched off: its RAM, and what it will be when it is switched on.
///
/// It can be switched on again and again: every run begins with what was loaded, and is the same to the last bit as the
/// first run of a new machine with the same memory. What is dear to make is made once.
pub struct Machine {
    board: Board,
    ram: Rc<Ram>,
    /// The emulated cores, and the stacks of their EL2 programs, once it has run.
    engines: Vec<Engine<Platform>>,
    stacks: Vec<DefaultStack>,
    seed: u64,
    schedule: Schedule,
    injections: Vec<Injection>,
    observer: Option<Observing>,
    debugger: Option<Debugging>,
    terminal: Option<Attached>,
}

impl Machine {
    /// A machine whose RAM reads as zero.
    pub fn new(board: &Board) -> Self {
        Self {
            board: board.clone(),
            ram: Rc::new(Ram::new(&board.ram)),
            engines: Vec::new(),
            stacks: Vec::new(),
            seed: 0,
            schedule: Schedule::default(),
            injections: Vec::new(),
            observer: None,
            debugger: None,
            terminal: None,
        }
    }

    /// The same machine with the junk of another `seed` in its registers at reset.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same machine, to which these interrupts come from outside.
    pub fn with_injections(mut self, injections: &[Injection]) -> Self {
        self.injections = injections.to_vec();
        self
    }

    /// The same machine, whose runs are hung after another `budget` of guest instructions.
    pub fn with_budget(mut self, budget: u64) -> Self {
        self.board.budget = budget;
        self
    }

    /// The same machine, whose next run is watched by `observer`.
    pub fn watched_by(mut self, observer: Observing) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same machine, whose next run is stopped by `debugger`.
    pub fn debugged_by(mut self, debugger: Debugging) -> Self {
        self.debugger = Some(debugger);
        self
    }

    /// The same machine, at whose terminal `terminal` sits in the next run.
    pub fn attended_by(mut self, terminal: Attached) -> Self {
        self.terminal = Some(terminal);
        self
    }

    /// Puts `bytes` into RAM at `start`, for every run from now on. What an earlier run left is undone.
    ///
    /// Panics where there is no RAM.
    pub fn load(&mut self, start: Pa, bytes: &[u8]) {
        self.ram.load(start, bytes).unwrap_or_else(|| panic!("there is no RAM at {start}"));
    }

    /// Copies RAM from `start` on into `into`.
    ///
    /// Panics where there is no RAM.
    pub fn read(&self, start: Pa, into: &mut [u8]) {
        self.ram.read(start, into).unwrap_or_else(|| panic!("there is no RAM at {start}"));
    }

    /// The same machine whose cores' turns follow `schedule`; otherwise each core has its turn in order.
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// [Runs](Self::run_cores) a machine whose further cores, if it has any, stay off. `program` is what EL3 enters
    /// first, at S-EL2.
    pub fn run<F>(&mut self, program: F) -> Outcome
    where
        F: FnOnce(&mut SimCore, Token, Boot) -> Infallible,
    {
        let program = Cell::new(Some(program));
        self.run_cores(|core, token, entry| match (program.take(), entry) {
            (Some(program), Entry::Cold(boot)) => program(core, token, *boot),
            _ => panic!("this machine's program is for one core"),
        })
    }

    /// Switches the machine on and runs it to its end. `program` is what EL3 enters at S-EL2 on each core: on the
    /// first one at once, on the others before the normal world begins there.
    ///
    /// RAM stays as the run leaves it, until the next one. Programs are dropped where they stand when the run ends.
    pub fn run_cores<F>(&mut self, program: F) -> Outcome
    where
        F: Fn(&mut SimCore, Token, Entry) -> Infallible,
    {
        assert!((1..=MOST_CORES).contains(&self.board.cores), "a machine has 1 to {MOST_CORES} cores");
        lock::take_findings();
        let mut engines = std::mem::take(&mut self.engines);
        engines.resize_with(self.board.cores, || Engine::new(&self.ram));
        self.stacks
            .resize_with(self.board.cores, || DefaultStack::new(STACK).expect("there is room for a stack"));
        let hardware = Hardware::at_reset(&self.board, &self.ram, engines, self.seed);
        let hardware = Rc::new(RefCell::new(hardware));
        hardware.borrow_mut().observer = self.observer.take();
        hardware.borrow_mut().platform.injector = Injector::new(&self.injections, self.board.cores);
        hardware.borrow_mut().platform.inject();
        hardware.borrow_mut().debugger = self.debugger.take();
        hardware.borrow_mut().terminal = self.terminal.take();
        let mut scheduler = Scheduler::new(&self.schedule);
        let start = |stack| {
            let (hardware, program) = (&hardware, &program);
            ScopedCoroutine::with_stack(stack, move |yielder, with| {
                run_program(yielder, with, hardware, program)
            })
        };
        let end = with_programs(
            &mut self.stacks,
            &start,
            &mut |_, _| unreachable!("no such core"),
            &mut |programs| drive(&hardware, &mut scheduler, programs),
        );
        let mut hardware = hardware.borrow_mut();
        let mut findings = hardware.findings();
        findings.append(&mut lock::take_findings());
        self.engines = std::mem::take(&mut hardware.engines);
        Outcome {
            end,
            output: std::mem::take(&mut hardware.platform.output),
            console: std::mem::take(&mut hardware.platform.console),
            uart: std::mem::take(&mut hardware.platform.uart.sent),
            findings,
            instructions: hardware.platform.instructions,
            steps: hardware.platform.injector.steps,
            steps_to_guest: hardware.platform.injector.steps_to_guest.unwrap_or(0),
            arrived: hardware.platform.injector.arrived,
            interrupts: hardware.platform.gic.left(),
            firmware_interrupts: hardware.platform.firmware_interrupts,
            schedule: scheduler.taken(),
        }
    }
}

/// A coroutine in which a core's EL2 program runs, each time that the core is on.
type Coroutine<'a> = ScopedCoroutine<'a, Resume, Request, Infallible, &'a mut DefaultStack>;

/// What the coroutine of a core does: runs the `program` until the core is switched off, again and again.
fn run_program<F>(
    yielder: &Yields,
    mut with: Resume,
    hardware: &Rc<RefCell<Hardware>>,
    program: &F,
) -> Infallible
where
    F: Fn(&mut SimCore, Token, Entry) -> Infallible,
{
    turn::enter(yielder);
    loop {
        let Resume::Start(entry) = with else { unreachable!("a program begins at its entry") };
        let mut core = SimCore::new(Rc::clone(hardware));
        let ended = catch_unwind(AssertUnwindSafe(|| program(&mut core, Token::new_for_core(), entry)));
        let Err(reason) = ended;
        if !reason.is::<SwitchedOff>() {
            resume_unwind(reason);
        }
        with = turn::suspend(Request::Off);
    }
}

/// Calls `then` with a way to go on with the program of each of the first cores, which have these `stacks`, or of those
/// that `others` knows.
fn with_programs<'a>(
    stacks: &'a mut [DefaultStack],
    start: &dyn Fn(&'a mut DefaultStack) -> Coroutine<'a>,
    others: Programs<'_>,
    then: &mut dyn FnMut(Programs<'_>) -> End,
) -> End {
    let Some((stack, stacks)) = stacks.split_last_mut() else { return then(others) };
    let mine = stacks.len();
    start(stack).scope(|mut coroutine| {
        let mut programs = |core, with| {
            if core != mine {
                return others(core, with);
            }
            let result = catch_unwind(AssertUnwindSafe(|| coroutine.as_mut().resume(with)));
            turn::end();
            match result {
                Ok(CoroutineResult::Yield(request)) => Ok(request),
                Ok(CoroutineResult::Return(never)) => match never {},
                Err(panic) => Err(End::MonitorStopped(message(panic.as_ref()))),
            }
        };
        with_programs(stacks, start, &mut programs, then)
    })
}

/// The words of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
