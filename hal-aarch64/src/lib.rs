//! The real machine: the [`hal::Hal`] of real EL2, and what boots an image made with it.
//!
//! An image is a binary of a few lines (`src/bin`): it has a `static` monitor and an `image_main` that calls
//! [`start()`], and an `image_secondary` that calls [`start_secondary()`]. The two images differ in a type, the [`TraceSink`], not in a feature. A platform is data
//! (the crate `platforms`), chosen by the variable `TANTALUM_PLATFORM` at build. The crate is empty on a host; `cargo doc --target aarch64-unknown-none-softfloat` shows it.
//!
//! # From EL3 to the monitor
//! ```text
//! EL3, x0 = manifest, x4 = core, MMU off, at the image's physical address
//!   entry (entry.rs, assembly)
//!     E2H on; boot tables emptied and filled, their cache lines discarded before and after
//!     translation registers, MMU and caches on by way of an identity map
//!     jump to the upper half; lower half off; .bss zeroed; this core's stack
//!   image_main (the binary)
//!     start (start.rs)
//!       windows of memory and the console mapped; vector length; GIC CPU interface; timer
//!       Boot made from the platform's description
//!       the monitor's own first line, with a RealCore and the core's Token
//!
//! EL3, on a core that is turned on later, the same registers
//!   secondary_entry (entry.rs): the first core's tables, MMU and caches on; this core's stack
//!   image_secondary (the binary)
//!     start_secondary (start.rs): vector length; GIC CPU interface; timer; the monitor
//! ```
//!
//! # The virtual address space
//! ```text
//! 0xffff_8000_0000_0000 + PA   secure memory       RW XN   without the image
//! 0xffff_a000_0000_0000 + PA   non-secure memory   RW XN   stage-1 NS = 1
//! 0xffff_c000_0000_0000 + PA   devices             RW XN   the console, the GIC
//! 0xffff_e000_0000_0000 + PA   the image           text RX, constants R, variables and stacks RW;
//!                                                  a hole below each stack
//! ```
//! All of it is in TTBR1_EL2; TTBR0_EL2 is disabled once the MMU is on. Nothing is writable and executable, and
//! WXN says so again.
//!
//! # What always holds
//! - **Physical memory is reached by windows that leave the image out.** So [`hal::Memory`] is safe whatever a
//!   caller names: it reaches memory without Rust objects, or faults. Bulk access to it runs in the few
//!   instructions of `guarded.rs`, where an abort is an `AccessFault` and not the monitor's end.
//! - **The image has no FP or SIMD instruction** but in `vector_save` and `vector_load`: what a guest left in those
//!   registers is still there until the monitor moves it.
//! - **One `ERET` enters guests, one call site each makes an SMC** that returns now, that gives way to the normal
//!   world, and by which a core goes off. Interrupts are masked while the monitor runs.
//! - **A core shares nothing with another but what is behind a lock or atomic**: its stacks are its own by its linear
//!   index, and nothing on them outlives CPU_OFF.
//! - **Safe code cannot turn E2H off**: of the registers that [`hal::Sysregs`] can write, HCR_EL2 alone could take
//!   the monitor's own translation away.
//! - A panic clears what registers hold of partitions before the normal world runs again, and answers each later
//!   request with an FF-A error.
//!
//! # What an image is made of
//! | crate | why |
//! |---|---|
//! | `hal`, `hyp` | the seam, and what is right |
//! | `platforms` | where everything is, as data |
//! | `aarch64-cpu`, `tock-registers` | fields of system registers, by name; no code |
//! | `arrayvec` | lists of a fixed capacity: there is no heap |
//! | `spin` | ticket locks and once-cells |
//! | `arm-pl011-uart`, over `safe-mmio` | the console's registers, by accesses that an emulator can decode |
//! | `dtoolkit`, over `zerocopy` | device trees that cannot be trusted |
//! | `bitflags`, `thiserror` | sets of bits and errors, in `hyp` and the crates above |
//!
//! `syn`, `quote`, `proc-macro2`, `unicode-ident`, `zerocopy-derive` and `thiserror-impl` run in the compiler only.
#![cfg(target_os = "none")]
#![no_std]

mod barrier;
mod console;
mod control;
mod cpu;
mod distributor;
mod entry;
mod exception;
mod gic;
mod guarded;
mod memory;
mod mmu;
mod monitor;
mod moves;
mod panic;
mod platform;
mod power;
mod real_core;
mod semihosting;
mod stack;
mod start;
mod sysreg;
mod timer;
mod tlb;
mod trace;
mod vector;

pub use entry::Entry;
pub use real_core::{RealCore, Spinning};
pub use start::{start, start_secondary};
pub use trace::{NoTrace, Semihosting, TraceSink};
