//! Physical memory through the windows of the virtual address space.
//!
//! Why this is sound: the windows of memory map nothing of the image (`mmu.rs`), so whatever address safe code
//! names, an access through them reaches memory that holds no Rust object, or faults. What is checked here keeps
//! an access inside its window.

use core::arch::asm;
use core::ptr;

use hal::memory::{AccessFault, ENTRIES, Frame, Frames};
use hal::{Memory, Pa};

use crate::barrier;
use crate::guarded::*;
use crate::mmu::{WINDOW_SIZE, window};
use crate::real_core::RealCore;
use crate::trace::TraceSink;

impl<T: TraceSink> Memory for RealCore<T> {
    // There are many callers, and none that a call more would matter to.
    #[inline(never)]
    fn read(&mut self, frames: Frames, offset: u64, into: &mut [u8]) -> Result<(), AccessFault> {
        let from = run(frames, offset, into.len())?;
        // SAFETY: `run` says that the bytes read are in a window of memory; `into` is borrowed for writing.
        let fault = unsafe { guarded_copy(into.as_mut_ptr(), from as *const u8, into.len()) };
        reached(frames, fault)
    }

    fn write(&mut self, frames: Frames, offset: u64, bytes: &[u8]) -> Result<(), AccessFault> {
        let to = run(frames, offset, bytes.len())?;
        // SAFETY: `run` says that the bytes written are in a window of memory, where no Rust object is; `bytes`
        // is borrowed for reading.
        let fault = unsafe { guarded_copy(to as *mut u8, bytes.as_ptr(), bytes.len()) };
        reached(frames, fault)
    }

    fn zero(&mut self, frames: Frames) -> Result<(), AccessFault> {
        let start = run(frames, 0, frames.size() as usize)?;
        // SAFETY: `run` says that the frames are in a window of memory, where no Rust object is; they are whole
        // pages and not empty.
        let fault = unsafe { guarded_zero(start as *mut u8, (start + frames.size()) as *mut u8) };
        reached(frames, fault)
    }

    fn read_entry(&self, table: Frame, index: usize) -> u64 {
        let entry = entry(table, index);
        // SAFETY: `entry` says that it is aligned and in a window of memory.
        unsafe { ptr::read_volatile(entry) }
    }

    fn write_entry(&mut self, table: Frame, index: usize, value: u64) {
        let entry = entry(table, index);
        // SAFETY: `entry` says that it is aligned and in a window of memory, where no Rust object is.
        unsafe { ptr::write_volatile(entry, value) }
    }

    fn clean(&mut self, frames: Frames) {
        if let Ok(start) = run(frames, 0, frames.size() as usize) {
            guarded_clean_to_coherency(start, start + frames.size(), data_line());
        }
        barrier::complete();
    }

    fn make_executable(&mut self, frames: Frames) {
        if let Ok(start) = run(frames, 0, frames.size() as usize) {
            guarded_clean_to_unification(start, start + frames.size(), data_line());
        }
        barrier::complete();
        // SAFETY: forgetting cached instructions changes no state that Rust knows of.
        unsafe { asm!("ic ialluis", options(nostack, preserves_flags)) };
        barrier::complete();
    }
}

/// Where `bytes` bytes from `offset` in `frames` are: all of them in the window of the frames' space.
fn run(frames: Frames, offset: u64, bytes: usize) -> Result<u64, AccessFault> {
    let Pa { space, address } = frames.start();
    let inside = (bytes as u64) <= frames.size()
        && offset <= frames.size() - bytes as u64
        && address < WINDOW_SIZE
        && frames.size() <= WINDOW_SIZE - address;
    if !inside {
        return Err(AccessFault { space, address: address.saturating_add(frames.size()) });
    }
    Ok(window(space) + address + offset)
}

/// Where entry `index` of `table` is: in the window of the frame's space.
///
/// # Panics
/// If `index` is not below [`ENTRIES`].
fn entry(table: Frame, index: usize) -> *mut u64 {
    assert!(index < ENTRIES, "a table has 512 entries");
    let Pa { space, address } = table.start();
    ((window(space) | (address % WINDOW_SIZE)) as *mut u64).wrapping_add(index)
}

/// What a guarded routine's answer says about an access to `frames`.
fn reached(frames: Frames, fault: u64) -> Result<(), AccessFault> {
    if fault == 0 {
        return Ok(());
    }
    let Pa { space, address } = frames.start();
    Err(AccessFault { space, address })
}

/// Bytes in the smallest data cache line of any cache (CTR_EL0.DminLine).
fn data_line() -> u64 {
    let ctr: u64;
    // SAFETY: reads a constant identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(pure, nomem, nostack, preserves_flags)) };
    4 << (ctr >> 16 & 0xf)
}
