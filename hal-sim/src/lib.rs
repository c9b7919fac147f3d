//! The simulated machine: 1 to 8 AArch64 cores with both worlds, on which an EL2 program written against [`hal`] runs
//! unchanged while its guests run as machine code.
//!
//! ```text
//!      secure world                       normal world
//!   S-EL0, S-EL1  machine code         NS-EL1, NS-EL2  machine code
//!   S-EL2         the program: Rust,
//!                 a coroutine on each core
//!   ------------------------- EL3: a model of the SPMD -------------------------
//!   for each core: an emulated one, a register file, an MMU, timers     GIC, RAM of both spaces
//! ```
//!
//! A [`Machine`] is made from a [`Board`], loaded, and [run](Machine::run_cores) to its [`Outcome`]. It knows nothing of
//! FF-A but which calls EL3 answers, passes on or refuses, so it runs any EL2 program.
//!
//! # What always holds
//!
//! - **Registers are shared by the worlds as on silicon.** EL3 keeps x0 to x30 and the EL2 registers of each; EL1,
//!   vector and pointer authentication registers stay in the core, so a program that forgets one leaks it. At reset
//!   they hold junk.
//! - **The TLB forgets nothing by itself.** A translation stays until the TLBI that names it; use of one that the
//!   tables do not hold any more is a finding, and so is a valid entry replaced by another.
//! - **What silicon need not show yet is remembered**: table entries until a barrier, lines until a clean,
//!   instructions until they are made executable. Whoever relies on one before that is a finding. A finding changes
//!   nothing of the run.
//! - **Two physical and two intermediate physical address spaces.** The same number names different bytes in each.
//! - **Nothing is silently zero.** An unknown register ends the run with its name; what is not modelled is a finding.
//! - **A run is a function of board, RAM, seed, schedule and program**, to the last bit. Time is instructions
//!   executed, by whatever core, at one nanosecond each; EL2 and EL3 take none.
//! - **Cores take turns**, as their [`Schedule`] says: one core at a time runs, and another may come between at each
//!   acquire and release of a lock, each call of [`hal`] that reaches what cores share, and each guest instruction.
//!   [`Outcome::schedule`] repeats a run.
//! - A core that waits for a lock does not run until one is given back: a deadlock is found when it happens.
//! - **An interrupt comes exactly where it is asked for**: an [`Injection`] after `n` guest instructions, or `n` steps of
//!   guests and EL2 program, is seen by whatever is next, and by nothing before.
//! - A guest's exception is delivered by this crate, never by the emulator, and only the MMU of this crate
//!   translates.
//!
//! # What it cannot do
//!
//! S-EL0 under the host extensions (HCR_EL2.TGE), an NS-EL2 with HCR_EL2.E2H, `AT` instructions,
//! the GIC's virtual CPU interface, its ITS and message-based interrupts, 16 and 64 KiB
//! granules, alignment faults, HCR_EL2.FWB, traps of floating point (CPTR_EL2.FPEN) and of `WFE`, memory tagging,
//! weak memory order, caches beyond the bookkeeping of `maintenance`: there is one copy of memory. The emulator's
//! exclusive monitor compares values. `docs/simulator.md` has more, and how to read a finding.
//!
//! # Ideas that were rejected
//!
//! - *An emulated core for each guest*: ten times as fast at a switch, and blind to a forgotten register.
//! - *The emulator's own table walk*: it has one intermediate physical address space and no VMID.
//! - *Threads for cores*: no schedule could be repeated.

mod board;
mod bus;
mod core;
mod debug;
mod decode;
mod el2;
mod el3;
mod emulate;
mod encoding;
mod entry;
mod exception;
mod exits;
pub mod explore;
mod gic;
mod guest;
mod hardware;
mod injection;
mod junk;
mod lock;
mod machine;
mod maintenance;
mod mmu;
mod observe;
mod pl011;
mod pl061;
mod platform;
mod ram;
mod record;
mod run;
mod schedule;
mod scheduler;
mod semihosting;
mod stack;
mod terminal;
mod timer;
mod tlbi;
mod turn;
mod unicorn;
mod visible;

pub use board::{Board, End, Outcome};
pub use core::SimCore;
pub use debug::{Debugger, Debugging, Go, Guest};
pub use el3::LogicalPartition;
pub use entry::Entry;
pub use injection::{Counted, Injection, Signal, When};
pub use junk::Junk;
pub use lock::SimLocks;
pub use machine::Machine;
pub use observe::{Bytes, Moment, Observer, Observing, View};
pub use schedule::{Schedule, Turn};
pub use terminal::{Attached, Terminal};
