//! What a switch from one guest to another moves: **the lists**.
//!
//! EL3 keeps each world's EL2 registers and x0 to x30, an exit keeps a guest's x0 to x30; every other register
//! that a guest can leave something in is in one of these lists, or access to it is trapped. A register left out
//! leaks from one world into the other, on silicon and in the simulator alike, because both machines run the code
//! that these lists expand to.

use crate::sysreg::*;

/// Defines a context: a struct with one `u64` a register, and straight code that saves and loads it.
macro_rules! context {
    ($(#[$doc:meta])* $context:ident { $($register:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(non_snake_case, reason = "fields have the registers' names")]
        pub struct $context {
            $(#[doc = concat!("The value of ", stringify!($register), ".")] pub $register: u64,)*
        }

        impl $context {
            /// All zero, the empty value.
            pub const ZERO: Self = Self { $($register: 0,)* };

            /// The names of the registers, in the order in which they are moved.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($register),)*];

            /// Reads every register of the list from the core, all before the first is stored: then they are stored in
            /// pairs.
            #[inline(always)]
            pub fn save(&mut self, core: &impl Sysregs) {
                *self = Self { $($register: core.read_sysreg::<$register>(),)* };
            }

            /// Writes every register of the list to the core.
            #[inline(always)]
            pub fn load(&self, core: &mut impl Sysregs) {
                $(core.write_sysreg::<$register>(self.$register);)*
            }
        }
    };
}

context! {
    /// The EL1 and EL0 registers of a guest.
    El1Context {
        SCTLR_EL12,
        CPACR_EL12,
        TTBR0_EL12,
        TTBR1_EL12,
        TCR_EL12,
        MAIR_EL12,
        AMAIR_EL12,
        CONTEXTIDR_EL12,
        VBAR_EL12,
        ESR_EL12,
        FAR_EL12,
        AFSR0_EL12,
        AFSR1_EL12,
        ELR_EL12,
        SPSR_EL12,
        CNTKCTL_EL12,
        SP_EL0,
        SP_EL1,
        TPIDR_EL0,
        TPIDRRO_EL0,
        TPIDR_EL1,
        PAR_EL1,
        CSSELR_EL1,
        ACTLR_EL1,
    }
}

context! {
    /// The pointer authentication keys of a guest.
    PauthContext {
        APIAKEYLO_EL1,
        APIAKEYHI_EL1,
        APIBKEYLO_EL1,
        APIBKEYHI_EL1,
        APDAKEYLO_EL1,
        APDAKEYHI_EL1,
        APDBKEYLO_EL1,
        APDBKEYHI_EL1,
        APGAKEYLO_EL1,
        APGAKEYHI_EL1,
    }
}

context! {
    /// The normal world's virtual timer, which a partition can reach where FEAT_ECV is missing.
    /// The physical timer is not here: it goes on ticking for the normal world, and partitions are kept from it.
    TimerContext {
        CNTV_CTL_EL02,
        CNTV_CVAL_EL02,
    }
}

/// The Advanced SIMD registers of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(16))]
pub struct VectorContext {
    /// V0 to V31.
    pub v: [u128; 32],
    /// Floating-point Control Register.
    pub fpcr: u64,
    /// Floating-point Status Register.
    pub fpsr: u64,
}

impl VectorContext {
    /// All zero, the empty value.
    pub const ZERO: Self = Self { v: [0; 32], fpcr: 0, fpsr: 0 };
}

/// Move the vector registers. The monitor uses none itself, so whoever was loaded last still has them.
pub trait Vector {
    /// Reads the vector registers of the core.
    fn save_vector(&mut self, into: &mut VectorContext);

    /// Writes the vector registers of the core.
    fn load_vector(&mut self, from: &VectorContext);
}
