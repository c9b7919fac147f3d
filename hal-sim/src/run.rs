//! A run: turn after turn of one core, until the end.

use std::cell::RefCell;
use std::rc::Rc;

use crate::board::End;
use crate::debug::{Go, Guest};
use crate::guest::Leave;
use crate::hardware::{Doing, Hardware};
use crate::lock;
use crate::record;
use crate::scheduler::Scheduler;
use crate::turn::{self, Request, Resume};
use crate::visible;

/// Goes on with a core's EL2 program until that gives up the core; or the end of the run.
pub type Programs<'a> = &'a mut dyn FnMut(usize, Resume) -> Result<Request, End>;

/// Runs the machine to its end.
pub fn drive(hardware: &Rc<RefCell<Hardware>>, scheduler: &mut Scheduler, programs: Programs<'_>) -> End {
    let mut end = take_turns(hardware, scheduler, programs);
    if let End::Hung { stacks, .. } = &mut end {
        *stacks = ask_stacks(&hardware.borrow().doing, programs);
    }
    end
}

/// Where the program of each core stands, in words.
fn ask_stacks(doing: &[Doing], programs: Programs<'_>) -> Vec<String> {
    let begun = |doing: &Doing| !matches!(doing, Doing::Off | Doing::Program(Resume::Start(_)));
    let begun = doing.iter().enumerate().filter(|(_, doing)| begun(doing));
    let told = begun.filter_map(|(core, _)| match programs(core, Resume::Tell) {
        Ok(Request::Told(stack)) => Some(format!("core {core} is in:{stack}")),
        _ => None,
    });
    told.collect()
}

/// Gives cores their turns until the run is over.
fn take_turns(hardware: &Rc<RefCell<Hardware>>, scheduler: &mut Scheduler, programs: Programs<'_>) -> End {
    let mut without_guests = 0;
    record::begin_run();
    loop {
        let steps = match hardware.borrow_mut().begin_turn(scheduler, without_guests) {
            Ok(steps) => steps,
            Err(end) => return end,
        };
        let before = hardware.borrow().platform.instructions;
        let (left, taken) = take_parts(hardware, programs, steps);
        record::end_turn(hardware.borrow().platform.current, taken);
        scheduler.took(taken, left == Left::TurnIsOver);
        if let Left::Ended(end) = left {
            return end;
        }
        let alone = hardware.borrow().platform.instructions == before;
        without_guests = if alone { without_guests + taken } else { 0 };
    }
}

/// The current core has its turn of `steps`, in parts where interrupts come from outside meanwhile. Returns why that
/// ended, and the steps taken.
fn take_parts(hardware: &Rc<RefCell<Hardware>>, programs: Programs<'_>, steps: u64) -> (Left, u64) {
    let mut before = 0;
    loop {
        let part = hardware.borrow().platform.injector.steps_left().min(steps - before);
        turn::begin(part);
        let left = take_turn(hardware, programs);
        let taken = turn::taken();
        hardware.borrow_mut().platform.stepped(taken);
        before += taken;
        if left != Left::TurnIsOver || taken < part || before == steps {
            return (left, before);
        }
    }
}

/// Exits of guests in a row, with no instruction between, after which a run counts as hung: a guest's vectors cannot be
/// reached, and the EL2 program sends it there again and again.
const FRUITLESS: u64 = 1000;

/// Why a turn ended.
#[derive(PartialEq, Eq)]
enum Left {
    /// Its steps are taken.
    TurnIsOver,
    /// The core waits, or is off.
    CannotGoOn,
    /// The run is over.
    Ended(End),
}

/// The current core goes on until its turn is over, or it cannot.
fn take_turn(hardware: &Rc<RefCell<Hardware>>, programs: Programs<'_>) -> Left {
    let current = hardware.borrow().platform.current;
    let mut executed = 0;
    let mut fruitless = 0;
    loop {
        let instructions = hardware.borrow().platform.instructions;
        fruitless = if instructions == executed { fruitless + 1 } else { 0 };
        executed = instructions;
        if fruitless > FRUITLESS {
            let words = format!("{FRUITLESS} exits of a guest without an instruction between them");
            return Left::Ended(hardware.borrow().hung(words));
        }
        let doing = std::mem::replace(&mut hardware.borrow_mut().doing[current], Doing::Off);
        let next = match doing {
            Doing::Off => return Left::CannotGoOn,
            Doing::Program(with) => match programs(current, with) {
                Ok(Request::Enter) => Ok(Doing::Secure),
                Ok(Request::GiveWay(answer)) => hardware.borrow_mut().give_way(&answer),
                Ok(pause @ (Request::Pause | Request::Wait)) => {
                    hardware.borrow_mut().doing[current] = Doing::Program(Resume::Turn);
                    let waits = matches!(pause, Request::Wait);
                    return if waits { Left::CannotGoOn } else { Left::TurnIsOver };
                }
                Ok(Request::Off) => return Left::CannotGoOn,
                Ok(Request::Told(_)) => unreachable!("nobody asked"),
                Err(end) => Err(end),
            },
            guest => {
                let debugger = hardware.borrow().debugger.clone();
                let wants = debugger.map(|debugger| debugger.borrow_mut().before(&Guest::on(hardware)));
                if wants == Some(Go::End) {
                    return Left::Ended(End::Debugger);
                }
                let mut hardware = hardware.borrow_mut();
                let left = hardware.run_guest();
                visible::left_guest(&left);
                match left {
                    Leave::Monitor(exit) => Ok(Doing::Program(Resume::Exit(exit))),
                    Leave::Call => hardware.normal_call(),
                    Leave::Firmware(pending) => hardware.firmware_interrupt(pending),
                    Leave::Stop => Ok(guest),
                    Leave::End(end) => {
                        hardware.doing[current] = guest;
                        Err(end)
                    }
                    left @ (Leave::Turn | Leave::Idle) => {
                        let idle = left == Leave::Idle;
                        hardware.platform.core().idle = idle;
                        hardware.doing[current] = guest;
                        return if idle { Left::CannotGoOn } else { Left::TurnIsOver };
                    }
                }
            }
        };
        match next {
            Ok(doing) => hardware.borrow_mut().doing[current] = doing,
            Err(end) => return Left::Ended(end),
        }
    }
}

impl Hardware {
    /// Gives a core its turn, and returns how many steps; or the end of the run, where no core can go on or their
    /// programs took `without_guests` steps since a guest ran.
    fn begin_turn(&mut self, scheduler: &mut Scheduler, without_guests: u64) -> Result<u64, End> {
        if without_guests > self.platform.board.budget {
            return Err(
                self.hung(format!("livelock: no guest runs for {without_guests} steps of the EL2 program"))
            );
        }
        let cores = self.doing.len();
        let mut ready: Vec<bool> = (0..cores).map(|core| self.is_ready(core)).collect();
        if let Some(words) = lock::deadlock() {
            let exits = self.last_exits().join("\n  ");
            let stacks = lock::stacks();
            let words = format!(
                "{words}; last exits of guests:\n  {exits}\nstacks of calls, innermost first:{stacks}"
            );
            return Err(End::MonitorStopped(words));
        }
        while !ready.contains(&true) {
            self.skip_time()?;
            ready = (0..cores).map(|core| self.is_ready(core)).collect();
        }
        record::without_waiting(&mut ready);
        let turn = scheduler.next(&ready);
        let on = self.doing.iter().map(|doing| !matches!(doing, Doing::Off));
        record::begin_turn(turn.core, &ready, on, scheduler.was_forced());
        if self.platform.current != turn.core {
            self.platform.current = turn.core;
            self.platform.core().was_away = true;
        }
        self.platform.core().idle = false;
        lock::select(turn.core);
        Ok(turn.steps)
    }

    /// True where `core` can go on.
    fn is_ready(&mut self, core: usize) -> bool {
        match self.doing[core] {
            Doing::Off => false,
            Doing::Program(_) => !lock::waits(core),
            Doing::Secure | Doing::Normal if !self.platform.cores[core].idle => true,
            Doing::Secure | Doing::Normal => self.on(core, |hardware| {
                let (engine, platform) = hardware.core_and_platform();
                let registers = engine.registers();
                let now = platform.clock;
                platform.signalled(registers, now).is_some()
                    || platform.virtual_interrupt(registers).is_some()
            }),
        }
    }

    /// What `ask` says with `core` as the current one.
    pub fn on<R>(&mut self, core: usize, ask: impl FnOnce(&mut Self) -> R) -> R {
        let current = std::mem::replace(&mut self.platform.current, core);
        let answer = ask(self);
        self.platform.current = current;
        answer
    }

    /// Every core waits: time passes until a timer signals. The end of the run where none will.
    fn skip_time(&mut self) -> Result<(), End> {
        let idle: Vec<usize> = (0..self.doing.len()).filter(|&core| self.platform.cores[core].idle).collect();
        let next = idle.iter().filter_map(|&core| {
            self.on(core, |hardware| {
                let (engine, platform) = hardware.core_and_platform();
                let (now, offset) = (platform.clock, platform.virtual_offset(engine.registers()));
                platform.core().timers.next(now, offset)
            })
        });
        match (next.min(), idle.first()) {
            (Some(next), _) => {
                self.platform.clock += next;
                Ok(())
            }
            (None, Some(&core)) => {
                let pc = self.platform.cores[core].pc - 4;
                Err(self.hung(format!("WFI at {pc:#x} waits for an interrupt that cannot come")))
            }
            (None, None) => Err(self.hung("every core is off".into())),
        }
    }

    /// A run that goes nowhere for this `reason`.
    pub fn hung(&self, reason: String) -> End {
        End::Hung { reason, last_exits: self.last_exits(), stacks: Vec::new() }
    }

    /// The last exits of each core's guests and its locks, in words.
    fn last_exits(&self) -> Vec<String> {
        let cores = &self.platform.cores;
        let words = cores.iter().enumerate().flat_map(|(index, core)| {
            let of = if cores.len() > 1 { format!("core {index}: ") } else { String::new() };
            core.exits.words().into_iter().map(move |words| format!("{of}{words}"))
        });
        let locks = Some(lock::report()).filter(|words| !words.is_empty());
        words.chain(locks).collect()
    }
}
