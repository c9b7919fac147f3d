//! Guest programs: AArch64 code assembled in place, and beside it what is expected of it.
//!
//! A [`Program`] is built by calling its methods in the order in which the guest shall act: each emits code and,
//! where the guest testifies something, notes a [`Site`] that says what a record of it means and what it must
//! hold. Every program has the same image:
//!
//! ```text
//! 0x0000  branch to the start
//! 0x0800  exception vectors (vectors.rs)
//! 0x1000  stage-1 tables (tables.rs)
//! 0x5000  routines (report.rs, check.rs, call.rs), start (prelude.rs), the scenario's actions, constants, frame
//! ```
//!
//! Registers: actions use x0 to x17; x18 is the base of the frame; x19 to x30 hold patterns during every call and
//! nothing in between. Interrupts are masked but where a program says so, so what a program testifies does not
//! depend on when they come.

#![allow(clippy::useless_conversion, reason = "dynasm! converts every register number")]

mod aborts;
mod actions;
mod args;
mod attempts;
mod call;
mod check;
mod cores;
pub mod frame;
mod interrupts;
mod patience;
pub mod pattern;
mod prelude;
pub mod puppet;
mod quiet;
mod report;
mod role;
mod signals;
mod site;
mod sysreg;
pub mod tables;
mod timing;
mod turns;
mod vectors;
mod window;

use dynasmrt::aarch64::Aarch64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use hal::Pa;

pub use actions::Source;
pub use args::Arg;
pub(crate) use args::args;
pub use attempts::{Access, Space};
pub use interrupts::Line;
pub use role::OTHER_ENTRY;
pub use role::{Context, ProgramLayout, Role, layout_of};
use role::{TABLES, VECTORS};
pub use signals::Signal;
pub use site::{Expectation, Kind, MISMATCH, SUMMARY, Site, Step, UNEXPECTED};
pub use sysreg::operand as register;
pub use timing::computed;

use crate::manifest::Extras;
use frame::Slot;

/// A program under construction.
pub struct Program {
    context: Context,
    /// How many execution contexts its endpoint has.
    contexts: u16,
    asm: VecAssembler<Aarch64Relocation>,
    sites: Vec<Site>,
    step: Step,
    constants: Vec<(dynasmrt::DynamicLabel, Vec<u8>)>,
    /// What a partition says to give its turn back, once it waits for the next.
    turn: Option<turns::Turn>,
    /// Calls so far that are followed by a check of the patterns.
    checks: u64,
    messaging: Messaging,
    serves: Serves,
    /// What its manifest and package have of their own, where it is a partition.
    pub extras: Extras,
    /// True once it aborted: what is emitted after that never runs.
    aborted: bool,
}

/// What a partition's manifest lets it do with direct requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Messaging {
    /// Only receive them.
    Receives,
    /// Only send them.
    Sends,
    /// Both.
    Both,
}

/// Whether a partition has the interrupts from outside that are the secure world's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Serves {
    /// It has none of them, and nobody has.
    Nobody,
    /// It has none of them; another has, who is busy while it handles one.
    Another,
    /// It has the secure GPIO, and handles its interrupt and the one by an edge, wherever they come.
    Devices,
    /// It has its timer armed, and handles its interrupt, whenever that comes.
    Timer,
}

impl Serves {
    /// True where it handles interrupts from outside itself.
    pub(crate) const fn handles(self) -> bool {
        matches!(self, Self::Devices | Self::Timer)
    }
}

/// A finished program.
#[derive(Clone, Debug)]
pub struct Image {
    /// Whose it is.
    pub context: Context,
    /// How many execution contexts its endpoint has.
    pub contexts: u16,
    /// Its bytes, to be loaded at [`ProgramLayout::image`].
    pub bytes: Vec<u8>,
    /// What its records mean, by site.
    pub sites: Vec<Site>,
    /// What its manifest, where it is a partition, lets it do with direct requests.
    pub messaging: Messaging,
    /// What its manifest and package, where it is a partition, have of their own.
    pub extras: Extras,
}

impl Image {
    /// What transcripts call its program.
    pub fn name(&self) -> String {
        self.numbered(self.context.role.name())
    }

    /// What sentences call it.
    pub fn in_words(&self) -> String {
        self.numbered(self.context.role.in_words())
    }

    /// Where in memory `slot` of its frame is.
    pub fn slot(&self, slot: Slot) -> Pa {
        let frame = layout_of(self.context).image + self.bytes.len() as u64 - frame::SIZE as u64;
        let address = frame + u64::from(slot.offset());
        if self.context.role == Role::NormalWorld { Pa::non_secure(address) } else { Pa::secure(address) }
    }

    /// `name` with the number of the virtual CPU, where its endpoint has several.
    fn numbered(&self, name: String) -> String {
        let Context { role, cpu } = self.context;
        match role {
            _ if self.contexts == 1 => name,
            Role::NormalWorld => format!("{name} on core {cpu}"),
            Role::Partition(_) => format!("{name} vCPU {cpu}"),
        }
    }
}

impl Program {
    /// The program of `context`, one of so many of its endpoint, with everything that all programs have, about to
    /// take its first own action.
    pub fn new(context: Context, contexts: u16, serves: Serves) -> Self {
        let place = layout_of(context);
        let mut program = Self {
            context,
            contexts,
            asm: VecAssembler::new(place.image as usize),
            sites: site::common(),
            step: Step::default(),
            constants: Vec::new(),
            turn: None,
            checks: 0,
            messaging: Messaging::Both,
            serves,
            extras: Extras::default(),
            aborted: false,
        };
        let asm = &mut program.asm;
        dynasm!(asm ; .arch aarch64 ; b ->start);
        program.secondary_entry();
        program.other_entry();
        program.pad_to(VECTORS);
        program.vectors();
        program.pad_to(TABLES);
        program.asm.extend(&tables::tables(context, place.tables));
        program.report_routines();
        program.check_routines();
        program.call_routines();
        program.exception_routines();
        program.start();
        program
    }

    /// Who the program is.
    pub fn role(&self) -> Role {
        self.context.role
    }

    /// The program's execution context.
    pub fn context(&self) -> Context {
        self.context
    }

    /// How many execution contexts its endpoint has.
    pub fn contexts(&self) -> u16 {
        self.contexts
    }

    /// What the program's manifest lets it do with direct requests.
    pub fn messaging(&self) -> Messaging {
        self.messaging
    }

    /// Has the program's manifest say `messaging`.
    pub fn set_messaging(&mut self, messaging: Messaging) {
        self.messaging = messaging;
    }

    /// The actions from here on belong to `step`.
    pub fn begin(&mut self, step: Step) {
        self.step = step;
    }

    /// Ends the construction: emits the program's constants and its frame.
    ///
    /// # Panics
    /// When the program does not assemble or does not fit before its buffers: a mistake in a scenario.
    pub fn finish(mut self) -> Image {
        self.last_turn();
        let context = self.context;
        if self.serves == Serves::Another {
            self.note_patience();
        }
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; .align 8);
        for (label, bytes) in std::mem::take(&mut self.constants) {
            dynasm!(asm ; .arch aarch64 ; =>label ; .bytes bytes.iter() ; .align 8);
        }
        dynasm!(asm ; .arch aarch64 ; .align 16 ; ->patterns:);
        for index in 0..pattern::REGISTERS_IN_ALL {
            dynasm!(asm ; .arch aarch64 ; .u64 pattern::value(context, index));
        }
        // The frame has pages of its own: a core that is switched on again fetches its start with caches off, while the
        // frame was written with caches on; and code that nobody writes near stays translated in the simulator.
        dynasm!(asm ; .arch aarch64 ; .align 4096 ; ->frame: ; .bytes self::report::frame(context).iter());
        let bytes = self.asm.finalize().expect("a program assembles");
        let Self { contexts, sites, messaging, mut extras, serves, .. } = self;
        if serves == Serves::Devices {
            extras.devices.push(interrupts::secure_gpio());
        }
        let image = Image { context, contexts, bytes, sites, messaging, extras };
        let place = layout_of(context);
        assert!(
            place.image + image.bytes.len() as u64 <= place.end,
            "the image of {} reaches what is behind it",
            image.name()
        );
        image
    }

    /// Notes a site and returns its number.
    fn site(&mut self, kind: Kind, label: &str) -> u32 {
        self.sites.push(Site::new(kind, label, self.step));
        self.sites.len() as u32 - 1
    }

    fn pad_to(&mut self, offset: usize) {
        let used = self.asm.offset().0;
        assert!(used <= offset, "{used:#x} bytes where {offset:#x} were planned");
        self.asm.extend(&vec![0; offset - used]);
    }

    /// Emits `register = value`.
    fn load(&mut self, register: u8, value: u64) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; movz X(register), (value & 0xFFFF) as u32);
        for (shift, half) in [(16, value >> 16), (32, value >> 32), (48, value >> 48)] {
            let half = (half & 0xFFFF) as u32;
            if half != 0 {
                dynasm!(asm ; .arch aarch64 ; movk X(register), half, lsl shift);
            }
        }
    }

    /// Emits `x18 = frame; register = slot`.
    fn load_slot(&mut self, register: u8, slot: Slot) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; ldr X(register), [x18, slot.offset()]);
    }

    /// Emits `register = arg`; changes x18.
    fn load_arg(&mut self, register: u8, arg: Arg) {
        let half = match arg {
            Arg::Value(value) => return self.load(register, value),
            Arg::Slot(slot) | Arg::Handle(slot) => return self.load_slot(register, slot),
            Arg::Low(slot) => slot.offset(),
            Arg::High(slot) => slot.offset() + 4,
        };
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; ldr W(register), [x18, half]);
    }

    /// Emits `x18 = frame; slot = register`.
    fn store_slot(&mut self, slot: Slot, register: u8) {
        let asm = &mut self.asm;
        dynasm!(asm ; .arch aarch64 ; adr x18, ->frame ; str X(register), [x18, slot.offset()]);
    }
}
