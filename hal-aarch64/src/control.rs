//! What `entry` sets EL2's control registers to, every bit of them: nothing is left as firmware had it.

/// HCR_EL2 until the first guest sets its own: E2H and RW.
pub(crate) const HCR: u64 = 1 << 34 | 1 << 31;
/// CPTR_EL2 in its E2H format: no trap of SIMD (FPEN), SVE (ZEN) or SME (SMEN), so that vectors stay as long as
/// they were and nothing of another world's registers is lost before it is saved.
pub(crate) const CPTR: u64 = 0b11 << 20 | 0b11 << 16 | 0b11 << 24;
/// MAIR_EL2: attribute 0 is normal write-back memory, attribute 1 device nGnRE.
pub(crate) const MAIR: u64 = 0xff | 0x04 << 8;
/// TCR_EL2 in its E2H format, without IPS: both halves 48 bits, 4 KiB granule, walks write-back and inner
/// shareable, hierarchical permissions off.
pub(crate) const TCR: u64 = tcr_half(0) | tcr_half(16) | 0b10 << 30 | 0b11 << 41;
/// TCR_EL2.EPD0: no walks for the lower half.
pub(crate) const TCR_EPD0: u64 = 1 << 7;
/// SCTLR_EL2 in its E2H format: MMU, caches, SP alignment check and WXN on; the bits that are RES1 or leave an
/// exception level alone set (SA0, CP15BEN, EOS, nTWI, nTWE, TSCXT, EIS, SPAN, nTLSMD, LSMAOE); pointer
/// authentication, branch targets, tag checks and everything else off.
pub(crate) const SCTLR: u64 = 1 // M
    | 1 << 2 // C
    | 1 << 3 // SA
    | 1 << 4 // SA0
    | 1 << 5 // CP15BEN
    | 1 << 11 // EOS
    | 1 << 12 // I
    | 1 << 16 // nTWI
    | 1 << 18 // nTWE
    | 1 << 19 // WXN
    | 1 << 20 // TSCXT
    | 1 << 22 // EIS
    | 1 << 23 // SPAN
    | 1 << 28 // nTLSMD
    | 1 << 29; // LSMAOE

/// SCTLR_EL2 of a core that goes off: as [`SCTLR`], without M, C and I.
pub(crate) const SCTLR_OFF: u64 = SCTLR & !(1 | 1 << 2 | 1 << 12);

/// T0SZ = 16, and IRGN0, ORGN0 write-back write-allocate, SH0 inner shareable, at bit `shift`.
const fn tcr_half(shift: u64) -> u64 {
    (16 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12) << shift
}
