//! What is wrong in the memory, the mailbox and the devices that a partition asks for: rules `boot.2` and `boot.3`.

use super::{FREE, Manifests, wrong_boots};
use crate::machine::layout::{self, PAGE, SECURE_UART};
use crate::manifest::{Base, Device, Node, Region, Value};

wrong_boots! {
    "wrong-region-world" shows "boot.2":
        "sp1: memory region at 0x60100000 to 0x60101000 is not in one memory range of the monitor's manifest",
        |m| m.sp1.regions.push(region(layout::SHARED_PAGE, 3));
    "wrong-region-ns" shows "boot.2":
        "sp1: memory region at 0xe400000 to 0xe401000 is not in one ns-memory range of the monitor's manifest",
        |m| m.sp1.regions.push(region(layout::partition_base(1), 3 | Region::NON_SECURE));
    "wrong-region-device":
        "sp1: memory region at 0x8000000 to 0x8001000 is not in one memory range of the monitor's manifest",
        |m| m.sp1.regions.push(region(layout::GICD, 3));
    "wrong-region-monitor": "sp1: memory region at 0xe101000 is the monitor's own",
        |m| m.sp1.regions.push(region(layout::MONITOR.0 + PAGE, 3));
    "wrong-region-pool": "sp1: memory region at 0xe200000 is the monitor's page pool",
        |m| m.sp1.regions.push(region(layout::POOL.0, 3));
    "wrong-region-twice": "sp1: memory region at 0xe800000 is in two regions",
        |m| m.sp1.regions = vec![region(FREE, 3), region(FREE, 1)];
    // SP2, which is loaded later, has the page at the end of its own memory, and one beside it.
    "wrong-region-others" shows "boot.3": "sp2: memory region at 0xe600000 is 0x8001's as well",
        |m| m.sp1.regions.push(region(layout::DATA_REGION, 1));
    "wrong-region-in-others" shows "boot.3": "sp2: its memory at 0xe500000 is 0x8001's as well",
        |m| m.sp1.regions.push(region(layout::partition_base(2) + 0x8_0000, 1));
    "wrong-region-attributes" shows "boot.5":
        "sp1/memory-regions/region: attributes is 0x2: it must be read (1), and may be write (2), execute (4), non-secure (8)",
        |m| m.sp1.regions.push(region(FREE, 2));
    "wrong-region-pages": "sp1/memory-regions/region: pages-count is 0: it must be 1 to 4294967295",
        |m| m.sp1.regions.push(Region { pages: 0, ..region(FREE, 3) });
    "wrong-region-alignment":
        "sp1/memory-regions/region: base-address is 0xe800800: it must be a multiple of 4096",
        |m| m.sp1.regions.push(region(FREE + 0x800, 3));
    "wrong-region-end": "sp1: a memory region ends beyond the address space", |m| {
        m.sp1.regions.push(Region { base: Base::LoadRelative(0u64.wrapping_sub(PAGE << 8)), ..region(0, 3) });
    };
    "wrong-region-base":
        "sp2/memory-regions/data: load-address-relative-offset must not be there: there is base-address already",
        |m| {
        m.sp2.edits.set("memory-regions/data", "load-address-relative-offset", 0u64);
    };
    "wrong-region-no-base": "sp2/memory-regions/data: base-address is missing",
        |m| m.sp2.edits.remove("memory-regions/data", "base-address");
    "wrong-regions": "sp1/memory-regions has 17 entries: there is room for 16",
        |m| m.sp1.regions = vec![region(FREE, 3); 17];
    "wrong-regions-none": "sp1/memory-regions must not be there: it has no region", |m| {
        let regions = Node::new("memory-regions").with("compatible", "arm,ffa-manifest-memory-regions");
        m.sp1.edits.add("", regions);
    };
    "wrong-regions-ns": "sp1: there is room for 16 ranges of normal-world memory between regions", |m| {
        let shared = |page: u64| region(layout::SHARED_PAGE + 2 * page * PAGE, 3 | Region::NON_SECURE);
        m.sp1.regions = (0..16).map(shared).collect();
    };
    // The mailbox.
    "wrong-buffers": "sp2/rx_tx-info: tx-buffer is 0x2: it must be the phandle of a memory region", |m| {
        m.sp2.edits.set("memory-regions/data", "phandle", 1u32);
        m.sp2.edits.add("", buffers(1, 2));
    };
    "wrong-buffers-same":
        "sp2/rx_tx-info: tx-buffer is 0x1: it must be another region than rx-buffer's, of the same size",
        |m| {
        m.sp2.edits.set("memory-regions/data", "phandle", 1u32);
        m.sp2.edits.add("", buffers(1, 1));
    };
    "wrong-buffers-size":
        "sp2/rx_tx-info: tx-buffer is 0x1: it must be another region than rx-buffer's, of the same size",
        |m| {
        m.sp2.regions.push(Region { name: "rx", pages: 2, ..region(FREE, 1) });
        m.sp2.edits.set("memory-regions/data", "phandle", 1u32);
        m.sp2.edits.set("memory-regions/rx", "phandle", 2u32);
        m.sp2.edits.add("", buffers(2, 1));
    };
    "wrong-phandle": "sp2/memory-regions/data: phandle is 0x1: it must not be another region's", |m| {
        m.sp2.regions.push(Region { name: "rx", ..region(FREE, 1) });
        m.sp2.edits.set("memory-regions/data", "phandle", 1u32);
        m.sp2.edits.set("memory-regions/rx", "phandle", 1u32);
    };
    // Devices.
    "wrong-device-gic":
        "sp1: device region at 0x8000000 to 0x8001000 is not in one device-memory range of the monitor's manifest",
        |m| m.sp1.devices.push(Device::at(layout::GICD));
    "wrong-device-memory":
        "sp1: device region at 0xe500000 to 0xe501000 is not in one device-memory range of the monitor's manifest",
        |m| m.sp1.devices.push(Device::at(layout::partition_base(2)));
    "wrong-device-none" shows "boot.2":
        "sp1: device region at 0x9041000 to 0x9042000 is not in one device-memory range of the monitor's manifest",
        |m| m.sp1.devices.push(Device::at(SECURE_UART + PAGE));
    "wrong-device-others" shows "boot.3": "sp2: device region at 0x9040000 is 0x8001's as well", |m| {
        m.sp1.devices.push(Device::at(SECURE_UART));
        m.sp2.devices.push(Device::at(SECURE_UART));
    };
    "wrong-device-monitors": "sp1: device region at 0x8000000 is a device of the monitor", |m| {
        devices(m, layout::GICD);
        m.sp1.devices.push(Device::at(layout::GICD));
    };
    "wrong-device-ram": "sp1: device region at 0xe800000 is memory", |m| {
        devices(m, FREE);
        m.sp1.devices.push(Device::at(FREE));
    };
    "wrong-device-high": "sp1: device region at 0x8000000000 is above 512 GiB", |m| {
        devices(m, 1 << 39);
        m.sp1.devices.push(Device::at(1 << 39));
    };
    "wrong-device-attributes":
        "sp1/device-regions/device9040000: attributes is 0x5: it must be read (1), and may be write (2), non-secure (8)",
        |m| {
        m.sp1.devices.push(Device::at(SECURE_UART));
        m.sp1.edits.set("device-regions/device9040000", "attributes", 5u32);
    };
    "wrong-device-interrupt":
        "sp1/device-regions/device9040000: interrupts is 0x8: it must be a PPI or an SPI, and be there once",
        |m| {
        m.sp1.devices.push(Device::at(SECURE_UART));
        m.sp1.edits.set("device-regions/device9040000", "interrupts", &[8u32, 0][..]);
    };
    "wrong-device-target":
        "sp1/device-regions/device9040000: interrupts-target is 0x28: it must be one of this region's SPIs",
        |m| {
        m.sp1.devices.push(Device::at(SECURE_UART));
        m.sp1.edits.set("device-regions/device9040000", "interrupts-target", &[40u32, 0, 0][..]);
    };
    "wrong-device-stream": "sp1/device-regions/device9040000: smmu-id is missing", |m| {
        m.sp1.devices.push(Device::at(SECURE_UART));
        m.sp1.edits.set("device-regions/device9040000", "stream-ids", 1u32);
    };
    // Interrupts of devices.
    "wrong-interrupt-twice" shows "interrupt.18": "sp2: interrupt 39 is 0x8001's as well", |m| {
        m.sp1.devices = vec![interrupting(layout::GPIO, layout::GPIO_INTERRUPT)];
        m.sp2.devices = vec![interrupting(SECURE_UART, layout::GPIO_INTERRUPT)];
    };
    // The one or the other is the monitor's, by what timer the machine has.
    "wrong-interrupt-monitor" shows "interrupt.18": "sp1: a device has the interrupt of the monitor's timer", |m| {
        let interrupts = TIMERS.map(|id| [id, Device::EDGE]).to_vec();
        m.sp1.devices = vec![Device { interrupts, ..Device::at(SECURE_UART) }];
    };
}

/// The interrupts of EL2's timers: of CNTHPS_EL2 and CNTHP_EL2.
const TIMERS: [u32; 2] = [20, 26];

/// The device at `base`, with the interrupt `intid`.
fn interrupting(base: u64, intid: u64) -> Device {
    Device { interrupts: vec![[intid as u32, Device::EDGE]], ..Device::at(base) }
}

/// A page at `address`.
const fn region(address: u64, attributes: u32) -> Region {
    Region { name: "region", base: Base::Address(address), pages: 1, attributes }
}

/// The mailbox with these phandles.
fn buffers(rx: u32, tx: u32) -> Node {
    let node = Node::new("rx_tx-info").with("compatible", "arm,ffa-manifest-rx_tx-buffer");
    node.with("rx-buffer", rx).with("tx-buffer", tx)
}

/// Has the monitor's manifest name a page of devices at `address`.
fn devices(manifests: &mut Manifests<'_>, address: u64) {
    let reg = [(address >> 32) as u32, address as u32, 0, PAGE as u32];
    manifests.monitor.set("memory@9040000", "reg", Value::from(&reg[..]));
}
