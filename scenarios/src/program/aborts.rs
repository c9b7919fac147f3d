//! How a partition ends.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::VBAR_EL1;
use super::{Arg, Program, Site, Source};

impl Program {
    /// Makes the call with `args`, which does not come back.
    pub fn aborts_by(&mut self, label: &str, args: &[Arg]) -> &mut Site {
        self.aborted = true;
        self.call(label, args).times(0)
    }

    /// Makes `address`, which its own stage 1 maps and the monitor does not let it reach, its vectors, and reads it:
    /// it cannot take the abort. The site is where it would go on.
    pub fn aborts_by_fault(&mut self, label: &str, address: u64) -> &mut Site {
        let slot = Slot::free(0);
        self.sets(slot, address);
        self.testifies(label, &[("vectors", Source::Slot(slot))]);
        self.load(9, address);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; msr VBAR_EL1, x9 ; isb ; ldr x0, [x9]);
        self.aborted = true;
        self.testifies("goes on", &[("vectors", Source::Slot(slot))]).times(0)
    }

    /// What it did last never comes back.
    pub fn aborts(&mut self) {
        self.aborted = true;
    }

    /// Goes on for ever, without a call.
    pub fn never_answers(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; for_ever: ; b <for_ever);
        self.aborted = true;
    }

    /// True once it aborted.
    pub fn has_aborted(&self) -> bool {
        self.aborted
    }
}
