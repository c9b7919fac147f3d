//! What is wrong in the monitor's manifest.

use super::{FREE, wrong_boots};
use crate::machine::layout::PAGE;
use crate::manifest::Node;

wrong_boots! {
    // Partitions.
    "wrong-vm-gap": "monitor manifest/hypervisor/vm3 is missing", |m| {
        let vm4 = Node::new("vm4").with("is_ffa_partition", ()).with("debug_name", "sp4");
        let vm4 = vm4.with("load_address", FREE as u32).with("mem_size", PAGE as u32).with("vcpu_count", 1u32);
        m.monitor.add("hypervisor", vm4);
    };
    "wrong-vm-number": "monitor manifest/hypervisor/vm33 must not be there: partitions are vm1 to vm32",
        |m| m.monitor.add("hypervisor", Node::new("vm33"));
    "wrong-vm-overlap":
        "monitor manifest/hypervisor/vm2: load_address is 0xe400000: it must not be in the memory of sp1",
        |m| m.monitor.set("hypervisor/vm2", "load_address", 0x0E40_0000u32);
    "wrong-vm-memory":
        "sp2: its memory at 0xd000000 to 0xd100000 is not in one memory range of the monitor's manifest",
        |m| m.monitor.set("hypervisor/vm2", "load_address", 0x0D00_0000u32);
    "wrong-vm-size":
        "monitor manifest/hypervisor/vm2: mem_size is 0x0: there must be memory, and it must end below 2^64",
        |m| m.monitor.set("hypervisor/vm2", "mem_size", 0u32);
    "wrong-vm-contexts" shows "boot.5": "monitor manifest/hypervisor/vm2: vcpu_count is 9: it must be 1 to 8",
        |m| m.monitor.set("hypervisor/vm2", "vcpu_count", 9u32);
    "wrong-vm-kind": "monitor manifest/hypervisor/vm2: is_ffa_partition is missing",
        |m| m.monitor.remove("hypervisor/vm2", "is_ffa_partition");
    "wrong-vm-name":
        "monitor manifest/hypervisor/vm2: debug_name is not a text of at most 32 bytes that ends with a zero byte",
        |m| m.monitor.set("hypervisor/vm2", "debug_name", &[0x7370_3200u32, 0][..]);
    "wrong-vm-loaded":
        "monitor manifest/hypervisor/vm2: hyp_loaded must not be there: partitions are loaded before the monitor",
        |m| m.monitor.set("hypervisor/vm2", "hyp_loaded", ());
    "wrong-hypervisor":
        "monitor manifest/hypervisor: compatible is \"tantalum,tantalum\": it must be hafnium,hafnium",
        |m| m.monitor.set("hypervisor", "compatible", "tantalum,tantalum");
    // Memory, cores, the interrupt controller.
    "wrong-memory-kind":
        "monitor manifest/memory@40000000: device_type is \"ram\": it must be memory or ns-memory or device-memory or ns-device-memory",
        |m| m.monitor.set("memory@40000000", "device_type", "ram");
    "wrong-memory-none": "monitor manifest: ns-memory at 0x20000000 is not memory of this machine",
        |m| m.monitor.set("memory@40000000", "reg", &[0u32, 0x2000_0000, 0, 0x1000][..]);
    "wrong-memory-alignment":
        "monitor manifest/memory@40000000: reg is 0x40000800: an address must be a multiple of 4096",
        |m| {
        m.monitor.set("memory@40000000", "reg", &[0u32, 0x4000_0800, 0, 0x1000][..]);
    };
    "wrong-memory-size":
        "monitor manifest/memory@40000000: reg is 0x0: a size must be a multiple of 4096, not 0, and end below 2^64",
        |m| m.monitor.set("memory@40000000", "reg", &[0u32, 0x4000_0000, 0, 0][..]);
    "wrong-memory-cells":
        "monitor manifest/memory@40000000: reg has 12 bytes: an entry has two cells of address, and of size as many as #size-cells says",
        |m| m.monitor.set("memory@40000000", "reg", &[0u32, 0x4000_0000, 0][..]);
    "wrong-memory-ranges": "monitor manifest/memory@40000000: reg has 17 entries: there is room for 16", |m| {
        let entries = (0..16u32).flat_map(|page| [0, 0x4000_0000 + (page << 13), 0, 0x1000]);
        m.monitor.set("memory@40000000", "reg", &entries.collect::<Vec<_>>()[..]);
    };
    "wrong-cells": "monitor manifest: #size-cells is 3: it must be 1 to 2",
        |m| m.monitor.set("", "#size-cells", 3u32);
    "wrong-cores": "monitor manifest/cpus has 9 entries: there is room for 8", |m| {
        for core in 1..=8 {
            m.monitor.add("cpus", Node::new(format!("cpu@{core}")));
        }
    };
    "wrong-gic":
        "monitor manifest/interrupt-controller: compatible is \"arm,gic-400\": it must be arm,gic-v3",
        |m| {
        m.monitor.add("", Node::new("interrupt-controller").with("compatible", "arm,gic-400"));
    };
}
