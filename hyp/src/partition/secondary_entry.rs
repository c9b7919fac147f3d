//! Where a partition's vCPUs begin that are not its first.

use core::sync::atomic::{AtomicU64, Ordering};

/// The entry point that a partition registers while its first vCPU initialises itself; fixed from then on.
#[derive(Debug)]
pub struct SecondaryEntry(AtomicU64);

/// Set in the word once the entry point is fixed; instructions are aligned, so an entry point has this bit clear.
const FIXED: u64 = 1;

impl SecondaryEntry {
    /// None registered, not fixed: the empty value.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The entry point, if one is registered.
    pub fn get(&self) -> Option<u64> {
        match self.0.load(Ordering::Relaxed) & !FIXED {
            0 => None,
            entry => Some(entry),
        }
    }

    /// Makes `entry`, a multiple of 4, the entry point; false where it is fixed.
    pub fn set(&self, entry: u64) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        word & FIXED == 0
            && self.0.compare_exchange(word, entry, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// True when the entry point can change no more.
    pub fn is_fixed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & FIXED != 0
    }

    /// Fixes the entry point.
    pub fn fix(&self) {
        self.0.fetch_or(FIXED, Ordering::Relaxed);
    }
}

impl Default for SecondaryEntry {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_point_before_it_is_fixed_counts() {
        let entry = SecondaryEntry::new();
        assert_eq!(entry.get(), None);
        assert!(entry.set(0x1000) && entry.set(0x2000));
        entry.fix();
        assert!(!entry.set(0x3000));
        assert_eq!(entry.get(), Some(0x2000));
    }

    #[test]
    fn without_one_there_is_none_once_it_is_fixed() {
        let entry = SecondaryEntry::new();
        entry.fix();
        assert_eq!(entry.get(), None);
        assert!(entry.is_fixed());
    }
}
