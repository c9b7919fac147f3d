//! From the first line of Rust to the monitor's own first line.

use core::convert::Infallible;

use hal::boot::Boot;
use hal::lock::Token;
use hal::{PAGE_SIZE, Pa, Timer};
use hyp::console::print_line;
use platforms::Platform;

use crate::entry::{Entry, secondary_entry_address};
use crate::platform::PLATFORM;
use crate::real_core::RealCore;
use crate::timer::OwnTimer;
use crate::trace::TraceSink;
use crate::{gic, mmu, vector};

/// Makes the first core, of which `entry` tells, a [`RealCore`] whose events go to `sink`, and runs `monitor` on it.
///
/// # Panics
/// Where the platform's memory map is wrong or the manifest is not in its memory.
pub fn start<T: TraceSink>(
    entry: Entry,
    sink: T,
    monitor: impl FnOnce(&mut RealCore<T>, Token, &Boot) -> Infallible,
) -> ! {
    mmu::map_windows(PLATFORM);
    let mut core = prepare(&entry, sink);
    if core.is_shared() {
        print_line(
            &mut core,
            format_args!("Tantalum: no S-EL2 timer: CNTHP_EL2 is used, and only while partitions run"),
        );
    }
    let boot = boot(PLATFORM, &entry);
    match monitor(&mut core, Token::new_for_core(), &boot) {}
}

/// Makes a later core, of which `entry` tells, a [`RealCore`] whose events go to `sink`, and runs `monitor` on it
/// with its linear index.
///
/// The core finds the windows as the first one mapped them.
pub fn start_secondary<T: TraceSink>(
    entry: Entry,
    sink: T,
    monitor: impl FnOnce(&mut RealCore<T>, Token, usize) -> Infallible,
) -> ! {
    match monitor(&mut prepare(&entry, sink), Token::new_for_core(), entry.core()) {}
}

/// Sets up what every core has of its own.
fn prepare<T: TraceSink>(entry: &Entry, sink: T) -> RealCore<T> {
    vector::allow_full_length();
    gic::enable();
    RealCore { sink, index: entry.core(), timer: OwnTimer::find() }
}

/// What the monitor is told of the platform.
fn boot(platform: &Platform, entry: &Entry) -> Boot {
    let memory = platform.physical_memory();
    let frames = |what: &str, start: Pa, size: u64| {
        memory
            .frames(start, size / PAGE_SIZE)
            .unwrap_or_else(|error| panic!("the {what} at {start}: {error:?}"))
    };
    let (manifest_page, manifest_offset) = Pa::secure(entry.manifest()).in_page();
    Boot {
        core: entry.core(),
        manifest: frames("manifest", manifest_page, PAGE_SIZE),
        manifest_offset,
        pool: frames("page pool", platform.pool.start, platform.pool.size),
        memory,
        secondary_entry: secondary_entry_address(),
    }
}
