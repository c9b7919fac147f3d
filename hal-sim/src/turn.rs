//! A core's turn on the machine's one thread: how long it is, and how the core's program gives it up.
//!
//! Each core's EL2 program is a coroutine. The scheduler gives a turn of so many *steps*: a step is a guest
//! instruction, or a point of the program at which another core may come between ([`step`]). Locks, which know no
//! machine, end a turn here too; so what runs is kept per thread.

use std::cell::Cell;
use std::ptr::NonNull;

use corosensei::Yielder;
use hal::Registers;
use hal::cpu::Exit;

use crate::entry::Entry;
use crate::record;
use crate::stack::Stack;

/// What the EL2 program asks of the machine when it gives up the core.
pub enum Request {
    /// Run the guest whose registers are loaded.
    Enter,
    /// Give way to the normal world with these x0 to x17.
    GiveWay(Registers),
    /// The turn is over; the program wants to go on.
    Pause,
    /// The program waits for a lock.
    Wait,
    /// The program's stack is gone: the core is off.
    Off,
    /// Nothing: the program tells where it stands.
    Told(Stack),
}

/// What the EL2 program goes on with.
pub enum Resume {
    /// The start of the program.
    Start(Entry),
    /// The exit of its guest.
    Exit(Exit),
    /// The normal world's next request.
    Request(Registers),
    /// Another turn.
    Turn,
    /// The core is switched off.
    Off,
    /// The question where it stands.
    Tell,
}

/// What the coroutine of an EL2 program gives up its turn with.
pub type Yields = Yielder<Resume, Request>;

/// What unwinds the stack of a core that is switched off.
pub struct SwitchedOff;

thread_local! {
    /// The yielder of the coroutine that runs on this thread.
    static RUNNING: Cell<Option<NonNull<Yields>>> = const { Cell::new(None) };
    /// Steps left of the turn.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    /// Steps of the turn.
    static GIVEN: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// A turn of `steps` begins.
pub fn begin(steps: u64) {
    LEFT.set(steps);
    GIVEN.set(steps);
}

/// Steps that the turn took.
pub fn taken() -> u64 {
    GIVEN.get() - LEFT.get()
}

/// The turn is over once the guest's last `instructions` are [spent](spend), whatever else is left of it.
pub fn end_after(instructions: u64) {
    GIVEN.set(taken() + instructions);
    LEFT.set(instructions);
}

/// Steps left of the turn.
pub fn left() -> u64 {
    LEFT.get()
}

/// A guest has executed `instructions`.
pub fn spend(instructions: u64) {
    LEFT.set(LEFT.get().saturating_sub(instructions));
}

/// No coroutine runs: the last one gave up its turn, or ended.
pub fn end() {
    RUNNING.set(None);
}

/// The coroutine that has `yielder` runs from here on.
pub fn enter(yielder: &Yields) {
    RUNNING.set(Some(NonNull::from(yielder)));
}

/// True where a core's program runs on this thread.
pub fn is_inside() -> bool {
    RUNNING.get().is_some()
}

/// Where the stack ends of the core's program that runs: the yielder is in its outermost frame.
pub fn base() -> Option<usize> {
    RUNNING.get().map(|yielder| yielder.as_ptr().addr())
}

/// A point at which another core may come between.
#[inline]
pub fn step() {
    match LEFT.get() {
        0 => pause(),
        left => LEFT.set(left - 1),
    }
    if record::is_active() {
        record::transition(taken().saturating_sub(1));
    }
}

/// The turn is over, unless the stack is being unwound or no program runs at all.
#[cold]
fn pause() {
    if is_inside() && !std::thread::panicking() {
        suspend(Request::Pause);
        spend(1);
    }
}

/// The program that runs gives up its core with `request`.
pub fn suspend(request: Request) -> Resume {
    let yielder = RUNNING.take().expect("only a core's program gives up a core");
    // SAFETY: `enter` put it there when the coroutine that runs began or went on, and `end` and this function take
    // it away whenever that coroutine stops: it is the yielder of this coroutine, whose main function holds it.
    let yields = unsafe { yielder.as_ref() };
    let mut resume = yields.suspend(request);
    while matches!(resume, Resume::Tell) {
        resume = yields.suspend(Request::Told(Stack::here(yielder.as_ptr().addr())));
    }
    RUNNING.set(Some(yielder));
    resume
}
