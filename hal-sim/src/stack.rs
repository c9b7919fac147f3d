//! Stacks of calls of EL2 programs, as reports tell them.
//!
//! Unwinding takes microseconds, and locks are taken all the time. So each stack is unwound once: where the stack
//! pointer is what it was and each return address stands where it stood, the calls are the same ones.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::fmt::{self, Write};
use std::path::Path;
use std::rc::Rc;

/// The calls that are told of a stack.
const MOST_LINES: usize = 12;

/// The files whose calls every stack begins with: how a core takes a lock, waits, or tells where it is.
const HOW: [&str; 4] =
    ["hal/src/lock.rs", "hal-sim/src/lock.rs", "hal-sim/src/stack.rs", "hal-sim/src/turn.rs"];

/// The file that has the outermost calls: it begins the program.
const START: &str = "hal-sim/src/machine.rs";

/// Where a program was: its calls, innermost first.
pub struct Stack {
    calls: Vec<Call>,
    lines: OnceCell<Vec<String>>,
}

/// A call that has not returned.
struct Call {
    /// Where it returns to.
    pc: usize,
    /// Where that is kept, on a host whose calls push it.
    slot: usize,
}

impl Call {
    /// True where its slot has its return address.
    fn stands(&self) -> bool {
        // SAFETY: only slots between the stack pointer and the end of the stack that runs are asked.
        unsafe { (self.slot as *const usize).read_volatile() == self.pc }
    }
}

impl Stack {
    /// The calls that return to addresses kept from `top` to `base`.
    fn unwind(top: usize, base: usize) -> Self {
        let mut calls = Vec::new();
        let mut keep = |frame: &backtrace::Frame| {
            let slot = frame.sp().addr().saturating_sub(size_of::<usize>());
            if (top..base).contains(&slot) {
                calls.push(Call { pc: frame.ip().addr(), slot });
            }
            slot < base
        };
        backtrace::trace(&mut keep);
        Self { calls, lines: OnceCell::new() }
    }

    /// Where the program that runs is, whose stack ends at `base`.
    pub fn here(base: usize) -> Self {
        let top = 0_u8;
        Self::unwind((&raw const top).addr(), base)
    }

    /// The calls of our own programs, one a line.
    fn lines(&self) -> &[String] {
        self.lines.get_or_init(|| {
            let mut all = Vec::new();
            self.calls.iter().for_each(|call| {
                backtrace::resolve(call.pc as *mut c_void, |symbol| all.extend(line(symbol)));
            });
            let is_how = |(file, _): &(String, String)| HOW.contains(&file.as_str());
            let program = all.into_iter().skip_while(is_how).take_while(|(file, _)| file != START);
            program.map(|(_, line)| line).take(MOST_LINES).collect()
        })
    }
}

/// Each call on a line of its own, indented.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines() {
            [] => f.write_str("\n    unknown, for want of debug information"),
            lines => lines.iter().try_for_each(|line| write!(f, "\n    {line}")),
        }
    }
}

/// The file of a call, and its function and place in words; `None` where it is not one of our own.
fn line(symbol: &backtrace::Symbol) -> Option<(String, String)> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let file = symbol.filename()?;
    let file = if file.is_absolute() { file.strip_prefix(ours).ok()? } else { file };
    let file = file.to_string_lossy().into_owned();
    let name = format!("{:#}", symbol.name()?).replace("::{{closure}}", "");
    let mut words = format!("{name} at {file}");
    if let Some(number) = symbol.lineno() {
        write!(words, ":{number}").ok()?;
    }
    Some((file, words))
}

/// Stacks that were unwound before, by the stack pointer that they had.
#[derive(Default)]
pub struct Known(HashMap<usize, Vec<Rc<Stack>>>);

impl Known {
    /// Where the program that runs is, whose stack ends at `base`.
    #[inline(never)]
    pub fn here(&mut self, base: usize) -> Rc<Stack> {
        let here = 0_u8;
        let top = (&raw const here).addr();
        let same_pointer = self.0.entry(top).or_default();
        let same = same_pointer.iter().find(|stack| stack.calls.iter().all(Call::stands));
        if let Some(stack) = same {
            return Rc::clone(stack);
        }
        let stack = Rc::new(Stack::unwind(top, base));
        if stack.calls.iter().all(Call::stands) {
            same_pointer.push(Rc::clone(&stack));
        }
        stack
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::rc::Rc;

    use super::{Known, Stack};

    #[inline(never)]
    fn first(known: &mut Known, base: usize) -> Rc<Stack> {
        black_box(known.here(base))
    }

    #[inline(never)]
    fn second(known: &mut Known, base: usize) -> Rc<Stack> {
        black_box(known.here(base))
    }

    /// The stack that ends here, of which `call` is the outermost.
    #[inline(never)]
    fn inside(call: fn(&mut Known, usize) -> Rc<Stack>, known: &mut Known) -> Rc<Stack> {
        let end = 0_u8;
        call(known, (&raw const end).addr())
    }

    #[test]
    fn a_stack_is_unwound_once_and_told_apart_from_another_with_the_same_stack_pointer() {
        let mut known = Known::default();
        let stacks = [first, second, first, second].map(|call| inside(call, &mut known));
        assert_eq!(known.0.len(), 1, "one stack pointer");
        assert!(stacks[0].calls.len() > 1);
        assert!(Rc::ptr_eq(&stacks[0], &stacks[2]) && Rc::ptr_eq(&stacks[1], &stacks[3]));
        assert!(!Rc::ptr_eq(&stacks[0], &stacks[1]));
    }
}
