//! From the first instruction to Rust.
//!
//! EL3 enters the image at its physical address in S-EL2 with the MMU and caches off, on the first core with x0 = the
//! manifest's address and x4 = the core's linear index; no other register is relied on. A later core's index comes
//! from its affinities, since TF-A sets x4 for a core's first entry only. Until the MMU is on, code uses
//! PC-relative addresses only, which are physical then and virtual after.
//!
//! The first core is entered at `entry`, every core that is turned on later, or on again, at `secondary_entry`, which
//! the monitor registers with EL3; `entry` sends it there too where EL3 did not take the registration. A core that
//! the image has no stacks for is refused.
//!
//! A later core finds the tables as the first one made them and writes nothing before its MMU and caches are on. The
//! entries that it walks through then to the image have not changed since the first core discarded their lines; the
//! windows' entries are in the caches of the inner-shareable domain, which its walks read too.
//!
//! The tables are the one thing written with caches off: their lines are discarded before, so that no older
//! dirty line is evicted over them, and after, so that no older clean line hides them from the cached walks to
//! come. Text and constants were cleaned by whoever loaded them, or EL3 could not have entered them uncached.

use core::arch::global_asm;
use core::mem::{offset_of, size_of};

use crate::control;
use crate::mmu::{self, BOOT_TABLES, BootTables, IMAGE_WINDOW};
use crate::panic;
use crate::platform::{CORES, PLATFORM};
use crate::stack::{CoreStacks, STACKS};

/// What EL3 gave the image on a core; made by the entry code only, each time that EL3 enters the core.
#[repr(C)]
pub struct Entry {
    core: u64,
    manifest: u64,
}

impl Entry {
    /// The core's linear index.
    pub(crate) fn core(&self) -> usize {
        self.core as usize
    }

    /// The physical address of the manifest, in secure memory; 0 on a later core.
    pub(crate) fn manifest(&self) -> u64 {
        self.manifest
    }
}

unsafe extern "C" {
    /// Where later cores enter; only its address is used.
    static secondary_entry: u8;
}

/// The physical address at which EL3 enters the image on every core but the first.
pub(crate) fn secondary_entry_address() -> u64 {
    (&raw const secondary_entry) as u64 - IMAGE_WINDOW
}

global_asm!(
    r#"
    .pushsection .text.entry, "ax"
    .global entry
entry:
    msr     daifset, #15
    msr     spsel, #1
    // Once. The word is written and read with the MMU off only.
    adr     x1, entered
    ldr     w2, [x1]
    cbnz    w2, later
    mov     w2, #1
    str     w2, [x1]

    mov     x20, x0
    mov     x21, x4
    cmp     x21, #{cores}
    b.hs    refuse
    bl      control_el2
    ldr     x24, =first_core

    // Empty boot tables.
    adrp    x22, {tables}
    add     x22, x22, :lo12:{tables}
    mov     x0, x22
    mov     x1, #{tables_size}
    add     x1, x22, x1
    bl      discard_lines
    mov     x0, x22
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    // Level 0 of both halves, then levels 1 and 2, each with the one entry on the way to the image.
    adrp    x3, image_start
    add     x4, x22, #{image_tables}
    orr     x5, x4, #3
    ubfx    x6, x3, #39, #9
    add     x7, x22, #{identity}
    str     x5, [x7, x6, lsl #3]
    add     x6, x6, #{window_index}
    str     x5, [x22, x6, lsl #3]
    add     x5, x5, #4096
    ubfx    x6, x3, #30, #9
    str     x5, [x4, x6, lsl #3]
    add     x4, x4, #4096
    add     x5, x5, #4096
    ubfx    x6, x3, #21, #9
    str     x5, [x4, x6, lsl #3]
    add     x4, x4, #4096

    // Level 3: the image's pages, x4 = its table, x3 = next page, x5 = end, x6 = attributes.
    adrp    x5, text_end
    ldr     x6, ={text_page}
    bl      map_pages
    adrp    x5, rodata_end
    ldr     x6, ={constant_page}
    bl      map_pages
    adrp    x5, image_end
    ldr     x6, ={variable_page}
    bl      map_pages

    // A hole below each stack.
    adrp    x0, {stacks}
    add     x0, x0, :lo12:{stacks}
    mov     x1, #{cores}
1:  ubfx    x2, x0, #12, #9
    str     xzr, [x4, x2, lsl #3]
    add     x2, x0, #{guard}
    ubfx    x2, x2, #12, #9
    str     xzr, [x4, x2, lsl #3]
    mov     x2, #{stacks_stride}
    add     x0, x0, x2
    subs    x1, x1, #1
    b.ne    1b

    mov     x0, x22
    mov     x1, #{tables_size}
    add     x1, x22, x1
    bl      discard_lines
    b       translate

    .global secondary_entry
secondary_entry:
    msr     daifset, #15
    msr     spsel, #1
later:
    mov     x20, xzr
    // Which core, by its affinities: a core that is on again finds in x4 what it left there.
    mrs     x0, mpidr_el1
    ubfx    x1, x0, #24, #1         // MT: affinity 0 counts threads
    ubfx    x2, x0, #32, #8
    bfi     x0, x2, #24, #8         // all four affinities, side by side
    cbz     x1, 1f
    tst     x0, #0xff
    b.ne    refuse                  // a second thread
    ubfx    x0, x0, #8, #24
1:  ubfx    x21, x0, #0, #8         // its number in its cluster
    lsr     x2, x21, #{cluster_shift}
    ubfx    x1, x0, #8, #8          // its cluster
    add     x21, x21, x1, lsl #{cluster_shift}
    ubfx    x1, x0, #16, #16
    orr     x1, x1, x2
    cbnz    x1, refuse
    cmp     x21, #{cores}
    b.hs    refuse
    bl      control_el2
    adrp    x22, {tables}
    add     x22, x22, :lo12:{tables}
    ldr     x24, =later_core

    // x22 = the tables, x24 = where to go on in the upper half.
translate:
    // Translation registers; IPS is what the core implements, up to 48 bits.
    ldr     x0, ={mair}
    msr     mair_el2, x0
    ldr     x23, ={tcr}
    mrs     x0, id_aa64mmfr0_el1
    and     x0, x0, #15
    mov     x1, #5
    cmp     x0, x1
    csel    x0, x0, x1, lo
    bfi     x23, x0, #32, #3
    msr     tcr_el2, x23
    add     x0, x22, #{identity}
    msr     ttbr0_el2, x0
    msr     S3_4_C2_C0_1, x22       // TTBR1_EL2
    ldr     x0, =exception_vectors
    msr     vbar_el2, x0
    isb
    tlbi    alle1
    tlbi    alle2
    ic      iallu
    dsb     sy
    isb
    ldr     x0, ={sctlr}
    ldr     x1, =upper_half
    msr     sctlr_el2, x0
    isb
    br      x1

upper_half:
    // The lower half has served.
    orr     x23, x23, #{epd0}
    msr     tcr_el2, x23
    msr     ttbr0_el2, xzr
    isb
    tlbi    alle2
    dsb     nsh
    isb
    br      x24

first_core:
    adrp    x0, zero_start
    add     x0, x0, :lo12:zero_start
    adrp    x1, zero_end
    add     x1, x1, :lo12:zero_end
    bl      guarded_zero
    bl      own_stacks
    mov     x30, xzr
    b       image_main

later_core:
    bl      own_stacks
    mov     x30, xzr
    b       image_secondary

// This core's stacks: TPIDR_EL2 names them, for the exception vectors. Leaves what Rust is told in x0 and x1.
own_stacks:
    adrp    x0, {stacks}
    add     x0, x0, :lo12:{stacks}
    mov     x1, #{stacks_stride}
    madd    x0, x21, x1, x0
    msr     tpidr_el2, x0
    add     sp, x0, x1
    mov     x29, xzr
    mov     x0, x21
    mov     x1, x20
    ret

// EL2 with E2H: the formats of CPTR, and later of TCR and SCTLR, are the ones it selects.
control_el2:
    ldr     x0, ={hcr}
    msr     hcr_el2, x0
    isb
    ldr     x0, ={cptr}
    msr     cptr_el2, x0
    ret

// Answers EL3, now and for every request that it sends here: FFA_ERROR, ABORTED. Touches no memory.
refuse:
    ldr     x0, ={ffa_error}
    mov     x1, xzr
    ldr     x2, ={aborted}
    smc     #0
    b       refuse

entered:
    .word   0

// Maps the pages from x3 to x5 in the level 3 table at x4 with attributes x6; leaves x3 = x5.
map_pages:
    ubfx    x7, x3, #12, #9
    orr     x8, x3, x6
    str     x8, [x4, x7, lsl #3]
    add     x3, x3, #4096
    cmp     x3, x5
    b.lo    map_pages
    ret

// Discards the cache lines of whole lines from x0 to x1; leaves x1.
discard_lines:
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x2, x3, x2
    dsb     sy
1:  dc      ivac, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    1b
    dsb     sy
    ret

    .ltorg
    .popsection
    "#,
    hcr = const control::HCR,
    cptr = const control::CPTR,
    tables = sym BOOT_TABLES,
    tables_size = const size_of::<BootTables>(),
    identity = const offset_of!(BootTables, identity),
    image_tables = const offset_of!(BootTables, image),
    window_index = const mmu::IMAGE_WINDOW_INDEX,
    text_page = const mmu::TEXT_PAGE,
    constant_page = const mmu::CONSTANT_PAGE,
    variable_page = const mmu::VARIABLE_PAGE,
    stacks = sym STACKS,
    stacks_stride = const size_of::<CoreStacks>(),
    guard = const offset_of!(CoreStacks, guard),
    cores = const CORES,
    cluster_shift = const PLATFORM.cluster_shift,
    mair = const control::MAIR,
    tcr = const control::TCR,
    epd0 = const control::TCR_EPD0,
    sctlr = const control::SCTLR,
    ffa_error = const panic::FFA_ERROR,
    aborted = const panic::ABORTED,
);
