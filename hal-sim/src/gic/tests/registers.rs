//! The memory-mapped registers: levels, edges, views, sizes.

use super::*;

/// Pending bits of the first bank of SPIs, as the normal world sees them.
fn pending(gic: &Gic) -> u64 {
    gic.read_distributor(NonSecure, ISPENDR + 4, 4)
}

/// Makes [`SPI`] edge-triggered.
fn make_edge(gic: &mut Gic) {
    gic.write_distributor(NonSecure, ICFGR + 8, 4, 2 << 16);
}

#[test]
fn a_level_is_pending_while_its_line_is_asserted() {
    let mut gic = gic();
    gic.set_line(0, SPI, true);
    gic.write_distributor(NonSecure, ICPENDR + 4, 4, 1 << 8);
    assert_eq!(pending(&gic), 1 << 8, "the line is asserted still");
    gic.set_line(0, SPI, false);
    assert_eq!(pending(&gic), 0);
}

#[test]
fn a_level_comes_again_after_its_end_until_the_line_drops() {
    let mut gic = gic();
    gic.set_line(0, SPI, true);
    for _ in 0..2 {
        assert_eq!(acknowledged(&mut gic, NonSecure), 40);
        gic.write_register(0, NonSecure, EOIR1_EL1, 40);
    }
    gic.set_line(0, SPI, false);
    assert_eq!(acknowledged(&mut gic, NonSecure), 1023);
}

#[test]
fn an_edge_is_pending_once_for_each_rise() {
    let mut gic = gic();
    make_edge(&mut gic);
    gic.set_line(0, SPI, true);
    gic.set_line(0, SPI, false);
    assert_eq!(pending(&gic), 1 << 8, "it outlives the line");
    assert_eq!(acknowledged(&mut gic, NonSecure), 40);
    gic.write_register(0, NonSecure, EOIR1_EL1, 40);
    assert_eq!(signalled(&mut gic, 0), None);
    gic.set_line(0, SPI, true);
    gic.write_distributor(NonSecure, ICPENDR + 4, 4, 1 << 8);
    assert_eq!(pending(&gic), 0, "software takes an edge back");
    gic.set_line(0, SPI, true);
    assert_eq!(pending(&gic), 0, "the line did not rise again");
}

#[test]
fn an_edge_that_comes_while_the_interrupt_is_active_is_kept() {
    let mut gic = gic();
    make_edge(&mut gic);
    for asserted in [true, false, true] {
        gic.set_line(0, SPI, asserted);
        if asserted && pending(&gic) != 0 {
            acknowledged(&mut gic, NonSecure);
        }
    }
    gic.set_line(0, SPI, false);
    gic.set_line(0, SPI, true);
    assert_eq!(signalled(&mut gic, 0), None);
    gic.write_register(0, NonSecure, EOIR1_EL1, 40);
    assert_eq!(signalled(&mut gic, 0), Some(40));
}

#[test]
fn software_makes_an_interrupt_pending_until_it_is_acknowledged() {
    let mut gic = gic();
    gic.write_distributor(NonSecure, ISPENDR + 4, 4, 1 << 8);
    assert_eq!(acknowledged(&mut gic, NonSecure), 40);
    gic.write_register(0, NonSecure, EOIR1_EL1, 40);
    assert_eq!(signalled(&mut gic, 0), None);
}

#[test]
fn what_triggers_an_sgi_cannot_be_changed() {
    let mut gic = gic();
    for (offset, before, after) in [(0, 0xaaaa_aaaa, 0xaaaa_aaaa), (4, 0, 0x8000_0000)] {
        let at = SGI + ICFGR + offset;
        assert_eq!(gic.read_redistributor(0, Secure, at, 4), before);
        gic.write_redistributor(0, Secure, at, 4, 0x8000_0000);
        assert_eq!(gic.read_redistributor(0, Secure, at, 4), after);
    }
}

#[test]
fn the_normal_world_neither_sees_nor_changes_a_secure_interrupt() {
    let mut gic = gic();
    make_secure(&mut gic, SPI);
    gic.write_distributor(Secure, IPRIORITYR + 40, 1, 0x48);
    gic.write_distributor(Secure, IROUTER + 8 * 40, 8, 1);
    gic.write_distributor(Secure, ISPENDR + 4, 4, 1 << 8);
    let registers = [
        (ISENABLER + 4, 4),
        (0x184, 4),
        (ISPENDR + 4, 4),
        (ICPENDR + 4, 4),
        (0x304, 4),
        (0x384, 4),
        (IPRIORITYR + 40, 1),
        (ICFGR + 8, 4),
        (IROUTER + 8 * 40, 8),
    ];
    let seen = |gic: &Gic, world| registers.map(|(at, size)| gic.read_distributor(world, at, size));
    let before = seen(&gic, Secure);
    assert!(before.iter().any(|value| *value != 0));
    let bit = |size, value| if size == 4 { value & 1 << 8 } else { value };
    for ((_, size), value) in registers.iter().zip(seen(&gic, NonSecure)) {
        assert_eq!(bit(*size, value), 0);
    }
    for (at, size) in registers {
        let value = if at == ICFGR + 8 { 3 << 16 } else { 1 << 8 };
        gic.write_distributor(NonSecure, at, size, value);
    }
    assert_eq!(seen(&gic, Secure), before);
}

#[test]
fn groups_are_the_secure_states_to_see_and_change() {
    let mut gic = gic();
    for at in [IGROUPR + 4, IGRPMODR + 4] {
        gic.write_distributor(Secure, at, 4, 0x5a);
        gic.write_distributor(NonSecure, at, 4, 0);
        assert_eq!(gic.read_distributor(Secure, at, 4), 0x5a);
        assert_eq!(gic.read_distributor(NonSecure, at, 4), 0);
    }
}

#[test]
fn each_world_switches_on_its_own_group_1() {
    let mut gic = Gic::after_firmware(1, FIRMWARES);
    // Firmware has its own Group 0 on.
    assert_eq!(gic.read_distributor(Secure, CTLR, 4), 0x35);
    gic.write_distributor(NonSecure, CTLR, 4, 0x13);
    assert_eq!(gic.read_distributor(NonSecure, CTLR, 4), 0x12);
    assert_eq!(gic.read_distributor(Secure, CTLR, 4), 0x37);
    gic.write_distributor(Secure, CTLR, 4, 1);
    assert_eq!(gic.read_distributor(Secure, CTLR, 4), 0x31);
}

#[test]
fn registers_are_accessed_by_their_size() {
    let mut gic = gic();
    gic.write_distributor(NonSecure, IPRIORITYR + 40, 4, 0x8060_4020);
    assert_eq!(gic.read_distributor(NonSecure, IPRIORITYR + 41, 1), 0x40);
    assert_eq!(gic.read_distributor(NonSecure, IPRIORITYR + 40, 2), 0, "no halfwords");
    assert_eq!(gic.read_distributor(NonSecure, IPRIORITYR + 40, 8), 0, "no doublewords");
    gic.write_distributor(NonSecure, ISENABLER + 8, 1, 0xff);
    assert_eq!(gic.read_distributor(NonSecure, ISENABLER + 8, 4), 0, "no bytes");
    let router = IROUTER + 8 * 40;
    gic.write_distributor(NonSecure, router + 4, 4, 0xff);
    gic.write_distributor(NonSecure, router, 4, 0x8001_0203);
    assert_eq!(gic.read_distributor(NonSecure, router, 8), 0xff_8001_0203);
    assert_eq!(gic.read_distributor(NonSecure, router + 4, 4), 0xff);
    assert_eq!(gic.read_redistributor(1, NonSecure, 8, 8), 1 << 32 | 1 << 8 | 1 << 4, "GICR_TYPER");
    assert_eq!(gic.read_redistributor(1, NonSecure, 12, 4), 1);
}

#[test]
fn reserved_registers_read_as_zero() {
    let mut gic = gic();
    for at in [ISENABLER, IPRIORITYR + 4, IROUTER + 8 * 31, ISENABLER + 4 * 9, 0x5ff8, 0x1208, 0xfffc] {
        gic.write_distributor(Secure, at, 4, u64::MAX);
        assert_eq!(gic.read_distributor(Secure, at, 4), 0, "{at:#x}");
    }
    for at in [0, 0x20, SGI + ISENABLER + 4, SGI + 0x8000] {
        gic.write_redistributor(0, Secure, at, 4, u64::MAX);
        assert_eq!(gic.read_redistributor(0, Secure, at, 4), 0, "{at:#x}");
    }
}

#[test]
fn the_distributor_says_what_it_has() {
    let typer = gic().read_distributor(NonSecure, 4, 4);
    assert_eq!(32 * ((typer & 31) + 1), 288, "interrupts");
    assert_eq!(typer >> 8 & 1, 1, "extended SPIs");
    assert_eq!(typer >> 10 & 1, 1, "two security states");
    assert_eq!(32 * ((typer >> 27) + 1), 64, "extended SPIs");
}
