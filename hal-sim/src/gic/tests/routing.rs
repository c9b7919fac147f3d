//! Where shared interrupts go.

use super::*;

/// Routes `intid` as GICD_IROUTER says.
fn route(gic: &mut Gic, intid: Intid, router: u64) {
    gic.write_distributor(NonSecure, IROUTER + 8 * u64::from(intid.0), 8, router);
}

/// What both cores are signalled.
fn both(gic: &mut Gic) -> [Option<u32>; 2] {
    [0, 1].map(|core| signalled(gic, core))
}

#[test]
fn a_shared_interrupt_goes_to_the_core_with_its_affinity() {
    let mut gic = gic();
    gic.set_line(0, SPI, true);
    assert_eq!(both(&mut gic), [Some(40), None]);
    route(&mut gic, SPI, 1);
    assert_eq!(both(&mut gic), [None, Some(40)]);
    route(&mut gic, SPI, 1 << 8);
    assert_eq!(both(&mut gic), [None, None], "there is no such core");
}

#[test]
fn a_private_interrupt_stays_with_its_core() {
    let mut gic = gic();
    gic.set_line(1, PPI, true);
    assert_eq!(both(&mut gic), [None, Some(30)]);
}

#[test]
fn one_of_many_is_the_lowest_numbered_core_that_takes_the_group() {
    let mut gic = gic();
    route(&mut gic, SPI, 1 << 31);
    gic.set_line(0, SPI, true);
    assert_eq!(both(&mut gic), [Some(40), None]);
    gic.write_register(0, NonSecure, IGRPEN1_EL1, 0);
    assert_eq!(both(&mut gic), [None, Some(40)]);
    gic.switch_off(1);
    assert_eq!(both(&mut gic), [None, None], "a core that sleeps gets nothing");
}

#[test]
fn a_sleeping_core_gets_no_shared_interrupt() {
    let mut gic = gic();
    route(&mut gic, SPI, 1);
    gic.set_line(0, SPI, true);
    gic.write_redistributor(1, NonSecure, 0x14, 4, 2);
    assert_eq!(both(&mut gic), [None, Some(40)], "GICR_WAKER is the secure state's");
    gic.write_redistributor(1, Secure, 0x14, 4, 2);
    assert_eq!(both(&mut gic), [None, None]);
    assert_eq!(gic.read_redistributor(1, Secure, 0x14, 4), 6);
    assert_eq!(gic.read_redistributor(1, NonSecure, 0x14, 4), 0);
}

#[test]
fn an_interrupt_that_another_core_took_comes_to_nobody() {
    let mut gic = gic();
    gic.set_line(0, SPI, true);
    assert_eq!(acknowledged(&mut gic, NonSecure), 40);
    route(&mut gic, SPI, 1);
    assert_eq!(both(&mut gic), [None, None], "it is active");
}

#[test]
fn extended_interrupts_are_configured_and_routed_alike() {
    let mut gic = gic();
    let last = Intid(4159);
    gic.write_distributor(NonSecure, 0x1204, 4, 1 << 31);
    gic.write_distributor(NonSecure, 0x203f, 1, 0x40);
    gic.write_distributor(NonSecure, 0x300c, 4, 2 << 30);
    gic.write_distributor(NonSecure, 0x8000 + 8 * 63, 8, 1);
    gic.set_line(0, last, true);
    gic.set_line(0, last, false);
    assert_eq!(both(&mut gic), [None, Some(4159)]);
    assert_eq!(gic.signalled(1).map(|pending| pending.priority), Some(0xa0));
    assert_eq!(gic.read_register(1, NonSecure, IAR1_EL1), Some(4159));
    gic.write_register(1, NonSecure, EOIR1_EL1, 4159);
    assert_eq!(gic.read_distributor(NonSecure, 0x1a04, 4), 0, "it is not active any more");
}

#[test]
#[should_panic(expected = "there is no interrupt 288")]
fn a_line_that_leads_nowhere_is_a_mistake() {
    gic().set_line(0, Intid(288), true);
}
