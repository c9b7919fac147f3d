//! What a call is made with.

use super::frame::Slot;

/// One argument register of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg {
    /// A number known when the program is built.
    Value(u64),
    /// What the slot holds when the call is made.
    Slot(Slot),
    /// The memory handle in the slot.
    Handle(Slot),
    /// The low half of the slot: the first register of a handle that takes two.
    Low(Slot),
    /// The high half of the slot.
    High(Slot),
}

impl From<u64> for Arg {
    fn from(value: u64) -> Self {
        Arg::Value(value)
    }
}

impl From<Slot> for Arg {
    fn from(slot: Slot) -> Self {
        Arg::Slot(slot)
    }
}

/// x0 and on of a call, from numbers, slots and [`Arg`](crate::program::Arg)s; the registers after them are zero.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { &[$($crate::program::Arg::from($arg)),*] };
}

pub(crate) use args;
