//! The cores' stacks.

use core::cell::UnsafeCell;

use crate::platform::CORES;

/// Bytes in a hole: a page that is not mapped.
const HOLE: usize = 4096;
/// Bytes for an exception from the monitor itself.
const EXCEPTION: usize = 8 * 1024;
/// Bytes for everything else.
const STACK: usize = 32 * 1024;

/// A core's stacks, each with a hole below it.
#[repr(C, align(4096))]
pub(crate) struct CoreStacks {
    /// Not mapped.
    pub exception_guard: [u8; HOLE],
    /// For an exception from the monitor itself, which may be the other stack's overflow.
    pub exception: [u8; EXCEPTION],
    /// Not mapped.
    pub guard: [u8; HOLE],
    /// For everything else.
    pub stack: [u8; STACK],
}

/// The byte behind the last of them, which are the image's last.
pub(crate) fn end() -> u64 {
    // Neither a name of the linker's, nor one sum: code reaches no further than 1 MiB.
    core::hint::black_box(&raw const STACKS) as u64 + size_of::<Stacks>() as u64
}

/// Memory that assembly hands to the stack pointer and Rust never names.
#[repr(transparent)]
pub(crate) struct Stacks(UnsafeCell<[CoreStacks; CORES]>);

// SAFETY: nothing reads or writes the cell by name; each core's stack pointer uses its own element.
unsafe impl Sync for Stacks {}

// SAFETY: the linker script gives this section memory of its own, which nothing names but the stack pointer.
#[unsafe(link_section = ".bss.stacks")]
pub(crate) static STACKS: Stacks = Stacks(UnsafeCell::new(
    [const {
        CoreStacks {
            exception_guard: [0; HOLE],
            exception: [0; EXCEPTION],
            guard: [0; HOLE],
            stack: [0; STACK],
        }
    }; CORES],
));
