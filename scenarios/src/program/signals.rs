//! Signals: how programs on several cores agree on an order. A signal is a word of memory that becomes one.

use dynasmrt::{DynasmLabelApi, dynasm};

use super::{Kind, Program};

/// Something that one program waits for, and another makes true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signal {
    /// Where its word is: in memory that both reach.
    pub address: u64,
    /// What is true then, as a clause.
    pub what: String,
}

impl Program {
    /// Testifies that `signal` is true now, and makes it so.
    pub fn signals(&mut self, signal: &Signal) {
        self.says(&format!("signals that {}", signal.what));
        self.raises(signal);
    }

    /// Waits until `signal` is true, and testifies that.
    ///
    /// It waits for ever where nobody makes it true: the machine ends such a run.
    pub fn waits_for(&mut self, signal: &Signal) {
        self.awaits(signal);
        self.says(&format!("sees that {}", signal.what));
    }

    /// Makes its `own` signal true and waits until `all` are: from here on all programs go on at once.
    pub fn meets(&mut self, label: &str, own: &Signal, all: &[Signal]) {
        self.raises(own);
        for signal in all {
            self.awaits(signal);
        }
        self.says(label);
    }

    /// Testifies that it came here.
    pub(super) fn says(&mut self, label: &str) -> u32 {
        let site = self.site(Kind::Values(Vec::new()), label);
        self.emit_record(site, 0);
        site
    }

    fn raises(&mut self, signal: &Signal) {
        self.load(10, signal.address);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz x9, 1 ; stlr x9, [x10]);
    }

    /// Waits until `signal` is true, and testifies nothing.
    pub fn awaits(&mut self, signal: &Signal) {
        self.load(10, signal.address);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; again:
            ; ldar x9, [x10]
            ; cbnz x9, >there
            ; yield
            ; b <again
            ; there:
        );
    }
}
