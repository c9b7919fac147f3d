//! What can be wrong in a manifest or a package: where, what was found, what is allowed.

use core::fmt;

use arrayvec::ArrayString;
use dtoolkit::error::FdtErrorKind;
use thiserror::Error;

use crate::capacity::{MAX_NAME, MAX_PATH};

/// A short text out of a manifest.
pub type Text = ArrayString<MAX_NAME>;

/// The path of a node, cut where it is too long.
pub type Path = ArrayString<MAX_PATH>;

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The path of the node, or what else was read.
    pub node: Path,
    /// The property; `None` where it is the node itself.
    pub property: Option<&'static str>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.property {
            Some(property) => write!(f, "{}: {property} {}", self.node, self.problem),
            None => write!(f, "{} {}", self.node, self.problem),
        }
    }
}

impl core::error::Error for Error {}

/// What is wrong with a node or a property. Its `Display` goes on from the name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Problem {
    /// It is required.
    #[error("is missing")]
    Missing,
    /// It cannot be there.
    #[error("must not be there: {reason}")]
    Unexpected {
        /// Why not.
        reason: &'static str,
    },
    /// Its value has another length than its type.
    #[error("has {found} bytes: {allowed}")]
    Length {
        /// Bytes of the value.
        found: usize,
        /// What would have been right, as a clause.
        allowed: &'static str,
    },
    /// Its value is a number that is not allowed.
    #[error("is {found:#x}: {allowed}")]
    Value {
        /// The number.
        found: u64,
        /// What would have been right, as a clause.
        allowed: &'static str,
    },
    /// Its value is a number outside a range.
    #[error("is {found}: it must be {low} to {high}")]
    OutOfRange {
        /// The number.
        found: u64,
        /// The least that is allowed.
        low: u32,
        /// The greatest that is allowed.
        high: u32,
    },
    /// Its value is a text that is not allowed.
    #[error("is \"{found}\": {allowed}")]
    Text {
        /// The text, cut where it is too long.
        found: Text,
        /// What would have been right, as a clause.
        allowed: &'static str,
    },
    /// Its value is not text of one line that ends with a zero byte.
    #[error("is not a text of at most 32 bytes that ends with a zero byte")]
    NotText,
    /// There is more of it than there is room for.
    #[error("has {found} entries: there is room for {limit}")]
    TooMany {
        /// How many there are, at least.
        found: usize,
        /// How many are possible.
        limit: usize,
    },
    /// The bytes are no device tree.
    #[error("is no device tree: {0}")]
    Tree(FdtErrorKind),
}

/// As much of `text` as there is room for.
pub(super) fn cut<const N: usize>(text: &str) -> ArrayString<N> {
    let mut kept = ArrayString::new();
    for character in text.chars() {
        if kept.try_push(character).is_err() {
            break;
        }
    }
    kept
}
