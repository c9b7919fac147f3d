//! Who runs now.

use crate::ffa::TargetInfo;

/// The outcome of a call or an exit: who goes on.
#[must_use = "somebody has to run"]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The call of a vCPU, or of the normal world, returns what is in [`crate::core::Core::exchange`].
    Return(TargetInfo),
    /// The vCPU goes on where it was, with the registers that it had.
    Continue(TargetInfo),
}

impl Next {
    /// Who goes on.
    pub const fn to(self) -> TargetInfo {
        let (Self::Return(to) | Self::Continue(to)) = self;
        to
    }
}
