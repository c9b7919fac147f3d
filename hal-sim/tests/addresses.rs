//! The fault address of every form of load and store, as the guest executes it.

mod common;

use common::*;
use dynasmrt::{DynasmApi, VecAssembler, aarch64::Aarch64Relocation, dynasm};

/// The address that the guest's access faults at; x1 holds the data page, x2 holds 0x20.
fn fault_address(code: impl FnOnce(&mut VecAssembler<Aarch64Relocation>)) -> u64 {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; movz x2, 0x20; movn x3, 0xf; mov sp, x1);
        code(ops);
    });
    let mut far = 0;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        let mut registers = guest_at(SECURE_GUEST);
        far = enter(core, &mut token, &mut registers).1;
        assert_eq!(registers.x[1], SECURE_DATA, "a faulting access leaves its base register alone");
        serve(core, &mut token, |_, _, request| request)
    });
    far
}

/// Checks that each instruction faults at the data page plus its offset.
macro_rules! check {
    ($($offset:expr => [$($code:tt)*];)*) => {
        $(
            let far = fault_address(|ops| {
                dynasm!(ops; .arch aarch64; $($code)*);
            });
            let offset = far.wrapping_sub(SECURE_DATA).cast_signed();
            assert_eq!(offset, $offset, "{}", stringify!($($code)*));
        )*
    };
}

#[test]
fn a_fault_names_the_byte_that_the_instruction_wanted() {
    check! {
        0x18 => [ldr x0, [x1, 0x18]];
        0x3 => [strb w0, [x1, 3]];
        -8 => [ldur x0, [x1, -8]];
        0 => [ldr x0, [x1], 8];
        8 => [str w0, [x1, 8]!];
        0x20 => [ldr x0, [x1, x2]];
        0x100 => [ldr x0, [x1, x2, lsl 3]];
        -64 => [ldrsw x0, [x1, w3, sxtw 2]];
        0x30 => [ldp x4, x5, [x1, 0x30]];
        -0x10 => [stp w4, w5, [x1, -0x10]!];
        0 => [ldp x4, x5, [x1], 0x20];
        0x40 => [stp q0, q1, [x1, 0x40]];
        0x50 => [ldr q3, [x1, 0x50]];
        0x4 => [str h3, [x1, 4]];
        0 => [ldxr x0, [x1]];
        0 => [ldar w0, [x1]];
        0 => [ldadd x4, x5, [x1]];
        0 => [ld1 {v0.b16, v1.b16}, [x1]];
        0x10 => [ldr x0, [sp, 0x10]];
        0 => [ldtr x0, [x1]];
    }
}

#[test]
fn an_access_across_two_pages_faults_at_the_start_of_the_second() {
    let last = SECURE_GUEST + 0x1ffc;
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, last);
        dynasm!(ops; .arch aarch64; ldr x0, [x1]);
    });
    let mut far = 0;
    run(&guest, &off(), |core, mut token, boot| {
        guest_tables(core, &boot, 1);
        far = enter(core, &mut token, &mut guest_at(SECURE_GUEST)).1;
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(far, SECURE_GUEST + 0x2000);
}
