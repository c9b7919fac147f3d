//! Who runs now.

use hal::Registers;

use crate::ffa::TargetInfo;

/// The outcome of a call or an exit: who goes on, and with what.
#[must_use = "somebody has to run"]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The endpoint's call returns `registers`.
    Return {
        /// Whose call returns: a vCPU of a partition, or the normal world.
        to: TargetInfo,
        /// x0 to x17 of the result.
        registers: Registers,
    },
    /// The vCPU goes on where it was, with the registers that it had.
    Continue(TargetInfo),
}

impl Next {
    /// The call of `to` returns `registers`.
    pub const fn give(to: TargetInfo, registers: Registers) -> Self {
        Self::Return { to, registers }
    }
}
