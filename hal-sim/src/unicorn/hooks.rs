//! The functions that the emulator calls, and their way back into Rust.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hal::PAGE_SIZE;
use unicorn_engine_sys::{
    Arm64Insn, HookType, MemType, Prot, RegisterARM64CP, TlbEntry, uc_emu_stop, uc_engine, uc_error,
    uc_hook_add,
};

use super::registers::Registers;
use super::{Access, Bus, Handled, HookState, Mapping, Pace, Reason, emulated};
use crate::encoding::Encoding;

/// Gives the emulator all hooks, before it translates anything. `state` must outlive the emulator's last run.
pub(super) fn install<B: Bus>(handle: *mut uc_engine, state: *mut HookState<B>) {
    let add = |kind: HookType, function: *const (), instruction: Arm64Insn| {
        let mut id = 0;
        // SAFETY: the handle is open, `function` has the signature that `kind` calls, and `begin > end` means
        // everywhere. Only `INSN` hooks read the variadic argument.
        let result = unsafe {
            uc_hook_add(
                handle,
                &raw mut id,
                kind.0 as i32,
                function.cast_mut().cast::<c_void>(),
                state.cast(),
                1,
                0,
                instruction as i32,
            )
        };
        assert_eq!(result, uc_error::OK, "the emulator takes hooks");
    };
    use Arm64Insn::*;
    add(HookType::CODE, on_instruction::<B> as *const (), UC_ARM64_INS_INVALID);
    add(HookType::INTR, on_exception::<B> as *const (), UC_ARM64_INS_INVALID);
    add(HookType::TLB_FILL, on_translation::<B> as *const (), UC_ARM64_INS_INVALID);
    add(HookType::INSN, on_read_system::<B> as *const (), UC_ARM64_INS_MRS);
    add(HookType::INSN, on_write_system::<B> as *const (), UC_ARM64_INS_MSR);
    add(HookType::INSN, on_system_instruction::<B> as *const (), UC_ARM64_INS_SYS);
}

impl<B: Bus> HookState<B> {
    /// Stops the core for `reason`, unless it is stopping already.
    fn stop(&mut self, handle: *mut uc_engine, reason: Reason) {
        self.stop.get_or_insert(reason);
        // SAFETY: the emulator that calls the hook is open.
        unsafe { uc_emu_stop(handle) };
    }

    /// Calls `ask` on the bus; a panic in it stops the core, is kept for [`super::Engine::run`], and gives `None`.
    fn ask<R>(
        &mut self,
        handle: *mut uc_engine,
        ask: impl FnOnce(&mut B, &Registers, &mut Pace) -> R,
    ) -> Option<R> {
        // SAFETY: `run` set `bus` to a value that nothing else uses while the core runs.
        let bus = unsafe { &mut *self.bus };
        match catch_unwind(AssertUnwindSafe(|| ask(bus, &self.registers, &mut self.pace))) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                self.panic = Some(panic);
                self.stop(handle, Reason::Panic);
                None
            }
        }
    }
}

/// The state behind a hook's user data.
///
/// # Safety
///
/// `data` is what `install` registered, and no other reference to that state is alive: hooks do not nest.
unsafe fn state<'a, B>(data: *mut c_void) -> &'a mut HookState<B> {
    // SAFETY: the caller's promise.
    unsafe { &mut *data.cast::<HookState<B>>() }
}

/// Before each instruction.
unsafe extern "C" fn on_instruction<B: Bus>(
    handle: *mut uc_engine,
    _address: u64,
    _size: u32,
    data: *mut c_void,
) {
    // SAFETY: the emulator passes what `install` gave it.
    let state = unsafe { state::<B>(data) };
    if state.stop.is_some() {
        return;
    }
    if state.pace.left == 0 {
        return state.stop(handle, Reason::Limit);
    }
    if state.pace.watch && state.ask(handle, |bus, core, pace| bus.interrupted(core, pace)) != Some(false) {
        return state.stop(handle, Reason::Interrupted);
    }
    if state.recorded && state.ask(handle, |bus, core, pace| bus.begins(core, pace)) != Some(false) {
        return state.stop(handle, Reason::Limit);
    }
    state.pace.left -= 1;
    state.pace.begun += 1;
}

/// An exception that the emulator would deliver.
unsafe extern "C" fn on_exception<B: Bus>(handle: *mut uc_engine, _number: u32, data: *mut c_void) {
    // SAFETY: as in `on_instruction`.
    let state = unsafe { state::<B>(data) };
    state.stop(handle, Reason::Exception);
}

/// A page that the emulator has no translation for. False ends the run with the core before the instruction.
unsafe extern "C" fn on_translation<B: Bus>(
    handle: *mut uc_engine,
    address: u64,
    kind: MemType,
    result: *mut TlbEntry,
    data: *mut c_void,
) -> bool {
    // SAFETY: as in `on_instruction`.
    let state = unsafe { state::<B>(data) };
    let access = match kind {
        MemType::WRITE => Access::Write,
        MemType::FETCH => Access::Execute,
        _ => Access::Read,
    };
    let page = address & !(PAGE_SIZE - 1);
    let mapping: Option<Mapping> =
        state.ask(handle, |bus, core, pace| bus.translate(core, pace, page, access)).flatten();
    let Some(mapping) = mapping else {
        state.stop.get_or_insert(Reason::Translation);
        return false;
    };
    if mapping.write {
        state.ram.will_write(mapping.page, PAGE_SIZE);
    }
    // A page counts as one that is executed only when it is.
    let execute = mapping.execute && access == Access::Execute;
    if execute {
        state.fetched.fetch(mapping.page, &state.ram);
    }
    let mut perms = Prot::NONE;
    for (allowed, right) in [(mapping.read, Prot::READ), (mapping.write, Prot::WRITE), (execute, Prot::EXEC)]
    {
        if allowed {
            perms |= right;
        }
    }
    // SAFETY: the emulator passes a valid place for the answer.
    unsafe { result.write(TlbEntry { paddr: emulated(mapping.page), perms }) };
    true
}

/// An `MRS`; not zero where the hook did its work.
unsafe extern "C" fn on_read_system<B: Bus>(
    handle: *mut uc_engine,
    register: i32,
    access: *const RegisterARM64CP,
    data: *mut c_void,
) -> u32 {
    // SAFETY: as in `on_instruction`; the emulator passes a valid description.
    let (state, access) = unsafe { (state::<B>(data), &*access) };
    let answer = state.ask(handle, |bus, core, pace| bus.read_system(core, pace, encoding(access)));
    let Some(Some(value)) = answer else {
        return 0;
    };
    // SAFETY: the emulator is open, `register` is its number of the destination, which has 8 bytes.
    unsafe { unicorn_engine_sys::uc_reg_write(handle, register, (&raw const value).cast()) };
    1
}

/// An `MSR`; not zero where the hook did its work.
unsafe extern "C" fn on_write_system<B: Bus>(
    handle: *mut uc_engine,
    _register: i32,
    access: *const RegisterARM64CP,
    data: *mut c_void,
) -> u32 {
    // SAFETY: as in `on_read_system`.
    unsafe {
        const DEBUG: u32 = 2;
        state::<B>(data).debug_registers |= (*access).op0 == DEBUG;
        take_value(handle, access, data, B::write_system)
    }
}

/// A `SYS`; not zero where the hook did its work.
unsafe extern "C" fn on_system_instruction<B: Bus>(
    handle: *mut uc_engine,
    _register: i32,
    access: *const RegisterARM64CP,
    data: *mut c_void,
) -> u32 {
    // SAFETY: as in `on_read_system`.
    unsafe { take_value(handle, access, data, B::system_instruction) }
}

/// Gives the bus the value of an access; not zero where `take` did what was to be done.
///
/// # Safety
///
/// As for [`state`], and `access` is valid.
unsafe fn take_value<B: Bus>(
    handle: *mut uc_engine,
    access: *const RegisterARM64CP,
    data: *mut c_void,
    take: fn(&mut B, &Registers, &mut Pace, Encoding, u64) -> Handled,
) -> u32 {
    // SAFETY: the caller's promise.
    let (state, access) = unsafe { (state::<B>(data), &*access) };
    let answer = state.ask(handle, |bus, core, pace| take(bus, core, pace, encoding(access), access.val));
    (answer == Some(Handled::Yes)).into()
}

/// The encoding in the emulator's description of an access.
fn encoding(access: &RegisterARM64CP) -> Encoding {
    Encoding::new(access.op0 as u8, access.op1 as u8, access.crn as u8, access.crm as u8, access.op2 as u8)
}
