//! Loads and stores: which address an instruction accesses.
//!
//! The emulator tells the page of an access that it could not translate, not the address; the address is computed
//! again from the instruction and the registers (DDI 0487, C4.1.94 Loads and Stores).

use crate::unicorn::registers::Registers;

/// True for `LDTR`, `STTR` and their kin, by which EL1 accesses memory as EL0.
pub const fn is_unprivileged(word: u32) -> bool {
    word & 0x3b20_0c00 == 0x3800_0800
}

/// True for a load or store that leaves memory as it is.
pub const fn is_load(word: u32) -> bool {
    let load = word & 1 << 22 != 0;
    match (word >> 28 & 3, word >> 24 & 3) {
        // Exclusives and ordered accesses; CAS has bits 23 and 21, and stores.
        (0, 0) => load && word & 0x00a0_0000 != 0x00a0_0000,
        // Vector registers' structures, and pairs.
        (0, _) | (2, _) => load,
        // Literals; ordered accesses with an offset, whose opc is not 0 for loads.
        (1, 0) => word & 0x0400_0000 != 0 || word & 0x3b00_0000 == 0x1800_0000,
        (1, _) => word >> 22 & 3 != 0,
        // Atomics store, but for LDAPR.
        (_, 0) if word & 0x0020_0c00 == 0x0020_0000 => word & 0x3fff_fc00 == 0x38bf_c000,
        // opc 2 of a vector register is a store of 128 bits.
        _ => word >> 22 & 3 != 0 && (word & 1 << 26 == 0 || load),
    }
}

/// The address that the load or store `word` at `pc` accesses, if it is one.
pub fn address(word: u32, core: &Registers) -> Option<u64> {
    let base = || match word >> 5 & 31 {
        31 => core.sp(),
        register => core.x(register),
    };
    if word & 0xffff_ffe0 == 0xd50b_7420 {
        return Some(core.x(word & 31) & !63); // DC ZVA
    }
    if word & 0x0a00_0000 != 0x0800_0000 {
        return None;
    }
    let simd = word >> 26 & 1 != 0;
    let offset = match (word >> 28 & 3, word >> 24 & 1) {
        (0, _) => 0,
        (1, 0) => return Some(core.pc().wrapping_add_signed(signed(word >> 5, 19) << 2)),
        (1, _) => signed(word >> 12, 9),
        (2, _) => pair_offset(word, simd),
        (_, 1) => i64::from(word >> 10 & 0xfff) << scale(word, simd),
        _ => single_offset(word, simd, core),
    };
    Some(base().wrapping_add_signed(offset))
}

/// The offset of a load or store of a pair.
fn pair_offset(word: u32, simd: bool) -> i64 {
    let opc = word >> 30;
    let scale = if simd { 2 + opc } else { 2 + (opc >> 1) };
    match word >> 23 & 3 {
        1 => 0, // post-index
        _ => signed(word >> 15, 7) << scale,
    }
}

/// The offset of a load or store of one register without a scaled immediate.
fn single_offset(word: u32, simd: bool, core: &Registers) -> i64 {
    match (word >> 21 & 1, word >> 10 & 3) {
        (0, 1) => 0, // post-index
        (0, _) => signed(word >> 12, 9),
        (_, 2) => {
            let register = core.x(word >> 16 & 31);
            let shift = if word >> 12 & 1 != 0 { scale(word, simd) } else { 0 };
            let extended = match word >> 13 & 7 {
                2 => i64::from(register as u32),
                6 => i64::from(register as i32),
                _ => register.cast_signed(),
            };
            extended << shift
        }
        _ => 0, // atomics: the base alone
    }
}

/// The power of two that an offset of this size of access counts in.
const fn scale(word: u32, simd: bool) -> u32 {
    let size = word >> 30;
    if simd && word >> 23 & 1 != 0 { 4 } else { size }
}

/// The low `bits` bits of `value` as a signed number.
const fn signed(value: u32, bits: u32) -> i64 {
    ((value as u64) << (64 - bits)).cast_signed() >> (64 - bits)
}

#[cfg(test)]
mod tests {
    use super::{is_load, is_unprivileged};

    #[test]
    fn loads_are_told_from_what_stores() {
        for (word, load) in [
            (0xf940_0820, true),  // ldr x0, [x1, #16]
            (0xf900_0820, false), // str x0, [x1, #16]
            (0xf840_8420, true),  // ldr x0, [x1], #8
            (0xf800_8420, false), // str x0, [x1], #8
            (0xf862_6820, true),  // ldr x0, [x1, x2]
            (0xf822_6820, false), // str x0, [x1, x2]
            (0x5800_0040, true),  // ldr x0, #8
            (0xa940_0820, true),  // ldp x0, x2, [x1]
            (0xa900_0820, false), // stp x0, x2, [x1]
            (0x3dc0_0020, true),  // ldr q0, [x1]
            (0x3d80_0020, false), // str q0, [x1]
            (0xad40_0420, true),  // ldp q0, q1, [x1]
            (0xad00_0420, false), // stp q0, q1, [x1]
            (0xc85f_7c20, true),  // ldxr x0, [x1]
            (0xc802_7c20, false), // stxr w2, x0, [x1]
            (0xc8df_fc20, true),  // ldar x0, [x1]
            (0xc89f_fc20, false), // stlr x0, [x1]
            (0xc8a2_7c20, false), // cas x2, x0, [x1]
            (0xf822_0020, false), // ldadd x2, x0, [x1]
            (0xf822_8020, false), // swp x2, x0, [x1]
            (0xf8bf_c020, true),  // ldapr x0, [x1]
            (0xd940_0020, true),  // ldapur x0, [x1]
            (0xd900_0020, false), // stlur x0, [x1]
            (0xd50b_7421, false), // dc zva, x1
        ] {
            assert_eq!(is_load(word), load, "{word:#x}");
        }
    }

    #[test]
    fn unprivileged_loads_and_stores_are_told_from_their_neighbours() {
        for (word, unprivileged) in [
            (0xf840_0820, true),  // ldtr x0, [x1]
            (0x3800_0820, true),  // sttrb w0, [x1]
            (0xb880_0820, true),  // ldtrsw x0, [x1]
            (0xf840_0020, false), // ldur x0, [x1]
            (0xf840_0c20, false), // ldr x0, [x1, #0]!
            (0xf862_6820, false), // ldr x0, [x1, x2]
            (0xf940_0820, false), // ldr x0, [x1, #16]
        ] {
            assert_eq!(is_unprivileged(word), unprivileged, "{word:#x}");
        }
    }
}
