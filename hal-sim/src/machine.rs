//! The machine, and a run of it.

use std::any::Any;
use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use corosensei::{CoroutineResult, ScopedCoroutine};
use hal::Pa;
use hal::boot::Boot;
use hal::lock::Token;
use hal::memory::{PhysicalMemory, PhysicalRange};

use crate::board::{Board, End, Outcome};
use crate::core::{Request, Resume, SimCore};
use crate::guest::Leave;
use crate::hardware::Hardware;
use crate::lock;
use crate::observe::Observing;
use crate::ram::Ram;

/// Bytes of the stack of an EL2 program: many times what real ones get, since unoptimised frames are large.
const STACK: usize = 4 << 20;

/// A machine that is switched off: its RAM, and what it will be when it is switched on.
pub struct Machine {
    board: Board,
    ram: Rc<Ram>,
    seed: u64,
    observer: Option<Observing>,
}

impl Machine {
    /// A machine whose RAM reads as zero.
    pub fn new(board: &Board) -> Self {
        Self {
            board: board.clone(),
            ram: Rc::new(Ram::new(&board.ram)),
            seed: 0,
            observer: None,
        }
    }

    /// The same machine with the junk of another `seed` in its registers at reset.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same machine, watched by `observer`.
    pub fn watched_by(mut self, observer: Observing) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Puts `bytes` into RAM at `start`.
    ///
    /// Panics where there is no RAM.
    pub fn load(&mut self, start: Pa, bytes: &[u8]) {
        self.ram
            .write(start, bytes)
            .unwrap_or_else(|| panic!("there is no RAM at {start}"));
    }

    /// Copies RAM from `start` on into `into`.
    ///
    /// Panics where there is no RAM.
    pub fn read(&self, start: Pa, into: &mut [u8]) {
        self.ram
            .read(start, into)
            .unwrap_or_else(|| panic!("there is no RAM at {start}"));
    }

    /// Switches the machine on and runs it to its end. `program` is what EL3 enters first, at S-EL2.
    ///
    /// RAM stays as the run leaves it. The program is dropped where it stands when the run ends.
    pub fn run<F>(&mut self, program: F) -> Outcome
    where
        F: FnOnce(&mut SimCore, Token, Boot) -> Infallible,
    {
        lock::take_findings();
        let hardware = Rc::new(RefCell::new(Hardware::at_reset(
            &self.board,
            &self.ram,
            self.seed,
        )));
        hardware.borrow_mut().observer = self.observer.clone();
        let boot = boot(&self.board);
        let shared = Rc::clone(&hardware);
        let stack = DefaultStack::new(STACK).expect("there is room for a stack");
        let coroutine = ScopedCoroutine::with_stack(stack, move |yielder, _start: Resume| {
            program(
                &mut SimCore::new(shared, yielder),
                Token::new_for_core(),
                boot,
            )
        });
        let end = coroutine.scope(|mut coroutine| {
            drive(&hardware, |resume| {
                match catch_unwind(AssertUnwindSafe(|| coroutine.resume(resume))) {
                    Ok(CoroutineResult::Yield(request)) => Ok(request),
                    Ok(CoroutineResult::Return(never)) => match never {},
                    Err(panic) => Err(End::MonitorStopped(message(panic.as_ref()))),
                }
            })
        });
        let mut hardware = hardware.borrow_mut();
        let mut findings = hardware.findings();
        findings.append(&mut lock::take_findings());
        Outcome {
            end,
            output: std::mem::take(&mut hardware.platform.output),
            console: std::mem::take(&mut hardware.platform.console),
            findings,
            instructions: hardware.platform.instructions,
        }
    }
}

/// What the machine tells the program at its entry.
fn boot(board: &Board) -> Boot {
    let memory = PhysicalMemory::new(&board.ram, board.monitor);
    let frames = |range: PhysicalRange| {
        memory
            .frames(range.start, range.size / hal::PAGE_SIZE)
            .unwrap_or_else(|error| {
                panic!(
                    "the board's memory at {} is not usable: {error:?}",
                    range.start
                )
            })
    };
    let manifest = frames(PhysicalRange {
        start: board.manifest,
        size: hal::PAGE_SIZE,
    });
    let pool = frames(board.pool);
    Boot {
        core: 0,
        manifest,
        pool,
        memory,
        secondary_entry: 0,
    }
}

/// Runs the machine: the program until it gives up the core, then whoever it gives it to, until the end.
fn drive(
    hardware: &RefCell<Hardware>,
    mut resume: impl FnMut(Resume) -> Result<Request, End>,
) -> End {
    let mut with = Resume::Start;
    loop {
        let request = match resume(with) {
            Ok(request) => request,
            Err(end) => return end,
        };
        let mut hardware = hardware.borrow_mut();
        with = match request {
            Request::Enter => match hardware.run_guest() {
                Leave::Monitor(exit) => Resume::Exit(exit),
                Leave::End(end) => return end,
                Leave::Call => unreachable!("EL3 answers a secure guest's call at once"),
            },
            Request::GiveWay(answer) => match hardware.give_way(&answer) {
                Ok(request) => Resume::Request(request),
                Err(end) => return end,
            },
        };
    }
}

/// The words of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".into())
}
