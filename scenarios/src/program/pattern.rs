//! The patterns: what each program keeps in every register that a switch of guests must keep for it.
//!
//! Nobody but the monitor moves EL1, vector and pointer-authentication registers between worlds, so each program
//! fills them with values of its own and looks after every call whether it still has them. Registers that the
//! program needs (its tables, its vectors) take part with the value that they need, which is each program's own
//! as far as the architecture has bits to spare.
//!
//! Not here, because neither QEMU nor Unicorn keeps what is written to them (both define them as constant zero):
//! ACTLR_EL1, AFSR0_EL1, AFSR1_EL1, AMAIR_EL1. Not here either: x18, which the check itself needs before it can
//! store anything. The virtual timer is the normal world's alone to check: partitions may be kept from it.

use super::sysreg::operand;
use super::{Context, Role, layout_of};

/// How many EL1 and EL0 system registers.
pub const SYSTEM: usize = 33;
/// The general-purpose registers x19 to x30.
pub const GENERAL: usize = 12;
/// The halves of V0 to V31.
pub const VECTOR: usize = 64;
/// All registers that have an index: the stack pointer is one more.
pub const REGISTERS_IN_ALL: usize = SYSTEM + VECTOR + GENERAL + 1;

/// Index of the first vector half.
pub const FIRST_VECTOR: usize = SYSTEM;
/// Index of x19.
pub const FIRST_GENERAL: usize = FIRST_VECTOR + VECTOR;
/// Index of the stack pointer.
pub const STACK_POINTER: usize = FIRST_GENERAL + GENERAL;

/// A system register and the bits of it that hold a pattern.
pub struct PatternRegister {
    /// The architecture's name.
    pub name: &'static str,
    /// The operand of `mrs` and `msr`.
    pub encoding: u32,
    value: Value,
}

/// What a register is filled with.
#[derive(Clone, Copy)]
enum Value {
    /// The program's pattern under this mask.
    Mask(u64),
    /// Some bits must be as given; those under the mask hold the pattern.
    Fixed { fixed: u64, mask: u64 },
    /// What the context says.
    Of(fn(Context) -> u64),
}

const fn register(name: &'static str, code: (u32, u32, u32, u32, u32), value: Value) -> PatternRegister {
    let (op0, op1, crn, crm, op2) = code;
    PatternRegister { name, encoding: operand(op0, op1, crn, crm, op2), value }
}

const ALL: Value = Value::Mask(u64::MAX);

/// The system registers, in the order in which they are checked.
pub static REGISTERS: [PatternRegister; SYSTEM] = [
    register("SCTLR_EL1", (3, 0, 1, 0, 0), Value::Of(sctlr)),
    register("TCR_EL1", (3, 0, 2, 0, 2), Value::Of(tcr)),
    register("TTBR0_EL1", (3, 0, 2, 0, 0), Value::Of(ttbr0)),
    register("VBAR_EL1", (3, 0, 12, 0, 0), Value::Of(vbar)),
    // Attribute 0 is normal write-back, attribute 1 device; the other six are nobody's.
    register("MAIR_EL1", (3, 0, 10, 2, 0), Value::Fixed { fixed: 0xFF, mask: !0xFFFF }),
    register("CPACR_EL1", (3, 0, 1, 0, 2), Value::Of(cpacr)),
    // TCR_EL1.EPD1 is set: no walk begins at TTBR1_EL1.
    register("TTBR1_EL1", (3, 0, 2, 0, 1), Value::Mask(!0xFFF)),
    register("CONTEXTIDR_EL1", (3, 0, 13, 0, 1), Value::Mask(0xFFFF_FFFF)),
    register("TPIDR_EL0", (3, 3, 13, 0, 2), ALL),
    register("TPIDRRO_EL0", (3, 3, 13, 0, 3), ALL),
    register("TPIDR_EL1", (3, 0, 13, 0, 4), ALL),
    register("SP_EL0", (3, 0, 4, 1, 0), ALL),
    register("PAR_EL1", (3, 0, 7, 4, 0), Value::Mask(0xFF00_FFFF_FFFF_F000)),
    register("CNTKCTL_EL1", (3, 0, 14, 1, 0), Value::Mask(0x3F8)),
    // A level from 1 on: no cache is selected by it in these programs.
    register("CSSELR_EL1", (3, 2, 0, 0, 0), Value::Of(csselr)),
    register("ESR_EL1", (3, 0, 5, 2, 0), Value::Mask(0xFFFF_FFFF)),
    register("FAR_EL1", (3, 0, 6, 0, 0), ALL),
    register("ELR_EL1", (3, 0, 4, 0, 1), ALL),
    // Condition flags and masks only, so that the value is a legal state to return to.
    register("SPSR_EL1", (3, 0, 4, 0, 0), Value::Fixed { fixed: 0x4, mask: 0xF000_03C0 }),
    register("APIAKeyLo_EL1", (3, 0, 2, 1, 0), ALL),
    register("APIAKeyHi_EL1", (3, 0, 2, 1, 1), ALL),
    register("APIBKeyLo_EL1", (3, 0, 2, 1, 2), ALL),
    register("APIBKeyHi_EL1", (3, 0, 2, 1, 3), ALL),
    register("APDAKeyLo_EL1", (3, 0, 2, 2, 0), ALL),
    register("APDAKeyHi_EL1", (3, 0, 2, 2, 1), ALL),
    register("APDBKeyLo_EL1", (3, 0, 2, 2, 2), ALL),
    register("APDBKeyHi_EL1", (3, 0, 2, 2, 3), ALL),
    register("APGAKeyLo_EL1", (3, 0, 2, 3, 0), ALL),
    register("APGAKeyHi_EL1", (3, 0, 2, 3, 1), ALL),
    // Rounding, flush-to-zero, default NaN, alternative half precision.
    register("FPCR", (3, 3, 4, 4, 0), Value::Mask(0x07C0_0000)),
    // The cumulative bits.
    register("FPSR", (3, 3, 4, 4, 1), Value::Mask(0x0800_009F)),
    // A time that never comes, the timer enabled and masked.
    register("CNTV_CVAL_EL0", (3, 3, 14, 3, 2), ALL),
    register("CNTV_CTL_EL0", (3, 3, 14, 3, 1), Value::Of(|_| 0b11)),
];

/// Index of the first register that the normal world alone holds.
const FIRST_TIMER: usize = SYSTEM - 2;

/// True when a program of `role` holds register `index` of a check.
pub fn is_held(role: Role, index: usize) -> bool {
    role == Role::NormalWorld || !(FIRST_TIMER..SYSTEM).contains(&index)
}

/// The system registers that a program of `role` holds, each with its index.
pub fn system_registers(role: Role) -> impl Iterator<Item = (usize, &'static PatternRegister)> {
    REGISTERS.iter().enumerate().filter(move |(index, _)| is_held(role, *index))
}

/// How many registers a program of `role` holds.
pub fn checked(role: Role) -> usize {
    (0..REGISTERS_IN_ALL).filter(|index| is_held(role, *index)).count()
}

/// What register `index` of a check holds in the program of `context`.
pub fn value(context: Context, index: usize) -> u64 {
    let seed = seed(context, index);
    if index == STACK_POINTER {
        return layout_of(context).stack;
    }
    match REGISTERS.get(index).map(|register| register.value) {
        None => seed,
        Some(Value::Mask(mask)) => seed & mask,
        Some(Value::Fixed { fixed, mask }) => seed & mask | fixed,
        Some(Value::Of(value)) => value(context),
    }
}

/// The name of register `index` of a check.
pub fn name(index: usize) -> String {
    match index {
        0..FIRST_VECTOR => REGISTERS[index].name.to_string(),
        FIRST_VECTOR..FIRST_GENERAL => {
            let half = index - FIRST_VECTOR;
            format!("V{} ({} half)", half / 2, ["low", "high"][half % 2])
        }
        FIRST_GENERAL..STACK_POINTER => format!("x{}", 19 + index - FIRST_GENERAL),
        STACK_POINTER => "SP_EL1".to_string(),
        _ => format!("register {index}, which no check has"),
    }
}

/// A 64-bit value whose bytes have the role's number plus one as first digit; the second is made of that, the
/// register's and the virtual CPU's.
fn seed(Context { role, cpu }: Context, index: usize) -> u64 {
    let program = 0x1111_1111_1111_1111u64.wrapping_mul(role.index() as u64 + 1);
    let register = (index as u64 + 1).wrapping_mul(0x0123_4567_89AB_CDEF).rotate_left(index as u32);
    let cpu = 0x0101_0101_0101_0101 * u64::from(cpu);
    program ^ (register & 0x0F0F_0F0F_0F0F_0F0F) ^ cpu
}

/// One of `values` for a register with room for few: another for each role of one virtual CPU, and for each virtual
/// CPU of one role.
fn one_of<const N: usize>(values: [u64; N], Context { role, cpu }: Context) -> u64 {
    values[(role.index() + usize::from(cpu)) % N]
}

/// MMU and caches on; the bits that let EL0 do a little more, which nobody is at, tell programs apart.
fn sctlr(context: Context) -> u64 {
    const ALWAYS: u64 = 0x30D0_0800 | 1 | 1 << 2 | 1 << 12;
    ALWAYS | one_of([1 << 14, 1 << 15, 1 << 26, 1 << 14 | 1 << 15], context)
}

/// 39 bits from TTBR0_EL1, none from TTBR1_EL1, whose size field tells programs apart.
fn tcr(context: Context) -> u64 {
    const WALKS: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 30 | 2 << 32;
    WALKS | one_of([25, 26, 27, 28, 29, 30, 31, 32], context) << 16
}

fn ttbr0(context: Context) -> u64 {
    layout_of(context).tables
}

fn vbar(context: Context) -> u64 {
    layout_of(context).vectors
}

/// SIMD is free to use; the SVE field, which nothing uses, tells programs apart.
fn cpacr(context: Context) -> u64 {
    3 << 20 | one_of([0b00, 0b01, 0b11, 0b10], context) << 16
}

fn csselr(context: Context) -> u64 {
    one_of([2, 4, 6, 8], context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 4] = [Role::NormalWorld, Role::Partition(1), Role::Partition(2), Role::Partition(3)];

    #[track_caller]
    fn assert_all_differ(index: usize, contexts: [Context; 4]) {
        let values = contexts.map(|context| value(context, index));
        let others = |value: &u64| values.iter().filter(|other| *other == value).count() - 1;
        assert!(values.iter().all(|value| others(value) == 0), "{}: {values:x?}", name(index));
    }

    #[test]
    fn every_register_holds_another_value_in_each_program_of_a_virtual_cpu() {
        for index in (0..REGISTERS_IN_ALL).filter(|index| is_held(ROLES[1], *index)) {
            for cpu in 0..8 {
                assert_all_differ(index, ROLES.map(|role| Context { role, cpu }));
            }
        }
    }

    #[test]
    fn every_register_holds_another_value_on_each_virtual_cpu_of_four() {
        for role in ROLES {
            for index in (0..REGISTERS_IN_ALL).filter(|index| is_held(role, *index)) {
                let constant = REGISTERS.get(index).is_some_and(|register| register.name == "CNTV_CTL_EL0");
                if !constant {
                    assert_all_differ(index, [0, 1, 2, 3].map(|cpu| Context { role, cpu }));
                }
            }
        }
    }

    #[test]
    fn no_two_registers_of_a_program_hold_the_same_value() {
        let program = Context::from(Role::NormalWorld);
        let mut values: Vec<_> = (0..REGISTERS_IN_ALL).map(|index| value(program, index)).collect();
        values.sort_unstable();
        let all = values.len();
        values.dedup();
        assert_eq!(values.len(), all);
    }
}
