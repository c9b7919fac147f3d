//! The seam between what is right (`hyp`) and how a machine does it (`hal-sim`, `hal-aarch64`).
//!
//! Traits and value types only; no logic, no `unsafe`, no heap. A [`Hal`] value is **one core's view** of a
//! machine and is passed as `&mut`; what cores share is behind a [`lock::Lock`]. Each trait below is one thing
//! that hardware does and can be mocked alone:
//!
//! | trait | the thing |
//! |---|---|
//! | [`Sysregs`] | read and write one named system register |
//! | [`Vector`] | save and load the SIMD registers, which the monitor itself never touches |
//! | [`Tlb`] | invalidate stage-2 translations |
//! | [`Gic`] | acknowledge a physical interrupt and drop its priority; mask, send |
//! | [`Distributor`] | whose each interrupt is, whether it is on, where it goes |
//! | [`Timer`] | interrupt this core at a deadline |
//! | [`Monitor`] | the world below: a service that returns, or the normal world's next request |
//! | [`Cpu`] | run a guest until it exits |
//! | [`Memory`] | reach physical pages that are not the monitor's own |
//! | [`Console`], [`Trace`] | bytes for a person, events for a tool |
//! | [`lock::LockPolicy`] | how a core waits for a lock, and who is told of it |
//!
//! One call never returns: [`Monitor::power_off`]. Two calls do not return soon: [`Cpu::enter`] and [`Monitor::next_request`]. Both take the core's
//! [`lock::Token`] by `&mut`, and a lock guard borrows that token, so no guard can live across them: a core that
//! is switched off inside one loses nothing with its stack.
#![no_std]
#![forbid(unsafe_code)]

pub mod address;
pub mod boot;
pub mod context;
pub mod cpu;
pub mod interrupt;
pub mod lock;
pub mod memory;
pub mod monitor;
pub mod sysreg;
pub mod timer;
pub mod tlb;
pub mod trace;

pub use address::{Ipa, PAGE_SIZE, Pa, Space};
pub use context::Vector;
pub use cpu::Cpu;
pub use interrupt::{Distributor, Gic};
pub use memory::Memory;
pub use monitor::{Monitor, Registers};
pub use sysreg::Sysregs;
pub use timer::Timer;
pub use tlb::Tlb;
pub use trace::{Console, Trace};

/// One core of a machine: the sum of everything that hardware does for a monitor.
pub trait Hal:
    Sysregs + Vector + Tlb + Gic + Distributor + Timer + Monitor + Cpu + Memory + Console + Trace
{
    /// How this machine's cores wait for locks.
    type Locks: lock::LockPolicy;
}
