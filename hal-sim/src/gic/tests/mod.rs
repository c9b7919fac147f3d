//! What programs see of the GIC by its registers.

mod cpu_interface;
mod registers;
mod routing;
mod sgi;

use hal::Space::{self, NonSecure, Secure};
use hal::interrupt::Intid;

use super::Gic;
use super::icc::name::*;

/// Offset of the second redistributor frame.
const SGI: u64 = 0x1_0000;
/// GICD_CTLR.
const CTLR: u64 = 0;
/// Offsets that the distributor and the second redistributor frame share.
const IGROUPR: u64 = 0x80;
const ISENABLER: u64 = 0x100;
const ISPENDR: u64 = 0x200;
const ICPENDR: u64 = 0x280;
const IPRIORITYR: u64 = 0x400;
const ICFGR: u64 = 0xc00;
const IGRPMODR: u64 = 0xd00;
const IROUTER: u64 = 0x6000;

/// An SPI of the normal world, which is on in [`gic`].
const SPI: Intid = Intid(40);
/// The SPI of firmware.
const FIRMWARES: Intid = Intid(287);
/// A private interrupt of the normal world, which is on in [`gic`].
const PPI: Intid = Intid(30);

/// The GIC of two cores that are on, whose normal world has enabled its Group 1 and some interrupts.
fn gic() -> Gic {
    let mut gic = Gic::after_firmware(2, FIRMWARES);
    gic.switch_on(1);
    gic.write_distributor(NonSecure, CTLR, 4, 2);
    gic.write_distributor(NonSecure, ISENABLER + 4, 4, 0xffff_ffff);
    for core in 0..2 {
        gic.write_redistributor(core, NonSecure, SGI + ISENABLER, 4, 0xf800_00ff);
        gic.write_register(core, NonSecure, IGRPEN1_EL1, 1);
    }
    gic
}

/// Sets the priority of private interrupt `intid` of core 0, as `world` may.
fn set_priority(gic: &mut Gic, world: Space, intid: Intid, priority: u64) {
    gic.write_redistributor(0, world, SGI + IPRIORITYR + u64::from(intid.0), 1, priority);
}

/// What `core` would be signalled.
fn signalled(gic: &mut Gic, core: usize) -> Option<u32> {
    gic.signalled(core).map(|pending| pending.intid.0)
}

/// What core 0 acknowledges of the Group 1 of `world`.
fn acknowledged(gic: &mut Gic, world: Space) -> u64 {
    gic.read_register(0, world, IAR1_EL1).expect("the register is there")
}

/// Moves SPI `intid` of the first bank to secure Group 1, and enables it.
fn make_secure(gic: &mut Gic, intid: Intid) {
    let bit = 1 << (intid.0 - 32);
    gic.write_distributor(Secure, IGROUPR + 4, 4, 0xffff_ffff & !bit);
    gic.write_distributor(Secure, IGRPMODR + 4, 4, bit);
    gic.write_distributor(Secure, ISENABLER + 4, 4, bit);
}
