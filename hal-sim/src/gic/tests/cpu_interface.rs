//! Priorities, preemption, and the end of an interrupt.

use super::*;

#[test]
fn the_more_urgent_interrupt_comes_first_and_holds_the_other_back() {
    let mut gic = gic();
    set_priority(&mut gic, NonSecure, Intid(27), 0x40);
    set_priority(&mut gic, NonSecure, PPI, 0x20);
    gic.set_line(0, Intid(27), true);
    gic.set_line(0, PPI, true);
    assert_eq!(acknowledged(&mut gic, NonSecure), 30);
    assert_eq!(acknowledged(&mut gic, NonSecure), 1023, "27 is less urgent than the running 30");
    gic.set_line(0, PPI, false);
    gic.write_register(0, NonSecure, EOIR1_EL1, 30);
    assert_eq!(acknowledged(&mut gic, NonSecure), 27);
}

#[test]
fn of_two_alike_the_lower_id_comes_first() {
    let mut gic = gic();
    for intid in [SPI, Intid(33), PPI, Intid(31)] {
        gic.set_line(0, intid, true);
    }
    assert_eq!(acknowledged(&mut gic, NonSecure), 30);
}

#[test]
fn a_mask_at_a_priority_holds_it_back() {
    let mut gic = gic();
    set_priority(&mut gic, NonSecure, PPI, 0x40);
    gic.set_line(0, PPI, true);
    gic.write_register(0, NonSecure, PMR_EL1, 0x40);
    assert_eq!(signalled(&mut gic, 0), None);
    assert_eq!(gic.read_register(0, NonSecure, HPPIR1_EL1), Some(30), "it is pending all the same");
    gic.write_register(0, NonSecure, PMR_EL1, 0x50);
    assert_eq!(signalled(&mut gic, 0), Some(30));
}

#[test]
fn the_running_priority_is_that_of_the_most_urgent_active_interrupt() {
    let mut gic = gic();
    let running = |gic: &mut Gic, world| gic.read_register(0, world, RPR_EL1);
    assert_eq!(running(&mut gic, NonSecure), Some(0xff));
    for (intid, priority) in [(27, 0x60), (30, 0x20)] {
        set_priority(&mut gic, NonSecure, Intid(intid), priority);
        gic.set_line(0, Intid(intid), true);
        assert_eq!(acknowledged(&mut gic, NonSecure), u64::from(intid));
        assert_eq!(running(&mut gic, NonSecure), Some(priority));
    }
    assert_eq!(running(&mut gic, Secure), Some(0x90), "the same, as the secure state counts");
    gic.write_register(0, NonSecure, EOIR1_EL1, 30);
    assert_eq!(running(&mut gic, NonSecure), Some(0x60));
    gic.write_register(0, NonSecure, EOIR1_EL1, 27);
    assert_eq!(running(&mut gic, NonSecure), Some(0xff));
}

#[test]
fn only_a_more_urgent_group_priority_preempts() {
    for (binary_point, preempts) in [(0, true), (3, true), (4, true), (5, false), (7, false)] {
        let mut gic = gic();
        gic.write_register(0, NonSecure, BPR1_EL1, binary_point);
        set_priority(&mut gic, NonSecure, Intid(27), 0x30);
        set_priority(&mut gic, NonSecure, PPI, 0x10);
        gic.set_line(0, Intid(27), true);
        assert_eq!(acknowledged(&mut gic, NonSecure), 27);
        gic.set_line(0, PPI, true);
        assert_eq!(signalled(&mut gic, 0), preempts.then_some(30), "BPR {binary_point}");
    }
}

#[test]
fn a_binary_point_has_a_least_value() {
    let mut gic = gic();
    for (world, register, least) in [(NonSecure, BPR1_EL1, 3), (Secure, BPR1_EL1, 2), (Secure, BPR0_EL1, 2)] {
        gic.write_register(0, world, register, 0);
        assert_eq!(gic.read_register(0, world, register), Some(least));
    }
}

#[test]
fn an_end_in_two_steps_drops_the_priority_and_leaves_the_interrupt_active() {
    let mut gic = gic();
    gic.write_register(0, NonSecure, CTLR_EL1, 2);
    gic.set_line(0, PPI, true);
    assert_eq!(acknowledged(&mut gic, NonSecure), 30);
    gic.write_register(0, NonSecure, EOIR1_EL1, 30);
    assert_eq!(gic.read_register(0, NonSecure, RPR_EL1), Some(0xff));
    assert_eq!(signalled(&mut gic, 0), None, "30 is active: it does not come again");
    gic.write_register(0, NonSecure, DIR_EL1, 30);
    assert_eq!(signalled(&mut gic, 0), Some(30));
    assert_eq!(gic.read_register(0, Secure, CTLR_EL1).unwrap() & 2, 0, "each world has its own EOImode");
}

#[test]
fn without_two_steps_a_deactivation_does_nothing() {
    let mut gic = gic();
    gic.set_line(0, PPI, true);
    assert_eq!(acknowledged(&mut gic, NonSecure), 30);
    gic.write_register(0, NonSecure, DIR_EL1, 30);
    assert_eq!(gic.read_redistributor(0, NonSecure, SGI + 0x300, 4), 1 << 30);
}

#[test]
fn the_normal_world_does_not_end_a_secure_interrupt() {
    let mut gic = gic();
    make_secure(&mut gic, SPI);
    gic.set_line(0, SPI, true);
    assert_eq!(acknowledged(&mut gic, Secure), 40);
    gic.write_register(0, NonSecure, EOIR1_EL1, 40);
    gic.write_register(0, NonSecure, CTLR_EL1, 2);
    gic.write_register(0, NonSecure, DIR_EL1, 40);
    assert_eq!(gic.read_distributor(Secure, 0x304, 4), 1 << 8, "it is active still");
    gic.write_register(0, Secure, EOIR1_EL1, 40);
    assert_eq!(gic.read_distributor(Secure, 0x304, 4), 0);
}

#[test]
fn the_end_of_an_interrupt_that_is_none_is_ignored() {
    let mut gic = gic();
    gic.set_line(0, PPI, true);
    assert_eq!(acknowledged(&mut gic, NonSecure), 30);
    for none in [1023, 288, 5000] {
        gic.write_register(0, NonSecure, EOIR1_EL1, none);
    }
    assert_ne!(gic.read_register(0, NonSecure, RPR_EL1), Some(0xff));
}

#[test]
fn neither_world_acknowledges_the_others_interrupt() {
    let mut gic = gic();
    gic.set_line(0, PPI, true);
    assert_eq!(acknowledged(&mut gic, Secure), 1023);
    gic.write_redistributor(0, Secure, SGI + ISPENDR, 4, 1 << 8);
    assert_eq!(acknowledged(&mut gic, NonSecure), 1023, "the secure 8 is more urgent");
    assert_eq!(acknowledged(&mut gic, Secure), 8);
}

#[test]
fn group_0_has_its_own_registers_and_the_normal_world_has_none_of_them() {
    let mut gic = gic();
    gic.write_distributor(Secure, IGROUPR + 4, 4, 0xffff_feff);
    gic.write_distributor(Secure, CTLR, 4, 7);
    gic.set_line(0, SPI, true);
    assert!(gic.write_register(0, Secure, IGRPEN0_EL1, 0));
    assert_eq!(signalled(&mut gic, 0), None, "ICC_IGRPEN0_EL1 is clear");
    assert!(gic.write_register(0, Secure, IGRPEN0_EL1, 1));
    assert_eq!(acknowledged(&mut gic, Secure), 1023, "it is not of Group 1");
    assert_eq!(gic.read_register(0, Secure, HPPIR0_EL1), Some(40));
    assert_eq!(gic.read_register(0, Secure, IAR0_EL1), Some(40));
    gic.write_register(0, Secure, EOIR1_EL1, 40);
    assert_ne!(gic.read_register(0, Secure, AP0R0_EL1), Some(0), "it did not end by Group 1's register");
    gic.write_register(0, Secure, EOIR0_EL1, 40);
    assert_eq!(gic.read_register(0, Secure, AP0R0_EL1), Some(0));
    for register in [IAR0_EL1, HPPIR0_EL1, BPR0_EL1, AP0R0_EL1, IGRPEN0_EL1] {
        assert_eq!(gic.read_register(0, NonSecure, register), None);
    }
}

#[test]
fn the_normal_world_sees_its_half_of_the_priorities() {
    let mut gic = gic();
    set_priority(&mut gic, NonSecure, PPI, 0xa0);
    let priority = |gic: &Gic, world| gic.read_redistributor(0, world, SGI + IPRIORITYR + 30, 1);
    assert_eq!((priority(&gic, NonSecure), priority(&gic, Secure)), (0xa0, 0xd0));
    gic.write_register(0, Secure, PMR_EL1, 0x40);
    gic.write_register(0, NonSecure, PMR_EL1, 0xff);
    assert_eq!(gic.read_register(0, Secure, PMR_EL1), Some(0x40), "the secure state's mask stays");
    assert_eq!(gic.read_register(0, NonSecure, PMR_EL1), Some(0));
}
