//! Interrupts that software sends.

use super::*;

/// The core 0 of `world` writes `value` to an SGI generation register; what of SGIs 0 to 15 is pending then on both.
fn sent(world: Space, register: crate::encoding::Encoding, value: u64) -> [u64; 2] {
    let mut gic = gic();
    assert!(gic.write_register(0, world, register, value));
    [0, 1].map(|core| gic.read_redistributor(core, Secure, SGI + ISPENDR, 4))
}

#[test]
fn an_sgi_goes_to_the_cores_of_its_list() {
    for (targets, expected) in [(0b01, [8, 0]), (0b10, [0, 8]), (0b11, [8, 8]), (0b100, [0, 0])] {
        assert_eq!(sent(NonSecure, SGI1R_EL1, 3 << 24 | targets), expected, "{targets:#b}");
    }
}

#[test]
fn other_affinities_are_other_cores() {
    for elsewhere in [1 << 16, 1 << 32, 1 << 48, 1 << 44] {
        assert_eq!(sent(NonSecure, SGI1R_EL1, 3 << 24 | elsewhere | 0b11), [0, 0], "{elsewhere:#x}");
    }
}

#[test]
fn an_sgi_to_all_leaves_out_its_sender() {
    assert_eq!(sent(NonSecure, SGI1R_EL1, 1 << 40 | 3 << 24), [0, 8]);
}

#[test]
fn each_world_sends_what_is_its_own() {
    let secure = 9 << 24 | 0b10;
    assert_eq!(sent(Secure, SGI1R_EL1, secure), [0, 1 << 9]);
    assert_eq!(sent(NonSecure, SGI1R_EL1, secure), [0, 0]);
    assert_eq!(sent(NonSecure, ASGI1R_EL1, secure), [0, 0], "GICR_NSACR is zero");
    assert_eq!(sent(NonSecure, SGI0R_EL1, secure), [0, 0]);
}

#[test]
fn the_secure_state_sends_the_normal_worlds_by_the_alias() {
    let normal = 3 << 24 | 0b10;
    assert_eq!(sent(Secure, ASGI1R_EL1, normal), [0, 8]);
    assert_eq!(sent(Secure, SGI1R_EL1, normal), [0, 0]);
    assert_eq!(sent(Secure, SGI0R_EL1, normal), [0, 0]);
}
