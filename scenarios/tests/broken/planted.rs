//! What a planted bug is, and the checkers that must find one.

use std::fmt;

use crate::machine::Bug;

/// A bug, where it shows, and who must say what of it.
pub struct Planted {
    /// What is broken.
    pub what: &'static str,
    /// The scenario in which it shows.
    pub scenario: &'static str,
    /// Who must find it.
    pub checker: Checker,
    /// What one report of that checker must say.
    pub words: &'static [&'static str],
    /// The bug.
    pub bug: fn() -> Box<dyn Bug>,
}

/// Defines the checkers: variant, name, and the words by which one knows a report.
macro_rules! checkers {
    ($($checker:ident $name:literal: $says:literal;)*) => {
        /// Who looks for what is wrong.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Checker { $($checker),* }

        impl Checker {
            /// All checkers.
            pub const ALL: &[Self] = &[$(Self::$checker),*];

            /// The words by which one knows its reports. The oracle's rules share theirs.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$checker => $says),* }
            }
        }

        impl fmt::Display for Checker {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$checker => $name),* })
            }
        }
    };
}

checkers! {
    Flow "the flow's expectations": "\": ";
    Registers "the registers' patterns": " was not kept: expected ";
    Stale "TLB": ": stale translation used: ";
    Late "TLB": ": late TLBI: ";
    Barrier "barriers": ": entry written but not yet synchronised: ";
    Break "break before make": ": break before make: ";
    Line "dirty lines": ": dirty line: ";
    Code "stale code": ": stale instruction: ";
    Attributes "aliases": ": mismatched attributes: ";
    Order "lock order": ": lock order: ";
    Deadlock "deadlock": ": deadlock: ";
    NoEnd "no end": " instructions without an end";
    Livelock "livelock": ": livelock: ";
    Fruitless "no progress": " exits of a guest without an instruction between them";
    Reach "oracle: reach": "oracle: ";
    Transactions "oracle: transactions": "oracle: ";
    Buffers "oracle: buffers": "oracle: ";
    Turns "oracle: turns": "oracle: ";
    Answers "oracle: answers": "oracle: ";
    Timers "oracle: timers": "oracle: ";
    Notifications "oracle: notifications": "oracle: ";
}
