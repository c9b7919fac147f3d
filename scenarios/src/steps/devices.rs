//! A device that a manifest gives a partition.

use super::{SP1, SP2, Stage};
use crate::machine::layout::{SECURE_UART, SHARED_PAGE};
use crate::manifest::Device;
use crate::program::{Access, Source, Space};

/// Where a partition's page for mappings at run time has the device.
const UART: u64 = SHARED_PAGE / 0x20_0000 * 0x20_0000 + SECURE_UART % 0x20_0000;

/// Registers of a PL011 (Arm DDI 0183).
const FLAGS: u64 = UART + 0x18;
const CONTROL: u64 = UART + 0x30;
const MASK: u64 = UART + 0x38;
const RAW: u64 = UART + 0x3C;
const MASKED: u64 = UART + 0x40;
const CLEAR: u64 = UART + 0x44;
const CELL_ID: u64 = UART + 0xFF0;

/// The UART is enabled, and sends.
const SENDS: u32 = 1 << 0 | 1 << 8;
/// Its interrupt of what was sent.
const SENT: u32 = 1 << 5;
/// Nothing to receive, nothing left to send.
const EMPTY: u64 = 1 << 4 | 1 << 7;

/// SP1 has a device for itself, and prints; SP2 has none: rule `boot.8`.
pub fn device_region(stage: &mut Stage) {
    let extras = &mut stage.partitions[0].extras;
    extras.devices = vec![Device::at(SECURE_UART)];
    extras.edits.set("device-regions/device9040000", "exclusive-access", ());
    super::boot(stage);
    stage.alone("SP1 prints on the UART that its manifest gives it", SP1, |sp1| {
        sp1.maps(Space::Secure, SECURE_UART);
        let cells = ["cell 0", "cell 1", "cell 2", "cell 3"].into_iter();
        let cells = cells.zip([0, 4, 8, 12].map(|offset| Source::Word(CELL_ID + offset)));
        // What every PrimeCell says there.
        sp1.testifies("reads the device's identification", &cells.collect::<Vec<_>>())
            .expect_all([0x0D, 0xF0, 0x05, 0xB1]);
        for (label, register, value) in [
            ("enables the UART", CONTROL, SENDS),
            ("wants no interrupt of it", MASK, 0),
            ("clears its interrupts", CLEAR, 0x7FF),
        ] {
            sp1.attempts(label, Access::Write(value), register).expect_all([0; 3]);
        }
        sp1.prints("SP1 was here.\n", UART);
        let interrupts =
            [("flags", Source::Word(FLAGS)), ("raw", Source::Word(RAW)), ("masked", Source::Word(MASKED))];
        sp1.testifies("has printed a line", &interrupts).expect_all([EMPTY, SENT.into(), 0]);
        sp1.attempts("clears the interrupt of that", Access::Write(SENT), CLEAR).expect_all([0; 3]);
        sp1.testifies("has none", &interrupts).expect_all([EMPTY, 0, 0]);
    });
    stage.alone("SP2 looks at it", SP2, |sp2| {
        sp2.maps(Space::Secure, SECURE_UART);
        sp2.attempts("reads the device of SP1", Access::Read, UART).expect(0, 1).expect(2, UART);
    });
}
