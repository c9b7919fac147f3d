//! TLB maintenance for stage-2 translations, inner shareable.

use crate::address::Ipa;

/// Tags a guest's translations. The secure and the non-secure stage 2 of one partition share it
/// (VSTTBR_EL2 has no VMID of its own).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vmid(pub u16);

/// Invalidate translations.
///
/// An invalidation is complete, on all cores, when the method returns.
pub trait Tlb {
    /// Makes table entries written before visible to the walkers of all cores (DSB ISHST, ISB): needed before
    /// an entry that became valid is used.
    fn synchronise(&mut self);

    /// Forgets the stage-2 translations of `pages` pages from `start` on under `vmid`, and all translations of
    /// both stages combined under it.
    fn invalidate(&mut self, vmid: Vmid, start: Ipa, pages: u64);

    /// Forgets everything cached under `vmid`.
    fn invalidate_vmid(&mut self, vmid: Vmid);

    /// Forgets everything cached for EL1 and EL0, whatever its VMID.
    fn invalidate_all(&mut self);
}
