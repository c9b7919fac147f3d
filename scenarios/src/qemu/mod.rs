//! The real machine: boots packed scenarios under TF-A in QEMU.
//!
//! A packed directory holds what TF-A loads by semihosting from its working directory; this module adds the
//! firmware and an SPMC, starts QEMU in it, and hands back the stream that the guests (and a traced monitor) wrote.
//! Everything that QEMU says of itself or that comes out of a UART stays in files of that directory,
//! `build/scenarios/NAME/IMAGE`:
//!
//! | file | what it holds |
//! |---|---|
//! | `stream` | QEMU's standard output: the guests' records, the traced monitor's events |
//! | `uart0.log` | TF-A's log and the normal world's words |
//! | `uart1.log` | the secure world's words, TF-A's crash dump |
//! | `qemu.log` | QEMU's own complaints |
//!
//! A run is bounded in time: what hangs is killed, run again with QEMU's exception log, and reported with its last
//! exits.

mod boot;
mod calibrate;
mod command;
mod cost;
mod count;
mod diff;
mod elf;
mod exits;
mod failure;
mod place;
mod profile;
mod watch;

pub mod bench;
pub mod compare;
pub mod debug;

pub use boot::{Boot, boot};
pub use command::Emulator;
pub use cost::{Costs, costs};
pub use failure::Failure;
pub use place::Spmc;
pub use profile::Profile;
