//! Loops of direct messages in which nobody testifies: what a call costs is counted in them.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::CNTPCT_EL0;
use super::{Program, Role};
use crate::ffa;

impl Program {
    /// Makes `rounds` direct requests of `to`; `elapsed` is the ticks of the physical counter that they took.
    pub fn asks_quietly(&mut self, to: Role, rounds: u64, elapsed: Slot) {
        self.load(19, rounds);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb ; mrs x20, CNTPCT_EL0);
        self.quiet_loop(ffa::DIRECT_REQ_64, to);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; isb ; mrs x9, CNTPCT_EL0 ; sub x9, x9, x20);
        self.store_slot(elapsed, 9);
    }

    /// Answers `to` and waits for its next request, `rounds` times.
    pub fn answers_quietly(&mut self, to: Role, rounds: u64) {
        self.load(19, rounds);
        self.quiet_loop(ffa::DIRECT_RESP_64, to);
    }

    /// x19 rounds of the direct message `function` to `to`, without payload.
    fn quiet_loop(&mut self, function: u64, to: Role) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; quiet:);
        self.load(0, function);
        self.load(1, ffa::sender_receiver(self.context.role.endpoint(), to.endpoint()));
        for register in 2..8 {
            self.load(register, 0);
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; smc 0 ; subs x19, x19, 1 ; b.ne <quiet);
    }
}
