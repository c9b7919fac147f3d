//! The memory management unit: two stages, two intermediate physical address spaces, and a TLB that forgets
//! nothing by itself.
//!
//! | the core runs | stage 1 | stage 2 |
//! |---|---|---|
//! | NS-EL2 | TTBR0_EL2, or off | none |
//! | NS-EL1 and EL0 | TTBRx_EL1, or off | VTTBR_EL2, if HCR_EL2.VM |
//! | S-EL1 and EL0, a secure IPA (stage 1 off, or NS = 0) | TTBRx_EL1, or off | VSTTBR_EL2, if HCR_EL2.VM |
//! | S-EL1 and EL0, a non-secure IPA (stage 1 on and NS = 1) | TTBRx_EL1 | VTTBR_EL2, if HCR_EL2.VM |
//!
//! Only the 4 KiB granule. A translation comes from the [`tlb`] where that has one, however old, and the tables
//! are walked all the same: where the two differ, a finding says that a TLBI is missing, and the old one is used.
//! What else a walk or an access may find wrong is in [`report`].

pub mod attributes;
pub mod fault;
pub mod invalidation;
mod peek;
pub mod regime;
pub mod report;
pub mod stage1;
pub mod stage2;
#[cfg(test)]
mod tests;
pub mod tlb;
pub mod translate;

pub use fault::Fault;
pub use translate::{Mmu, Privilege};
