//! The SIMD registers. These two routines hold the only instructions of the image that touch them.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use hal::Vector;
use hal::context::VectorContext;

use crate::real_core::RealCore;
use crate::trace::TraceSink;

/// A routine that moves all vector registers between the core and the context at x0.
macro_rules! vector_routine {
    ($name:literal, $pair:literal, $($control:literal),*) => {
        global_asm!(
            ".pushsection .text.vector, \"ax\"",
            ".arch_extension fp",
            ".arch_extension simd",
            concat!(".global ", $name),
            concat!($name, ":"),
            concat!($pair, " q0, q1, [x0]"),
            concat!($pair, " q2, q3, [x0, #32]"),
            concat!($pair, " q4, q5, [x0, #64]"),
            concat!($pair, " q6, q7, [x0, #96]"),
            concat!($pair, " q8, q9, [x0, #128]"),
            concat!($pair, " q10, q11, [x0, #160]"),
            concat!($pair, " q12, q13, [x0, #192]"),
            concat!($pair, " q14, q15, [x0, #224]"),
            concat!($pair, " q16, q17, [x0, #256]"),
            concat!($pair, " q18, q19, [x0, #288]"),
            concat!($pair, " q20, q21, [x0, #320]"),
            concat!($pair, " q22, q23, [x0, #352]"),
            concat!($pair, " q24, q25, [x0, #384]"),
            concat!($pair, " q26, q27, [x0, #416]"),
            concat!($pair, " q28, q29, [x0, #448]"),
            concat!($pair, " q30, q31, [x0, #480]"),
            $($control,)*
            "ret",
            ".arch_extension nosimd",
            ".arch_extension nofp",
            ".popsection",
            control = const offset_of!(VectorContext, fpcr),
        );
    };
}

vector_routine!(
    "vector_save",
    "stp",
    "mrs x1, fpcr",
    "mrs x2, fpsr",
    "add x0, x0, #{control}",
    "stp x1, x2, [x0]"
);
vector_routine!(
    "vector_load",
    "ldp",
    "add x0, x0, #{control}",
    "ldp x1, x2, [x0]",
    "msr fpcr, x1",
    "msr fpsr, x2"
);

const _: () = assert!(
    offset_of!(VectorContext, v) == 0
        && offset_of!(VectorContext, fpsr) == offset_of!(VectorContext, fpcr) + 8,
    "the routines move V0 to V31 from offset 0 and fpcr and fpsr in one pair"
);

unsafe extern "C" {
    /// Stores V0 to V31, FPCR and FPSR.
    safe fn vector_save(into: &mut VectorContext);

    /// Loads V0 to V31, FPCR and FPSR, which the image's own code never uses.
    pub(crate) safe fn vector_load(from: &VectorContext);
}

/// Lets vectors be as long as EL3 allows (ZCR_EL2.LEN): a shorter length at EL2 would cut what another world has
/// in the SVE registers. Does nothing without SVE.
pub(crate) fn allow_full_length() {
    // SAFETY: the image's own code uses no vector register, whatever its length.
    unsafe {
        asm!(
            "mrs    {value}, id_aa64pfr0_el1",
            "ubfx   {value}, {value}, #32, #4",
            "cbz    {value}, 1f",
            "mov    {value}, #15",
            "msr    S3_4_C1_C2_0, {value}", // ZCR_EL2
            "isb",
            "1:",
            value = out(reg) _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

impl<T: TraceSink> Vector for RealCore<T> {
    fn save_vector(&mut self, into: &mut VectorContext) {
        vector_save(into);
    }

    fn load_vector(&mut self, from: &VectorContext) {
        vector_load(from);
    }
}
