//! What every endpoint has, in whichever world it lives: buffers and a version.

use core::sync::atomic::{AtomicU32, Ordering};

use hal::lock::{Lock, LockPolicy};

use super::mailbox::Mailbox;
use crate::capacity::rank;
use crate::ffa::Version;

/// The version that an endpoint speaks; fixed from its first call other than FFA_VERSION.
#[derive(Debug)]
pub struct NegotiatedVersion(AtomicU32);

/// Set in the word once the version is fixed; bit 31 of a version is always zero.
const FIXED: u32 = 1 << 31;

impl NegotiatedVersion {
    /// FF-A 1.0, not fixed: the empty value. No version is 0.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The version in force.
    pub fn get(&self) -> Version {
        match self.0.load(Ordering::Relaxed) & !FIXED {
            0 => Version::V1_0,
            word => Version::from_word(word).unwrap_or(Version::V1_0),
        }
    }

    /// Makes `version` the one in force; false where another one is fixed.
    pub fn set(&self, version: Version) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        if word & FIXED != 0 {
            // rule: version.6
            return self.get() == version;
        }
        // rule: version.7
        self.0.compare_exchange(word, version.to_word(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Fixes the version in force.
    pub fn fix(&self) {
        self.fix_where(|| true);
    }

    /// Fixes the version in force where that is open and `is_its` says that it was used.
    pub fn fix_where(&self, is_its: impl FnOnce() -> bool) {
        if self.0.load(Ordering::Relaxed) & FIXED == 0 && is_its() {
            self.0.fetch_or(FIXED, Ordering::Relaxed);
        }
    }
}

impl Default for NegotiatedVersion {
    fn default() -> Self {
        Self::new()
    }
}

/// An endpoint as the relayer sees it.
pub struct Endpoint<P: LockPolicy> {
    /// The RX and TX buffers.
    pub mailbox: Lock<Mailbox, P, { rank::MAILBOX }>,
    /// The version that it speaks.
    pub version: NegotiatedVersion,
}

impl<P: LockPolicy> Endpoint<P> {
    /// An endpoint without buffers, the empty value.
    pub const fn new() -> Self {
        Self { mailbox: Lock::new(Mailbox::EMPTY), version: NegotiatedVersion::new() }
    }
}

impl<P: LockPolicy> Default for Endpoint<P> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_version_can_be_repeated_but_not_changed() {
        let version = NegotiatedVersion::new();
        assert!(version.set(Version::V1_2));
        assert!(version.set(Version::V1_1));
        version.fix();
        assert!(version.set(Version::V1_1));
        assert!(!version.set(Version::V1_2));
        assert_eq!(version.get(), Version::V1_1);
    }
}
