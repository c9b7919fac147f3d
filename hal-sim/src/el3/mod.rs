//! The firmware at EL3, as far as a monitor and a normal world can tell: TF-A 2.12's SPMD and a little PSCI.
//!
//! EL3 is the only one that switches worlds. Of a core's registers it keeps, for each world, x0 to x30 and the EL2
//! registers; **nothing else**: EL1, vector and pointer authentication registers stay in the core.

mod answers;
mod function;
mod logical;
mod power;
mod psci;
mod spmd;
mod world;

pub use logical::LogicalPartition;
pub use power::Start;
pub use spmd::{FromNormal, FromSecure, Spmd};
pub use world::NormalWorld;
