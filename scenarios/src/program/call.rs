//! The FF-A call: the one way in which a program calls, and testifies what it saw.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

use super::frame::Slot;
use super::sysreg::ICC_HPPIR1_EL1;
use super::{Arg, Kind, Program, Role, Serves, Site, frame, layout_of};
use crate::ffa;
use crate::machine::layout;
use crate::paravirtual;

/// What a call does when it comes back with FFA_INTERRUPT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OnInterrupt {
    /// Takes the interrupt and resumes the callee with FFA_RUN, until it answers.
    Resume,
    /// Is content with it.
    Return,
}

impl Program {
    /// Calls with `args` in x0 and on, and returns the site of what came back.
    ///
    /// Two records: what the call is made with, then x0 to x17 as the caller sees them. An interruption of the
    /// callee is not seen: the normal world takes its interrupts, and the caller runs the callee on.
    pub fn call(&mut self, label: &str, args: &[Arg]) -> &mut Site {
        self.make_call(label, args, OnInterrupt::Resume)
    }

    /// As [`Program::call`], for a caller that wants to see an FFA_INTERRUPT. The normal world still does not see
    /// one that came from outside.
    pub fn call_seeing_interrupts(&mut self, label: &str, args: &[Arg]) -> &mut Site {
        self.make_call(label, args, OnInterrupt::Return)
    }

    /// As [`Program::call`], by HVC instead of SMC: a partition has both.
    pub fn call_by_hvc(&mut self, label: &str, args: &[Arg]) -> &mut Site {
        self.set_conduit(1);
        let site = self.call_site(label, args);
        self.site(Kind::Return, label);
        self.emit_call(site, args, OnInterrupt::Resume);
        self.set_conduit(0);
        &mut self.sites[site as usize + 1]
    }

    fn set_conduit(&mut self, by_hvc: u32) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; movz x9, by_hvc ; str x9, [x18, frame::BY_HVC]);
    }

    /// As [`Program::call`], again and again while the answer is BUSY; each time testifies.
    pub fn call_until_served(&mut self, label: &str, args: &[Arg]) -> &mut Site {
        let again = self.asm.new_dynamic_label();
        let site = self.call_site(label, args);
        self.sites[site as usize].at_least_once();
        self.site(Kind::Return, label);
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; =>again);
        self.emit_call(site, args, OnInterrupt::Resume);
        self.load(10, ffa::ERROR);
        self.load(11, ffa::BUSY);
        self.load_slot(12, Slot::CHECKS);
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldr x9, [x18, frame::VALUES]
            ; cmp x9, x10
            ; b.ne >served
            ; ldr x9, [x18, frame::VALUES + 16]
            ; cmp x9, x11
            ; b.ne >served
            // The summary counts a call that is made again once.
            ; sub x12, x12, 1
            ; str x12, [x18, Slot::CHECKS.offset()]
            ; b =>again
            ; served:
        );
        self.sites[site as usize + 1].at_least_once().or_error(ffa::BUSY)
    }

    fn make_call(&mut self, label: &str, args: &[Arg], on_interrupt: OnInterrupt) -> &mut Site {
        let site = self.call_site(label, args);
        self.site(Kind::Return, label);
        self.emit_call(site, args, on_interrupt)
    }

    /// Notes the site of a call with `args`, and which of them are handles.
    pub(super) fn call_site(&mut self, label: &str, args: &[Arg]) -> u32 {
        let number = self.site(Kind::Call, label);
        let handles = args.iter().enumerate().filter(|(_, arg)| matches!(arg, Arg::Handle(_)));
        self.sites[number as usize].handles = handles.map(|(index, _)| index).collect();
        number
    }

    /// Emits the call of site `site`, whose return is the site after it.
    pub(super) fn emit_call(&mut self, site: u32, args: &[Arg], on_interrupt: OnInterrupt) -> &mut Site {
        self.checks += 1;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; movz w0, site
            ; strh w0, [x18, frame::SITE]
            ; movz w0, (on_interrupt == OnInterrupt::Resume) as u32
            ; str x0, [x18, frame::RESUME]
        );
        for register in 0..18u8 {
            match args.get(register as usize) {
                Some(arg) => self.load_arg(register, *arg),
                None => self.load(register, 0),
            }
        }
        let made_at = layout_of(self.context).image + self.asm.offset().0 as u64;
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; bl ->call);
        let returned = &mut self.sites[site as usize + 1];
        returned.made_at = Some(made_at);
        returned
    }

    /// `->call`: makes the call in x0 to x17 for the site in the frame. The check needs one register before it
    /// can store any: x18.
    pub(super) fn call_routines(&mut self) {
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ->call:
            ; adr x18, ->frame
            ; str x30, [x18, frame::CALL_RETURN]
            ; bl ->store_values
            ; movz w9, 18
            ; str w9, [x18, frame::COUNT]
            ; bl ->emit_values
        );
        for pair in 0..9u8 {
            let offset = (frame::VALUES + 16 * u32::from(pair)) as i32;
            dynasm!(asm ; .arch aarch64 ; ldp X(2 * pair), X(2 * pair + 1), [x18, offset]);
        }
        dynasm!(asm
            ; .arch aarch64
            ; ->call_again:
        );
        if self.serves == Serves::Another {
            self.keep_arguments();
        }
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->patterns
            ; add x18, x18, 8 * super::pattern::FIRST_GENERAL as u32
        );
        for pair in 0..6u8 {
            dynasm!(asm ; .arch aarch64 ; ldp X(19 + 2 * pair), X(20 + 2 * pair), [x18, 16 * i32::from(pair)]);
        }
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; ldr x18, [x18, frame::BY_HVC]
            ; cbnz x18, >by_hvc
            ; smc 0
            ; b >back
            ; by_hvc:
            ; hvc 0
            ; back:
            ; adr x18, ->frame
        );
        for pair in 0..6u8 {
            let offset = (frame::GENERAL + 16 * u32::from(pair)) as i32;
            dynasm!(asm ; .arch aarch64 ; stp X(19 + 2 * pair), X(20 + 2 * pair), [x18, offset]);
        }
        dynasm!(asm
            ; .arch aarch64
            ; bl ->store_values
            ; mov x9, sp
            ; str x9, [x18, frame::STACK_POINTER]
        );
        self.resume_after_interrupts();
        if self.serves == Serves::Another {
            self.call_again_while_busy();
        }
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; ldrh w9, [x18, frame::SITE]
            ; add w9, w9, 1
            ; strh w9, [x18, frame::SITE]
            ; bl ->emit_values
            ; bl ->check
            ; ldr x9, [x18, Slot::CHECKS.offset()]
            ; add x9, x9, 1
            ; str x9, [x18, Slot::CHECKS.offset()]
            ; ldr x30, [x18, frame::CALL_RETURN]
            ; ret
            ; ->store_values:
        );
        for pair in 0..9u8 {
            let offset = (frame::VALUES + 16 * u32::from(pair)) as i32;
            dynasm!(asm ; .arch aarch64 ; stp X(2 * pair), X(2 * pair + 1), [x18, offset]);
        }
        dynasm!(asm ; .arch aarch64 ; ret);
    }

    /// Where the call came back with FFA_INTERRUPT, and wants it or the interrupt is one from outside: checks, takes
    /// what is pending, and runs the interrupted callee on.
    fn resume_after_interrupts(&mut self) {
        let interrupt = ffa::INTERRUPT as u32;
        let run = ffa::RUN as u32;
        let serves = self.serves.handles();
        let normal_world = self.context.role == Role::NormalWorld;
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; movz w9, interrupt & 0xFFFF
            ; movk w9, interrupt >> 16, lsl 16
            ; cmp w0, w9
            ; b.ne >answered
        );
        if serves {
            self.serve_outside();
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; ldr x9, [x18, frame::RESUME] ; cbnz x9, >resume);
        if normal_world {
            dynasm!(asm
                ; .arch aarch64
                ; mrs x9, ICC_HPPIR1_EL1
                ; cmp x9, layout::FROM_OUTSIDE as u32
                ; b.eq >resume
            );
        }
        dynasm!(asm ; .arch aarch64 ; b >answered ; resume: ; bl ->check);
        if normal_world || serves {
            dynasm!(asm ; .arch aarch64 ; ldr x13, [x18, Slot::INTERRUPTS.offset()] ; bl ->take_interrupts);
        }
        if normal_world {
            // With the one from outside it may have taken the one that it wants to see.
            dynasm!(asm
                ; .arch aarch64
                ; adr x18, ->frame
                ; ldr x9, [x18, frame::RESUME]
                ; cbnz x9, >on
                ; ldr x9, [x18, Slot::INTERRUPTS.offset()]
                ; cmp x9, x13
                ; b.ne >answered
                ; on:
            );
        }
        dynasm!(asm
            ; .arch aarch64
            ; adr x18, ->frame
            ; movz w0, run & 0xFFFF
            ; movk w0, run >> 16, lsl 16
            ; ldr w1, [x18, frame::VALUES + 8]
        );
        for register in 2..18u8 {
            dynasm!(asm ; .arch aarch64 ; movz X(register), 0);
        }
        dynasm!(asm
            ; .arch aarch64
            ; b ->call_again
            ; answered:
        );
    }

    /// Where a partition is told of an interrupt from outside (x1 = 0, x2 its number), which it serves: takes it, and
    /// waits on with the RX buffer that it has.
    fn serve_outside(&mut self) {
        const KEEP_RX: u32 = 1;
        let wait = ffa::MSG_WAIT as u32;
        let own = match self.serves {
            Serves::Timer => [paravirtual::TIMER; 2],
            _ => [layout::SECURE_GPIO_INTERRUPT, layout::SECURE_EDGE],
        };
        let asm = &mut self.asm;
        dynasm!(asm
            ; .arch aarch64
            ; cbnz w1, >others
            ; cmp w2, own[0] as u32
            ; b.eq >own
            ; cmp w2, own[1] as u32
            ; b.ne >others
            ; own:
            ; bl ->check
            ; bl ->take_interrupts
            ; movz w0, wait & 0xFFFF
            ; movk w0, wait >> 16, lsl 16
            ; movz x1, 0
            ; movz x2, KEEP_RX
        );
        for register in 3..18u8 {
            dynasm!(asm ; .arch aarch64 ; movz X(register), 0);
        }
        dynasm!(asm ; .arch aarch64 ; b ->call_again ; others:);
    }
}
