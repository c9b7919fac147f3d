//! What the cores of a run did that others may notice: what an exploration (`explore/`) learns of a run.
//!
//! A guest may mark a *window* ([`Mark`]): then what lies before and behind it is not part of the record.
//!
//! A run is divided into [`Transition`]s. One begins at each step of an EL2 program, and at each guest instruction
//! that loads, stores, maintains a TLB or leaves the guest; it goes on to the next one of its core. It carries what
//! it touches. While nothing is recorded, or one core alone is on, this costs a look at a flag.

use std::cell::{Cell, RefCell};

use hal::Pa;

use crate::schedule::Turn;

/// Something that several cores reach.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Object {
    /// The lock at this place in the program's memory.
    Lock(usize),
    /// The line of memory that begins here.
    Line(Pa),
    /// The table entry here.
    Entry(Pa),
    /// All TLBs.
    Tlb,
    /// The interrupt controller.
    Gic,
    /// What EL3 keeps.
    Firmware,
    /// What the EL2 programs of several cores share without a lock: written where one begins or ends its work for a
    /// guest, read while it holds a lock.
    Program,
}

/// What is done to an [`Object`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// It stays as it is.
    Read,
    /// It may change.
    Write,
}

/// What a core does from one point at which another may come between to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// Who.
    pub core: usize,
    /// In which of the run's turns.
    pub turn: usize,
    /// Steps that this turn took before.
    pub step: u64,
    /// The cores that could have gone on instead, itself included, a bit each.
    pub ready: u8,
    /// Whose it would have been without a preemption; `None` where the choice is free.
    pub stays: Option<usize>,
    /// It is only the rest of what the core did before, and touches nothing.
    pub is_rest: bool,
    /// What it touches.
    pub touches: Vec<(Object, Access)>,
}

/// What a guest says of the record: a hint (`hint #126`, `hint #127`) that does nothing on any machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// The window begins here, unless it began before.
    FromHere,
    /// The window is over for this core, which has no turn while another one can go on in it; it ends where it is
    /// over for all cores that are on.
    UntilHere,
}

/// What a run did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Record {
    /// The turns.
    pub turns: Vec<Turn>,
    /// What happened while more than one core was on, in the window where the guests mark one.
    pub transitions: Vec<Transition>,
}

/// Bytes of a line: what is told apart of memory.
const LINE: u64 = 64;

/// A guest looks whether something changed: it loads, or asks EL3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Where the instruction is.
    pub pc: u64,
    /// The virtual address that it loads from, or the service that it asks.
    pub at: u64,
}

/// Where the run is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Window {
    /// Before the window, or there is none.
    #[default]
    Before,
    /// In it; of these cores it is over, a bit each.
    Inside(u8),
    /// Behind it.
    Behind,
}

#[derive(Default)]
struct Recorder {
    record: Record,
    window: Window,
    /// The cores that are on, a bit each.
    on: u8,
    /// Whose turn it is.
    core: usize,
    ready: u8,
    stays: Option<usize>,
    /// The last transition of this turn was no more than this.
    looked: Option<(Look, Object)>,
    /// What a core looks at again and again, for each core.
    spins: Vec<Option<Object>>,
}

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
    /// It records, and more than one core is on.
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    static RECORDER: RefCell<Recorder> = RefCell::default();
}

/// True while transitions are noted.
#[inline]
pub fn is_active() -> bool {
    ACTIVE.get()
}

/// Records the last run that `run` makes on this thread.
pub fn recorded<R>(run: impl FnOnce() -> R) -> (R, Record) {
    RECORDING.set(true);
    let result = run();
    RECORDING.set(false);
    ACTIVE.set(false);
    (result, RECORDER.take().record)
}

/// A run begins.
pub fn begin_run() {
    ACTIVE.set(false);
    if RECORDING.get() {
        RECORDER.take();
    }
}

/// Those of the `ready` cores that do not look for a change which nobody has made, and have something to do in the
/// window, if there are any.
pub fn without_waiting(ready: &mut [bool]) {
    if !ACTIVE.get() {
        return;
    }
    RECORDER.with_borrow(|recorder| {
        let over = if let Window::Inside(over) = recorder.window { over } else { 0 };
        let waits =
            |core: usize| over >> core & 1 != 0 || recorder.spins.get(core).is_some_and(Option::is_some);
        if (0..ready.len()).any(|core| ready[core] && !waits(core)) {
            for (core, ready) in ready.iter_mut().enumerate() {
                *ready &= !waits(core);
            }
        }
    });
}

/// The turn of `core` begins; these others were `ready`, and these are `on`. The core before may go on unless its turn
/// was `forced` to end.
pub fn begin_turn(core: usize, ready: &[bool], on: impl Iterator<Item = bool>, forced: bool) {
    if !RECORDING.get() {
        return;
    }
    RECORDER.with_borrow_mut(|recorder| {
        recorder.on = mask(on);
        recorder.ready = mask(ready.iter().copied());
        let several = recorder.on.count_ones() > 1;
        ACTIVE.set(several);
        recorder.end_window();
        let before = recorder.record.turns.last().map(|turn| turn.core);
        recorder.stays = before.filter(|&before| !forced && ready[before]);
        recorder.core = core;
        recorder.spins.resize(ready.len(), None);
        if several && recorder.window != Window::Behind {
            recorder.begin(0);
            recorder.record.transitions.last_mut().expect("one began").is_rest = true;
        }
    });
}

/// A bit for each core.
fn mask(cores: impl Iterator<Item = bool>) -> u8 {
    cores.enumerate().fold(0, |mask, (core, is)| mask | u8::from(is) << core)
}

/// The guest of the running core is about to make `mark`, before which its turn took `step` steps. True where another
/// core must run first.
pub fn mark(mark: Mark, step: u64) -> bool {
    RECORDER.with_borrow_mut(|recorder| recorder.mark(mark, step))
}

/// The turn of `core` is over after `steps`.
pub fn end_turn(core: usize, steps: u64) {
    if RECORDING.get() {
        RECORDER.with_borrow_mut(|recorder| recorder.record.turns.push(Turn { core, steps }));
    }
}

/// Another core can go on from here on.
pub fn can_go_on(core: usize) {
    if RECORDING.get() {
        RECORDER.with_borrow_mut(|recorder| recorder.ready |= 1 << core);
        ACTIVE.set(true);
    }
}

/// A transition of the running core begins, before which its turn took `step` steps.
#[cold]
pub fn transition(step: u64) {
    RECORDER.with_borrow_mut(|recorder| recorder.begin(step));
}

/// The running core touches `object`.
#[inline]
pub fn touch(object: Object, access: Access) {
    if ACTIVE.get() {
        touched(object, access);
    }
}

#[cold]
fn touched(object: Object, access: Access) {
    RECORDER.with_borrow_mut(|recorder| recorder.touch(object, access));
}

/// The running core touches `size` bytes of memory from `start`.
#[inline]
pub fn touch_memory(start: Pa, size: u64, access: Access) {
    if ACTIVE.get() {
        lines(start, size).for_each(|line| touched(line, access));
    }
}

/// The lines of `size` bytes from `start`.
fn lines(start: Pa, size: u64) -> impl Iterator<Item = Object> {
    let first = start.address & !(LINE - 1);
    let lines = (first..start.address + size).step_by(LINE as usize);
    lines.map(move |address| line_of(Pa { address, ..start }))
}

/// True where the running core's guest is about to do the same as in its last transition of this turn: it waits for a
/// change. Another core must run.
pub fn looks_again(look: Look) -> bool {
    RECORDER.with_borrow_mut(|recorder| {
        let again = recorder.looked.filter(|(looked, _)| *looked == look);
        if let Some((_, object)) = again {
            let core = recorder.core;
            recorder.spins[core] = Some(object);
        }
        again.is_some()
    })
}

/// The transition that began looks at `object`, and does no more.
pub fn looks(look: Look, object: Object) {
    RECORDER.with_borrow_mut(|recorder| recorder.looked = Some((look, object)));
}

/// The line of the byte at `at`.
pub fn line_of(at: Pa) -> Object {
    Object::Line(Pa { address: at.address & !(LINE - 1), ..at })
}

impl Recorder {
    fn mark(&mut self, mark: Mark, step: u64) -> bool {
        match (mark, self.window) {
            (Mark::FromHere, Window::Before) => {
                self.window = Window::Inside(0);
                self.record.transitions.clear();
                self.stays = Some(self.core);
                self.begin(step);
                false
            }
            (Mark::UntilHere, Window::Inside(over)) if over >> self.core & 1 == 0 => {
                self.window = Window::Inside(over | 1 << self.core);
                self.end_window();
                self.window != Window::Behind
            }
            _ => false,
        }
    }

    /// The window ends where no core that is on has anything left to do in it.
    fn end_window(&mut self) {
        if let Window::Inside(over) = self.window
            && self.on & !over == 0
        {
            self.window = Window::Behind;
        }
    }

    fn begin(&mut self, step: u64) {
        self.looked = None;
        if self.window == Window::Behind {
            return;
        }
        let core = self.core;
        let turn = self.record.turns.len();
        if let Some(last) = self.record.transitions.last_mut()
            && (last.turn, last.step) == (turn, step)
        {
            last.is_rest = false;
            return;
        }
        let first = self.record.transitions.last().is_none_or(|last| last.turn != turn);
        let stays = if first { self.stays } else { Some(core) };
        let ready = self.ready | 1 << core;
        let transition = Transition { core, turn, step, ready, stays, is_rest: false, touches: Vec::new() };
        self.record.transitions.push(transition);
    }

    fn touch(&mut self, object: Object, access: Access) {
        if let Some(last) = self.record.transitions.last_mut().filter(|_| self.window != Window::Behind) {
            last.is_rest = false;
            match last.touches.iter_mut().find(|(touched, _)| *touched == object) {
                Some((_, before)) => *before = access.max(*before),
                None => last.touches.push((object, access)),
            }
        }
        if access == Access::Write {
            for (core, spins) in self.spins.iter_mut().enumerate() {
                if core != self.core && *spins == Some(object) {
                    *spins = None;
                    self.ready |= 1 << core;
                }
            }
        }
    }
}
