//! The real machine: the [`hal::Hal`] of real EL2, and what boots an image made with it.
#![cfg(target_os = "none")]
#![no_std]

mod barrier;
mod console;
mod control;
mod cpu;
mod entry;
mod exception;
mod gic;
mod guarded;
mod memory;
mod mmu;
mod monitor;
mod panic;
mod platform;
mod real_core;
mod semihosting;
mod stack;
mod start;
mod sysreg;
mod tlb;
mod trace;
mod vector;

pub use entry::Entry;
pub use real_core::{RealCore, Spinning};
pub use start::start;
pub use trace::{NoTrace, Semihosting, TraceSink};
