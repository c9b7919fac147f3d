//! The simulated machine.

mod board;
mod bus;
mod core;
mod decode;
mod el2;
mod el3;
mod emulate;
mod encoding;
mod exception;
mod exits;
mod gic;
mod guest;
mod hardware;
mod junk;
mod lock;
mod machine;
mod mmu;
mod platform;
mod ram;
mod semihosting;
mod timer;
mod tlbi;
mod unicorn;

pub use board::{Board, End, Outcome};
pub use core::SimCore;
pub use lock::SimLocks;
pub use machine::Machine;
