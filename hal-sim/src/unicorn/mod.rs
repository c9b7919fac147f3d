//! The emulator, behind a safe face.
//!
//! This directory, `ram.rs` and one line of `turn.rs` hold all of the crate's unsafe code. An [`Engine`] is one
//! core: Unicorn with its virtual TLB, so that every translation is asked of a [`Bus`]. It runs until a [`Stop`] and
//! never delivers an exception itself: the machine does.
//!
//! What the emulator must not be trusted with (facts measured on version 2.1.5, which is why it is pinned):
//! - a panic may not unwind through it, so hooks catch it and [`Engine::run`] goes on with it;
//! - its instruction counter cannot be read back, so a hook of our own counts and stops ([`Pace`]);
//! - a write of PSTATE neither swaps the banked stack pointer nor updates the translation flags: `Engine` does;
//! - the syndrome of an exception is only in a saved context, at an offset that [`calibrate`] measures.

mod calibrate;
mod fetched;
mod hooks;
pub mod registers;

use std::any::Any;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::rc::Rc;

use hal::Pa;
use unicorn_engine::{Arch, Mode, Prot, Unicorn};
use unicorn_engine_sys::{
    Arm64CpuModel, TlbType, uc_context, uc_context_alloc, uc_context_free, uc_context_restore,
    uc_context_save, uc_emu_start, uc_error, uc_reg_read_batch, uc_reg_write_batch,
};

use crate::encoding::{Encoding, name};
use crate::ram::Ram;
use crate::record;
use fetched::Fetched;
use registers::{GENERAL, Registers, pstate};

/// What a core asks of the machine while it runs.
///
/// A hook sees the core's registers; system registers and PSTATE are up to date, the program counter is that of
/// the instruction. What a hook writes to a register of the running translation takes effect after a stop.
pub trait Bus {
    /// Translates the page at virtual address `page` for `access`; `None` stops the core before the instruction.
    fn translate(&mut self, core: &Registers, pace: &mut Pace, page: u64, access: Access) -> Option<Mapping>;

    /// Asked before each instruction while [`Pace::watch`] is set: true stops the core before it.
    fn interrupted(&mut self, core: &Registers, pace: &Pace) -> bool;

    /// Asked before each instruction while a run is [recorded](crate::record): true stops the core before it, and the
    /// turn is over.
    fn begins(&mut self, core: &Registers, pace: &Pace) -> bool;

    /// An `MRS` of a register that the emulator has; `None` lets the emulator answer, or trap.
    fn read_system(&mut self, core: &Registers, pace: &mut Pace, register: Encoding) -> Option<u64>;

    /// An `MSR` to a register that the emulator has.
    fn write_system(&mut self, core: &Registers, pace: &mut Pace, register: Encoding, value: u64) -> Handled;

    /// A `SYS` instruction that the emulator has: cache, TLB and address translation.
    fn system_instruction(
        &mut self,
        core: &Registers,
        pace: &mut Pace,
        operation: Encoding,
        value: u64,
    ) -> Handled;
}

/// Whether a hook did an instruction's work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It did: the emulator goes on after the instruction.
    Yes,
    /// It did not: the emulator executes it, or traps.
    No,
}

/// What an instruction wants of a page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// Load.
    Read,
    /// Store.
    Write,
    /// Instruction fetch.
    Execute,
}

/// A page that a core may reach, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The first byte of the page.
    pub page: Pa,
    /// Loads allowed.
    pub read: bool,
    /// Stores allowed.
    pub write: bool,
    /// Instruction fetches allowed.
    pub execute: bool,
}

/// How far a core may run, and how far it came.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Instructions until it stops.
    pub left: u64,
    /// Instructions begun in this run.
    pub begun: u64,
    /// Ask [`Bus::interrupted`] before each instruction.
    pub watch: bool,
}

/// Why a core stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The instructions of [`Pace::left`] are done.
    Limit,
    /// [`Bus::interrupted`] said so.
    Interrupted,
    /// An exception that the architecture routes to `target`, an exception level.
    Exception {
        /// The syndrome, as an ESR holds it.
        syndrome: u64,
        /// The exception level that takes it.
        target: u64,
    },
    /// [`Bus::translate`] refused the access of the instruction at the program counter.
    Translation {
        /// ISV, SAS, SSE, SRT and SF of a data abort's syndrome, if the access is a load or store that has them.
        template: u64,
    },
    /// A `WFI` that nothing traps; the program counter is after it.
    WaitForInterrupt,
}

/// What hooks share with the run that they belong to.
struct HookState<B> {
    /// Valid while the core runs.
    bus: *mut B,
    registers: Registers,
    pace: Pace,
    /// Ask [`Bus::begins`] before each instruction.
    recorded: bool,
    stop: Option<Reason>,
    panic: Option<Box<dyn Any + Send>>,
    /// A debug register was written, which the emulator keeps more of than a context holds.
    debug_registers: bool,
    fetched: Fetched,
    /// Mapped into the emulator, so it must live as long.
    ram: Rc<Ram>,
}

/// Why a hook stopped the core.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Limit,
    Interrupted,
    Exception,
    Translation,
    Panic,
}

/// One emulated core.
pub struct Engine<B> {
    unicorn: Unicorn<'static, ()>,
    /// Where hooks find their run. Behind a box, because the emulator keeps its address.
    hooks: Box<UnsafeCell<HookState<B>>>,
    registers: Registers,
    context: *mut uc_context,
    /// What the emulator's registers were before its first run.
    fresh: *mut uc_context,
    /// Bytes from the start of a saved context to the exception's syndrome.
    exception: usize,
}

/// Where non-secure memory is in the emulator's one address space.
const NON_SECURE: u64 = 1 << 47;

/// The address of `pa` in the emulator's one address space.
fn emulated(pa: Pa) -> u64 {
    match pa.space {
        hal::Space::Secure => pa.address,
        hal::Space::NonSecure => pa.address | NON_SECURE,
    }
}

impl<B: Bus> Engine<B> {
    /// A core at EL1 that sees `ram`, and takes hypervisor calls and monitor calls.
    pub fn new(ram: &Rc<Ram>) -> Self {
        let mut unicorn = Unicorn::new(Arch::ARM64, Mode::ARM).expect("the emulator can be created");
        configure(&mut unicorn);
        unicorn.ctl_set_tlb_type(TlbType::VIRTUAL).expect("the emulator has a virtual TLB");
        let handle = unicorn.get_handle();
        for (range, base) in ram.banks() {
            // SAFETY: `base` has `range.size` bytes that `ram` owns; `self` keeps `ram` as long as the emulator.
            unsafe {
                unicorn.mem_map_ptr(emulated(range.start), range.size, Prot::ALL, base.as_ptr().cast())
            }
            .expect("RAM ranges do not overlap");
        }
        let [context, fresh] = std::array::from_fn(|_| {
            let mut context = std::ptr::null_mut();
            // SAFETY: the handle is open; the context is freed when `self` is dropped.
            let result = unsafe { uc_context_alloc(handle, &raw mut context) };
            assert_eq!(result, uc_error::OK, "no room for a context");
            context
        });
        let hooks = Box::new(UnsafeCell::new(HookState {
            bus: std::ptr::null_mut(),
            registers: Registers(handle),
            pace: Pace { left: 0, begun: 0, watch: false },
            recorded: false,
            stop: None,
            panic: None,
            debug_registers: false,
            fetched: Fetched::default(),
            ram: Rc::clone(ram),
        }));
        hooks::install(handle, hooks.get());
        let engine = Self {
            unicorn,
            hooks,
            registers: Registers(handle),
            context,
            fresh,
            exception: calibrate::exception_offset(),
        };
        allow_calls(&engine.registers);
        // SAFETY: the handle is open, and the context is one of its own.
        unsafe { uc_context_save(handle, fresh) };
        engine
    }

    /// Makes the core as [`Self::new`] made it, when memory was made as it was: but for code that was translated before,
    /// as far as a new core would execute the same.
    pub fn reset(&mut self) {
        // SAFETY: no hook runs now, so nothing else reaches the state.
        let hooks = unsafe { &mut *self.hooks.get() };
        if hooks.debug_registers {
            let ram = Rc::clone(&hooks.ram);
            *self = Self::new(&ram);
            return;
        }
        // SAFETY: the handle is open, and `fresh` was saved from it.
        let result = unsafe { uc_context_restore(self.registers.0, self.fresh) };
        assert_eq!(result, uc_error::OK, "the emulator takes its context back");
        self.flush_translations();
        hooks.fetched.begin_run(&hooks.ram);
        self.flush_instructions();
    }

    /// The registers of the core, which stands still.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Gives the core a processor state, with the stack pointer that belongs to it.
    pub fn set_pstate(&mut self, value: u64) {
        self.registers.set_pstate(value);
        self.registers.set_sp(self.registers.banked_sp(bank(value)));
        self.registers.rebuild_flags();
    }

    /// Reads x0 to x30.
    pub fn general(&self) -> [u64; 31] {
        let mut values = [0u64; 31];
        let mut pointers: [*mut c_void; 31] = std::array::from_fn(|index| (&raw mut values[index]).cast());
        // SAFETY: there are 31 ids, and a pointer to 8 writable bytes for each.
        let result =
            unsafe { uc_reg_read_batch(self.registers.0, ids().as_ptr(), pointers.as_mut_ptr(), 31) };
        debug_assert_eq!(result, uc_error::OK);
        values
    }

    /// Writes the first `values.len()`, at most 31, of x0 to x30.
    pub fn set_general(&mut self, values: &[u64]) {
        assert!(values.len() <= 31);
        let mut pointers = [std::ptr::null_mut::<c_void>(); 31];
        for (pointer, value) in pointers.iter_mut().zip(values) {
            *pointer = std::ptr::from_ref(value).cast_mut().cast();
        }
        // SAFETY: there is an id and a pointer to 8 readable bytes for each of `values`; the emulator only reads.
        let result = unsafe {
            uc_reg_write_batch(self.registers.0, ids().as_ptr(), pointers.as_ptr(), values.len() as i32)
        };
        debug_assert_eq!(result, uc_error::OK);
    }

    /// Runs from `pc` on until something stops the core; `pace` says how far, and then how far it came.
    pub fn run(&mut self, bus: &mut B, pc: u64, pace: &mut Pace) -> Stop {
        // SAFETY: no hook runs now, so nothing else reaches the state.
        let overtaken = unsafe {
            let hooks = &mut *self.hooks.get();
            hooks.bus = bus;
            hooks.pace = *pace;
            hooks.recorded = record::is_active();
            hooks.stop = None;
            hooks.fetched.is_overtaken(&hooks.ram)
        };
        if overtaken {
            self.forget_instructions();
        }
        // SAFETY: the handle is open. Hooks reach `bus` by a pointer that is valid for this call, and nothing
        // else uses it meanwhile. A count is never given, since code translated without one
        // would ignore it later: the hook counts.
        let result = unsafe { uc_emu_start(self.registers.0, pc, 0, 0, 0) };
        // SAFETY: the core has stopped, so no hook runs.
        let hooks = unsafe { &mut *self.hooks.get() };
        hooks.bus = std::ptr::null_mut();
        *pace = hooks.pace;
        self.registers.set_banked_sp(bank(self.registers.pstate()), self.registers.sp());
        if let Some(panic) = hooks.panic.take() {
            std::panic::resume_unwind(panic);
        }
        match hooks.stop {
            Some(Reason::Limit) => Stop::Limit,
            Some(Reason::Interrupted) => Stop::Interrupted,
            Some(Reason::Exception) => {
                let (syndrome, target) = self.exception();
                Stop::Exception { syndrome, target }
            }
            Some(Reason::Translation) => {
                let (syndrome, _) = self.exception();
                Stop::Translation { template: syndrome & 0x1ff << 16 | syndrome & 3 << 14 }
            }
            Some(Reason::Panic) => unreachable!("the panic was resumed"),
            None => {
                assert_eq!(result, uc_error::OK, "the emulator stopped at {:#x}", self.registers.pc());
                Stop::WaitForInterrupt
            }
        }
    }

    /// The syndrome and the target of the last exception.
    fn exception(&self) -> (u64, u64) {
        // SAFETY: handle and context are open, and `exception` is an offset inside a context, checked when it
        // was measured; the syndrome is followed by a u32, the address (u64) and the target (u32).
        unsafe {
            uc_context_save(self.registers.0, self.context);
            let fields = self.context.cast::<u8>().add(self.exception);
            let syndrome = fields.cast::<u32>().read_unaligned();
            let target = fields.add(16).cast::<u32>().read_unaligned();
            (syndrome.into(), target.into())
        }
    }

    /// Forgets the emulator's copies of translations.
    pub fn flush_translations(&mut self) {
        self.unicorn.ctl_flush_tlb().expect("the emulator flushes");
    }

    /// Forgets the emulator's copies of instructions, where they may differ from what is in memory.
    pub fn flush_instructions(&mut self) {
        // SAFETY: no hook runs now, so nothing else reaches the state.
        let hooks = unsafe { &mut *self.hooks.get() };
        if hooks.fetched.invalidates(&hooks.ram) {
            self.forget_instructions();
        }
    }

    fn forget_instructions(&mut self) {
        self.unicorn.ctl_flush_tb().expect("the emulator flushes");
    }
}

impl<B> Drop for Engine<B> {
    fn drop(&mut self) {
        for context in [self.context, self.fresh] {
            // SAFETY: the context was allocated by `new`, is freed once, and nothing uses it after this.
            unsafe { uc_context_free(context) };
        }
    }
}

/// The index of the stack pointer that is live in processor state `value`.
fn bank(value: u64) -> u64 {
    match value & pstate::SP {
        0 => 0,
        _ => (value & pstate::EL) >> 2,
    }
}

/// The emulator's numbers of x0 to x30.
const fn ids() -> &'static [i32; 31] {
    const IDS: [i32; 31] = {
        let mut ids = [0; 31];
        let mut index = 0;
        while index < 31 {
            ids[index] = GENERAL[index] as i32;
            index += 1;
        }
        ids
    };
    &IDS
}

/// What every core needs before it is used: the model with the most features, whole pages, no end address.
fn configure(unicorn: &mut Unicorn<'static, ()>) {
    unicorn.ctl_set_cpu_model(Arm64CpuModel::MAX as i32).expect("the emulator has the model");
    unicorn.ctl_set_page_size(4096).expect("the emulator takes the page size");
    unicorn.ctl_exits_enable().expect("the emulator takes exits");
}

/// Lets EL1 and EL2 make calls and use pointer authentication: SCR_EL3 of a machine with EL2.
fn allow_calls(registers: &Registers) {
    const NS: u64 = 1;
    const RES1: u64 = 0x30;
    const HCE: u64 = 1 << 8;
    const RW: u64 = 1 << 10;
    const APK_API: u64 = 3 << 16;
    registers.set_system(name::SCR_EL3, NS | RES1 | HCE | RW | APK_API);
}
