//! What can be found in a manifest or a package: where, what was found, what is allowed.

use core::fmt::{self, Write};

use arrayvec::ArrayString;
use dtoolkit::error::FdtErrorKind;
use thiserror::Error;

use crate::capacity::{MAX_NAME, MAX_PATH};

/// A short text out of a manifest.
pub type Text = ArrayString<MAX_NAME>;

/// Something that a reader of manifests says: what is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding<'a> {
    /// The path of the node, cut where it is too long, or what else was read.
    pub node: &'a str,
    /// The property; `None` where it is the node itself.
    pub property: Option<&'a str>,
    /// What is to be said of it.
    pub problem: Problem<'a>,
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node)?;
        if let Some(property) = self.property {
            write!(f, ": {property}")?;
        }
        write!(f, " {}", self.problem)
    }
}

/// What is to be said of a node or a property. Its `Display` goes on from the name.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Problem<'a> {
    // Nothing is wrong.
    /// Nobody here reads it.
    #[error("is ignored")]
    Ignored,
    /// It is right, and what it asks for is not there yet.
    #[error("is not served yet")]
    NotServed,

    // Something is wrong.
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
    #[error("is {found}: it must be {}", Range { low: *low, high: *high })]
    OutOfRange {
        /// The number.
        found: u64,
        /// The least that is allowed.
        low: u64,
        /// The greatest that is allowed.
        high: u64,
    },
    /// Its value is an address where another already has its memory.
    #[error("is {found:#x}: it must not be in the memory of {owner}")]
    Taken {
        /// The address.
        found: u64,
        /// Who has it.
        owner: &'a str,
    },
    /// Its value is a text that is not allowed.
    #[error("is \"{found}\": it must be {}", Choice(allowed))]
    Text {
        /// The text.
        found: &'a str,
        /// The texts that are.
        allowed: &'a [&'static str],
    },
    /// Its value is not of the form that its type has.
    #[error("cannot be read: {allowed}")]
    Malformed {
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
    /// Its end is not there.
    #[error("is cut: of {size} bytes {found} are there")]
    Cut {
        /// How many bytes are there.
        found: usize,
        /// How many it says that it has.
        size: usize,
    },
    /// The bytes are no device tree.
    #[error("is no device tree: {0}")]
    Tree(FdtErrorKind),
}

/// The numbers from `low` to `high`, of which there may be one only.
struct Range {
    low: u64,
    high: u64,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { low, high } = self;
        if low == high { write!(f, "{low}") } else { write!(f, "{low} to {high}") }
    }
}

/// Any of these texts.
struct Choice<'a>(&'a [&'static str]);

impl fmt::Display for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, text) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " or " })?;
            f.write_str(text)?;
        }
        Ok(())
    }
}

impl Problem<'_> {
    /// True where what was read cannot be used.
    pub const fn is_error(&self) -> bool {
        !matches!(self, Self::Ignored | Self::NotServed)
    }
}

/// What was read is wrong; the report has the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wrong;

/// Where readers of manifests say what they find. They go on after an error, so all are told.
pub struct Report<'r> {
    tell: &'r mut dyn FnMut(&Finding<'_>),
    path: ArrayString<MAX_PATH>,
    errors: usize,
}

/// How long the path was before [`Report::enter`].
#[must_use = "who enters a node leaves it"]
pub struct Entered(usize);

impl<'r> Report<'r> {
    /// A report on what is called `name`, to `tell`.
    pub fn new(name: &str, tell: &'r mut dyn FnMut(&Finding<'_>)) -> Self {
        let mut report = Self { tell, path: ArrayString::new(), errors: 0 };
        report.push(name);
        report
    }

    /// The node called `name` below the present one is the present one now.
    pub fn enter(&mut self, name: &str) -> Entered {
        let entered = Entered(self.path.len());
        self.push("/");
        self.push(name);
        entered
    }

    /// The node above is the present one again.
    pub fn leave(&mut self, entered: Entered) {
        self.path.truncate(entered.0);
    }

    /// Says `problem` of the present node.
    #[inline(never)]
    pub fn node(&mut self, problem: Problem<'_>) {
        self.say(None, problem);
    }

    /// Says `problem` of a property of the present node.
    #[inline(never)]
    pub fn property(&mut self, property: &str, problem: Problem<'_>) {
        self.say(Some(property), problem);
    }

    /// Says of a property of the present node that it is the number `found`, where `allowed` says what it must be.
    #[inline(never)]
    pub fn value(&mut self, property: &str, found: u64, allowed: &'static str) {
        self.say(Some(property), Problem::Value { found, allowed });
    }

    /// Says that a property of the present node is required.
    #[inline(never)]
    pub fn missing(&mut self, property: &str) {
        self.say(Some(property), Problem::Missing);
    }

    /// Says that a property of the present node asks for what is not there yet.
    #[inline(never)]
    pub fn not_served(&mut self, property: &str) {
        self.say(Some(property), Problem::NotServed);
    }

    /// Says that a property of the present node has `cells` cells, where `allowed` says what it must have.
    #[inline(never)]
    pub fn length(&mut self, property: &str, cells: usize, allowed: &'static str) {
        self.say(Some(property), Problem::Length { found: cells * 4, allowed });
    }

    /// Says that a property of the present node cannot be there, and why.
    #[inline(never)]
    pub fn unexpected(&mut self, property: &str, reason: &'static str) {
        self.say(Some(property), Problem::Unexpected { reason });
    }

    /// Says so where the present node has more nodes, `found`, than there is room for, `limit`.
    #[inline(never)]
    pub fn room(&mut self, found: usize, limit: usize) {
        if found > limit {
            self.say(None, Problem::TooMany { found, limit });
        }
    }

    /// Says `problem` of the node `name` below the present one.
    #[inline(never)]
    pub fn below(&mut self, name: &str, problem: Problem<'_>) {
        let entered = self.enter(name);
        self.say(None, problem);
        self.leave(entered);
    }

    /// `value`, unless something is wrong.
    pub fn unless_wrong<T>(&self, value: T) -> Result<T, Wrong> {
        // rule: boot.5
        if self.errors == 0 { Ok(value) } else { Err(Wrong) }
    }

    fn say(&mut self, property: Option<&str>, problem: Problem<'_>) {
        self.errors += usize::from(problem.is_error());
        (self.tell)(&Finding { node: &self.path, property, problem });
    }

    /// Adds as much of `text` to the path as there is room for.
    pub fn push(&mut self, text: &str) {
        for character in text.chars() {
            let shown = if character.is_control() { '?' } else { character };
            if self.path.write_char(shown).is_err() {
                break;
            }
        }
    }
}
