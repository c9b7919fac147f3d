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
use crate::ram::Ram;
use crate::run::{Programs, drive};
use crate::schedule::Schedule;
use crate::scheduler::Scheduler;
use crate::turn::{self, Request, Resume, SwitchedOff, Yields};

/// Bytes of the stack of an EL2 program: many times what real ones get, since unoptimised frames are large.
const STACK: usize = 4 << 20;

/// The most cores that a machine can have.
const MOST_CORES: usize = 8;

/// A machine that is switched off: its RAM, and what it will be when it is switched on.
pub struct Machine {
    board: Board,
    ram: Rc<Ram>,
    seed: u64,
    schedule: Schedule,
    injections: Vec<Injection>,
    observer: Option<Observing>,
    debugger: Option<Debugging>,
}

impl Machine {
    /// A machine whose RAM reads as zero.
    pub fn new(board: &Board) -> Self {
        Self {
            board: board.clone(),
            ram: Rc::new(Ram::new(&board.ram)),
            seed: 0,
            schedule: Schedule::default(),
            injections: Vec::new(),
            observer: None,
            debugger: None,
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

    /// The same machine, watched by `observer`.
    pub fn watched_by(mut self, observer: Observing) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same machine, stopped by `debugger`.
    pub fn debugged_by(mut self, debugger: Debugging) -> Self {
        self.debugger = Some(debugger);
        self
    }

    /// Puts `bytes` into RAM at `start`.
    ///
    /// Panics where there is no RAM.
    pub fn load(&mut self, start: Pa, bytes: &[u8]) {
        self.ram.write(start, bytes).unwrap_or_else(|| panic!("there is no RAM at {start}"));
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
    /// RAM stays as the run leaves it. Programs are dropped where they stand when the run ends.
    pub fn run_cores<F>(&mut self, program: F) -> Outcome
    where
        F: Fn(&mut SimCore, Token, Entry) -> Infallible,
    {
        assert!((1..=MOST_CORES).contains(&self.board.cores), "a machine has 1 to {MOST_CORES} cores");
        lock::take_findings();
        let hardware = Rc::new(RefCell::new(Hardware::at_reset(&self.board, &self.ram, self.seed)));
        hardware.borrow_mut().observer = self.observer.clone();
        hardware.borrow_mut().platform.injector = Injector::new(&self.injections, self.board.cores);
        hardware.borrow_mut().platform.inject();
        hardware.borrow_mut().debugger = self.debugger.clone();
        let mut scheduler = Scheduler::new(&self.schedule);
        let start = || {
            let stack = DefaultStack::new(STACK).expect("there is room for a stack");
            let (hardware, program) = (&hardware, &program);
            ScopedCoroutine::with_stack(stack, move |yielder, with| {
                run_program(yielder, with, hardware, program)
            })
        };
        let end = with_programs(
            self.board.cores,
            &start,
            &mut |_, _| unreachable!("no such core"),
            &mut |programs| drive(&hardware, &mut scheduler, programs),
        );
        let mut hardware = hardware.borrow_mut();
        let mut findings = hardware.findings();
        findings.append(&mut lock::take_findings());
        Outcome {
            end,
            output: std::mem::take(&mut hardware.platform.output),
            console: std::mem::take(&mut hardware.platform.console),
            findings,
            instructions: hardware.platform.instructions,
            schedule: scheduler.taken(),
        }
    }
}

/// A coroutine in which a core's EL2 program runs, each time that the core is on.
type Coroutine<'a> = ScopedCoroutine<'a, Resume, Request, Infallible, DefaultStack>;

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

/// Calls `then` with a way to go on with the program of each of the cores below `cores`, or of those that `others`
/// knows.
fn with_programs<'a>(
    cores: usize,
    start: &dyn Fn() -> Coroutine<'a>,
    others: Programs<'_>,
    then: &mut dyn FnMut(Programs<'_>) -> End,
) -> End {
    let Some(mine) = cores.checked_sub(1) else { return then(others) };
    start().scope(|mut coroutine| {
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
        with_programs(mine, start, &mut programs, then)
    })
}

/// The words of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
