//! Boots that must not be: each mistake in a manifest keeps the machine from booting, and one line says where it is,
//! what was found and what is allowed.

use scenarios::machine::Ending;
use scenarios::machine::layout::{
    DATA_REGION, GICD, MONITOR, PAGE, POOL, SECURE_UART, SHARED_PAGE, partition_base,
};
use scenarios::machine::sim;
use scenarios::manifest::{Base, Extras, Node, Region, Value};
use scenarios::scenario::{Parameters, find};

/// What the monitor says of the scenario with two partitions, once `change` changed the manifest of the first and of
/// the second.
fn said(change: impl FnOnce(&mut Extras, &mut Extras)) -> String {
    let mut prepared = find("chain").unwrap().prepare(&Parameters::default());
    let [first, second] = &mut prepared.partitions[..] else { panic!("two partitions play") };
    change(&mut first.extras, &mut second.extras);
    match sim::run(&prepared).ending {
        Ending::PowerOff => "it boots".to_string(),
        Ending::Other(why) => why,
    }
}

/// Expects that the machine does not boot, and that the last line says `why`.
#[track_caller]
fn refused(why: &str, change: impl FnOnce(&mut Extras, &mut Extras)) {
    let said = said(change);
    let lines: Vec<_> = said.lines().filter(|line| line.contains("does not boot")).collect();
    let [line] = lines[..] else { panic!("one line says why: {said}") };
    assert_eq!(line.trim(), format!("Tantalum does not boot: {why}"));
}

fn region(address: u64, attributes: u32) -> Region {
    Region { name: "region", base: Base::Address(address), pages: 1, attributes }
}

#[test]
fn a_property_of_a_partition_that_is_wrong_is_named() {
    refused("sp1: boot-order is 65536: it must be 0 to 65535", |sp1, _| sp1.set("boot-order", 0x1_0000u32));
    refused("sp2: boot-order is 0: another partition has it", |_, sp2| sp2.set("boot-order", 0u32));
    refused(
        "sp1: entrypoint-offset is 0x100000: it must be below 0x100000, the partition's memory",
        |sp1, _| sp1.set("entrypoint-offset", 0x10_0000u32),
    );
    refused("sp1: execution-ctx-count is 2: it must be 1, or 1, one for each core", |sp1, _| {
        sp1.set("execution-ctx-count", 2u32);
    });
    refused("sp1: exception-level is 1 (S-EL0): only 2 (S-EL1) is served", |sp1, _| {
        sp1.set("exception-level", 1u32)
    });
    refused("sp1: exception-level is 0 (EL1): only 2 (S-EL1) is served", |sp1, _| {
        sp1.set("exception-level", 0u32)
    });
}

#[test]
fn only_the_first_of_several_mistakes_is_said_at_el2() {
    refused("sp1: execution-state is 0x1: it must be 0 (AArch64)", |sp1, sp2| {
        sp1.set("execution-state", 1u32);
        sp1.set("xlat-granule", 1u32);
        sp2.set("execution-state", 1u32);
    });
}

#[test]
fn a_memory_region_is_in_memory_of_its_kind() {
    let not_in = |kind: &str, start: u64| {
        let end = start + PAGE;
        format!(
            "sp1: memory region at {start:#x} to {end:#x} is not in one {kind} range of the monitor's manifest"
        )
    };
    refused(&not_in("memory", SHARED_PAGE), |sp1, _| sp1.regions.push(region(SHARED_PAGE, 3)));
    let secure = partition_base(1);
    refused(&not_in("ns-memory", secure), |sp1, _| sp1.regions.push(region(secure, 3 | Region::NON_SECURE)));
    refused(&not_in("memory", GICD), |sp1, _| sp1.regions.push(region(GICD, 3)));
}

#[test]
fn a_memory_region_is_nobody_elses() {
    let of = |whose: &str, start: u64| format!("sp1: memory region at {start:#x} is {whose}");
    let monitor = MONITOR.0 + PAGE;
    refused(&of("the monitor's own", monitor), |sp1, _| sp1.regions.push(region(monitor, 3)));
    refused(&of("the monitor's page pool", POOL.0), |sp1, _| sp1.regions.push(region(POOL.0, 3)));
    let twice = |sp1: &mut Extras| sp1.regions = vec![region(0x0E80_0000, 3), region(0x0E80_0000, 1)];
    refused(&of("in two regions", 0x0E80_0000), |sp1, _| twice(sp1));
    // SP2, which is loaded later, has the page at the end of its own memory, and one beside it.
    let both = |what: &str, start: u64| format!("sp2: {what} at {start:#x} is 0x8001's as well");
    refused(&both("memory region", DATA_REGION), |sp1, _| sp1.regions.push(region(DATA_REGION, 1)));
    let second = partition_base(2);
    refused(&both("its memory", second), |sp1, _| sp1.regions.push(region(second + 0x8_0000, 1)));
}

#[test]
fn a_device_is_in_a_range_of_devices_and_nobody_elses() {
    let range = |start: u64| {
        let end = start + PAGE;
        format!(
            "sp1: device region at {start:#x} to {end:#x} is not in one device-memory range of the monitor's manifest"
        )
    };
    for start in [GICD, partition_base(2), SECURE_UART + PAGE] {
        refused(&range(start), |sp1, _| sp1.devices.push(start));
    }
    refused(&format!("sp2: device region at {SECURE_UART:#x} is 0x8001's as well"), |sp1, sp2| {
        sp1.devices.push(SECURE_UART);
        sp2.devices.push(SECURE_UART);
    });
}

#[test]
fn a_transfer_list_boots_as_a_package_does() {
    assert_eq!(said(|sp1, _| sp1.hob_list = Some(vec![1, 2, 3])), "it boots");
}

#[test]
fn what_is_not_served_or_not_known_does_not_keep_the_machine_from_booting() {
    assert_eq!(
        said(|sp1, sp2| {
            sp1.set("notification-support", Value::Empty);
            sp1.nodes.push(Node::new("some-node").with("some-property", "x"));
            sp2.set("sri-interrupts-policy", 3u32);
        }),
        "it boots"
    );
}
