//! The monitor's own stage 1: where everything is in its virtual address space, and the tables that say so.
//!
//! The upper half (TTBR1_EL2, 48 bits, 4 KiB granule) has four windows of 32 TiB. In each a physical address
//! is found at the window's base plus that address:
//!
//! ```text
//! 0xffff_8000_0000_0000  SECURE_WINDOW      secure memory       RW  XN  write-back, inner shareable
//! 0xffff_a000_0000_0000  NON_SECURE_WINDOW  non-secure memory   RW  XN  the same, with NS = 1
//! 0xffff_c000_0000_0000  DEVICE_WINDOW      devices             RW  XN  nGnRE
//! 0xffff_e000_0000_0000  IMAGE_WINDOW       the image itself, page by page
//!                          .text            RO  X
//!                          .rodata          RO  XN
//!                          .bss             RW  XN
//!                          stacks           RW  XN, a hole below each
//! ```
//!
//! **The image's memory is in no other window**: nothing that the first two windows map holds a Rust object, so
//! no access through them, whatever its address, touches one. The lower half (TTBR0_EL2) maps the image onto
//! itself while `entry` turns the MMU on and is disabled after.
//!
//! The image's part is built by `entry` with the MMU off; [`map_windows`] adds the others, only ever making an
//! invalid entry valid. Tables come from a fixed array, so no allocator and no crate that wants one is needed.

use core::sync::atomic::{AtomicU64, Ordering};

use hal::memory::{ENTRIES, PhysicalRange};
use hal::{PAGE_SIZE, Space};
use platforms::Platform;

use crate::platform::PLATFORM;
use crate::{barrier, distributor, stack};

/// Where secure memory is.
pub const SECURE_WINDOW: u64 = 0xffff_8000_0000_0000;
/// Where non-secure memory is.
pub const NON_SECURE_WINDOW: u64 = 0xffff_a000_0000_0000;
/// Where devices are.
pub const DEVICE_WINDOW: u64 = 0xffff_c000_0000_0000;
/// Where the image is; `image_offset` of the linker script.
pub const IMAGE_WINDOW: u64 = 0xffff_e000_0000_0000;
/// Bytes in a window.
pub const WINDOW_SIZE: u64 = 1 << 45;

// Descriptors (DDI 0487, D8.3).
const VALID: u64 = 1;
const TABLE: u64 = 0b11;
const PAGE: u64 = 0b11;
const ATTRIBUTE_DEVICE: u64 = 1 << 2;
const NON_SECURE: u64 = 1 << 5;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 0b11 << 8;
const ACCESSED: u64 = 1 << 10;
const PXN: u64 = 1 << 53;
const UXN: u64 = 1 << 54;
const NEVER_EXECUTE: u64 = PXN | UXN;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

const DATA: u64 = VALID | ACCESSED | INNER_SHAREABLE | NEVER_EXECUTE;

/// A page of the image's instructions.
pub(crate) const TEXT_PAGE: u64 = PAGE | ACCESSED | INNER_SHAREABLE | READ_ONLY | UXN;
/// A page of the image's constants.
pub(crate) const CONSTANT_PAGE: u64 = PAGE | DATA | READ_ONLY;
/// A page of the image's variables.
pub(crate) const VARIABLE_PAGE: u64 = PAGE | DATA;

/// The index in the level 0 table of the first entry of the image window.
pub(crate) const IMAGE_WINDOW_INDEX: u64 = IMAGE_WINDOW >> 39 & 0x1ff;

/// A translation table.
#[repr(C, align(4096))]
pub(crate) struct Table([AtomicU64; ENTRIES]);

impl Table {
    /// A table whose entries are all invalid.
    const fn empty() -> Self {
        Self([const { AtomicU64::new(0) }; ENTRIES])
    }
}

/// The tables that `entry` fills while the MMU is off.
#[repr(C)]
pub(crate) struct BootTables {
    /// Level 0 of the upper half.
    pub root: Table,
    /// Level 0 of the lower half: the image at its physical address.
    pub identity: Table,
    /// Levels 1, 2 and 3 of the image, the same for both halves.
    pub image: [Table; 3],
}

// SAFETY: the linker script keeps this section zero-initialised and page-aligned, like .bss.
#[unsafe(link_section = ".bss.boot_tables")]
pub(crate) static BOOT_TABLES: BootTables =
    BootTables { root: Table::empty(), identity: Table::empty(), image: [const { Table::empty() }; 3] };

/// Tables for the windows of memory and devices.
const WINDOW_TABLES: usize = 16;
static TABLES: [Table; WINDOW_TABLES] = [const { Table::empty() }; WINDOW_TABLES];

// The console could not tell of it: it has its mapping from these tables.
const _: () =
    assert!(most_tables(PLATFORM) <= WINDOW_TABLES, "WINDOW_TABLES suffice for the platform's ranges");

unsafe extern "C" {
    /// The image's first byte; only its address is used.
    static image_start: u8;
}

/// The window of memory in `space`.
pub(crate) const fn window(space: Space) -> u64 {
    match space {
        Space::Secure => SECURE_WINDOW,
        Space::NonSecure => NON_SECURE_WINDOW,
    }
}

/// Maps the platform's memory, without the monitor's, its console, and what is used of its GIC.
///
/// # Panics
/// Where ranges overlap, are not whole pages or lie beyond a window, where the image is not in the monitor's memory,
/// and where [`WINDOW_TABLES`] do not suffice.
pub(crate) fn map_windows(platform: &Platform) {
    let monitor = &platform.monitor;
    assert!(
        (&raw const image_start) as u64 - IMAGE_WINDOW >= monitor.start.address
            && stack::end() - IMAGE_WINDOW <= monitor.start.address + monitor.size,
        "the image is in the monitor's memory"
    );
    let mut mapper = Mapper { used: 0 };
    for range in platform.memory {
        let base = window(range.start.space);
        mapper.map(base, range, Some(monitor), DATA | security(range.start.space));
    }
    let device = VALID | ACCESSED | NEVER_EXECUTE | ATTRIBUTE_DEVICE;
    for range in distributor::ranges(platform).chain([platform.console]) {
        mapper.map(DEVICE_WINDOW, &range, None, device | security(range.start.space));
    }
    barrier::publish_tables();
}

/// The bits of a descriptor that say which space it leads to.
const fn security(space: Space) -> u64 {
    match space {
        Space::Secure => 0,
        Space::NonSecure => NON_SECURE,
    }
}

/// Adds blocks and pages to the live tables.
struct Mapper {
    used: usize,
}

impl Mapper {
    /// Maps `range` at `base` plus its address with the attributes `attributes`, but nothing of `hole`.
    fn map(&mut self, base: u64, range: &PhysicalRange, hole: Option<&PhysicalRange>, attributes: u64) {
        let (start, end) = (range.start.address, range.start.address + range.size);
        assert!(
            start % PAGE_SIZE == 0 && end % PAGE_SIZE == 0 && end <= WINDOW_SIZE,
            "a platform's ranges are whole pages"
        );
        let (hole_start, hole_end) = match hole {
            Some(hole) if hole.start.space == range.start.space => {
                (hole.start.address, hole.start.address + hole.size)
            }
            _ => (end, end),
        };
        let mut address = start;
        while address < end {
            if (hole_start..hole_end).contains(&address) {
                address = hole_end;
                continue;
            }
            // The largest block that is aligned here, ends within the range and has nothing of the hole.
            let fits = |size: u64| {
                address % size == 0
                    && size <= end - address
                    && (address + size <= hole_start || hole_end <= address)
            };
            let level = (1..3).find(|level| fits(level_size(*level))).unwrap_or(3);
            self.set(base + address, level, address | attributes);
            address += level_size(level);
        }
    }

    /// Makes the entry for `va` at `level` the block or page descriptor `leaf`.
    fn set(&mut self, va: u64, level: u32, leaf: u64) {
        let mut table = &BOOT_TABLES.root;
        for walked in 0..level {
            let entry = &table.0[index(va, walked)];
            let next = match entry.load(Ordering::Relaxed) {
                0 => {
                    let next = TABLES.get(self.used).expect("WINDOW_TABLES suffice");
                    self.used += 1;
                    entry.store(physical(next) | TABLE, Ordering::Relaxed);
                    next
                }
                descriptor => TABLES
                    .iter()
                    .find(|table| physical(table) == descriptor & ADDRESS)
                    .expect("an entry above a window's leaf is one of its tables"),
            };
            table = next;
        }
        let kind = if level == 3 { PAGE } else { VALID };
        let entry = &table.0[index(va, level)];
        // Not `assert_eq`, which would print both and bring the code for it.
        assert!(entry.swap(leaf | kind, Ordering::Relaxed) == 0, "a platform's ranges do not overlap");
    }
}

/// How many tables the windows of `platform` take at most.
const fn most_tables(platform: &Platform) -> usize {
    let mut tables = tables_of(&platform.console, &platform.monitor);
    let mut index = 0;
    while index < platform.memory.len() {
        tables += tables_of(&platform.memory[index], &platform.monitor);
        index += 1;
    }
    tables
}

/// The tables that `range` without `hole` takes: one at level 1, and one below each larger block that an edge is inside.
const fn tables_of(range: &PhysicalRange, hole: &PhysicalRange) -> usize {
    let (start, end) = (range.start.address, range.start.address + range.size);
    let mut edges = [start, end, start, end];
    if range.contains(hole.start, hole.size) {
        edges[2] = hole.start.address;
        edges[3] = hole.start.address + hole.size;
    }
    let mut tables = 1;
    let mut level = 1;
    while level < 3 {
        let size = level_size(level);
        let mut index = 0;
        while index < edges.len() {
            // An earlier edge inside the same block shares its table.
            let mut earlier = 0;
            while earlier < index
                && (edges[earlier] % size == 0 || edges[earlier] / size != edges[index] / size)
            {
                earlier += 1;
            }
            tables += (edges[index] % size != 0 && earlier == index) as usize;
            index += 1;
        }
        level += 1;
    }
    tables
}

/// Bytes that an entry of a table at `level` maps.
const fn level_size(level: u32) -> u64 {
    1 << (12 + 9 * (3 - level))
}

/// The index of `va` in a table at `level`.
const fn index(va: u64, level: u32) -> usize {
    (va / level_size(level)) as usize % ENTRIES
}

/// The physical address of a table, which is in the image.
fn physical(table: &Table) -> u64 {
    core::ptr::from_ref(table) as u64 - IMAGE_WINDOW
}
