//! Where a saved context holds the syndrome of the last exception.

use std::ffi::c_void;
use std::sync::OnceLock;

use unicorn_engine::{Arch, Mode, Prot, Unicorn};
use unicorn_engine_sys::{
    HookType, uc_context_alloc, uc_context_free, uc_context_save, uc_context_size, uc_emu_start, uc_emu_stop,
    uc_engine, uc_error, uc_hook_add,
};

use super::registers::Registers;
use super::{allow_calls, configure};

/// `hvc #0x1234`.
const HVC: u32 = 0xd400_0002 | 0x1234 << 5;

/// The syndrome of that instruction: EC 0x16, IL, the immediate.
const SYNDROME: u32 = 0x16 << 26 | 1 << 25 | 0x1234;

/// Bytes from the start of a saved context to the exception's syndrome (u32; then u32, address u64, target u32).
pub(super) fn exception_offset() -> usize {
    static OFFSET: OnceLock<usize> = OnceLock::new();
    *OFFSET.get_or_init(measure)
}

/// Takes one hypervisor call in an emulator of its own and looks where its syndrome went.
fn measure() -> usize {
    let mut unicorn = Unicorn::new(Arch::ARM64, Mode::ARM).expect("the emulator can be created");
    configure(&mut unicorn);
    unicorn.mem_map(0x1000, 0x1000, Prot::ALL).expect("the emulator maps a page");
    unicorn.mem_write(0x1000, &HVC.to_le_bytes()).expect("the page is mapped");
    let handle = unicorn.get_handle();
    allow_calls(&Registers(handle));
    let mut hook = 0;
    let mut context = std::ptr::null_mut();
    // SAFETY: the handle is open for all of these calls; the hook has the signature of `INTR`; the context is as
    // long as the emulator says, and freed once.
    unsafe {
        let function = stop as *const ();
        let everything = HookType::INTR.0 as i32;
        let result = uc_hook_add(
            handle,
            &raw mut hook,
            everything,
            function.cast_mut().cast(),
            std::ptr::null_mut(),
            1,
            0,
        );
        assert_eq!(result, uc_error::OK, "the emulator takes hooks");
        uc_emu_start(handle, 0x1000, 0, 0, 1);
        assert_eq!(uc_context_alloc(handle, &raw mut context), uc_error::OK, "no room for a context");
        uc_context_save(handle, context);
        let size = uc_context_size(handle);
        let bytes = context.cast::<u8>();
        let mut found = (0..size - 20)
            .step_by(4)
            .filter(|&offset| bytes.add(offset).cast::<u32>().read_unaligned() == SYNDROME);
        let offset = found.next().expect("the emulator keeps an exception's syndrome");
        let target = bytes.add(offset + 16).cast::<u32>().read_unaligned();
        let unique = found.next().is_none();
        uc_context_free(context);
        assert!(unique && target == 2, "the emulator keeps an exception in a way that is not understood");
        offset
    }
}

/// Ends the run at the exception.
unsafe extern "C" fn stop(handle: *mut uc_engine, _number: u32, _data: *mut c_void) {
    // SAFETY: the emulator that calls the hook is open.
    unsafe { uc_emu_stop(handle) };
}
