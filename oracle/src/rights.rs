//! What may be done with a page.

use std::fmt;
use std::ops::BitOr;

/// Loads, stores and instruction fetches.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Rights(u8);

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Loads.
    pub const READ: Self = Self(1);
    /// Stores.
    pub const WRITE: Self = Self(2);
    /// Instruction fetches.
    pub const EXECUTE: Self = Self(4);
    /// Everything.
    pub const ALL: Self = Self(7);

    /// True when everything in `other` is in these.
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These if `condition`, else none.
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }
}

impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "not at all",
            1 => "read-only",
            2 => "write-only",
            3 => "read-write",
            4 => "execute-only",
            5 => "read-execute",
            6 => "write-execute",
            _ => "read-write-execute",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Rights;

    #[test]
    fn rights_are_said_in_one_word() {
        assert_eq!((Rights::READ | Rights::WRITE).to_string(), "read-write");
        assert_eq!(Rights::ALL.to_string(), "read-write-execute");
        assert!(!Rights::READ.include(Rights::WRITE));
    }
}
