//! Patience with a callee that handles an interrupt from outside, which no scenario knows of: the call is made again.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::{Program, frame};
use crate::ffa;

impl Program {
    /// Keeps what the call is made with, which may have to be made again.
    pub(super) fn keep_arguments(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; add x18, x18, frame::MADE_WITH);
        for pair in 0..9u8 {
            dynasm!(asm ; .arch aarch64 ; stp X(2 * pair), X(2 * pair + 1), [x18, 16 * i32::from(pair)]);
        }
    }

    /// Where the callee was busy, with an interrupt from outside that no scenario knows of: makes the call again, until
    /// it is not. A site that may be told so is content with it.
    pub(super) fn call_again_while_busy(&mut self) {
        self.load(10, ffa::ERROR);
        self.load(11, ffa::BUSY);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr x9, [x18, frame::VALUES]
            ; cmp x9, x10
            ; b.ne >served
            ; ldr x9, [x18, frame::VALUES + 16]
            ; cmp x9, x11
            ; b.ne >served
            ; adr x9, ->patience
            ; ldrh w10, [x18, frame::SITE]
            ; ldrb w9, [x9, x10]
            ; cbz w9, >served
            ; bl ->check
            ; adr x18, ->frame
            ; add x18, x18, frame::MADE_WITH
        );
        for pair in 0..9u8 {
            dynasm!(asm ; .arch aarch64 ; ldp X(2 * pair), X(2 * pair + 1), [x18, 16 * i32::from(pair)]);
        }
        dynasm!(asm ; .arch aarch64 ; b ->call_again ; served:);
    }

    /// `->patience`: a byte for each site, 1 where a call is made again while its callee is busy.
    pub(super) fn note_patience(&mut self) {
        let returns = self.sites.iter().skip(1);
        let patience: Vec<u8> = returns.map(|site| u8::from(!site.may_be_busy())).chain([0]).collect();
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ->patience: ; .bytes patience.iter());
    }
}
